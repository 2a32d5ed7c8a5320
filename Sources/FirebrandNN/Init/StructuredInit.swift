import FirebrandTensor
import Glibc

// Initial weights with a structure: identities, orthogonal and sparse matrices, truncated distributions.
extension Init {
    /// The identity matrix. PyTorch: `eye_`.
    @discardableResult
    public static func eye_(_ tensor: Tensor) -> Tensor {
        filling("eye_", tensor) { () throws(Misuse) in
            guard tensor.dim == 2 else { throw Misuse("Only tensors with 2 dimensions are supported") }
            tensor.zero_()
            tensor.diagonal().fill_(1)
        }
    }

    /// The convolution that hands its channels on, as many as there are in each group. PyTorch: `dirac_`.
    ///
    /// Shape: (out, in / groups, kernel…), one to three kernel dimensions.
    @discardableResult
    public static func dirac_(_ tensor: Tensor, groups: Int = 1) -> Tensor {
        filling("dirac_", tensor) { () throws(Misuse) in
            guard (3...5).contains(tensor.dim) else {
                throw Misuse("Only tensors with 3, 4, or 5 dimensions are supported")
            }
            guard groups > 0, tensor.shape[0] % groups == 0 else {
                throw Misuse("dim 0 must be divisible by groups")
            }
            tensor.zero_()
            var middle = tensor
            for dim in (2..<tensor.dim).reversed() { middle = middle.select(dim, tensor.shape[dim] / 2) }
            let outputs = tensor.shape[0] / groups
            for group in 0..<groups { middle.narrow(0, group * outputs, outputs).diagonal().fill_(1) }
        }
    }

    /// Rows, or columns where there are more rows, that are orthogonal and of length `gain`. PyTorch: `orthogonal_`.
    ///
    /// Dimensions behind the first count as one. Saxe et al., "Exact solutions to the nonlinear dynamics of learning in deep
    /// linear neural networks", 2013.
    @discardableResult
    public static func orthogonal_(_ tensor: Tensor, gain: Double = 1, generator: Generator = .default) -> Tensor {
        filling("orthogonal_", tensor) { () throws(Misuse) in
            guard tensor.dim >= 2 else { throw Misuse("Only tensors with 2 or more dimensions are supported") }
            if tensor.count == 0 || tensor.device.kind == .meta { return }
            let rows = tensor.shape[0]
            let columns = tensor.count / rows
            let normal = Tensor.empty([rows, columns], dtype: tensor.dtype).normal_(0, 1, generator: generator)
            let (q, r) = Linalg.qr(rows < columns ? normal.t() : normal)
            // With the signs of R's diagonal Q is uniform (Mezzadri, "How to generate random matrices", 2006).
            let uniform = q.mul(r.diagonal().sign())
            tensor.copy_((rows < columns ? uniform.t() : uniform).mul(gain).reshape(tensor.shape.map { $0 }))
        }
    }

    /// Normal, with the fraction `sparsity` of each column set to 0. PyTorch: `sparse_`.
    ///
    /// Martens, "Deep learning via Hessian-free optimization", 2010.
    @discardableResult
    public static func sparse_(
        _ tensor: Tensor, sparsity: Double, std: Double = 0.01, generator: Generator = .default
    ) -> Tensor {
        filling("sparse_", tensor) { () throws(Misuse) in
            guard tensor.dim == 2 else { throw Misuse("Only tensors with 2 dimensions are supported") }
            let rows = tensor.shape[0]
            let zeros = Int((sparsity * Double(rows)).rounded(.up))
            tensor.normal_(0, std, generator: generator)
            for column in 0..<tensor.shape[1] {
                let chosen = Tensor.randperm(rows, generator: generator).narrow(0, 0, min(zeros, rows))
                tensor.select(1, column).indexFill_(0, chosen, 0)
            }
        }
    }

    /// Normal, with numbers outside `a...b` drawn again. PyTorch: `trunc_normal_`.
    ///
    /// Where the interval holds 30% of the distribution or less, candidates are uniform and accepted by their density.
    @discardableResult
    public static func truncNormal_(
        _ tensor: Tensor, mean: Double = 0, std: Double = 1, a: Double = -2, b: Double = 2,
        generator: Generator = .default
    ) -> Tensor {
        filling("trunc_normal_", tensor) { () throws(Misuse) in
            if tensor.device.kind == .meta { return }
            func below(_ x: Double) -> Double { (1 + erf((x - mean) / std / 2.0.squareRoot())) / 2 }
            if below(b) - below(a) > 0.3 {
                // Bounds as the tensor's type can hold them.
                let bounds: [Double] = Tensor([a, b]).to(tensor.dtype).toArray()
                tensor.normal_(mean, std, generator: generator)
                while true {
                    let isOutside = tensor.lt(bounds[0]).logicalOr(tensor.gt(bounds[1]))
                    guard isOutside.any().item() else { return }
                    let again = Tensor.emptyLike(tensor).normal_(mean, std, generator: generator)
                    tensor.copy_(`where`(isOutside, again, tensor))
                }
            }
            let peak = (max(a, min(mean, b)) - mean) / std
            let logPeak = -0.5 * peak * peak
            func isRefused(_ candidates: Tensor) -> Tensor {
                let logDensity = candidates.sub(mean).div(std).square().mul(-0.5).sub(logPeak)
                return Tensor.emptyLike(tensor).uniform_(0, 1, generator: generator).log().gt(logDensity)
            }
            tensor.uniform_(a, b, generator: generator)
            var isPending = isRefused(tensor)
            while isPending.any().item() {
                let candidates = Tensor.emptyLike(tensor).uniform_(a, b, generator: generator)
                tensor.copy_(`where`(isPending, candidates, tensor))
                isPending = isPending.logicalAnd(isRefused(candidates))
            }
        }
    }
}
