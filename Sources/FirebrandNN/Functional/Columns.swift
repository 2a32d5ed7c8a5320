import FirebrandTensor

// Images as columns of sliding blocks, and blocks added up to images: each the other's gradient.

extension Functional {
    /// Every block a window shows, as a column. PyTorch: `F.unfold`.
    ///
    /// Shapes: input (N, C, H, W) or (C, H, W), result (N, C * K * K, places): rows count channel, then height and width in
    /// the window. Gradient: ``fold(_:_:_:dilation:padding:stride:)``.
    /// ```swift
    /// Functional.unfold(images, 3, padding: 1)     // 3x3 blocks around every pixel
    /// ```
    public static func unfold(
        _ input: Tensor, _ kernelSize: any PerDimension, dilation: any PerDimension = 1, padding: any PerDimension = 0,
        stride: any PerDimension = 1
    ) -> Tensor {
        guarded("unfold", [input]) { () throws(Misuse) in
            let blocks = try Blocks(kernelSize, dilation, padding, stride)
            guard input.dim == 3 || input.dim == 4, !input.shape.suffix(3).contains(0) else {
                throw Misuse(
                    "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for "
                        + "input, but got: \(input.shape.list)")
            }
            let size = Array(input.shape.suffix(2))
            let places = blocks.places(size)
            guard places.allSatisfy({ $0 >= 1 }) else {
                throw Misuse(
                    "Given input with spatial size \(pair(size)), kernel_size=\(pair(blocks.kernel)), "
                        + "dilation=\(pair(blocks.windows.dilation)), padding=\(pair(blocks.windows.padding)), calculated "
                        + "shape of the array of sliding blocks as \(pair(places)), but its components must be at least one."
                )
            }
            guard input.dtype.isInexact || input.dtype == .bool else {
                throw Misuse("\"im2col_out_cpu\" not implemented for '\(input.dtype.scalarTypeName)'")
            }
            return input.dim == 3
                ? blocks.columns(of: input.unsqueeze(0)).squeeze(0) : blocks.columns(of: input)
        }
    }

    /// The sum of blocks, each where a window showed it: what ``unfold(_:_:dilation:padding:stride:)`` is the transpose of.
    /// PyTorch: `F.fold`.
    ///
    /// Shapes: input (N, C * K * K, places) or without N, result (N, C, outputSize...). Where blocks overlap, they add up.
    public static func fold(
        _ input: Tensor, _ outputSize: any PerDimension, _ kernelSize: any PerDimension, dilation: any PerDimension = 1,
        padding: any PerDimension = 0, stride: any PerDimension = 1
    ) -> Tensor {
        guarded("fold", [input]) { () throws(Misuse) in
            let blocks = try Blocks(kernelSize, dilation, padding, stride)
            let size = Array(try Blocks.pair(outputSize, "output_size"))
            guard input.dim == 2 || input.dim == 3, !input.shape.suffix(2).contains(0) else {
                throw Misuse(
                    "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for "
                        + "input, but got: \(input.shape.list)")
            }
            guard size[0] >= 1, size[1] >= 1 else {
                throw Misuse("Expected output spatial size to be positive, but got: output_size=\(pair(size)).")
            }
            let (rows, columns) = (input.shape[input.dim - 2], input.shape[input.dim - 1])
            guard rows % blocks.kernel.elementCount == 0 else {
                throw Misuse(
                    "Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got "
                        + "input.size(1)=\(rows) and kernel_size=\(pair(blocks.kernel)).")
            }
            let places = blocks.places(size)
            guard places[0] >= 0, places[1] >= 0, places[0] * places[1] == columns else {
                throw Misuse(
                    "Given output_size=\(pair(size)), kernel_size=\(pair(blocks.kernel)), "
                        + "dilation=\(pair(blocks.windows.dilation)), padding=\(pair(blocks.windows.padding)), "
                        + "stride=\(pair(blocks.windows.stride)), expected size of input's dimension 2 to match the "
                        + "calculated number of sliding blocks \(places[0]) * \(places[1]) = \(places[0] * places[1]), but "
                        + "got input.size(2)=\(columns).")
            }
            guard input.dtype.isInexact || input.dtype == .bool else {
                throw Misuse("\"col2im_out_cpu\" not implemented for '\(input.dtype.scalarTypeName)'")
            }
            if input.dim == 2 { return try blocks.images(of: input.unsqueeze(0), size).squeeze(0) }
            return try blocks.images(of: input, size)
        }
    }

    private static func pair(_ lengths: some Collection<Int>) -> String {
        "(" + lengths.map(String.init).joined(separator: ", ") + ")"
    }
}

/// Blocks of two dimensions and how they slide.
private struct Blocks: Sendable {
    let kernel: Size
    let windows: SlidingWindows

    init(
        _ kernel: any PerDimension, _ dilation: any PerDimension, _ padding: any PerDimension,
        _ stride: any PerDimension
    ) throws(Misuse) {
        self.kernel = try Blocks.pair(kernel, "kernel_size")
        windows = SlidingWindows(
            stride: try Blocks.pair(stride, "stride"), dilation: try Blocks.pair(dilation, "dilation"),
            padding: try Blocks.pair(padding, "padding"))
        func check(_ lengths: Size, _ what: String, _ name: String) throws(Misuse) {
            guard lengths.allSatisfy({ $0 > 0 }) else {
                throw Misuse(
                    "\(what) should be greater than zero, but got \(name)_height: \(lengths[0]) \(name)_width: \(lengths[1])"
                )
            }
        }
        try check(self.kernel, "kernel size", "kernel")
        try check(windows.dilation, "dilation", "dilation")
        guard windows.padding.allSatisfy({ $0 >= 0 }) else {
            throw Misuse(
                "padding should be non-negative, but got pad_height: \(windows.padding[0]) pad_width: \(windows.padding[1])"
            )
        }
        try check(windows.stride, "stride", "stride")
    }

    static func pair(_ lengths: any PerDimension, _ name: String) throws(Misuse) -> Size {
        let lengths = lengths.lengths
        switch lengths.count {
        case 1: return [lengths[0], lengths[0]]
        case 2: return Size(lengths)
        default: throw Misuse("It is expected \(name) equals to 2, but got size \(lengths.count)")
        }
    }

    func places(_ size: [Int]) -> [Int] {
        (0..<2).map { dimension in
            let room = size[dimension] + 2 * windows.padding[dimension] - windows.reach(dimension, kernel[dimension])
            return room < 0 ? 0 : room / windows.stride[dimension] + 1
        }
    }

    func columns(of images: Tensor) -> Tensor {
        let places = Size(places(Array(images.shape.suffix(2))))
        let shape: Size = [images.shape[0], images.shape[1] * kernel.elementCount, places.elementCount]
        let result = Tensor(emptyOf: shape, images.dtype, on: images.device)
        images.backend.gatherColumns(
            windows, kernel: kernel, places: places, of: images.isContiguous ? images : images.contiguousClone(),
            into: result)
        if images.dtype.isInexact {
            let size = Array(images.shape.suffix(2))
            result.record("Im2ColBackward0", images) { _ in
                { _, grad in
                    Gradients(
                        guarded("im2col_backward", [grad]) { () throws(Misuse) in try self.images(of: grad, size) })
                }
            }
        }
        return result
    }

    func images(of columns: Tensor, _ size: [Int]) throws(Misuse) -> Tensor {
        if columns.dtype.isComplex {
            return complex(try images(of: columns.real, size), try images(of: columns.imag, size))
        }
        let places = Size(places(size))
        let shape: Size = [columns.shape[0], columns.shape[1] / kernel.elementCount, size[0], size[1]]
        let result = Tensor(emptyOf: shape, columns.dtype, on: columns.device)
        try columns.backend.addColumns(
            windows, kernel: kernel, places: places, columns.isContiguous ? columns : columns.contiguousClone(),
            into: result)
        if columns.dtype.isInexact {
            result.record("Col2ImBackward0", columns) { _ in { _, grad in Gradients(self.columns(of: grad)) } }
        }
        return result
    }
}

// MARK: - Rows

let columnOperators: [OperatorRow] = [
    OperatorRow(
        "nn.functional.unfold", .convolution, dtypes: .inexact.union(.bool),
        "input, kernel_size, dilation=1, padding=0, stride=1"
    ) {
        Functional.unfold(
            try $0.input, try $0.ints("kernel_size"), dilation: try $0.ints("dilation"),
            padding: try $0.ints("padding"),
            stride: try $0.ints("stride"))
    },
    OperatorRow(
        "nn.functional.fold", .convolution, dtypes: .inexact.union(.bool),
        "input, output_size, kernel_size, dilation=1, padding=0, stride=1"
    ) {
        Functional.fold(
            try $0.input, try $0.ints("output_size"), try $0.ints("kernel_size"), dilation: try $0.ints("dilation"),
            padding: try $0.ints("padding"), stride: try $0.ints("stride"))
    },
]
