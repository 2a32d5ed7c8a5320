import FirebrandTensor

/// The rows of a CSV file, as text. What pandas calls a `DataFrame`.
///
/// ```swift
/// let labels = try readCSV("labels.csv")          // a header, then lines such as: tshirt1.jpg, 0
/// let name = labels[0, 0]                         // pandas: labels.iloc[0, 0]
/// let label = try labels.value(0, 1, as: Int.self)
/// let all = try labels.column("label", as: Int.self)
/// ```
public struct CSVTable: Sendable {
    /// The names of the columns; empty where the file was read without a header.
    public let header: [String]
    /// The fields of each row below the header; a row may have fewer than the header, never more.
    public let rows: [[String]]
    private let path: String?

    init(header: [String], rows: [[String]], path: String?) {
        self.header = header
        self.rows = rows
        self.path = path
    }

    /// The number of rows, without the header. pandas: `len(df)`.
    public var count: Int { rows.count }

    /// The text of a field, both counted from 0; empty where the row is too short. pandas: `df.iloc[row, column]`.
    public subscript(row: Int, column: Int) -> String {
        precondition(column >= 0, "CSVTable: column \(column) is negative")
        return column < rows[row].count ? rows[row][column] : ""
    }

    /// A field as a number, a truth value or whatever else can be made of text.
    ///
    /// Throws a ``FirebrandError`` that names the row and the text where it cannot.
    public func value<Value: LosslessStringConvertible>(
        _ row: Int, _ column: Int, as _: Value.Type = Value.self
    ) throws -> Value {
        guard rows.indices.contains(row), column >= 0 else {
            throw FirebrandError(
                .invalidArgument, "row \(row), column \(column) of a table of \(count) rows", path: path)
        }
        let text = self[row, column]
        guard let value = Value(text) ?? Value(text.withoutOuterSpaces) else {
            throw FirebrandError(
                .corruptFile,
                "'\(text.prefix(60))' in row \(row), \(name(of: column)), cannot be read as \(Value.self)", path: path,
                remedy: header.isEmpty ? "if that is the name of a column, read the file with its header" : nil)
        }
        return value
    }

    /// All values of the column of that name. pandas: `df[name]`.
    public func column<Value: LosslessStringConvertible>(_ name: String, as _: Value.Type = Value.self) throws
        -> [Value]
    {
        let index = try self.index(of: name)
        return try rows.indices.map { try value($0, index) }
    }

    /// The texts of the column of that name.
    public func column(_ name: String) throws -> [String] {
        let index = try self.index(of: name)
        return rows.indices.map { self[$0, index] }
    }

    /// Where the column of that name is; throws a ``FirebrandError`` that lists those there are.
    public func index(of name: String) throws -> Int {
        if let index = header.firstIndex(of: name) { return index }
        let known = header.prefix(20).map { "'\($0)'" }.joined(separator: ", ")
        throw FirebrandError(
            .invalidArgument,
            "has no column '\(name)'"
                + (header.isEmpty
                    ? "; it was read without a header" : ", only \(known)\(header.count > 20 ? " …" : "")"),
            path: path)
    }

    private func name(of column: Int) -> String {
        column < header.count ? "column '\(header[column])'" : "column \(column)"
    }
}

extension String {
    var withoutOuterSpaces: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else {
            return ""
        }
        return String(self[first...last])
    }
}
