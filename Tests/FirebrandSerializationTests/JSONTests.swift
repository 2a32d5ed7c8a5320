import FirebrandTensor
import Testing

import FirebrandSerialization

@Suite struct JSONTests {
    private func parse(_ text: String) throws -> JSONValue { try parse(Array(text.utf8)) }

    private func parse(_ bytes: [UInt8]) throws -> JSONValue {
        try bytes.withUnsafeBytes { try JSONValue(parsing: $0, path: "test.json") }
    }

    @Test("reads every kind of value, integers apart from floating-point numbers")
    func values() throws {
        let text = #" {"a": [1, -2, 0, 1.5, 1e3, -0.0], "b": {"c": null}, "d": [true, false], "": "x"} "#
        let value = try parse(text)
        #expect(
            value["a"]
                == .array([.int(1), .int(-2), .int(0), .double(1.5), .double(1000), .double(-0.0)]))
        #expect(value["b"]?["c"] == .null)
        #expect(value["d"] == .array([.bool(true), .bool(false)]))
        #expect(value[""]?.string == "x")
        #expect(value["absent"] == nil)
        #expect(try parse("9223372036854775807") == .int(.max))
        #expect(try parse("9223372036854775808") == .double(9223372036854775808))
        #expect(try parse("0.1") == .double(0.1))
        #expect(try parse("[[1, 2], []]").array?.map(\.ints) == [[1, 2], []])
    }

    @Test("reads escapes and characters beyond ASCII, and writes them so that they read the same")
    func strings() throws {
        #expect(try parse(#""\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00é""#).string == "\"\\/\u{8}\u{C}\n\r\tAé😀é")
        for text in ["", "a\"b\\c", "\u{1}\n\t\r\u{1f}", "é😀"] {
            #expect(try parse(jsonQuoted(text)).string == text)
        }
    }

    @Test(
        "refuses what is not JSON and says where",
        arguments: [
            "", " ", "{", "[1", "[1,]", "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "01", "-", "1.", "1e", ".5", "+1", "tru",
            "nul", "\"abc", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"",
            "\"a\nb\"", "1 2", "[1] x", "NaN", "Infinity", "'a'", "[,1]", String(repeating: "[", count: 300),
        ])
    func refusals(_ text: String) throws {
        let error = try failure { _ = try parse(text) }
        #expect(error.code == .corruptFile && error.path == "test.json")
        #expect(error.message.contains("is not valid JSON: ") && error.message.contains(" at byte "))
    }

    @Test("refuses text that is not UTF-8")
    func encoding() throws {
        #expect(try failure { _ = try parse([0x22, 0xff, 0x22]) }.message.contains("bad UTF-8"))
    }

    @Test("takes nesting up to its limit")
    func nesting() throws {
        #expect(throws: Never.self) {
            try parse(String(repeating: "[", count: 250) + String(repeating: "]", count: 250))
        }
    }
}
