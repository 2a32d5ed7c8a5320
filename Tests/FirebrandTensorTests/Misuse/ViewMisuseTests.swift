import FirebrandTensor
import FirebrandTestSupport
import Testing

/// Wrong calls of operators on views and of joining and splitting ones are refused in PyTorch's words.
@Suite("Misuse of views")
struct ViewMisuseTests {
    private static let partial =
        "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory "
        + "location. Please clone() the tensor before performing the operation."
    private static let internalOverlap =
        "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
        + "Please clone() the tensor before performing the operation."

    private func check(_ cases: [(String, () -> Void)]) {
        for (message, action) in cases {
            let error = failure(action)
            #expect(error?.message == message, "\(error?.message ?? "nothing") instead of \(message)")
        }
    }

    @Test("Memory that is read and written at once")
    func overlap() {
        let v = Tensor.arange(6, dtype: .float32)
        check([
            (Self.partial, { v[1...].copy_(v[..<5]) }), (Self.partial, { v[1...].add_(v[..<5]) }),
            (Self.partial, { add(v[..<5], v[..<5], out: v[1...]) }),
            (
                Self.partial,
                {
                    v.view(2, 3)[.all, ..<2].t().contiguous().add_(1); v[..<4].view(2, 2).add_(v[..<4].view(2, 2).t())
                }
            ),
            (Self.internalOverlap, { Tensor.zeros(3, 1).expand(3, 4).add_(1) }),
            (Self.internalOverlap, { Tensor.zeros(1).expand(6).copy_(v) }),
        ])
        #expect(v.toArray(Int.self) == Array(0..<6))
        v[..<3].copy_(v[3...])
        v.add_(v)
        #expect(v.toArray(Int.self) == [6, 8, 10, 6, 8, 10])
    }

    @Test("Views")
    func views() {
        let x = Tensor.arange(24, dtype: .float32).reshape(2, 3, 4)
        let v = Tensor.arange(6, dtype: .float32)
        check([
            ("diagonal dimensions cannot be identical 1, 1", { _ = x.diagonal(dim1: 1, dim2: 1) }),
            ("maximum size for tensor at dimension 1 is 3 but size is 4", { _ = x.unfold(1, 4, 1) }),
            ("step is 0 but must be > 0", { _ = x.unfold(1, 2, 0) }),
            (
                "setStorage: sizes [2, 3], strides [3, 2], storage offset 0, and itemsize 4 requiring a storage size of 32 "
                    + "are out of bounds for storage of size 24", { _ = v.asStrided([2, 3], [3, 2]) }
            ),
            (
                "as_strided: Negative strides are not supported at the moment, got strides: [-1, 2]",
                { _ = v.asStrided([2, 3], [-1, 2]) }
            ),
            (
                "self.size(-1) must be divisible by 2 to view Float as Double (different element sizes), but got 3",
                { _ = x.transpose(1, 2).view(.float64) }
            ),
            (
                "self.stride(-1) must be 1 to view Float as Short (different element sizes), but got 4",
                { _ = x.transpose(1, 2).view(.int16) }
            ),
            (
                "tensor.mT is only supported on matrices or batches of matrices. Got 1-D tensor.", { _ = v.mT }
            ),
            (
                "tensor.H is only supported on matrices (2-D tensors). Got 3-D tensor. For batches of matrices, consider "
                    + "using tensor.mH", { _ = x.H }
            ),
            ("required rank 4 tensor to use channels_last format", { _ = x.to(memoryFormat: .channelsLast) }),
            ("cannot resize variables that require grad", { Tensor.ones([2], requiresGrad: true).resize_(1) }),
            (
                "a leaf Variable that requires grad is being used in an in-place operation.",
                { Tensor.ones([2], requiresGrad: true).squeeze_() }
            ),
            (
                "expected src to have a size equal to the slice of self. src size = [4], slice size = [3, 4]",
                { _ = x.selectScatter(Tensor.zeros(4), 0, 1) }
            ),
        ])
    }

    @Test("Repeating, joining and splitting")
    func joining() {
        let x = Tensor.arange(24, dtype: .float32).reshape(2, 3, 4)
        let v = Tensor.arange(6, dtype: .float32)
        check([
            (
                "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor",
                { _ = x.repeat(2, 2) }
            ),
            ("Repeats must be non-negative", { _ = v.repeatInterleave(-2) }),
            (
                "repeats must have the same size as input along dim, but got repeats.size(0) = 2 and input.size(0) = 6",
                { _ = v.repeatInterleave(Tensor([1, 2])) }
            ),
            ("shifts and dimensions must align. shifts: 2, dims:1", { _ = x.roll([1, 2], dims: [0]) }),
            (
                "expected rotation dims to be different, but got dim0 = 0 and dim1 = -3",
                { _ = x.rot90(k: 2, dims: [0, -3]) }
            ),
            ("diag(): Supports 1D or 2D tensors. Got 3D", { _ = x.diag() }),
            ("dim 1 appears multiple times in the list of dims", { _ = x.flip([1, 1]) }),
            ("meshgrid expects all tensors to have the same dtype", { _ = meshgrid(v, v.double()) }),
            ("Expect a 1D vector, but got shape [2, 3, 4]", { _ = x.combinations() }),
            ("hstack expects a non-empty TensorList", { _ = hstack([]) }),
            ("number of sections must be larger than 0, got 0", { _ = v.tensorSplit(0) }),
            (
                "torch.hsplit attempted to split along dimension 0, but the size of the dimension 6 is not divisible by the "
                    + "split_size 4!", { _ = v.hsplit(4) }
            ),
            (
                "torch.dsplit requires a tensor with at least 3 dimension, but got a tensor with 1 dimensions!",
                { _ = v.dsplit(3) }
            ),
            (
                "Attempting to broadcast a dimension of length 4 at -1! Mismatching argument at index 2 had (4,); but expected "
                    + "shape should be broadcastable to [2, 3]", { _ = broadcastShapes([[2, 3], [3], [4]]) }
            ),
        ])
    }
}
