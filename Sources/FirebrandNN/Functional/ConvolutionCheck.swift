import FirebrandTensor

/// What a convolution demands of its operands, in PyTorch's words.
struct ConvolutionCheck {
    private let name: String
    private let spatial: Int
    private let input, weight: Tensor
    private let bias: Tensor?
    private let groups: Int
    private let isTransposed: Bool

    init(
        _ name: StaticString, _ spatial: Int, _ input: Tensor, _ weight: Tensor, _ bias: Tensor?, groups: Int,
        isTransposed: Bool
    ) {
        self.name = name.description
        self.spatial = spatial
        self.input = input
        self.weight = weight
        self.bias = bias
        self.groups = groups
        self.isTransposed = isTransposed
    }

    func ranks(_ stride: [Int]) throws(Misuse) {
        guard input.dim == spatial + 1 || input.dim == spatial + 2 else {
            throw Misuse(
                "Expected \(spatial + 1)D (unbatched) or \(spatial + 2)D (batched) input to \(name), but got input of "
                    + "size: \(input.shape.list)")
        }
        guard weight.dim >= 3 else { throw Misuse("weight should have at least three dimensions") }
        guard weight.dim == spatial + 2 else {
            let given = stride.count == 1 ? Array(repeating: stride[0], count: spatial) : stride
            throw Misuse(
                "expected stride to be a single integer value or a list of \(weight.dim - 2) values to match the "
                    + "convolution dimensions, but got stride=\(given)")
        }
    }

    func expanded(_ lengths: [Int], _ argument: String) throws(Misuse) -> Size {
        if lengths.count == spatial { return Size(lengths) }
        guard lengths.count == 1 else {
            throw Misuse(
                "expected \(argument) to be a single integer value or a list of \(spatial) values to match the "
                    + "convolution dimensions, but got \(argument)=\(lengths)")
        }
        return Size(Array(repeating: lengths[0], count: spatial))
    }

    func types() throws(Misuse) {
        try checkSameDevice(input, weight)
        guard input.dtype == weight.dtype else {
            throw Misuse(
                "Input type (torch.\(input.dtype.scalarTypeName)Tensor) and weight type "
                    + "(torch.\(weight.dtype.scalarTypeName)Tensor) should be the same")
        }
        if let bias {
            try checkSameDevice(input, bias)
            guard input.dtype == bias.dtype else {
                throw Misuse("Input type (\(input.dtype.cName)) and bias type (\(bias.dtype.cName)) should be the same")
            }
        }
        let isRefused =
            input.dtype == .bool || isTransposed && !input.dtype.isInexact && input.dtype != .int64
        if isRefused {
            throw Misuse(
                "\"slow_conv\(isTransposed ? "_transpose" : "")\(spatial == 3 ? 3 : 2)d\(isTransposed ? "_out" : "")_cpu\" "
                    + "not implemented for '\(input.dtype.scalarTypeName)'")
        }
    }

    func shapes(_ windows: SlidingWindows, isSame: Bool) throws(Misuse) {
        if windows.padding.contains(where: { $0 < 0 }) { throw Misuse("negative padding is not supported") }
        if windows.stride.contains(where: { $0 <= 0 }) { throw Misuse("non-positive stride is not supported") }
        if windows.dilation.contains(where: { $0 <= 0 }) { throw Misuse("non-positive dilation is not supported") }
        if groups <= 0 { throw Misuse("non-positive groups is not supported") }
        guard weight.shape[0] >= groups else {
            throw Misuse(
                "Given groups=\(groups), expected weight to be at least \(groups) at dimension 0, but got weight of size "
                    + "\(weight.shape.list) instead")
        }
        guard weight.shape[0] % groups == 0 else {
            throw Misuse(
                "Given groups=\(groups), expected weight to be divisible by \(groups) at dimension 0, but got weight of "
                    + "size [\(weight.shape.list)] instead")
        }
        let channels = input.shape[input.dim - spatial - 1]
        let expected = isTransposed ? weight.shape[0] : weight.shape[1] * groups
        guard channels == expected else {
            let first = isTransposed ? "transposed=1" : "groups=\(groups)"
            let shape = input.dim == spatial + 2 ? input.shape : Size([1] + input.shape)
            throw Misuse(
                "Given \(first), weight of size \(weight.shape.list), expected input\(shape.list) to have \(expected) "
                    + "channels, but got \(channels) channels instead")
        }
        let outputs = isTransposed ? weight.shape[1] * groups : weight.shape[0]
        if let bias, bias.shape != [outputs] {
            throw Misuse(
                "Given weight of size \(weight.shape.list), expected bias to be 1-dimensional with \(outputs) elements, "
                    + "but got bias of size \(bias.shape.list) instead")
        }
        if isTransposed || isSame { return }
        let lengths = (0..<spatial).map { input.shape[input.dim - spatial + $0] + 2 * windows.padding[$0] }
        let reach = (0..<spatial).map { windows.reach($0, weight.shape[2 + $0]) }
        if zip(lengths, reach).contains(where: { $0 < $1 }) {
            throw Misuse(
                "Calculated padded input size per channel: (\(times(lengths))). Kernel size: (\(times(reach))). Kernel size "
                    + "can't be greater than actual input size")
        }
    }

    /// The spatial lengths of a transposed convolution's result.
    func transposedLengths(_ windows: SlidingWindows, _ more: Size) throws(Misuse) -> [Int] {
        if more.contains(where: { $0 < 0 }) { throw Misuse("negative output_padding is not supported") }
        if (0..<spatial).contains(where: { more[$0] >= windows.stride[$0] && more[$0] >= windows.dilation[$0] }) {
            let names = spatial == 3 ? ["depth", "height", "width"] : ["height", "width"]
            let values = [
                ("output_padding", more, 0), ("stride", windows.stride, 1), ("dilation", windows.dilation, 1),
            ]
            let parts = values.flatMap { what, lengths, missing in
                zip(names, spatial == 1 ? [missing] + Array(lengths) : Array(lengths)).map { "\(what)_\($0): \($1)" }
            }
            throw Misuse(
                "output padding must be smaller than either stride or dilation, but got "
                    + parts.joined(separator: " "))
        }
        let inputs = Array(input.shape.suffix(spatial))
        let lengths = (0..<spatial).map {
            (inputs[$0] - 1) * windows.stride[$0] - 2 * windows.padding[$0] + windows.reach($0, weight.shape[2 + $0])
                + more[$0]
        }
        if lengths.contains(where: { $0 < 0 }) {
            throw Misuse(
                "Given input size per channel: (\(times(inputs))). Calculated output size per channel: "
                    + "(\(times(lengths))). Output size is too small")
        }
        return lengths
    }

    private func times(_ lengths: [Int]) -> String { lengths.map(String.init).joined(separator: " x ") }
}

extension PerDimension {
    /// The numbers as given.
    var lengths: [Int] { perDimension.map { $0 ?? 0 } }
}
