import FirebrandTensor
import Testing

import FirebrandSerialization

/// A pickle written down instruction by instruction, each character one byte.
private func instructions(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8($0.value) } }

/// The same as a test's argument, with what is not printable escaped in the test's name.
struct Instructions: ExpressibleByStringLiteral, CustomTestStringConvertible {
    let bytes: [UInt8]
    init(stringLiteral text: String) { bytes = instructions(text) }
    var testDescription: String {
        bytes.map { (0x20..<0x7f).contains($0) ? String(UnicodeScalar($0)) : "\\x" + String($0, radix: 16) }.joined()
    }
}

@Suite struct PickleTests {
    @Test(
        "Every constant of protocols 0 to 5 is read",
        arguments: [
            ("N", PickleValue.none), ("\u{88}", .bool(true)), ("I00\n", .bool(false)), ("I01\n", .bool(true)),
            ("I-12\n", .int(-12)), ("L123L\n", .int(123)), ("K\u{ff}", .int(255)), ("M\u{00}\u{01}", .int(256)),
            ("J\u{ff}\u{ff}\u{ff}\u{ff}", .int(-1)), ("\u{8a}\u{00}", .int(0)), ("\u{8a}\u{01}\u{80}", .int(-128)),
            ("\u{8a}\u{09}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{7f}\u{00}", .int(.max)),
            ("\u{8a}\u{08}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}\u{80}", .int(.min)),
            ("\u{8b}\u{02}\u{00}\u{00}\u{00}\u{01}\u{02}", .int(513)),
            ("G\u{3f}\u{f8}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}", .double(1.5)), ("F1.5\n", .double(1.5)),
            ("X\u{02}\u{00}\u{00}\u{00}\u{c3}\u{bc}", .string("ü")), ("\u{8c}\u{01}a", .string("a")),
            ("U\u{01}a", .string("a")), ("T\u{01}\u{00}\u{00}\u{00}\u{ff}", .bytes([255])),
            ("S'it\\'s\\n\\x41'\n", .string("it's\nA")), ("V\\u00fcx\\U0001F525\n", .string("üx🔥")),
            ("C\u{02}ab", .bytes([97, 98])), ("B\u{01}\u{00}\u{00}\u{00}a", .bytes([97])),
            ("\u{95}\u{01}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}N", .none),
            ("\u{80}\u{05}N", .none), ("N20", .none), ("K\u{01}p5\n0g5\n", .int(1)),
            ("K\u{01}\u{94}0h\u{00}", .int(1)),
        ] as [(Instructions, PickleValue)])
    func constants(pickle: Instructions, value: PickleValue) throws {
        #expect(try unpickle(pickle.bytes + [UInt8(ascii: ".")]).root == value)
    }

    @Test("An integer beyond 64 bits is kept apart")
    func bigIntegers() throws {
        let pickle = "\u{8a}\u{09}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}\u{80}\u{00}."
        guard case .bigInt(let bytes) = try unpickle(instructions(pickle)).root else {
            Issue.record("not a big integer")
            return
        }
        #expect(bytes.count == 9)
        let archive = try TorchArchive(fixture("tiny.pth"))
        var decoder = ValueDecoder(archive, try unpickle(instructions(pickle)))
        if case .bigInt(let value) = try decoder.decode() { #expect(value == bytes) } else { Issue.record("not kept") }
        #expect(try failure { _ = try unpickle(instructions("I99999999999999999999\n.")) }.code == .unsupportedFormat)
    }

    @Test("A later value of a key replaces the earlier one in its place")
    func duplicateKeys() throws {
        let document = try unpickle(instructions("}(K\u{01}K\u{02}K\u{03}K\u{04}K\u{01}K\u{05}u."))
        #expect(document.node(document.root)?.items == [.int(1), .int(5), .int(3), .int(4)])
    }

    @Test("Several pickles in one file are read one after the other")
    func sequence() throws {
        try instructions("K\u{01}.K\u{02}.").withUnsafeBytes { bytes in
            var first = Unpickler(bytes, path: "test.pkl")
            let document = try first.load()
            #expect(document.root == .int(1))
            #expect(first.position == 3)
        }
    }

    @Test(
        "Whatever would run code is refused by name",
        arguments: [
            ("cos\nsystem\n(X\u{02}\u{00}\u{00}\u{00}idtR.", "os.system"),
            ("cposix\nsystem\nX\u{02}\u{00}\u{00}\u{00}id\u{85}R.", "posix.system"),
            ("(S'id'\nios\nsystem\n.", "os.system"),
            ("(cos\nsystem\nS'id'\no.", "os.system"),
            ("\u{8c}\u{08}builtins\u{8c}\u{04}eval\u{93}.", "builtins.eval"),
            ("c__builtin__\ngetattr\n.", "__builtin__.getattr"),
            ("ctorch._utils\n_rebuild_tensor_v2.__globals__\n.", "torch._utils._rebuild_tensor_v2.__globals__"),
            ("ctorch\nload\n.", "torch.load"),
        ] as [(Instructions, String)])
    func codeIsRefused(pickle: Instructions, name: String) throws {
        let error = try failure { _ = try unpickle(pickle.bytes) }
        #expect(error.code == .unsupportedFormat)
        #expect(error.message.contains("refers to \(name),"))
    }

    @Test(
        "A malformed pickle is an error",
        arguments: [
            "", "N", ".", "NN.", "0.", "(N.", "t.", "K", "X\u{ff}\u{ff}\u{ff}\u{ff}a.",
            "X\u{01}\u{00}\u{00}\u{00}\u{ff}.",
            "\u{8d}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}a.",
            "\u{8e}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{7f}a.",
            "\u{8b}\u{ff}\u{ff}\u{ff}\u{7f}\u{00}.", "\u{95}\u{ff}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}N.",
            "h\u{00}.",
            "Na.", "}Na.", "](K\u{01}u.", "}(K\u{01}u.", "]NNs.", "NNR.", "ccollections\nOrderedDict\nNR.", "NNb.",
            "]Nb.",
            "\u{80}\u{09}N.", "\u{97}.", "\u{82}\u{01}.", "Sx\n.", "Fx\n.", "Ix\n.", "gx\n.", "K\u{01}px\n.", "(N(e.",
            "2.", "N(2.",
            "c_codecs\nencode\nK\u{01}\u{85}R.", "c__builtin__\nset\nK\u{01}\u{85}R.", "cmissing line feed",
            "ccollections\nOrderedDict\n]K\u{01}a\u{85}R.",
        ] as [Instructions])
    func malformed(pickle: Instructions) throws {
        _ = try failure { _ = try unpickle(pickle.bytes) }
    }

    @Test("The work that a small pickle can cause is bounded")
    func bounded() throws {
        var limits = PickleLimits()
        limits.nodes = 1000
        #expect(throws: FirebrandError.self) { try unpickle([UInt8](repeating: 0x5d, count: 2000), limits: limits) }
        limits.stack = 1000
        #expect(throws: FirebrandError.self) { try unpickle([UInt8](repeating: 0x4e, count: 2000), limits: limits) }
        limits.instructions = 10_000
        let copies =
            "X\u{e8}\u{03}\u{00}\u{00}" + String(repeating: "a", count: 1000) + "q\u{00}0"
            + String(repeating: "c_codecs\nencode\nh\u{00}\u{85}R0", count: 100) + "N."
        let error = try failure { _ = try unpickle(instructions(copies), limits: limits) }
        #expect(error.message.contains("too large"))
    }

    @Test("Containers that hold themselves, nest too deep or multiply without end are errors, not crashes")
    func hostileContainers() throws {
        let archive = try TorchArchive(fixture("tiny.pth"))
        let deep = String(repeating: "]", count: 100_000) + String(repeating: "a", count: 99_999) + "."
        // Built from the outside in, so that no container is deep when it is added.
        let chain = "]q\u{00}" + String(repeating: "]q\u{01}ah\u{01}", count: 50_000) + "0"
        var doubling = "]q\u{00}K\u{01}a0"
        for level in 1..<60 {
            let (previous, this) = (Unicode.Scalar(UInt8(level - 1)), Unicode.Scalar(UInt8(level)))
            doubling += "](h\(previous)h\(previous)eq\(this)0"
        }
        for text in ["]q\u{00}h\u{00}a.", "}q\u{00}K\u{01}h\u{00}s.", deep, doubling + "h\u{3b}."] {
            let document = try unpickle(instructions(text))
            let error = try failure {
                var decoder = ValueDecoder(archive, document)
                _ = try decoder.decode()
            }
            #expect(error.code == .unsupportedFormat)
        }
        // The chain leaves its links on the stack: only that it neither crashes nor is accepted matters.
        _ = try failure { _ = try unpickle(instructions(chain + ".")) }
        var document = PickleDocument()
        document.root = document.add(.tuple)
        document.nodes[0].items = [document.root]
        // A list within itself can be written, as Python does; a tuple within itself cannot.
        #expect(throws: FirebrandError.self) { try Pickler.pickle(document, path: "test.pth") }
    }

    @Test("What is pickled reads back equal")
    func roundTrip() throws {
        var document = PickleDocument()
        let shared = document.add(
            .list, [.int(-5), .bigInt([0, 0, 0, 0, 0, 0, 0, 128, 0]), .double(.pi), .bytes([0, 255])])
        document.root = document.add(
            .tuple,
            [
                shared, shared, .string(""), .string("größer"), document.add(.frozenSet, [.int(1)]),
                document.add(.object, [.string("cpu")], global: PickleGlobals.device), .global(PickleGlobals.size),
            ])
        let copy = try unpickle(try Pickler.pickle(document, path: "test.pth"))
        let items = try #require(copy.elements(copy.root))
        #expect(items[0] == items[1])
        #expect(copy.elements(items[0]) == document.elements(shared))
        #expect(items[2...3] == [.string(""), .string("größer")])
        #expect(copy.node(items[4])?.kind == .frozenSet)
        #expect(copy.node(items[5])?.global == PickleGlobals.device)
        #expect(items[6] == .global(PickleGlobals.size))
    }
}
