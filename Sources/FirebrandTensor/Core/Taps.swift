// What the elements of a resampled, pooled or padded dimension are made of.

/// For each place along one dimension of a result the place of the operand that it is taken from.
package struct ImagePlaces: Sendable {
    package let places: [Int32]
    /// The length of the operand's dimension.
    package let inputLength: Int
    /// The longest stretch of places that follow one another.
    package let run: Range<Int>

    package init(_ places: [Int], of inputLength: Int) {
        self.places = places.map(Int32.init)
        self.inputLength = inputLength
        var (longest, start) = (0..<0, 0)
        for end in stride(from: 1, through: places.count, by: 1)
        where end == places.count || places[end] != places[end - 1] + 1 {
            if end - start > longest.count { longest = start..<end }
            start = end
        }
        run = longest.count >= 4 ? longest : 0..<0
    }

    /// The same as weighted sums.
    package var taps: Taps {
        Taps(
            of: inputLength, starts: (0...places.count).map(Int32.init), indices: places,
            weights: Array(repeating: 1, count: places.count))
    }
}

/// For each place along one dimension of a result the elements of the operand it is the weighted sum of: a sparse matrix, by
/// rows.
package final class Taps: @unchecked Sendable {
    /// The length of the operand's dimension.
    package let inputLength: Int
    let starts: [Int32]
    let indices: [Int32]
    let weights: [Double]
    /// What takes gradients back.
    package private(set) lazy var transposed = makeTransposed()

    package init(of inputLength: Int, starts: [Int32], indices: [Int32], weights: [Double]) {
        self.inputLength = inputLength
        self.starts = starts
        self.indices = indices
        self.weights = weights
    }

    /// The elements and weights of each place of the result.
    package convenience init(of inputLength: Int, count: Int, _ place: (Int) -> [(index: Int, weight: Double)]) {
        var starts: [Int32] = [0]
        var indices: [Int32] = []
        var weights: [Double] = []
        for position in 0..<count {
            for (index, weight) in place(position) {
                indices.append(Int32(index))
                weights.append(weight)
            }
            starts.append(Int32(indices.count))
        }
        self.init(of: inputLength, starts: starts, indices: indices, weights: weights)
    }

    /// The length of the result's dimension.
    package var outputLength: Int { starts.count - 1 }

    private func makeTransposed() -> Taps {
        var next = [Int32](repeating: 0, count: inputLength + 1)
        for index in indices { next[Int(index) + 1] += 1 }
        for index in 0..<inputLength { next[index + 1] += next[index] }
        let newStarts = next
        var newIndices = [Int32](repeating: 0, count: indices.count)
        var newWeights = [Double](repeating: 0, count: indices.count)
        for position in 0..<outputLength {
            for tap in Int(starts[position])..<Int(starts[position + 1]) {
                let place = Int(next[Int(indices[tap])])
                next[Int(indices[tap])] += 1
                newIndices[place] = Int32(position)
                newWeights[place] = weights[tap]
            }
        }
        return Taps(of: outputLength, starts: newStarts, indices: newIndices, weights: newWeights)
    }

    /// As many taps for each place, those of one rank after another; nil where places differ much. A place with fewer has
    /// its last one several times, for shares of its weight: one for nothing would carry infinities and NaN in.
    var even: (count: Int, indices: [Int32], weights: [Double])? {
        let count = outputLength
        guard count > 0 else { return nil }
        var most = 0
        for position in 0..<count {
            let own = Int(starts[position + 1] - starts[position])
            if own == 0 { return nil }
            most = Swift.max(most, own)
        }
        guard most * count <= 2 * indices.count else { return nil }
        var (evenIndices, evenWeights) = (
            [Int32](repeating: 0, count: most * count), [Double](repeating: 0, count: most * count)
        )
        for position in 0..<count {
            let (first, own) = (Int(starts[position]), Int(starts[position + 1] - starts[position]))
            for rank in 0..<most {
                let tap = first + Swift.min(rank, own - 1)
                evenIndices[rank * count + position] = indices[tap]
                let halvings = rank < own - 1 ? 0 : Swift.min(rank - own + 2, most - own)
                evenWeights[rank * count + position] = weights[tap] / Double(1 << halvings)
            }
        }
        return (most, evenIndices, evenWeights)
    }

    /// With weights that are multiples of a power of two, as fine as 16 bits have room for.
    package func inShorts() -> Taps {
        let largest = weights.max() ?? 0
        var unit = 1.0
        while unit < 0x1p22, (0.5 + largest * unit * 2).rounded(.down) < 0x1p15 { unit *= 2 }
        return Taps(
            of: inputLength, starts: starts, indices: indices,
            weights: weights.map { ($0 * unit).rounded(.toNearestOrAwayFromZero) / unit })
    }
}
