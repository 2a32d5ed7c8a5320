import Firebrand

/// The operator rows: what bench/operator_rows.py names and bench/torch_operators.py does with PyTorch.
enum OperatorRows {
    private static let shapes = ["64": (8, 8), "32Ki": (128, 256), "4Mi": (2048, 2048)]

    /// The call of a row, its operands made from seed 0; nil where there is no such row.
    static func call(_ name: String) -> (() -> Tensor)? {
        manualSeed(0)
        let parts = name.split(separator: " ").map(String.init)
        if parts.count == 3, let shape = shapes[parts[1]] {
            let (x, y) = operands(shape, parts[2])
            return pointwise(parts[0], x, y) ?? reduction(parts[0], x) ?? ordering(parts[0], x)
                ?? indexing(parts[0], x, y) ?? copying(parts[0], x, y)
        }
        switch parts[0] {
        case "matmul", "bmm": return product(parts)
        case "einsum": return einsumCall(parts[1])
        case "chain": return chain()
        case "sum", "softmax":
            let x = Tensor.rand(1024, 1024)
            return parts[0] == "sum" ? { x.sum() } : { x.softmax(dim: 1) }
        default: return decomposition(parts)
        }
    }

    /// Numbers from 0.5 to 1.5, contiguous, or the transpose of a contiguous matrix, or a column and a row to broadcast.
    private static func operands(_ shape: (Int, Int), _ layout: String) -> (Tensor, Tensor) {
        let (rows, columns) = shape
        switch layout {
        case "transposed": return ((Tensor.rand(columns, rows) + 0.5).t(), (Tensor.rand(columns, rows) + 0.5).t())
        case "broadcast": return ((Tensor.rand(rows, 1) + 0.5).expand(rows, columns), Tensor.rand(columns) + 0.5)
        default: return (Tensor.rand(rows, columns) + 0.5, Tensor.rand(rows, columns) + 0.5)
        }
    }

    private static func pointwise(_ name: String, _ x: Tensor, _ y: Tensor) -> (() -> Tensor)? {
        switch name {
        case "add": return { x + y }
        case "mul": return { x * y }
        case "div": return { x / y }
        case "exp": return { x.exp() }
        case "sqrt": return { x.sqrt() }
        case "log": return { x.log() }
        case "tanh": return { x.tanh() }
        case "sigmoid": return { x.sigmoid() }
        case "sin": return { x.sin() }
        case "pow": return { x.pow(y) }
        case "clamp": return { x.clamp(min: 0.75, max: 1.25) }
        case "relu": return { x.relu() }
        case "lerp": return { x.lerp(y, 0.25) }
        case "gelu": return { Functional.gelu(x) }
        case "silu": return { Functional.silu(x) }
        case "lt": return { x .< y }
        case "eq": return { x .== y }
        case "where":
            let condition = x .> 1
            return { `where`(condition, x, y) }
        case "add-int64":
            let (a, b) = ((x * 100).to(.int64), (y * 100).to(.int64))
            return { a + b }
        default: return nil
        }
    }

    private static func reduction(_ name: String, _ x: Tensor) -> (() -> Tensor)? {
        switch name {
        case "sum": return { x.sum() }
        case "sum-dim0": return { x.sum(dim: 0) }
        case "sum-dim1": return { x.sum(dim: 1) }
        case "sum-int64":
            let a = (x * 100).to(.int64)
            return { a.sum() }
        case "mean": return { x.mean() }
        case "var-dim1": return { x.var(dim: 1) }
        case "max-dim0": return { x.max(dim: 0).values }
        case "max-dim1": return { x.max(dim: 1).values }
        case "argmax-dim1": return { x.argmax(dim: 1) }
        case "amax": return { x.amax() }
        case "norm": return { x.norm() }
        case "logsumexp-dim1": return { x.logsumexp(dim: 1) }
        case "softmax-dim0": return { x.softmax(dim: 0) }
        case "softmax-dim1": return { x.softmax(dim: 1) }
        case "log_softmax-dim1": return { x.logSoftmax(dim: 1) }
        case "cumsum-dim0": return { x.cumsum(dim: 0) }
        case "cumsum-dim1": return { x.cumsum(dim: 1) }
        case "cumprod-dim1":
            let narrow = (x - 1) / 1000 + 1
            return { narrow.cumprod(dim: 1) }
        default: return nil
        }
    }

    private static func ordering(_ name: String, _ x: Tensor) -> (() -> Tensor)? {
        switch name {
        case "sort": return { x.sort(dim: 1).values }
        case "sort-dim0": return { x.sort(dim: 0).values }
        case "sort-flat":
            let flat = x.flatten()
            return { flat.sort().values }
        case "argsort": return { x.argsort(dim: 1) }
        case "topk": return { x.topk(8, dim: 1).values }
        default: return nil
        }
    }

    private static func indexing(_ name: String, _ x: Tensor, _ y: Tensor) -> (() -> Tensor)? {
        let (rows, columns) = (x.shape[0], x.shape[1])
        func index(_ numbers: Tensor, below length: Int) -> Tensor {
            ((numbers - 0.5) * length).to(.int64).clamp(min: 0, max: length - 1)
        }
        switch name {
        case "gather":
            let positions = index(y, below: columns)
            return { x.gather(1, positions) }
        case "index_select-dim0":
            let positions = index(y[.all, 0], below: rows)
            return { x.indexSelect(0, positions) }
        case "index_select-dim1":
            let positions = index(y[0], below: columns)
            return { x.indexSelect(1, positions) }
        case "scatter_add":
            let (positions, zero) = (index(y, below: columns), Tensor.zeros(rows, columns))
            return { zero.scatterAdd(1, positions, x) }
        case "index_add":
            let (positions, zero) = (index(y[.all, 0], below: rows), Tensor.zeros(rows, columns))
            return { zero.indexAdd(0, positions, x) }
        case "masked_fill":
            let mask = y .> 1
            return { x.maskedFill(mask, 2.0) }
        case "masked_select":
            let mask = y .> 1
            return { x.maskedSelect(mask) }
        default: return nil
        }
    }

    private static func copying(_ name: String, _ x: Tensor, _ y: Tensor) -> (() -> Tensor)? {
        let (rows, columns) = (x.shape[0], x.shape[1])
        switch name {
        case "cat-dim0": return { cat([x, y], dim: 0) }
        case "cat-dim1": return { cat([x, y], dim: 1) }
        case "stack": return { stack([x, y], dim: 0) }
        case "clone": return { x.clone() }
        case "transpose-copy": return { x.t().contiguous() }
        case "to-float64": return { x.to(.float64) }
        case "to-int64": return { x.to(.int64) }
        case "to-bfloat16": return { x.to(.bfloat16) }
        case "flip": return { x.flip([1]) }
        case "randn": return { Tensor.randn(rows, columns) }
        case "rand": return { Tensor.rand(rows, columns) }
        default: return nil
        }
    }

    private static func product(_ parts: [String]) -> (() -> Tensor)? {
        let lengths = parts[1].split(separator: "x").compactMap { Int($0) }
        let kind = parts.count > 2 ? parts[2] : ""
        let dtype = ["float64": DType.float64, "bfloat16": .bfloat16][kind] ?? .float32
        if parts[0] == "bmm" {
            let (batch, m, n) = (lengths[0], lengths[1], lengths[2])
            var a = (Tensor.rand(batch, m, n) - 0.5).to(dtype)
            let b = (Tensor.rand(batch, n, m) - 0.5).to(dtype)
            if kind == "transposed" { a = a.transpose(1, 2) }
            return { [a] in bmm(a, b) }
        }
        let (m, k, n) =
            lengths.count == 3 ? (lengths[0], lengths[1], lengths[2]) : (lengths[0], lengths[0], lengths[1])
        var (a, b) = ((Tensor.rand(m, k) - 0.5).to(dtype), (Tensor.rand(k, n) - 0.5).to(dtype))
        if kind == "transposed" { (a, b) = (a.t(), b.t()) }
        return { [a, b] in matmul(a, b) }
    }

    private static func einsumCall(_ kind: String) -> (() -> Tensor)? {
        switch kind {
        case "attention":
            let (q, k) = (Tensor.rand(8, 64, 4, 32), Tensor.rand(8, 64, 4, 32))
            return { einsum("bihd,bjhd->bhij", q, k) }
        case "chain":
            let (a, b, c) = (Tensor.rand(128, 64), Tensor.rand(64, 128), Tensor.rand(128, 32))
            return { einsum("ij,jk,kl->il", a, b, c) }
        default:
            let (a, b) = (Tensor.rand(256), Tensor.rand(256))
            return { einsum("i,j->ij", a, b) }
        }
    }

    /// Backward through twenty operators on 64 elements.
    private static func chain() -> () -> Tensor {
        let (x, y) = ((Tensor.rand(64) + 0.5).requiresGrad_(), Tensor.rand(64) + 0.5)
        return {
            var z = x
            for _ in 0..<4 { z = ((z * y + 0.5).sigmoid() - y).tanh() }
            z.sum().backward()
            let gradient = x.grad!
            x.grad = nil
            return gradient
        }
    }

    private static func decomposition(_ parts: [String]) -> (() -> Tensor)? {
        guard parts.count == 2, let n = Int(parts[1]) else { return nil }
        let (a, b) = (Tensor.rand(n, n), Tensor.rand(n, n))
        let symmetric = a.matmul(a.t()) + n * Tensor.eye(n)
        switch parts[0] {
        case "solve": return { Linalg.solve(symmetric, b) }
        case "svd": return { Linalg.svd(a).S }
        case "eigh": return { Linalg.eigh(symmetric).eigenvalues }
        case "cholesky": return { Linalg.cholesky(symmetric) }
        case "inv": return { Linalg.inv(symmetric) }
        case "qr": return { Linalg.qr(a).R }
        default: return nil
        }
    }
}
