import FirebrandTensor
import FirebrandTestSupport
import Foundation
import Testing

/// One row of a fixture: a JSON object, read by name.
struct Row: CustomTestStringConvertible, @unchecked Sendable {
    let fields: [String: Any]

    init(_ value: Any) { fields = value as! [String: Any] }

    /// The rows of one list in a fixture.
    static func all(_ list: String, of fixture: String) -> [Row] {
        let json = try! Fixtures.json(fixture, in: .module) as! [String: Any]
        return (json[list] as! [Any]).map(Row.init)
    }

    var testDescription: String {
        (fields["name"] as? String ?? text("text")).replacing("\n", with: " ").prefix(60)
            + (has("seed") ? ", seed \(int("seed"))" : "")
    }

    func has(_ name: String) -> Bool { fields[name] != nil }
    func text(_ name: String) -> String { fields[name] as? String ?? "" }
    func int(_ name: String) -> Int { (fields[name] as! NSNumber).intValue }
    func double(_ name: String) -> Double { Row.number(fields[name]!) }
    func ints(_ name: String) -> [Int] { (fields[name] as! [Any]).map { ($0 as! NSNumber).intValue } }
    func doubles(_ name: String) -> [Double] { (fields[name] as! [Any]).map(Row.number) }
    func rows(_ name: String) -> [Row] { (fields[name] as! [Any]).map(Row.init) }
    func row(_ name: String) -> Row { Row(fields[name]!) }
    var dtype: DType { DType.allCases.first { $0.description == text("dtype") }! }

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
    var bitText: String {
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
