import ArgumentParser
import FirebrandSerialization

/// `firebrand inspect`: what is in a file of tensors.
struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Shows what a file holds: tensors with their types, shapes and sizes, as a tree.",
        discussion: """
            Knows PyTorch's .pth files (old and new, of whole models too), safetensors and its index, NumPy's .npy and .npz. \
            Only headers are read, and nothing that a file contains is run.
            """)

    @Argument(help: "The files.")
    var files: [String]

    @Flag(help: "Print full names, one tensor a line, instead of a tree.")
    var flat = false

    func run() throws {
        try reportingErrors {
            for path in files {
                let tree = try FileTree(path)
                Console.print("\(oneLine(path)): \(tree.format.name), \(byteText(tree.fileSize))")
                for line in flat ? flatLines(tree) : treeLines(tree) { Console.print(line) }
                Console.print(
                    "\(counted(tree.tensorCount, "tensor")), \(counted(tree.elementCount, "element")), "
                        + byteText(tree.byteCount))
            }
        }
    }

    private func treeLines(_ tree: FileTree) -> [String] {
        var rows: [(name: String, rest: String)] = []
        func visit(_ node: FileTree.Node, depth: Int) {
            let name = String(repeating: "  ", count: depth) + oneLine(node.name)
            rows.append((name, node.tensor.map(tensorText) ?? oneLine(node.text)))
            for child in node.children { visit(child, depth: depth + 1) }
        }
        for node in tree.nodes { visit(node, depth: 1) }
        return aligned(rows)
    }

    private func flatLines(_ tree: FileTree) -> [String] {
        var rows: [(name: String, rest: String)] = []
        func visit(_ node: FileTree.Node, prefix: String) {
            let name = prefix.isEmpty || node.name.hasPrefix("[") ? prefix + node.name : prefix + "." + node.name
            if let tensor = node.tensor { rows.append(("  " + oneLine(name), tensorText(tensor))) }
            for child in node.children { visit(child, prefix: name) }
        }
        for node in tree.nodes { visit(node, prefix: "") }
        return aligned(rows)
    }

    /// Names in a column, but that a few long ones do not push everything to the right.
    private func aligned(_ rows: [(name: String, rest: String)]) -> [String] {
        let width = min(60, rows.map(\.name.count).max() ?? 0)
        return rows.map { name, rest in
            rest.isEmpty ? name : name + String(repeating: " ", count: max(0, width - name.count) + 2) + rest
        }
    }

    private func tensorText(_ tensor: FileTree.TensorSummary) -> String {
        "\(tensor.dtype) \(tensor.shape) \(byteText(tensor.byteCount))"
    }

    private func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

    /// Files may hold anything, line breaks and a terminal's control sequences too.
    private func oneLine(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return text }
        return jsonQuoted(text).unicodeScalars.map {
            $0.properties.generalCategory == .control ? $0.escaped(asASCII: true) : String($0)
        }.joined()
    }
}

/// A number of bytes in the largest unit that leaves it above one: `1.6 MB`.
private func byteText(_ count: Int) -> String {
    guard count >= 1000 else { return "\(count) B" }
    var value = Double(count)
    for unit in ["kB", "MB", "GB", "TB"] {
        value /= 1000
        if value < 999.95 || unit == "TB" {
            let tenths = Int((value * 10).rounded())
            return "\(tenths / 10).\(tenths % 10) \(unit)"
        }
    }
    return "\(count) B"
}
