import FirebrandCSV
import FirebrandTensor
import FirebrandTestSupport
import Testing

@Suite("Comma-separated values")
struct CSVTests {
    let folder = try! TemporaryFolder()

    private func path(_ text: String) throws -> String { try folder.write("labels.csv", Array(text.utf8)) }

    private func failure(_ text: String, header: Bool = true) throws -> FirebrandError? {
        do {
            _ = try readCSV(path(text), header: header)
            return nil
        } catch { return error as? FirebrandError }
    }

    @Test("The tutorial's file of labels, with and without a header")
    func labels() throws {
        let file = "name, label\ntshirt1.jpg, 0\r\ntshirt2.jpg, 0\n\nankleboot999.jpg, 9"
        let table = try readCSV(path(file))
        #expect(table.header == ["name", "label"] && table.count == 3)
        #expect(table[2, 0] == "ankleboot999.jpg" && table[2, 1] == "9" && table[2, 7] == "")
        #expect(try table.value(2, 1, as: Int.self) == 9 && table.value(2, 1, as: Double.self) == 9)
        #expect(try table.column("label", as: Int.self) == [0, 0, 9] && table.column("name")[1] == "tshirt2.jpg")
        let bare = try readCSV(path(file), header: false)
        #expect(bare.header.isEmpty && bare.count == 4 && bare.rows[0] == ["name", "label"])
    }

    @Test("Quotes, delimiters, line ends inside fields, blanks, a byte order mark and no last line end")
    func forms() throws {
        let text = "\u{feff}a;b\n\"x;y\";\"say \"\"hi\"\"\"\n\"two\nlines\"; 3 \n;é"
        let table = try readCSV(path(text), delimiter: ";")
        #expect(table.header == ["a", "b"])
        #expect(table.rows == [["x;y", "say \"hi\""], ["two\nlines", "3 "], ["", "é"]])
        #expect(try table.value(1, 1, as: Int.self) == 3)
        #expect(try parseCSV("a\tb\n1\t2", delimiter: "\t").rows == [["1", "2"]])
    }

    @Test("What is wrong is said with the file, the row and a way out")
    func refusals() throws {
        let missing = #expect(throws: FirebrandError.self) { try readCSV(folder.file("none.csv")) }
        #expect(missing?.code == .notFound)
        #expect(try failure("")?.message == "has no columns: the file is empty")
        let long = try #require(try failure("a,b\n1,2\n1,2,3\n"))
        #expect(long.code == .corruptFile && long.message == "row 1 has 3 fields and the header 2")
        #expect(long.path?.hasSuffix("labels.csv") == true && long.remedy != nil)
        #expect(try failure("a,b\n\"1,2\n")?.message == "a quote is opened and not closed")
        #expect(
            try failure("a,b\n\"1\"x,2\n")?.message.hasPrefix("row 1 cannot be read as comma-separated values") == true)
        let bytes = try folder.write("labels.csv", [0x61, 0xff, 0x0a])
        #expect(#expect(throws: FirebrandError.self) { try readCSV(bytes) }?.message == "is not UTF-8 text")
        let large = #expect(throws: FirebrandError.self) { try readCSV(path("a,b\n1,2\n"), maxBytes: 4) }
        #expect(large?.remedy == "pass a larger maxBytes")
        let table = try readCSV(path("name,label\na.jpg,boot\n"))
        let value = #expect(throws: FirebrandError.self) { try table.value(0, 1, as: Int.self) }
        #expect(value?.message == "'boot' in row 0, column 'label', cannot be read as Int")
        let column = #expect(throws: FirebrandError.self) { try table.column("class") }
        #expect(column?.message == "has no column 'class', only 'name', 'label'")
        #expect(throws: FirebrandError.self) { try table.value(1, 0, as: String.self) }
    }

    @Test("One long row among many short ones takes no more memory than its bytes warrant")
    func lopsided() throws {
        let columns = 100_000
        let text = String(repeating: ",", count: columns) + "\n" + String(repeating: "1\n", count: 100_000)
        let table = try readCSV(path(text))
        #expect(table.header.count == columns + 1 && table.count == 100_000 && table[99_999, columns] == "")
    }

    @Test("Bytes put in anywhere are read or refused", arguments: 0..<8)
    func damage(seed: UInt64) throws {
        let file = Array("name,\"la\"\"bel\"\r\n\"tshirt,1.jpg\", 0\ntshirt2.jpg,1\n\"x\ny\",2\n".utf8)
        var random = SplitMix(seed)
        for _ in 0..<500 {
            var bytes = file
            for _ in 0..<random.next(4) + 1 {
                switch random.next(3) {
                case 0: bytes[random.next(bytes.count)] = Array("\",\n\r a0\u{0}".utf8)[random.next(8)]
                case 1: bytes.insert(UInt8(random.next(256)), at: random.next(bytes.count))
                default: bytes.removeLast(random.next(min(8, bytes.count - 1)))
                }
            }
            do {
                let table = try readCSV(try folder.write("damaged.csv", bytes))
                #expect(table.rows.allSatisfy { $0.count <= table.header.count })
            } catch { #expect((error as? FirebrandError)?.code == .corruptFile, "\(error)") }
        }
    }
}

/// Numbers that are the same on every run.
struct SplitMix {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func next(_ bound: Int) -> Int {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return Int((z ^ (z >> 31)) % UInt64(bound))
    }
}
