import FirebrandSerialization
import FirebrandTensor
import SwiftCSV

/// Reads a file of comma-separated values. pandas: `pd.read_csv`.
///
/// The first row names the columns unless `header` is false; empty lines do not count, nor do blanks in front of a field. Throws a
/// ``FirebrandError`` naming the file and the row when it is missing, larger than `maxBytes`, not UTF-8, or malformed: a
/// quote that is not closed, a row with more fields than the header.
/// ```swift
/// let labels = try readCSV("labels.csv")
/// for row in labels.rows { print(row) }
/// ```
public func readCSV(
    _ path: String, header: Bool = true, delimiter: Character = ",", maxBytes: Int = 1 << 26
) throws -> CSVTable {
    let file = try MappedFile(path)
    guard file.bytes.count <= maxBytes else {
        throw FirebrandError(
            .unsupportedFormat, "has \(file.bytes.count) bytes, more than the \(maxBytes) accepted", path: path,
            remedy: "pass a larger maxBytes")
    }
    let text = withExtendedLifetime(file) { String(validating: file.bytes, as: UTF8.self) }
    guard let text else {
        throw FirebrandError(.corruptFile, "is not UTF-8 text", path: path, remedy: "save the table as CSV in UTF-8")
    }
    return try parseCSV(text, header: header, delimiter: delimiter, path: path)
}

/// Reads comma-separated values from text; see ``readCSV(_:header:delimiter:maxBytes:)``.
public func parseCSV(_ text: String, header: Bool = true, delimiter: Character = ",") throws -> CSVTable {
    try parseCSV(text, header: header, delimiter: delimiter, path: nil)
}

private func parseCSV(_ text: String, header: Bool, delimiter: Character, path: String?) throws -> CSVTable {
    var rows: [[String]] = []
    do {
        let file = try CSV<Unparsed>(string: text, delimiter: CSVDelimiter(unicodeScalarLiteral: delimiter))
        try file.enumerateAsArray(startAt: 0, rowLimit: nil) { row in rows.append(row) }
    } catch {
        let words =
            switch error as? CSVParseError {
            case .generic(let message), .quotation(let message): message
            case nil: "\(error)"
            }
        throw FirebrandError(
            .corruptFile, "row \(rows.count) cannot be read as comma-separated values: \(words)", path: path,
            remedy: "put fields with quotes, commas or line ends into quotes, and double the quotes inside")
    }
    // The library takes the end of the text for the missing quote.
    guard text.utf8.count(where: { $0 == UInt8(ascii: "\"") }).isMultiple(of: 2) else {
        throw FirebrandError(
            .corruptFile, "a quote is opened and not closed", path: path, remedy: "look for a single \" and close it")
    }
    rows.removeAll { $0.isEmpty || $0 == [""] }
    guard header else { return CSVTable(header: [], rows: rows, path: path) }
    guard let names = rows.first else {
        throw FirebrandError(.corruptFile, "has no columns: the file is empty", path: path)
    }
    rows.removeFirst()
    if let row = rows.firstIndex(where: { $0.count > names.count }) {
        throw FirebrandError(
            .corruptFile, "row \(row) has \(rows[row].count) fields and the header \(names.count)", path: path,
            remedy: "put fields that contain the delimiter into quotes")
    }
    return CSVTable(header: names, rows: rows, path: path)
}

/// Keeps the library from laying the rows out itself: it would fill all of them up to the longest, so that one long row
/// among many short ones could take any amount of memory.
private struct Unparsed: CSVView {
    var rows: [[String]] { [] }
    var columns: [String]? { nil }

    init(header: [String], text: String, delimiter: CSVDelimiter, loadColumns: Bool, rowLimit: Int?) throws {}

    func serialize(header: [String], delimiter: CSVDelimiter) -> String { "" }
}
