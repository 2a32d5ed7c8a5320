// Einstein's sums: reading the subscripts. How operands are then multiplied is in EinsumContraction.swift.

/// One subscript where labels are numbers: a dimension's label, from 0 to 51, or all dimensions not labelled.
public enum EinsumSubscript: Sendable, Hashable, ExpressibleByIntegerLiteral {
    /// The label of one dimension.
    case label(Int)
    /// Python's `...`.
    case ellipsis

    /// The label of one dimension.
    public init(integerLiteral value: Int) { self = .label(value) }
}

/// Sums of products of elements whose subscripts agree. PyTorch: `torch.einsum`.
///
/// A label that is in two operands pairs their dimensions; one that is not in the output is summed over; one that stands
/// twice in an operand takes the diagonal; `...` are the dimensions before, which broadcast. Without `->` the output has
/// the labels that appear once, in alphabetical order. Of three and more operands those are multiplied first whose
/// product is cheapest.
/// ```swift
/// einsum("bij,bjk->bik", a, b)    // products of batches of matrices
/// einsum("ii", a)                 // the trace
/// ```
public func einsum(_ equation: String, _ operands: [Tensor]) -> Tensor {
    guarded("einsum", operands) { () throws(Misuse) in
        if operands.isEmpty { throw Misuse("einsum(): must provide at least one operand") }
        let (inputs, output) = try readEquation(equation, operands.count)
        return try contract(operands, inputs, output)
    }
}

/// Sums of products of elements whose subscripts agree. PyTorch: `torch.einsum`.
public func einsum(_ equation: String, _ operands: Tensor...) -> Tensor { einsum(equation, operands) }

/// Einstein's sum with numbers for labels: operands, each with its subscripts. PyTorch: `torch.einsum`.
/// ```swift
/// einsum([(a, [0, 1]), (b, [1, 2])], output: [0, 2])
/// ```
public func einsum(_ operands: [(Tensor, [EinsumSubscript])], output: [EinsumSubscript]? = nil) -> Tensor {
    guarded("einsum", operands.map(\.0)) { () throws(Misuse) in
        if operands.isEmpty { throw Misuse("einsum(): must provide at least one operand") }
        for subscripts in operands.map(\.1) + [output ?? []] {
            for case .label(let label) in subscripts where !(0..<52).contains(label) {
                throw Misuse("einsum(): subscript in subscript list is not within the valid range [0, 52)")
            }
        }
        return try contract(operands.map(\.0), operands.map(\.1), output)
    }
}

/// A label's letter: A to Z, then a to z, which is also their order in outputs nobody spelt out.
private func letter(_ label: Int) -> String {
    String(UnicodeScalar(UInt8(label < 26 ? label + 65 : label - 26 + 97)))
}

private func readEquation(
    _ equation: String, _ operandCount: Int
) throws(Misuse) -> (inputs: [[EinsumSubscript]], output: [EinsumSubscript]?) {
    let characters = Array(equation.utf8)
    var inputs: [[EinsumSubscript]] = [[]]
    var output: [EinsumSubscript]?
    var position = 0
    while position < characters.count {
        let character = characters[position]
        let place = output == nil ? "for operand \(inputs.count - 1)" : "for the output"
        var found: EinsumSubscript?
        switch character {
        case UInt8(ascii: " "): break
        case UInt8(ascii: ","):
            if output != nil { throw invalid(position) }
            inputs.append([])
            if inputs.count > operandCount {
                throw Misuse("einsum(): fewer operands were provided than specified in the equation")
            }
        case UInt8(ascii: "-"):
            guard position + 1 < characters.count, characters[position + 1] == UInt8(ascii: ">"), output == nil else {
                throw invalid(position)
            }
            output = []
            position += 1
        case UInt8(ascii: "."):
            guard position + 2 < characters.count, characters[position + 1] == character,
                characters[position + 2] == character
            else { throw Misuse("einsum(): found '.' \(place) that is not part of any ellipsis") }
            guard !(output ?? inputs[inputs.count - 1]).contains(.ellipsis) else {
                throw Misuse("einsum(): found '.' \(place) for which an ellipsis was already found")
            }
            found = .ellipsis
            position += 2
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): found = .label(Int(character) - 65)
        case UInt8(ascii: "a")...UInt8(ascii: "z"): found = .label(Int(character) - 97 + 26)
        default: throw invalid(position)
        }
        if let found {
            if output == nil { inputs[inputs.count - 1].append(found) } else { output!.append(found) }
        }
        position += 1
    }
    if inputs.count < operandCount {
        throw Misuse("einsum(): more operands were provided than specified in the equation")
    }
    return (inputs, output)
}

private func invalid(_ position: Int) -> Misuse {
    Misuse(
        "einsum(): invalid subscript given at index \(position) in the equation string, subscripts must be in [a-zA-Z]")
}

/// Gives every dimension a label, checks lengths, and has the operands multiplied.
private func contract(
    _ operands: [Tensor], _ inputs: [[EinsumSubscript]], _ output: [EinsumSubscript]?
) throws(Misuse) -> Tensor {
    // Dimensions under an ellipsis get labels from 52 on, counted from the right so that they line up.
    var hidden = 0
    for (index, (operand, subscripts)) in zip(operands, inputs).enumerated() {
        let named = subscripts.count { $0 != .ellipsis }
        let hasEllipsis = named < subscripts.count
        guard hasEllipsis ? operand.dim >= named : operand.dim == named else {
            throw Misuse(
                "einsum(): the number of subscripts in the equation (\(named)) "
                    + (hasEllipsis
                        ? "is more than the number of dimensions" : "does not match the number of dimensions")
                    + " (\(operand.dim)) for operand \(index)" + (hasEllipsis ? "" : " and no ellipsis was given"))
        }
        if hasEllipsis { hidden = max(hidden, operand.dim - named) }
    }
    func labels(_ subscripts: [EinsumSubscript], hiddenHere: Int) -> [Int] {
        subscripts.flatMap { subscript_ -> [Int] in
            switch subscript_ {
            case .label(let label): [label]
            case .ellipsis: Array((52 + hidden - hiddenHere)..<(52 + hidden))
            }
        }
    }
    var lengths: [Int: Int] = [:]
    var uses: [Int: Int] = [:]
    var terms: [EinsumTerm] = []
    for (index, (operand, subscripts)) in zip(operands, inputs).enumerated() {
        let all = labels(subscripts, hiddenHere: operand.dim - subscripts.count { $0 != .ellipsis })
        let term = try EinsumTerm(operand, all, index, name: letter)
        for label in all where label < 52 { uses[label, default: 0] += 1 }
        for (label, length) in zip(term.labels, term.tensor.shape) {
            let known = lengths[label] ?? 1
            guard known == 1 || length == 1 || known == length else {
                throw Misuse(
                    "einsum(): subscript \(label < 52 ? letter(label) : "...") has size \(length) for operand \(index) which "
                        + "does not broadcast with previously seen size \(known)")
            }
            lengths[label] = max(known == 1 ? length : known, known)
            if known == 1 { lengths[label] = length }
        }
        terms.append(term)
    }
    let wanted: [Int]
    if let output {
        wanted = labels(output, hiddenHere: hidden)
        var seen = Set<Int>()
        for label in wanted {
            guard seen.insert(label).inserted else {
                throw Misuse("einsum(): output subscript \(letter(label)) appears more than once in the output")
            }
            guard lengths[label] != nil else {
                throw Misuse(
                    "einsum(): output subscript \(letter(label)) does not appear in the equation for any input operand")
            }
        }
    } else {
        wanted = Array(52..<(52 + hidden)) + uses.filter { $0.value == 1 }.keys.sorted()
    }
    for operand in operands where operand.dtype != operands[0].dtype {
        throw Misuse(
            "expected scalar type \(operands[0].dtype.scalarTypeName) but found \(operand.dtype.scalarTypeName)")
    }
    return multiply(terms, lengths, wanted)
}
