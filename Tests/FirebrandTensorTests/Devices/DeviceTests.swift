import FirebrandTensor
import FirebrandTestSupport
import Testing

@Suite("Devices")
struct DeviceTests {
    private static let operators: [(String, @Sendable (Tensor, Tensor) -> Tensor)] = [
        ("add", { $0 + $1 }), ("add number", { x, _ in x + 1 }), ("mul", { $0 * $1 }), ("div", { $0 / $1 }),
        ("pow", { x, _ in x.pow(2) }),
        ("compare", { $0 .> $1 }), ("neg", { x, _ in -x }), ("exp", { x, _ in x.exp() }),
        ("relu", { x, _ in x.relu() }), ("isnan", { x, _ in x.isnan() }),
        ("matmul", { $0.matmul($1.t()) }), ("linear", { $0.linear($1) }), ("mv", { $0.matmul($1[0]) }),
        ("batched matmul", { $0.unsqueeze(0).expand(4, 2, 3).matmul($1.t()) }), ("sum", { x, _ in x.sum() }),
        ("sum dim", { x, _ in x.sum(dim: 1, keepdim: true) }), ("mean", { x, _ in x.mean(dim: 0) }),
        ("var", { x, _ in x.var() }),
        ("amax", { x, _ in x.amax(dim: [1]) }), ("argmax", { x, _ in x.argmax(dim: 1) }),
        ("max", { x, _ in x.max(dim: 0).values }),
        ("cumsum", { x, _ in x.cumsum(dim: 1) }), ("softmax", { x, _ in x.softmax(dim: 1) }),
        ("log_softmax", { x, _ in x.logSoftmax(dim: 0) }), ("logsumexp", { x, _ in x.logsumexp(dim: [0]) }),
        ("reshape", { x, _ in x.t().reshape(6) }), ("view", { x, _ in x.view(3, 2) }),
        ("index", { x, _ in x[..., -1] }),
        ("slice", { x, _ in x[.all, .range(step: 2)] }), ("newaxis", { x, _ in x[nil, 0] }),
        ("cat", { cat([$0, $1], dim: 1) }),
        ("stack", { stack([$0, $1], dim: 2) }), ("where", { `where`($0 .> 0, $0, $1) }),
        ("clamp", { x, _ in x.clamp(min: 0) }),
        ("to", { x, _ in x.to(.float64) }), ("bool", { x, _ in x.bool() }), ("clone", { x, _ in x.t().clone() }),
        ("contiguous", { x, _ in x.t().contiguous() }), ("zeros like", { x, _ in Tensor.zerosLike(x) }),
        ("rand like", { x, _ in Tensor.randLike(x) }), ("add_", { $0.clone().add_($1) }),
        ("fill_", { x, _ in x.clone().fill_(2) }),
        ("maximum", { $0.maximum($1) }), ("pow tensor", { $0.pow($1) }),
        ("gather", { x, _ in x.gather(1, x.detach().long()) }),
        ("index select", { x, _ in x.indexSelect(0, x.detach()[0].long()) }), ("abs", { x, _ in x.abs() }),
        ("scatter add", { $0.scatterAdd(0, $0.detach().long() * 0, $1) }), ("std", { x, _ in x.std(dim: [1]) }),
        ("masked fill", { x, _ in x.maskedFill(x.detach() .> 0, 1) }), ("index tensor", { x, _ in x[.all, [2, 0]] }),
        ("prod", { x, _ in x.prod() }), ("min", { x, _ in x.min() }), ("split", { x, _ in x.split(2, dim: 1)[1] }),
        (
            "assign",
            {
                let copy = $0.clone()
                copy[0] = $1[1]
                return copy
            }
        ),
        ("flip", { x, _ in x.flip([0]) }),
    ]

    @Test("Shapes, strides and dtypes on meta are those of the CPU", arguments: operators.map(\.0))
    func meta(_ name: String) {
        let function = Self.operators.first { $0.0 == name }!.1
        for type in [DType.float32, .float64] {
            let (a, b) = (Tensor.ones([2, 3], dtype: type), Tensor.ones([2, 3], dtype: type))
            let onCPU = function(a, b)
            let onMeta = function(a.to(.meta), b.to(.meta))
            #expect(onMeta.device == .meta)
            #expect(onMeta.shape == onCPU.shape && onMeta.dtype == onCPU.dtype && onMeta.strides == onCPU.strides)
        }
    }

    @Test("Gradients on meta stay there, in the operands' shapes", arguments: operators.map(\.0))
    func gradients(_ name: String) {
        let function = Self.operators.first { $0.0 == name }!.1
        let (a, b) = (Tensor.ones([2, 3], device: .meta), Tensor.ones([2, 3], device: .meta, requiresGrad: true))
        let x = a.requiresGrad_()
        let y = function(x, b)
        guard y.requiresGrad else { return }
        y.backward(Tensor.onesLike(y))
        for leaf in [x, b] { #expect(leaf.grad.map { $0.device == .meta && $0.shape == [2, 3] } ?? true) }
        #expect(x.grad != nil)
    }

    @Test("A network's step runs on meta without memory")
    func step() {
        let x = Tensor.empty([100_000, 10_000], device: .meta)
        let w = Tensor.empty([5000, 10_000], device: .meta, requiresGrad: true)
        let loss = x.linear(w).relu().softmax(dim: 1).mean()
        loss.backward()
        #expect(w.grad?.shape == [5000, 10_000] && w.grad?.device == .meta)
    }

    private static let mixtures: [(String, @Sendable (Tensor, Tensor) -> Void)] = [
        ("add", { _ = $0 + $1 }), ("add_", { $0.add_($1) }), ("eq", { _ = $0 .== $1 }), ("mm", { _ = $0.matmul($1) }),
        ("linear", { _ = $0.linear($1) }), ("cat", { _ = cat([$0, $1]) }), ("stack", { _ = stack([$0, $1]) }),
        ("where", { _ = `where`($0 .> 0, $0, $1) }), ("dot", { _ = $0[0].dot($1[0]) }),
        ("bmm", { _ = $0[nil].bmm($1[nil]) }),
        ("mv", { _ = $0.mv($1[0]) }), ("maximum", { _ = $0.maximum($1) }), ("addmm", { _ = $0.addmm($1, $0) }),
        ("gather", { _ = $0.gather(0, $1.long()) }), ("index_select", { _ = $0.indexSelect(0, $1[0].long()) }),
        ("scatter_", { $0.scatter_(0, $1.long(), value: 1) }), ("masked_fill", { _ = $0.maskedFill($1.bool(), 0) }),
        ("out", { matmul($0, $0, out: $1) }), ("out of add", { add($0, $0, out: $1) }),
    ]

    @Test("Operands on different devices are refused in PyTorch's words", arguments: mixtures.map(\.0))
    func mixed(_ name: String) {
        let function = Self.mixtures.first { $0.0 == name }!.1
        let (here, there) = (Tensor.zeros(2, 2), Tensor.zeros([2, 2], device: .meta))
        for (a, b) in [(here, there), (there, here)] {
            let error = failure { function(a, b) }
            #expect(
                error?.message.contains("is not on the expected device") == true
                    || error?.message.contains("same device") == true,
                "\(error?.message ?? "nothing refused")")
        }
        #expect(here.toArray(Float.self) == [0, 0, 0, 0])
    }

    @Test("A device that is not there is one clear line")
    func unknown() throws {
        for name in ["cuda", "cuda:0", "mps", "CPU", ""] {
            let error = #expect(throws: FirebrandError.self) { try Device(name) }
            #expect(error?.description == "no device '\(name)' here; the available devices are 'cpu' and 'meta'")
            #expect(error?.code == .unavailable)
        }
        #expect(try Device("cpu") == .cpu && Device("meta") == .meta && "\(try Device("cpu:0"))" == "cpu")
    }

    @Test("To the same device and type is the tensor itself; numbers cannot be had from meta")
    func moves() {
        let x = Tensor.ones(2)
        #expect(x.to(.cpu) === x && x.to(.float32) === x)
        let meta = x.to(.meta)
        #expect(meta.shape == [2] && meta.to(.meta) === meta)
        #expect(failure { _ = meta.to(.cpu) }?.message == "Cannot copy out of meta tensor; no data!")
        #expect(failure { _ = meta.toArray(Float.self) }?.message == "Cannot copy out of meta tensor; no data!")
        #expect(failure { let _: Float = meta[0].item() }?.message == "Tensor.item() cannot be called on meta tensors")
    }
}
