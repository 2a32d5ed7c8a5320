extension Tensor: CustomStringConvertible {
    /// PyTorch's text: `tensor([[1., 2.], [3., 4.]])` in aligned columns, with what is out of the ordinary behind.
    public var description: String { text(printOptions()) }

    package func text(_ options: PrintOptions) -> String {
        let prefix = "tensor("
        var suffixes: [String] = []
        if device != .cpu { suffixes.append("device='\(device)'") }
        let body: String
        if device == .meta || count == 0 {
            body = device == .meta ? "..." : "[]"
            // The brackets of an empty vector say its shape.
            if device == .meta || dim != 1 { suffixes.append("size=\(shape.tuple)") }
            if dtype != DType.default { suffixes.append("dtype=\(dtype)") }
        } else {
            body = ElementPrinter(self, options).text(indent: prefix.utf8.count)
            if options.edgeItems == 0 { suffixes.append("size=\(shape.tuple)") }
            if ![DType.default, DType.default.complexType, .int64, .bool].contains(dtype) {
                suffixes.append("dtype=\(dtype)")
            }
        }
        if let node {
            suffixes.append("grad_fn=\(node)")
        } else if isGradRequired {
            suffixes.append("requires_grad=True")
        }
        return Tensor.append(suffixes, to: prefix + body, indent: prefix.utf8.count, options) + ")"
    }

    /// Adds each suffix to the last line, or on a new one where it would be too long.
    private static func append(_ suffixes: [String], to body: String, indent: Int, _ options: PrintOptions) -> String {
        var text = body
        let lastLine = body.utf8.suffix(while: { $0 != UInt8(ascii: "\n") })
        // PyTorch counts two columns too many here, and lines break where it breaks them.
        var column = lastLine.count + 2
        for suffix in suffixes {
            if column + suffix.utf8.count + 2 > options.lineWidth {
                text += ",\n" + String(repeating: " ", count: indent) + suffix
                column = indent + suffix.utf8.count
            } else {
                text += ", " + suffix
                column += suffix.utf8.count + 2
            }
        }
        return text
    }
}

extension Size {
    /// As Python writes a tuple: `(2, 3)`, `(2,)`, `()`.
    fileprivate var tuple: String {
        "(" + map(String.init).joined(separator: ", ") + (count == 1 ? ",)" : ")")
    }
}

extension BidirectionalCollection {
    /// The longest end of which all elements pass.
    fileprivate func suffix(while passes: (Element) -> Bool) -> SubSequence {
        self[(lastIndex { !passes($0) }.map(index(after:)) ?? startIndex)...]
    }
}

/// Lays out a tensor's elements in nested brackets.
private struct ElementPrinter {
    private let tensor: Tensor
    private let options: PrintOptions
    private let isSummarised: Bool
    private var format: NumberFormat
    // Complex numbers have a format for each part.
    private var imagFormat: NumberFormat?

    init(_ tensor: Tensor, _ options: PrintOptions) {
        self.tensor = tensor
        self.options = options
        isSummarised = tensor.count > options.threshold
        format = NumberFormat([], isFloat: false, options)
        // What the dots hide must not widen the columns.
        let shown = shownElements()
        if tensor.dtype.isComplex {
            format = NumberFormat(shown.map { .double($0.complexValue.real) }, isFloat: true, options)
            imagFormat = NumberFormat(shown.map { .double($0.complexValue.imag) }, isFloat: true, options)
        } else {
            format = NumberFormat(shown, isFloat: tensor.dtype.isFloatingPoint, options)
        }
    }

    func text(indent: Int) -> String { text(0, at: 0, indent) }

    private func shownElements() -> [Scalar] {
        var shown: [Scalar] = []
        func visit(_ dimension: Int, at position: Int) {
            if dimension == tensor.dim { return shown.append(tensor.element(at: position)) }
            for case let index? in shownIndices(dimension) {
                visit(dimension + 1, at: position + index * tensor.strides[dimension])
            }
        }
        visit(0, at: 0)
        return shown
    }

    /// The indices along a dimension that are shown; nil stands for `...`.
    private func shownIndices(_ dimension: Int) -> [Int?] {
        let (length, edge) = (tensor.shape[dimension], options.edgeItems)
        guard isSummarised, length > 2 * edge else { return Array(0..<length) }
        return Array(0..<edge) + [nil] + Array((length - edge)..<length)
    }

    /// The columns of an element; complex ones have a `j` too.
    private var width: Int { format.width + (imagFormat.map { $0.width + 1 } ?? 0) }

    private func padded(_ number: Scalar) -> String {
        guard let imagFormat else { return format.padded(number) }
        // The imaginary part follows its sign at once; its padding is left out, as in PyTorch.
        let imag = imagFormat.padded(.double(number.complexValue.imag)).drop { $0 == " " }
        return format.padded(.double(number.complexValue.real)) + (imag.hasPrefix("-") ? "" : "+") + imag + "j"
    }

    private func text(_ dimension: Int, at position: Int, _ indent: Int) -> String {
        if dimension == tensor.dim { return padded(tensor.element(at: position)) }
        let isLast = dimension == tensor.dim - 1
        let parts = shownIndices(dimension).map { index in
            index.map { text(dimension + 1, at: position + $0 * tensor.strides[dimension], indent + 1) }
                ?? (isLast && options.edgeItems > 0 ? " ..." : "...")
        }
        let margin = String(repeating: " ", count: indent + 1)
        guard isLast else {
            let newLines = String(repeating: "\n", count: tensor.dim - dimension - 1)
            return "[" + parts.joined(separator: "," + newLines + margin) + "]"
        }
        let perLine = max(1, (options.lineWidth - indent) / (width + 2))
        let lines = stride(from: 0, to: parts.count, by: perLine).map {
            parts[$0..<min($0 + perLine, parts.count)].joined(separator: ", ")
        }
        return "[" + lines.joined(separator: ",\n" + margin) + "]"
    }
}
