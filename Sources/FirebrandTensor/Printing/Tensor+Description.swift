extension Tensor: CustomStringConvertible {
    /// PyTorch's text: `tensor([[1., 2.], [3., 4.]])` in aligned columns, with what is out of the ordinary behind.
    public var description: String {
        let options = printOptions()
        let prefix = "tensor("
        let indent = prefix.count
        var suffixes: [String] = []
        if device != .cpu { suffixes.append("device='\(device)'") }
        var body: String
        if device == .meta {
            suffixes.append("size=(\(shape.map(String.init).joined(separator: ", "))\(shape.count == 1 ? "," : ""))")
            if dtype != DType.default { suffixes.append("dtype=\(dtype)") }
            body = "..."
        } else if count == 0 {
            if shape.count != 1 { suffixes.append("size=(\(shape.map(String.init).joined(separator: ", ")))") }
            if dtype != DType.default { suffixes.append("dtype=\(dtype)") }
            body = "[]"
        } else {
            if dtype != DType.default && dtype != .int64 && dtype != .bool { suffixes.append("dtype=\(dtype)") }
            body = elementsText(indent, options)
        }
        if let node {
            suffixes.append("grad_fn=\(node)")
        } else if isGradRequired {
            suffixes.append("requires_grad=True")
        }
        var text = prefix + body
        var lineLength =
            text.count - (text.lastIndex(of: "\n").map { text.distance(from: text.startIndex, to: $0) + 1 } ?? 0)
        for suffix in suffixes {
            if lineLength + suffix.count + 2 > options.lineWidth {
                text += ",\n" + String(repeating: " ", count: indent) + suffix
                lineLength = indent + suffix.count
            } else {
                text += ", " + suffix
                lineLength += suffix.count + 2
            }
        }
        return text + ")"
    }

    private func elementsText(_ indent: Int, _ options: PrintOptions) -> String {
        let isSummarised = count > options.threshold
        let shown = Printer.shownElements(self, isSummarised, options)
        let format = NumberFormat(shown, isFloat: dtype.isFloatingPoint, options)
        let printer = Printer(format: format, isSummarised: isSummarised, options: options)
        if dim == 0 { return format.text(element(at: 0)) }
        return printer.text(self, indent: indent)
    }
}

/// Lays out nested brackets.
private struct Printer {
    let format: NumberFormat
    let isSummarised: Bool
    let options: PrintOptions

    /// The elements that will be seen, which alone decide the format.
    static func shownElements(_ tensor: Tensor, _ isSummarised: Bool, _ options: PrintOptions) -> [Scalar] {
        var result: [Scalar] = []
        func visit(_ dimension: Int, _ position: Int) {
            guard dimension < tensor.dim else {
                result.append(tensor.element(at: position))
                return
            }
            for index in indices(tensor.shape[dimension], isSummarised, options) where index != nil {
                visit(dimension + 1, position + index! * tensor.strides[dimension])
            }
        }
        visit(0, 0)
        return result
    }

    /// The indices of a dimension that are shown; nil stands for `...`.
    private static func indices(_ length: Int, _ isSummarised: Bool, _ options: PrintOptions) -> [Int?] {
        guard isSummarised, length > 2 * options.edgeItems else { return Array(0..<length) }
        return Array(0..<options.edgeItems) + [nil] + Array((length - options.edgeItems)..<length)
    }

    func text(_ tensor: Tensor, indent: Int) -> String { text(tensor, 0, 0, indent) }

    private func text(_ tensor: Tensor, _ dimension: Int, _ position: Int, _ indent: Int) -> String {
        let indices = Printer.indices(tensor.shape[dimension], isSummarised, options)
        if dimension == tensor.dim - 1 {
            let items = indices.map { index in
                index.map { format.padded(tensor.element(at: position + $0 * tensor.strides[dimension])) } ?? " ..."
            }
            let perLine = max(1, (options.lineWidth - indent) / (format.width + 2))
            var lines: [String] = []
            for start in stride(from: 0, to: items.count, by: perLine) {
                lines.append(items[start..<min(start + perLine, items.count)].joined(separator: ", "))
            }
            return "[" + lines.joined(separator: ",\n" + String(repeating: " ", count: indent + 1)) + "]"
        }
        let parts = indices.map { index in
            index.map { text(tensor, dimension + 1, position + $0 * tensor.strides[dimension], indent + 1) } ?? "..."
        }
        let separator =
            "," + String(repeating: "\n", count: tensor.dim - dimension - 1) + String(repeating: " ", count: indent + 1)
        return "[" + parts.joined(separator: separator) + "]"
    }
}
