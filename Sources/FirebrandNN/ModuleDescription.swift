extension ModuleBase: CustomStringConvertible {
    /// PyTorch's text: the type, and the modules below it by key. Arrays and dictionaries of modules print as PyTorch's
    /// `ModuleList` and `ModuleDict`.
    public var description: String {
        var lines = childLines
        for case (let key, .module(let module)) in extras?.registered ?? [] { lines.append("(\(key)): \(module)") }
        let typeName = (extras?.typePrefix ?? "") + typeName
        let extra = extraDescription.split(separator: "\n").map(String.init)
        if lines.isEmpty, extra.count <= 1 { return "\(typeName)(\(extraDescription))" }
        lines.insert(contentsOf: extra, at: 0)
        return block(typeName, lines)
    }
}

extension ModuleBase {
    /// A line, or several, for each field that holds modules; a list's equal neighbours take one.
    private var childLines: [String] {
        if joinsEqualLines { return repeats(namedChildren().map(\.module.description)) }
        return fields.compactMap { key, value in text(of: value).map { "(\(key)): \($0)" } }
    }
}

/// How a field prints; nil where it holds no modules.
private func text(of value: Any) -> String? {
    if let module = value as? ModuleBase { return module.description }
    guard let container = Container(value) else { return nil }
    let texts = container.elements.compactMap { element in text(of: element.value).map { (element.name, $0) } }
    guard !texts.isEmpty else { return nil }
    switch container.kind {
    case .optional: return texts[0].1
    case .list: return block("ModuleList", repeats(texts.map(\.1)))
    case .dictionary: return block("ModuleDict", texts.map { "(\($0)): \($1)" })
    }
}

/// Equal neighbours in one line: `(0-2): 3 x Linear(…)`.
private func repeats(_ texts: [String]) -> [String] {
    var lines: [String] = []
    var start = 0
    while start < texts.count {
        let end = texts[start...].firstIndex { $0 != texts[start] } ?? texts.count
        let count = end - start
        lines.append(
            count == 1 ? "(\(start)): \(texts[start])" : "(\(start)-\(end - 1)): \(count) x \(texts[start])")
        start = end
    }
    return lines
}

private func block(_ name: String, _ lines: [String]) -> String {
    let indented = lines.joined(separator: "\n").split(separator: "\n", omittingEmptySubsequences: false)
    return "\(name)(\n" + indented.map { "  \($0)\n" }.joined() + ")"
}
