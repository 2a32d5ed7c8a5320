import FirebrandTensor

/// Sequences of several lengths without padding: the first elements of all, then the second elements of those that have
/// one, and so on. PyTorch: `nn.utils.rnn.PackedSequence`.
///
/// Recurrent networks take one, and give one back. Made by `packPaddedSequence` and ``packSequence(_:enforceSorted:)``.
public struct PackedSequence: Sendable, CustomStringConvertible {
    /// The elements, (all lengths together, …).
    public let data: Tensor
    /// How many sequences have an element at each step: int64, on the processor.
    public let batchSizes: Tensor
    /// Which sequences stand first, second, …, in order of length; nil where they came in that order.
    public let sortedIndices: Tensor?
    /// Where each sequence stands: the inverse of that.
    public let unsortedIndices: Tensor?

    /// Of parts that fit together.
    public init(
        _ data: Tensor, _ batchSizes: Tensor, sortedIndices: Tensor? = nil, unsortedIndices: Tensor? = nil
    ) {
        self.data = data
        self.batchSizes = batchSizes
        self.sortedIndices = sortedIndices
        self.unsortedIndices = unsortedIndices ?? sortedIndices.map(invertPermutation)
    }

    /// Other elements in the same order.
    func withData(_ data: Tensor) -> PackedSequence {
        PackedSequence(data, batchSizes, sortedIndices: sortedIndices, unsortedIndices: unsortedIndices)
    }

    /// Elements and order on another device; the batch sizes stay. PyTorch: `PackedSequence.to`.
    public func to(_ device: Device) -> PackedSequence {
        PackedSequence(
            data.to(device), batchSizes, sortedIndices: sortedIndices?.to(device),
            unsortedIndices: unsortedIndices?.to(device))
    }

    /// Elements of another type. PyTorch: `PackedSequence.to`.
    public func to(_ dtype: DType) -> PackedSequence { withData(data.to(dtype)) }

    /// PyTorch's text.
    public var description: String {
        func text(_ tensor: Tensor?) -> String { tensor.map { "\($0)" } ?? "None" }
        return "PackedSequence(data=\(data), batch_sizes=\(batchSizes), sorted_indices=\(text(sortedIndices)), "
            + "unsorted_indices=\(text(unsortedIndices)))"
    }
}

/// Where each element of a permutation stands. PyTorch: `nn.utils.rnn.invert_permutation`.
public func invertPermutation(_ permutation: Tensor) -> Tensor {
    Tensor.zerosLike(permutation).scatter_(0, permutation, Tensor.arange(permutation.count).to(permutation.device))
}

/// Packs sequences that were padded to one length. PyTorch: `nn.utils.rnn.pack_padded_sequence`.
///
/// - Parameters:
///   - input: (length, batch, …), or (batch, length, …) with `batchFirst`.
///   - lengths: the length of each sequence, none 0.
///   - enforceSorted: demand that the longest come first; with `false` they are put in order, and back afterwards.
/// ```swift
/// let packed = packPaddedSequence(batch, [3, 5], batchFirst: true, enforceSorted: false)
/// let (output, state) = network(packed)
/// let (padded, lengths) = padPackedSequence(output, batchFirst: true)
/// ```
public func packPaddedSequence(
    _ input: Tensor, _ lengths: [Int], batchFirst: Bool = false, enforceSorted: Bool = true
) -> PackedSequence {
    let nothing = PackedSequence(Tensor.placeholder(), Tensor.zeros([0], dtype: .int64))
    return guarded("pack_padded_sequence", [input], orElse: nothing) { () throws(Misuse) in
        var (input, lengths) = (input, lengths)
        var order: Tensor?
        if !enforceSorted {
            let ranks = lengths.indices.sorted { (lengths[$1], $0) < (lengths[$0], $1) }
            let indices = Tensor(ranks).to(input.device)
            lengths = ranks.map { lengths[$0] }
            order = indices
            input = input.indexSelect(batchFirst ? 0 : 1, indices)
        }
        let timeFirst = batchFirst ? input.transpose(0, 1) : input
        guard timeFirst.count > 0, let longest = lengths.first else { throw Misuse("Cannot pack empty tensors.") }
        guard lengths.count == timeFirst.shape[1] else {
            throw Misuse(
                "Expected `len(lengths)` to be equal to batch_size, but got \(lengths.count) "
                    + "(batch_size=\(timeFirst.shape[1]))")
        }
        guard lengths.allSatisfy({ $0 > 0 }) else {
            throw Misuse(
                "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0")
        }
        guard zip(lengths, lengths.dropFirst()).allSatisfy({ $0 >= $1 }) else {
            throw Misuse(
                "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass "
                    + "`enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this requirement "
                    + "if you do not need ONNX exportability.")
        }
        guard longest <= timeFirst.shape[0] else {
            throw Misuse(
                "Expected lengths of at most \(timeFirst.shape[0]), the length of the input, but got \(longest)")
        }
        let sizes = (0..<longest).map { step in lengths.prefix { $0 > step }.count }
        let rest = Array(timeFirst.shape.dropFirst(2))
        // Steps of as many sequences each are one block.
        var blocks: [Tensor] = []
        var step = 0
        while step < longest {
            let end = sizes[step...].firstIndex { $0 != sizes[step] } ?? longest
            let block = timeFirst.narrow(0, step, end - step).narrow(1, 0, sizes[step])
            blocks.append(block.reshape([(end - step) * sizes[step]] + rest))
            step = end
        }
        return PackedSequence(blocks.count == 1 ? blocks[0] : cat(blocks), Tensor(sizes), sortedIndices: order)
    }
}

/// The same with the lengths in a tensor. PyTorch: `nn.utils.rnn.pack_padded_sequence`.
public func packPaddedSequence(
    _ input: Tensor, _ lengths: Tensor, batchFirst: Bool = false, enforceSorted: Bool = true
) -> PackedSequence {
    packPaddedSequence(
        input, lengths.to(.int64).toArray(Int.self), batchFirst: batchFirst, enforceSorted: enforceSorted)
}

/// Pads packed sequences to one length; gives their lengths too. PyTorch: `nn.utils.rnn.pad_packed_sequence`.
///
/// - Parameter totalLength: the length to pad to; that of the longest sequence where left out.
public func padPackedSequence(
    _ sequence: PackedSequence, batchFirst: Bool = false, paddingValue: Double = 0, totalLength: Int? = nil
) -> (Tensor, Tensor) {
    let nothing = (Tensor.placeholder(), Tensor.zeros([0], dtype: .int64))
    return guarded("pad_packed_sequence", [sequence.data], orElse: nothing) { () throws(Misuse) in
        let sizes: [Int] = sequence.batchSizes.toArray()
        let (longest, batch) = (sizes.count, sizes.first ?? 0)
        if let totalLength, totalLength < longest {
            throw Misuse(
                "Expected total_length to be at least the length of the longest sequence in input, but got "
                    + "total_length=\(totalLength) and max sequence length being \(longest)")
        }
        let length = totalLength ?? longest
        // One row more than the elements: the padding, which all other places point at.
        let padding = Tensor.full([1] + sequence.data.shape.dropFirst(), paddingValue, dtype: sequence.data.dtype)
            .to(sequence.data.device)
        var rows = [Int](repeating: sequence.data.shape[0], count: length * batch)
        var at = 0
        for (step, size) in sizes.enumerated() {
            for row in 0..<size { rows[batchFirst ? row * length + step : step * batch + row] = at + row }
            at += size
        }
        var padded = cat([sequence.data, padding]).indexSelect(0, Tensor(rows).to(sequence.data.device))
            .unflatten(0, batchFirst ? [batch, length] : [length, batch])
        var lengths = Tensor((0..<batch).map { row in sizes.prefix { $0 > row }.count })
        if let order = sequence.unsortedIndices {
            padded = padded.indexSelect(batchFirst ? 0 : 1, order)
            lengths = lengths.indexSelect(0, order.to(.cpu))
        }
        return (padded, lengths)
    }
}

/// Which end of a sequence padding goes to. PyTorch: `padding_side`.
public enum PaddingSide: String, Sendable {
    /// Behind the sequence.
    case right
    /// Before it.
    case left
}

/// Sequences of several lengths side by side, padded to that of the longest. PyTorch: `nn.utils.rnn.pad_sequence`.
///
/// Shapes: sequences (length, …), result (longest, batch, …), or (batch, longest, …) with `batchFirst`.
public func padSequence(
    _ sequences: [Tensor], batchFirst: Bool = false, paddingValue: Double = 0, paddingSide: PaddingSide = .right
) -> Tensor {
    guarded("pad_sequence", sequences) { () throws(Misuse) in
        guard let first = sequences.first else { throw Misuse("received an empty list of sequences") }
        let length = sequences.map { $0.size(0) }.max() ?? 0
        let padded = sequences.map { sequence in
            let missing = length - sequence.size(0)
            if missing == 0 { return sequence }
            let padding = Tensor.full(
                [missing] + first.shape.dropFirst(), paddingValue, dtype: first.dtype, device: first.device)
            return cat(paddingSide == .right ? [sequence, padding] : [padding, sequence])
        }
        return stack(padded, dim: batchFirst ? 0 : 1)
    }
}

/// Takes sequences out of a padded batch. PyTorch: `nn.utils.rnn.unpad_sequence`.
public func unpadSequence(_ paddedSequences: Tensor, _ lengths: Tensor, batchFirst: Bool = false) -> [Tensor] {
    let batch = batchFirst ? paddedSequences : paddedSequences.transpose(0, 1)
    return zip(batch.unbind(), lengths.to(.int64).toArray(Int.self)).map { sequence, length in
        sequence.narrow(0, 0, length)
    }
}

/// Packs sequences of several lengths. PyTorch: `nn.utils.rnn.pack_sequence`.
public func packSequence(_ sequences: [Tensor], enforceSorted: Bool = true) -> PackedSequence {
    packPaddedSequence(padSequence(sequences), sequences.map { $0.size(0) }, enforceSorted: enforceSorted)
}

/// The sequences that were packed. PyTorch: `nn.utils.rnn.unpack_sequence`.
public func unpackSequence(_ packedSequences: PackedSequence) -> [Tensor] {
    let (padded, lengths) = padPackedSequence(packedSequences, batchFirst: true)
    return unpadSequence(padded, lengths, batchFirst: true)
}
