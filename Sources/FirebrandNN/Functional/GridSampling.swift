import FirebrandTensor

/// What lies outside of a sampled image. PyTorch: the `padding_mode` of `F.grid_sample`.
public enum GridPadding: String, Sendable {
    /// Zeros.
    case zeros
    /// The elements at the border.
    case border
    /// The image mirrored at its border, again and again.
    case reflection
}

/// How elements between those of a sampled image are found. PyTorch: the `mode` of `F.grid_sample`.
public enum GridInterpolation: String, Sendable {
    /// Linear in all directions.
    case bilinear
    /// The nearest element.
    case nearest
    /// Cubic in all directions.
    case bicubic
}

extension Functional {
    /// Images or volumes sampled at places of one's own choice. PyTorch: `F.grid_sample`.
    ///
    /// Shapes: input (N, C, H, W) and grid (N, H', W', 2) give (N, C, H', W'); input (N, C, D, H, W) and grid
    /// (N, D', H', W', 3) give (N, C, D', H', W'). A grid has coordinates between -1 and 1, x first: the edges of the
    /// outermost elements, or with `alignCorners` their centres.
    /// ```swift
    /// let grid = Functional.affineGrid(rotations, [8, 3, 32, 32])
    /// Functional.gridSample(images, grid)
    /// ```
    public static func gridSample(
        _ input: Tensor, _ grid: Tensor, mode: GridInterpolation = .bilinear, paddingMode: GridPadding = .zeros,
        alignCorners: Bool = false
    ) -> Tensor {
        guarded("grid_sample", [input, grid]) { () throws(Misuse) in
            try checkGrid(input, grid)
            let options = GridMode(mode: mode.rawValue, padding: paddingMode.rawValue, alignCorners: alignCorners)!
            let type = input.dtype.isReducedFloatingPoint ? DType.float32 : input.dtype
            let (batch, channels, dims) = (input.shape[0], input.shape[1], input.dim - 2)
            let lengths = Array(grid.shape[1..<(1 + dims)])
            /// Both as the kernel takes them.
            func operands() -> (Tensor, Tensor) {
                noGrad {
                    let image = input.to(type).reshape(
                        [batch, channels] + (dims == 2 ? [1] : []) + Array(input.shape.dropFirst(2)))
                    return (
                        image.contiguous(), grid.to(type).reshape([batch, lengths.reduce(1, *), dims]).contiguous()
                    )
                }
            }
            let (image, places) = operands()
            let computed = Tensor(emptyOf: Size([batch, channels] + lengths), type, on: input.device)
            try input.backend.gridSample(image, places, options, into: computed)
            let result = noGrad { computed.to(input.dtype) }
            result.record(dims == 2 ? "GridSampler2DBackward0" : "GridSampler3DBackward0", input, grid) { node in
                let (savedInput, savedGrid) = (node.save(input), node.save(grid))
                return { node, grad in
                    sampledGradients(
                        grad, savedInput.value(node), savedGrid.value(node), options,
                        (node.needs(0), node.needs(1)))
                }
            }
            return result
        }
    }

    /// The gradients of both operands. They do not differentiate again, as PyTorch's do not.
    private static func sampledGradients(
        _ grad: Tensor, _ input: Tensor, _ grid: Tensor, _ options: GridMode, _ needs: (Bool, Bool)
    ) -> Gradients {
        let type = input.dtype.isReducedFloatingPoint ? DType.float32 : input.dtype
        let (batch, channels, dims) = (input.shape[0], input.shape[1], input.dim - 2)
        let points = grid.shape[1..<(1 + dims)].reduce(1, *)
        let (first, second) = noGrad { () -> (Tensor?, Tensor?) in
            let image = input.to(type).reshape(
                [batch, channels] + (dims == 2 ? [1] : []) + Array(input.shape.dropFirst(2))
            ).contiguous()
            let places = grid.to(type).reshape([batch, points, dims]).contiguous()
            let toInput = needs.0 ? Tensor.zeros(image.shape, dtype: type, device: input.device) : nil
            let toGrid = needs.1 ? Tensor.zeros(places.shape, dtype: type, device: input.device) : nil
            let flat = grad.to(type).contiguous()
            if (try? input.backend.gridSampleGradient(
                flat, image, places, options, intoOperand: toInput, intoGrid: toGrid)) == nil
            {
                report(
                    Misuse("\"grid_sampler_backward\" not implemented for '\(type.scalarTypeName)'"), "grid_sample",
                    [grad])
            }
            return (toInput?.reshape(input.shape).to(input.dtype), toGrid?.reshape(grid.shape).to(grid.dtype))
        }
        for gradient in [first, second].compactMap({ $0 }) {
            gradient.record("NotImplemented", grad, input, grid) { _ in
                { node, grad in
                    report(
                        Misuse("derivative for aten::grid_sampler_\(dims)d_backward is not implemented"), node.name,
                        [grad])
                    return Gradients(nil, nil, nil)
                }
            }
        }
        return Gradients(first, second)
    }

    private static func checkGrid(_ input: Tensor, _ grid: Tensor) throws(Misuse) {
        guard input.dim > 0, grid.dim > 0, input.shape[0] == grid.shape[0] else {
            throw Misuse(
                "grid_sampler(): expected grid and input to have same batch size, but got input with sizes "
                    + "\(input.shape.list) and grid with sizes \(grid.shape.list)")
        }
        guard input.dim == 4 || input.dim == 5, input.dim == grid.dim else {
            let expected = input.dim == 5 ? "5D" : "4D"
            throw Misuse(
                "grid_sampler(): expected \(expected) input and grid with same number of dimensions, but got input with "
                    + "sizes \(input.shape.list) and grid with sizes \(grid.shape.list)")
        }
        guard grid.shape.last == input.dim - 2 else {
            throw Misuse(
                "grid_sampler(): expected grid to have size \(input.dim - 2) in last dimension, but got grid with sizes "
                    + grid.shape.list)
        }
        for dimension in 2..<input.dim where input.shape[dimension] == 0 {
            throw Misuse(
                "grid_sampler(): expected input to have non-empty spatial dimensions, but input has sizes "
                    + "\(input.shape.list) with dimension \(dimension) being empty")
        }
        guard input.dtype.isFloatingPoint else {
            throw Misuse(
                "\"grid_sampler_\(input.dim - 2)d_cpu_kernel_impl\" not implemented for '\(input.dtype.scalarTypeName)'"
            )
        }
        guard input.dtype == grid.dtype else {
            throw Misuse("expected scalar type \(input.dtype.scalarTypeName) but found \(grid.dtype.scalarTypeName)")
        }
    }

    /// The grid that an affine map sees: for each place of the result, the place of the input it comes from.
    /// PyTorch: `F.affine_grid`.
    ///
    /// Shapes: theta (N, 2, 3) for a size (N, C, H, W) gives (N, H, W, 2); theta (N, 3, 4) for (N, C, D, H, W) gives
    /// (N, D, H, W, 3).
    public static func affineGrid(_ theta: Tensor, _ size: [Int], alignCorners: Bool = false) -> Tensor {
        guarded("affine_grid", [theta]) { () throws(Misuse) in
            guard theta.dtype.isFloatingPoint else {
                throw Misuse("Expected theta to have floating point type, but got torch.\(theta.dtype)")
            }
            let dims = size.count - 2
            guard dims == 2 || dims == 3 else {
                throw Misuse(
                    "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. Got size "
                        + "\(size.perDimensionText).")
            }
            guard theta.dim == 3, theta.shape[1] == dims, theta.shape[2] == dims + 1 else {
                throw Misuse(
                    "Expected a batch of \(dims)D affine matrices of shape Nx\(dims)x\(dims + 1) for size "
                        + "\(size.perDimensionText). Got torch.Size(\(theta.shape.list)).")
            }
            guard !size.contains(where: { $0 <= 0 }) else {
                throw Misuse("Expected non-zero, positive output size. Got \(size.perDimensionText)")
            }
            guard theta.shape[0] == size[0] else {
                throw Misuse(
                    "Expected size for first two dimensions of batch2 tensor to be: [\(size[0]), \(dims + 1)] but got: "
                        + "[\(theta.shape[0]), \(dims + 1)].")
            }
            let lengths = Array(size.dropFirst(2))
            let base = noGrad { () -> Tensor in
                // x, y (, z) and 1 for each place.
                var columns = (0..<dims).map { index in
                    let dimension = dims - 1 - index
                    var shape = Array(repeating: 1, count: dims)
                    shape[dimension] = lengths[dimension]
                    return centres(lengths[dimension], theta, alignCorners).reshape(shape).expand(lengths)
                }
                columns.append(Tensor.ones(lengths, dtype: theta.dtype, device: theta.device))
                return stack(columns, dim: -1).reshape([1, lengths.reduce(1, *), dims + 1])
            }
            return base.expand([size[0], lengths.reduce(1, *), dims + 1]).matmul(theta.transpose(1, 2))
                .view([size[0]] + lengths + [dims])
        }
    }

    /// The coordinates of a dimension's elements between -1 and 1.
    private static func centres(_ length: Int, _ model: Tensor, _ alignCorners: Bool) -> Tensor {
        if length <= 1 { return Tensor.zeros([length], dtype: model.dtype, device: model.device) }
        let range = Tensor.linspace(-1, 1, length, dtype: model.dtype, device: model.device)
        return alignCorners ? range : range.mul(length - 1).div(length)
    }
}
