import ArgumentParser
import Firebrand
import FirebrandSerialization

/// `firebrand operators`: the operator table.
struct Operators: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the operators by PyTorch's names.",
        discussion: """
            Each line has the name, the family, the element types, whether gradients flow through it, whether it has a \
            form that works in place and whether it takes an `out` tensor, and its other names.
            """)

    @Option(help: "Only the operators of this family, such as reduction or linalg.")
    var family: String?

    @Flag(help: "Print one JSON object per operator.")
    var json = false

    func run() throws {
        try reportingErrors { try list() }
    }

    private func list() throws {
        if let family, OperatorFamily(rawValue: family) == nil {
            throw FirebrandError(
                .invalidArgument, "there is no family '\(family)'",
                remedy: "the families are " + OperatorFamily.allCases.map(\.rawValue).joined(separator: ", "))
        }
        let rows = operators.rows.filter { family == nil || $0.family.rawValue == family }
        if json {
            for row in rows { Console.print(Operators.object(row)) }
            return
        }
        let cells = rows.map(Operators.cells)
        let header = ["name", "family", "dtypes", "gradient", "in place", "out", "aliases"]
        let widths = header.indices.map { column in ([header] + cells).map { $0[column].count }.max()! }
        for line in [header] + cells {
            let padded = zip(line, widths).map { text, width in
                text + String(repeating: " ", count: width - text.count)
            }
            var text = padded.joined(separator: "  ")
            while text.last == " " { text.removeLast() }
            Console.print(text)
        }
    }

    private static func cells(_ row: OperatorRow) -> [String] {
        [
            row.name, row.family.rawValue, shortened(row.dtypes), row.isDifferentiable ? "yes" : "no",
            row.hasInPlace ? "yes" : "no", row.hasOut ? "yes" : "no", row.aliases.joined(separator: " "),
        ]
    }

    /// The types in few words: whole kinds by their names.
    private static func shortened(_ dtypes: DTypeSet) -> String {
        if dtypes == .all { return "all" }
        var rest = dtypes
        var words: [String] = []
        for (kind, word) in Operators.kinds where rest.isSuperset(of: kind) {
            words.append(word)
            rest.subtract(kind)
        }
        return (words + rest.dtypes.map(\.description)).joined(separator: " ")
    }

    private static let kinds: [(DTypeSet, String)] = [
        (.bool, "bool"), (.integers, "integers"), (.floating, "floating"), (.complex, "complex"),
    ]

    private static func object(_ row: OperatorRow) -> String {
        func list(_ texts: [String]) -> String { "[" + texts.map(jsonQuoted).joined(separator: ",") + "]" }
        return "{\"name\":\(jsonQuoted(row.name)),\"family\":\(jsonQuoted(row.family.rawValue)),"
            + "\"dtypes\":\(list(row.dtypes.dtypes.map(\.description))),\"differentiable\":\(row.isDifferentiable),"
            + "\"in_place\":\(row.hasInPlace),\"out\":\(row.hasOut),\"aliases\":\(list(row.aliases)),"
            + "\"signatures\":\(list(row.signatures.map(\.description)))}"
    }
}
