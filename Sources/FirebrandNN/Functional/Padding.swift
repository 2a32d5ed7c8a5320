import FirebrandTensor

/// What stands around a padded tensor. PyTorch: the `mode` of `F.pad`.
public enum PaddingMode: String, Sendable {
    /// One number everywhere.
    case constant
    /// The tensor mirrored at its edge elements, which are not repeated.
    case reflect
    /// The edge elements, repeated.
    case replicate
    /// The tensor itself, as if it went on periodically.
    case circular
}

extension Functional {
    /// The tensor with elements put around it. PyTorch: `F.pad`.
    ///
    /// `pad` has two numbers for each dimension, before and after, the last dimension first; negative ones cut off. All
    /// modes but `constant` take the last one, two or three dimensions of a batch of as many (with or without a batch
    /// dimension). Only `constant` takes a `value`.
    /// ```swift
    /// Functional.pad(images, [1, 1, 2, 2])                     // width by 1 each side, height by 2
    /// Functional.pad(images, [1, 1, 2, 2], mode: .reflect)
    /// ```
    public static func pad(
        _ input: Tensor, _ pad: [Int], mode: PaddingMode = .constant, value: (any TensorScalar)? = nil
    ) -> Tensor {
        guarded("pad", [input]) { () throws(Misuse) in
            guard pad.count % 2 == 0 else { throw Misuse("Padding length must be divisible by 2") }
            guard pad.count <= 2 * input.dim else {
                throw Misuse(
                    "Padding length should be less than or equal to two times the input dimension but got padding length "
                        + "\(pad.count) and input of dimension \(input.dim)")
            }
            if mode == .constant { return try constantPad(input, pad, value?.scalar ?? .int(0)) }
            guard value == nil || value!.scalar.doubleValue == 0 else {
                throw Misuse("Padding mode \"\(mode.rawValue)\" doesn't take in value argument")
            }
            let count = pad.count / 2
            guard (1...3).contains(count), input.dim == count + 1 || input.dim == count + 2 else {
                throw Misuse("Padding size \(pad.count) is not supported for \(input.dim)D input tensor.")
            }
            guard mode == .circular || input.dtype != .bool else {
                let name = mode == .reflect ? "reflection" : "replication"
                throw Misuse("\"\(name)_pad\(count)d\" not implemented for 'Bool'")
            }
            let places = try placesOf(input, pad, mode)
            return input.picked(places, nodeNames(mode, count))
        }
    }

    private static func placesOf(_ input: Tensor, _ pad: [Int], _ mode: PaddingMode) throws(Misuse) -> [ImagePlaces?] {
        let count = pad.count / 2
        let lengths = Array(input.shape.suffix(count))
        let inner = input.shape.suffix(count + 1)
        if mode != .circular, inner.contains(0) {
            throw Misuse(
                "Expected \(count + 1)D or \(count + 2)D (batch mode) tensor with possibly 0 batch size and other non-zero "
                    + "dimensions for input, but got: \(input.shape.list)")
        }
        var places: [ImagePlaces?] = []
        let targets = (0..<count).map { lengths[$0] + pad[2 * (count - 1 - $0)] + pad[2 * (count - 1 - $0) + 1] }
        for index in 0..<count {
            let (length, before, after) = (
                lengths[index], pad[2 * (count - 1 - index)], pad[2 * (count - 1 - index) + 1]
            )
            switch mode {
            case .reflect where before >= length || after >= length:
                let argument = 4 + 2 * (count - 1 - index)
                throw Misuse(
                    "Argument #\(argument): Padding size should be less than the corresponding input dimension, but got: "
                        + "padding (\(before), \(after)) at dimension \(input.dim - count + index) of input "
                        + input.shape.list)
            case .circular where before > length || after > length:
                throw Misuse("Padding value causes wrapping around more than once.")
            case .circular where targets[index] < 0 || length + Swift.min(before, 0) + Swift.min(after, 0) <= 0:
                throw Misuse("Negative padding value is resulting in an empty dimension")
            default: break
            }
            if mode != .circular, targets.contains(where: { $0 < 1 }) {
                let axes = ["D", "H", "W"].suffix(count)
                let out = zip(axes, targets).map { "\($0): \($1)" }.joined(separator: " ")
                let own = zip(axes, lengths).map { "\($0): \($1)" }.joined(separator: ", ")
                throw Misuse("Calculated output \(out) must be >= 1 in every dimension (input \(own))")
            }
            guard before != 0 || after != 0 else {
                places.append(nil)
                continue
            }
            places.append(
                ImagePlaces(
                    (0..<targets[index]).map { position in
                        let place = position - before
                        switch mode {
                        case .reflect: return place < 0 ? -place : place >= length ? 2 * (length - 1) - place : place
                        case .replicate: return Swift.min(Swift.max(place, 0), length - 1)
                        default:
                            // What negative numbers cut off is no part of the period.
                            let first = Swift.max(-before, 0)
                            let period = length - first - Swift.max(-after, 0)
                            return first + ((position - Swift.max(before, 0)) % period + period) % period
                        }
                    }, of: length))
        }
        return places
    }

    private static func nodeNames(_ mode: PaddingMode, _ count: Int) -> NodeNames {
        switch (mode, count) {
        case (.reflect, 1): NodeNames(forward: "ReflectionPad1DBackward0", backward: "ReflectionPad1DBackwardBackward0")
        case (.reflect, 2): NodeNames(forward: "ReflectionPad2DBackward0", backward: "ReflectionPad2DBackwardBackward0")
        case (.reflect, _): NodeNames(forward: "ReflectionPad3DBackward0", backward: "ReflectionPad3DBackwardBackward0")
        case (.replicate, 1):
            NodeNames(forward: "ReplicationPad1DBackward0", backward: "ReplicationPad1DBackwardBackward0")
        case (.replicate, 2):
            NodeNames(forward: "ReplicationPad2DBackward0", backward: "ReplicationPad2DBackwardBackward0")
        case (.replicate, _):
            NodeNames(forward: "ReplicationPad3DBackward0", backward: "ReplicationPad3DBackwardBackward0")
        default: NodeNames(forward: "CopySlices", backward: "CircularPadBackwardBackward0")
        }
    }

    private static func constantPad(_ input: Tensor, _ pad: [Int], _ value: Scalar) throws(Misuse) -> Tensor {
        let rank = input.dim
        // Where the operand's part begins in each dimension, in the operand and in the result.
        var (shape, kept, from, to) = (
            input.shape, input.shape, Size(repeating: 0, count: rank), Size(repeating: 0, count: rank)
        )
        for pair in 0..<pad.count / 2 {
            let dimension = rank - 1 - pair
            let (before, after) = (pad[2 * pair], pad[2 * pair + 1])
            kept[dimension] += Swift.min(before, 0) + Swift.min(after, 0)
            if kept[dimension] < 0 { throw Misuse("narrow(): length must be non-negative.") }
            shape[dimension] += before + after
            from[dimension] = Swift.max(-before, 0)
            to[dimension] = Swift.max(before, 0)
        }
        let format: MemoryFormat =
            input.isContiguous
            ? .contiguous
            : [.channelsLast, .channelsLast3d].first { input.isContiguous(memoryFormat: $0) } ?? .contiguous
        let result: Tensor
        if !pad.contains(where: { $0 > 0 }) {
            let part = part(of: input, from, kept)
            result = try Tensor(emptyLike: part, input.dtype, on: input.device)
            input.backend.copy(part, into: result)
        } else {
            result = Tensor(emptyOf: shape, strides: try format.strides(of: shape), input.dtype, on: input.device)
            // The margins dimension by dimension, each within what the ones before left over.
            var (start, rest) = (Size(repeating: 0, count: rank), shape)
            for dimension in 0..<rank where kept[dimension] != shape[dimension] {
                let after = shape[dimension] - to[dimension] - kept[dimension]
                for (place, length) in [(0, to[dimension]), (shape[dimension] - after, after)] where length > 0 {
                    (start[dimension], rest[dimension]) = (place, length)
                    input.backend.fill(part(of: result, start, rest), value)
                }
                (start[dimension], rest[dimension]) = (to[dimension], kept[dimension])
            }
            input.backend.copy(part(of: input, from, kept), into: part(of: result, to, kept))
        }
        if input.dtype.isInexact {
            result.record("ConstantPadNdBackward0", input) { _ in
                { _, grad in Gradients(Functional.pad(grad, pad.map { -$0 })) }
            }
        }
        return result
    }

    private static func part(of tensor: Tensor, _ start: Size, _ shape: Size) -> Tensor {
        let offset = zip(start, tensor.strides).reduce(tensor.storageOffset) { $0 + $1.0 * $1.1 }
        return Tensor(
            storage: tensor.storage, dtype: tensor.dtype, shape: shape, strides: tensor.strides, offset: offset)
    }
}

// MARK: - Rows

let paddingOperators: [OperatorRow] = [
    OperatorRow("nn.functional.pad", .padding, "input, pad, mode='constant', value=None") {
        let name = try $0.string("mode")
        guard let mode = PaddingMode(rawValue: name) else { throw Misuse("Unrecognised padding mode \(name)") }
        return Functional.pad(try $0.input, try $0.ints("pad"), mode: mode, value: try $0.optionalScalar("value"))
    },
    OperatorRow("constant_pad_nd", .padding, "input, pad, value=0") {
        Functional.pad(try $0.input, try $0.ints("pad"), value: try $0.scalar("value"))
    },
]
