import FirebrandTensor
import Foundation
import Testing

/// One row of a fixture: a JSON object, read by name.
public struct Row: CustomTestStringConvertible, @unchecked Sendable {
    /// The values as JSON gives them.
    public let fields: [String: Any]

    /// The row a JSON object is.
    public init(_ value: Any) { fields = value as! [String: Any] }

    /// The whole of a fixture, as one row.
    public static func whole(_ fixture: String, in bundle: Bundle) -> Row {
        Row(try! Fixtures.json(fixture, in: bundle))
    }

    /// The rows of one list in a fixture.
    public static func all(_ list: String, of fixture: String, in bundle: Bundle) -> [Row] {
        whole(fixture, in: bundle).rows(list)
    }

    /// The name, or a text, and the seed.
    public var testDescription: String {
        (fields["name"] as? String ?? text("text")).replacing("\n", with: " ").prefix(60)
            + (has("seed") ? ", seed \(int("seed"))" : "")
    }

    /// Whether there is such a value.
    public func has(_ name: String) -> Bool { fields[name] != nil }
    /// Text; empty where there is none.
    public func text(_ name: String) -> String { fields[name] as? String ?? "" }
    /// An integer.
    public func int(_ name: String) -> Int { (fields[name] as! NSNumber).intValue }
    /// A number; "nan", "inf" and "-inf" are numbers too.
    public func double(_ name: String) -> Double { Row.number(fields[name]!) }
    /// A truth value; false where there is none.
    public func flag(_ name: String) -> Bool { (fields[name] as? NSNumber)?.boolValue ?? false }
    /// Integers.
    public func ints(_ name: String) -> [Int] { (fields[name] as! [Any]).map { ($0 as! NSNumber).intValue } }
    /// Numbers.
    public func doubles(_ name: String) -> [Double] { (fields[name] as! [Any]).map(Row.number) }
    /// Rows below this one.
    public func rows(_ name: String) -> [Row] { (fields[name] as! [Any]).map(Row.init) }
    /// The row below this one.
    public func row(_ name: String) -> Row { Row(fields[name]!) }
    /// The type named under `dtype`.
    public var dtype: DType { DType.allCases.first { $0.description == text("dtype") }! }

    /// A tensor stored as `{"shape": …, "values": …}` and, unless it is float32, `"dtype"`.
    public func tensor(_ name: String) -> Tensor {
        let row = row(name)
        let values = Tensor(elements: row.doubles("values"), shape: Size(row.ints("shape")))
        return values.to(row.has("dtype") ? row.dtype : .float32)
    }

    private static func number(_ value: Any) -> Double {
        switch value as? String {
        case "nan": .nan
        case "inf": .infinity
        case "-inf": -.infinity
        default: (value as! NSNumber).doubleValue
        }
    }
}

extension Tensor {
    /// The elements' bit patterns in hexadecimal, as the fixtures write them.
    public var bitText: String {
        if dtype == .float32 {
            return toArray(Float.self).map { hexadecimal($0.bitPattern, digits: 8) }.joined(separator: " ")
        }
        return toArray(Double.self).map { hexadecimal($0.bitPattern, digits: 16) }.joined(separator: " ")
    }
}

private func hexadecimal(_ bits: some BinaryInteger, digits: Int) -> String {
    let text = String(bits, radix: 16)
    return String(repeating: "0", count: digits - text.count) + text
}
