// Einstein's sums: multiplying operands whose dimensions have labels.

/// An operand with one label for each dimension, all different.
struct EinsumTerm {
    var tensor: Tensor
    var labels: [Int]

    init(tensor: Tensor, labels: [Int]) { (self.tensor, self.labels) = (tensor, labels) }

    /// Where a label stands twice, the diagonal of its two dimensions is taken.
    init(_ operand: Tensor, _ all: [Int], _ index: Int, name: (Int) -> String) throws(Misuse) {
        tensor = operand
        labels = all
        var position = 0
        while position < labels.count {
            guard let first = labels[..<position].firstIndex(of: labels[position]) else {
                position += 1
                continue
            }
            guard tensor.shape[first] == tensor.shape[position] else {
                throw Misuse(
                    "einsum(): subscript \(name(labels[position])) is repeated for operand \(index) but the sizes don't "
                        + "match, \(tensor.shape[position]) != \(tensor.shape[first])")
            }
            // The diagonal comes last.
            let label = labels[position]
            tensor = tensor.diagonal(dim1: first, dim2: position)
            labels.remove(at: position)
            labels.remove(at: first)
            labels.append(label)
            position = 0
        }
    }

    func length(_ label: Int) -> Int {
        // What stands for the result of an operator that failed has no dimensions.
        labels.firstIndex(of: label).map { $0 < tensor.dim ? tensor.shape[$0] : 1 } ?? 1
    }

    /// Summed over the labels that are not in `kept`.
    func summed(keeping kept: Set<Int>) -> EinsumTerm {
        let dropped = labels.indices.filter { !kept.contains(labels[$0]) }
        if dropped.isEmpty { return self }
        return EinsumTerm(
            tensor: tensor.sum(dim: dropped, dtype: tensor.dtype), labels: labels.filter { kept.contains($0) })
    }

    /// Its dimensions in this order, those it lacks with length 1.
    func arranged(_ order: [Int]) -> Tensor {
        let present = order.filter { labels.contains($0) }
        var result = tensor.permute(present.map { labels.firstIndex(of: $0)! })
        for (position, label) in order.enumerated() where !labels.contains(label) {
            result = result.unsqueeze(position)
        }
        return result
    }
}

/// Multiplies all terms and leaves the `wanted` labels, in that order.
func multiply(_ operands: [EinsumTerm], _ lengths: [Int: Int], _ wanted: [Int]) -> Tensor {
    // A length of 1 that stands for more is dropped: the others have the label.
    var terms = operands.map { term -> EinsumTerm in
        let ones = term.labels.indices.filter { term.tensor.shape[$0] == 1 && lengths[term.labels[$0]] != 1 }
        if ones.isEmpty { return term }
        return EinsumTerm(
            tensor: term.tensor.squeeze(ones),
            labels: term.labels.indices.filter { !ones.contains($0) }.map { term.labels[$0] })
    }
    while terms.count > 1 {
        let (first, second) = cheapestPair(terms, wanted, lengths)
        let right = terms.remove(at: second)
        let left = terms.remove(at: first)
        let kept = Set(wanted).union(terms.flatMap(\.labels))
        terms.insert(product(left, right, keeping: kept), at: first)
    }
    let last = terms[0].summed(keeping: Set(wanted))
    let result = last.arranged(wanted)
    let shape = wanted.map { lengths[$0] ?? 1 }
    return result.shape == Size(shape) ? result : result.expand(shape)
}

/// The two terms to multiply next: those whose product takes the fewest multiplications, and among equals leaves the
/// smaller result; of two, both in order.
private func cheapestPair(_ terms: [EinsumTerm], _ wanted: [Int], _ lengths: [Int: Int]) -> (Int, Int) {
    if terms.count == 2 { return (0, 1) }
    var best = (0, 1)
    var least = (cost: Double.infinity, growth: Double.infinity)
    for second in 1..<terms.count {
        for first in 0..<second {
            let joint = Set(terms[first].labels).union(terms[second].labels)
            var kept = Set(wanted)
            for (index, term) in terms.enumerated() where index != first && index != second {
                kept.formUnion(term.labels)
            }
            func volume(_ labels: some Sequence<Int>) -> Double { labels.reduce(1) { $0 * Double(lengths[$1] ?? 1) } }
            let cost = volume(joint)
            let growth = volume(joint.intersection(kept)) - volume(terms[first].labels) - volume(terms[second].labels)
            if (cost, growth) < (least.cost, least.growth) {
                least = (cost, growth)
                best = (first, second)
            }
        }
    }
    return best
}

/// Two terms multiplied and summed over what neither the result nor other terms need: as a batch of matrix products.
private func product(_ a: EinsumTerm, _ b: EinsumTerm, keeping kept: Set<Int>) -> EinsumTerm {
    let left = a.summed(keeping: kept.union(b.labels))
    let right = b.summed(keeping: kept.union(a.labels))
    let shared = left.labels.filter { right.labels.contains($0) }
    let batch = shared.filter { kept.contains($0) }
    let inner = shared.filter { !kept.contains($0) }
    let leftOnly = left.labels.filter { !shared.contains($0) }
    let rightOnly = right.labels.filter { !shared.contains($0) }
    let labels = batch + leftOnly + rightOnly
    if inner.isEmpty {
        return EinsumTerm(tensor: left.arranged(labels).mul(right.arranged(labels)), labels: labels)
    }
    func volume(_ term: EinsumTerm, _ labels: [Int]) -> Int { labels.reduce(1) { $0 * term.length($1) } }
    let (count, m, k, n) = (
        volume(left, batch), volume(left, leftOnly), volume(left, inner), volume(right, rightOnly)
    )
    let (leftMatrix, rightMatrix) = (left.arranged(batch + leftOnly + inner), right.arranged(batch + inner + rightOnly))
    let result =
        batch.isEmpty
        ? leftMatrix.reshape([m, k]).mm(rightMatrix.reshape([k, n]))
        : leftMatrix.reshape([count, m, k]).bmm(rightMatrix.reshape([count, k, n]))
    let shape = batch.map(left.length) + leftOnly.map(left.length) + rightOnly.map(right.length)
    return EinsumTerm(tensor: result.reshape(shape), labels: labels)
}
