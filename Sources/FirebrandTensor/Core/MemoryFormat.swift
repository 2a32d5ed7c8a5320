/// In which order the dimensions of a tensor lie in memory. PyTorch: `torch.memory_format`.
///
/// Shapes stay what they are: a batch of images is (N, C, H, W) in any format, and only its strides differ.
/// ```swift
/// let x = images.to(memoryFormat: .channelsLast)
/// x.shape      // Size([8, 3, 32, 32])
/// x.strides    // Size([3072, 1, 96, 3])
/// ```
public enum MemoryFormat: Sendable, Hashable, CustomStringConvertible {
    /// The last dimension closest. PyTorch: `torch.contiguous_format`.
    case contiguous
    /// The channels of a batch of images (N, C, H, W) closest. PyTorch: `torch.channels_last`.
    case channelsLast
    /// The channels of a batch of volumes (N, C, D, H, W) closest. PyTorch: `torch.channels_last_3d`.
    case channelsLast3d
    /// The order the operand has. PyTorch: `torch.preserve_format`.
    case preserve

    /// PyTorch's name, as printed: `torch.channels_last`.
    public var description: String {
        switch self {
        case .contiguous: "torch.contiguous_format"
        case .channelsLast: "torch.channels_last"
        case .channelsLast3d: "torch.channels_last_3d"
        case .preserve: "torch.preserve_format"
        }
    }

    /// The format PyTorch calls by this name, with or without `torch.`; nil where there is none.
    package init?(name: String) {
        switch name.hasPrefix("torch.") ? String(name.dropFirst(6)) : name {
        case "contiguous_format": self = .contiguous
        case "channels_last": self = .channelsLast
        case "channels_last_3d": self = .channelsLast3d
        case "preserve_format": self = .preserve
        default: return nil
        }
    }

    /// The dimensions from the farthest to the closest, where the format is one of images or volumes.
    private var order: [Int]? {
        switch self {
        case .channelsLast: [0, 2, 3, 1]
        case .channelsLast3d: [0, 2, 3, 4, 1]
        case .contiguous, .preserve: nil
        }
    }

    /// The strides of new memory for a shape; misuse where the format is for another number of dimensions.
    package func strides(of shape: Size) throws(Misuse) -> Size {
        guard let order else { return shape.contiguousStrides }
        guard shape.count == order.count else {
            throw Misuse("required rank \(order.count) tensor to use \(description.dropFirst(6)) format")
        }
        return MemoryFormat.strides(of: shape, farthestFirst: order)
    }

    /// The strides of memory without gaps in which the dimensions lie in the given order.
    package static func strides(of shape: Size, farthestFirst order: some BidirectionalCollection<Int>) -> Size {
        var strides = shape
        var step = 1
        for dimension in order.reversed() {
            strides[dimension] = step
            step *= Swift.max(shape[dimension], 1)
        }
        return strides
    }

    /// Whether memory with these strides is in this format, without gaps.
    fileprivate func fits(_ shape: Size, _ strides: Size) -> Bool {
        guard let order else { return false }
        guard shape.count == order.count else { return false }
        var expected = 1
        for dimension in order.reversed() where shape[dimension] != 1 {
            if strides[dimension] != expected { return false }
            expected *= shape[dimension]
        }
        return true
    }
}

extension Tensor {
    /// Whether the elements lie in memory in the order of a format, without gaps. PyTorch: `is_contiguous(memory_format=)`.
    public func isContiguous(memoryFormat: MemoryFormat) -> Bool {
        switch memoryFormat {
        case .contiguous, .preserve: isContiguous
        case .channelsLast, .channelsLast3d: memoryFormat.fits(shape, strides)
        }
    }

    /// New uninitialised memory in which the dimensions lie as `strides` say; they must leave no gaps.
    package convenience init(emptyOf shape: Size, strides: Size, _ dtype: DType, on device: Device) {
        self.init(emptyOf: shape, dtype, on: device)
        self.strides = strides
        isContiguous = Tensor.isContiguous(shape, strides)
    }

    /// New uninitialised memory for a result that keeps the order of dimensions of `model`: its strides where they leave
    /// no gaps, else those of the same order without them.
    package convenience init(
        emptyLike model: Tensor, _ dtype: DType, on device: Device, memoryFormat: MemoryFormat = .preserve
    ) throws(Misuse) {
        let shape = model.shape
        switch memoryFormat {
        case .preserve where model.isContiguous: self.init(emptyOf: shape, dtype, on: device)
        case .preserve: self.init(emptyOf: shape, strides: denseStrides(shape, [model]), dtype, on: device)
        default: self.init(emptyOf: shape, strides: try memoryFormat.strides(of: shape), dtype, on: device)
        }
    }
}

/// The strides PyTorch gives a new result of a pointwise operator: dimensions lie in the order in which they lie in the
/// operands (the first that tells two apart decides), without gaps.
///
/// Where operands agree in every stride, so does the result, those of dimensions of length 1 included.
package func denseStrides(_ shape: Size, _ operands: [Tensor]) -> Size {
    let first = operands[0]
    if first.isDense, operands.allSatisfy({ $0.shape == shape && $0.strides == first.strides }) { return first.strides }
    let rank = shape.count
    if rank <= 2 {
        for operand in operands {
            guard let turns = operand.turnsResult(shape) else { continue }
            return turns ? [1, shape[0]] : shape.contiguousStrides
        }
        return shape.contiguousStrides
    }
    let strides = operands.map { operand in
        let missing = rank - operand.dim
        return (0..<rank).map { dimension in
            let own = dimension - missing
            return own < 0 || operand.shape[own] == 1 && shape[dimension] != 1 ? 0 : operand.strides[own]
        }
    }
    /// 1 where dimension `a` is to lie farther than `b`, -1 where closer, 0 where nothing tells.
    func compare(_ a: Int, _ b: Int) -> Int {
        for steps in strides where steps[a] != 0 && steps[b] != 0 {
            if steps[a] != steps[b] { return steps[a] > steps[b] ? 1 : -1 }
            if shape[a] > shape[b] { return 1 }
        }
        return 0
    }
    // The closest first. Insertion goes on past dimensions that nothing tells apart, as PyTorch's does.
    var order = Array((0..<rank).reversed())
    for start in stride(from: 1, to: rank, by: 1) {
        var moving = start
        for place in (0..<start).reversed() {
            let comparison = compare(order[place], order[moving])
            if comparison > 0 {
                order.swapAt(place, moving)
                moving = place
            } else if comparison < 0 {
                break
            }
        }
    }
    return MemoryFormat.strides(of: shape, farthestFirst: order.reversed())
}

extension Tensor {
    /// Whether a result of two dimensions lies column by column where this operand decides; nil where it does not.
    @inline(__always)
    func turnsResult(_ shape: Size) -> Bool? {
        guard shape.count == 2, dim == 2, shape[0] != 1, shape[1] != 1, self.shape[0] != 1, self.shape[1] != 1 else {
            return nil
        }
        let (row, column) = (strides[0], strides[1])
        if row == 0 || column == 0 || row == column && shape[0] <= shape[1] { return nil }
        return row < column
    }
}
