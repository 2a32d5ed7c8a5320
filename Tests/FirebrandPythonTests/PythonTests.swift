import FirebrandPython
import FirebrandTensor
import Foundation
import Testing

extension Bridge {
    @Suite("Python", .enabled(if: TestPython.isThere, "\(TestPython.noPython)"))
    struct PythonTests {
        @Test("modules, attributes, calls with keywords")
        func calls() throws {
            let math = try Python.import("math")
            #expect(try Double(math.sqrt(16)) == 4)
            #expect(try Double(math.pi) == .pi)
            #expect(try Int(Python.int("ff", base: 16)) == 255)
            #expect(try "\(Python.sorted([3, 1, 2], reverse: true))" == "[3, 2, 1]")
            #expect(try String(Python.import("os.path").join("a", "b")) == "a/b")
            #expect(try Int(Python.max.call([3, 9, 4])) == 9)
            #expect(try "\(Python.dict.call([], [("a", 1), ("b", nil)]))" == "{'a': 1, 'b': None}")
            let namespace = try Python.import("types").SimpleNamespace(x: 1)
            try namespace.setAttribute("x", to: "new")
            #expect(try String(namespace.x) == "new")
            #expect(namespace.hasAttribute("x") && !namespace.hasAttribute("y"))
            #expect(try String(namespace.getAttribute("x")) == "new")
        }

        @Test("values go there and come back")
        func values() throws {
            func both<Value: PythonConvertible & ConvertibleFromPython & Equatable>(_ value: Value, _ text: String)
                throws
            {
                let object = try value.toPython()
                #expect(object.debugDescription == text)
                #expect(try Value(object) == value)
            }
            try both(true, "True")
            try both(-5, "-5")
            try both(Int.min, "-9223372036854775808")
            try both(UInt64.max, "18446744073709551615")
            try both(UInt8(200), "200")
            try both(2.5, "2.5")
            try both(Float(0.5), "0.5")
            try both(Complex<Double>(1, -2), "(1-2j)")
            try both("für 日本 \u{1F525}", "'für 日本 \u{1F525}'")
            try both("a\0b", "'a\\x00b'")
            try both("", "''")
            try both([1, 2, 3], "[1, 2, 3]")
            try both([[1.5], []], "[[1.5], []]")
            try both(["a": 1], "{'a': 1}")
            try both([Int?.none, 4], "[None, 4]")
            try both(Int?.none, "None")
            #expect(try PythonTuple(1, "a", nil, [2.5]).toPython().debugDescription == "(1, 'a', None, [2.5])")
            #expect(try Size([2, 3]).toPython().debugDescription == "(2, 3)" && Size(Size([4]).toPython()) == [4])
            for (slice, text) in try [
                ((1..<3).toPython(), "slice(1, 3, None)"), ((1...3).toPython(), "slice(1, 4, None)"),
                ((1...).toPython(), "slice(1, None, None)"), ((..<3).toPython(), "slice(None, 3, None)"),
                ((...(-1)).toPython(), "slice(None, None, None)"),
            ] { #expect(slice.debugDescription == text) }
            #expect(try Python.evaluate("None").isNone)
            #expect(try Double.nan.toPython().debugDescription == "nan")
        }

        @Test("values that do not fit are errors")
        func unfit() throws {
            func error(_ body: () throws -> Void) -> String {
                do { try body(); return "nothing was thrown" } catch { return "\(error)" }
            }
            #expect(
                error { _ = try Int(2.5.toPython()) } == "TypeError: 'float' object cannot be interpreted as an integer"
            )
            #expect(error { _ = try Int8(200.toPython()) } == "OverflowError: 200 does not fit Int8")
            #expect(
                error { _ = try Int(Python.pow(10, 30)) }.hasPrefix("OverflowError: 1000000000000000000000000000000"))
            #expect(error { _ = try UInt((-1).toPython()) } == "OverflowError: -1 does not fit UInt")
            #expect(error { _ = try String(3.toPython()) } == "TypeError: expected str, got int")
            #expect(error { _ = try Double("x".toPython()) } == "TypeError: must be real number, not str")
            #expect(error { _ = try [Int](3.toPython()) } == "TypeError: 'int' object is not iterable")
            #expect(try String(Python.chr(0xD800)) == "?")
        }

        @Test("operators, with Swift values on either side")
        func operators() throws {
            let seven = try 7.toPython()
            #expect(try Int(seven + 2) == 9 && Int(2 + seven) == 9 && Int(seven + seven) == 14)
            #expect(try Int(seven - 2) == 5 && Int(20 - seven) == 13 && Int(seven * 3) == 21)
            #expect(try Double(seven / 2) == 3.5 && Int(seven % 4) == 3 && Int(-seven) == -7 && Int(~seven) == -8)
            #expect(try Int(seven & 3) == 3 && Int(seven | 8) == 15 && Int(seven ^ 1) == 6)
            #expect(try Bool(seven .== 7) && !Bool(seven .!= 7) && Bool(seven .< 8) && Bool(8 .> seven))
            #expect(try Bool(seven .<= 7.0) && Bool(seven .>= seven))
            #expect(try String("a".toPython() + "b") == "ab" && String("ab".toPython() * 2) == "abab")
            var list = try [1].toPython()
            let same = list
            try list += [2]
            #expect(list.isSame(as: same) && "\(same)" == "[1, 2]")
            var number = seven
            try number *= 2
            try number -= 4
            try number /= 5
            #expect(try Double(number) == 2 && Int(seven) == 7)
            #expect(throws: PythonError.self) { _ = try seven + "a" }
        }

        @Test("items are had, set and removed")
        func items() throws {
            let list = try Python.list(Python.range(6))
            #expect(try Int(list[-1]) == 5 && [Int](list[1..<3]) == [1, 2])
            try list.setItem(0, to: "x")
            try list.deleteItem(4...)
            #expect("\(list)" == "['x', 1, 2, 3]")
            let names = try Python.dict(a: 1)
            try names.setItem("b", to: nil)
            try names.setItem(1, 2, to: "pair")
            #expect(try "\(names)" == "{'a': 1, 'b': None, (1, 2): 'pair'}" && String(names[1, 2]) == "pair")
            #expect(throws: PythonError.self) { _ = try names["c"] }
        }

        @Test("iteration, also without an end")
        func iteration() throws {
            var sum = 0
            for element in try Python.elements(of: Python.range(5)) { sum += try Int(element) }
            #expect(sum == 10)
            let numbers = try Python.iterator(of: Python.import("itertools").count(3))
            #expect(try Int(numbers.next()!) == 3 && Int(numbers.next()!) == 4)
            let short = try Python.iterator(of: Python.iter([1]))
            #expect(try short.next() != nil && short.next() == nil)
            let failing = try Python.iterator(of: Python.evaluate("(1 // x for x in (1, 0))"))
            #expect(try failing.next() != nil)
            #expect(throws: PythonError.self) { _ = try failing.next() }
            #expect(try [String: Int](Python.dict(a: 1, b: 2)) == ["a": 1, "b": 2])
        }

        @Test("exceptions are errors with a type, a message and the calls that led there")
        func exceptions() throws {
            let names = try Python.dict()
            try Python.run(
                "def outer(x):\n    return inner(x)\n\ndef inner(x):\n    raise ValueError(f'bad {x}')\n", in: names)
            do {
                try names["outer"](5)
                Issue.record("nothing was thrown")
            } catch let error as PythonError {
                #expect(error.type == "ValueError" && error.message == "bad 5" && "\(error)" == "ValueError: bad 5")
                #expect(error.traceback.hasPrefix("Traceback (most recent call last):"))
                #expect(error.traceback.contains("in outer") && error.traceback.contains("in inner"))
                #expect(error.traceback.hasSuffix("ValueError: bad 5"))
                #expect(try error.is(Python.ValueError) && !error.is(Python.KeyError) && error.is(Python.Exception))
                #expect(try [String](error.exception.args) == ["bad 5"])
            }
            // The next call is not disturbed.
            #expect(try Int(Python.abs(-1)) == 1)
            #expect(throws: PythonError.self) { try Python.import("no_such_module_anywhere") }
            #expect(throws: PythonError.self) { _ = try Python.no_such_builtin }
            #expect(throws: PythonError.self) { try Python.run("1 +") }
            #expect(throws: PythonError.self) { try Python.run("a = 1\0") }
            #expect(throws: PythonError.self) { try names.get("a", default: 3, default: 4) }
            do {
                try Python.import("sys").exit(3)
            } catch let error as PythonError {
                #expect(try error.type == "SystemExit" && Int(error.exception.code) == 3)
            }
            let silent = try Python.evaluate("type('Silent', (), {'__str__': lambda self: 1 // 0})()")
            #expect("\(silent)".hasPrefix("<object whose text cannot be had: ZeroDivisionError"))
        }

        @Test("code runs in a namespace of its own or in the main module")
        func code() throws {
            let names = try Python.dict(x: 20)
            try Python.run("import math\ny = math.floor(x + 1.5)", in: names)
            #expect(try Int(names["y"]) == 21 && Int(Python.evaluate("x + y", in: names)) == 41)
            try Python.run("firebrand_test = 'main'")
            #expect(try String(Python.import("__main__").firebrand_test) == "main")
        }

        @Test("with enters and leaves, and shows errors to the manager")
        func contexts() throws {
            let names = try Python.dict()
            try Python.run(
                """
                class Manager:
                    def __init__(self, handles): self.handles, self.log = handles, []
                    def __enter__(self):
                        self.log.append("enter")
                        return 42
                    def __exit__(self, kind, error, calls):
                        self.log.append(kind.__name__ if kind else "exit")
                        return self.handles
                """, in: names)
            struct Broken: Error {}
            let plain = try names["Manager"](false)
            #expect(try Python.with(plain) { try Int($0) } == 42)
            #expect(throws: PythonError.self) { try Python.with(plain) { _ in try Python.import("math").sqrt(-1) } }
            #expect(throws: Broken.self) { try Python.with(plain) { _ in throw Broken() } }
            #expect(try [String](plain.log) == ["enter", "exit", "enter", "ValueError", "enter", "RuntimeError"])
            let handling = try names["Manager"](true)
            #expect(try Python.with(handling) { _ in throw Broken() } == nil)
            #expect(throws: PythonError.self) { try Python.with(3.toPython()) { _ in } }
        }

        @Test("any thread may call, many at once")
        func threads() async throws {
            let names = try Python.dict(total: 0)
            try Python.run(
                "import threading\nlock = threading.Lock()\ndef add(n):\n    global total\n    with lock:\n        total += n\n    return sum(range(n))",
                in: names)
            let add = try names["add"]
            let sums = await withTaskGroup(of: Int.self) { group in
                for worker in 0..<8 {
                    group.addTask {
                        var sum = 0
                        for step in 0..<200 {
                            sum += try! Int(add(step))
                            if step % 50 == worker { await Task.yield() }
                        }
                        return sum
                    }
                }
                return await group.reduce(into: 0, +=)
            }
            #expect(sums == 8 * (0..<200).map { $0 * ($0 - 1) / 2 }.reduce(0, +))
            #expect(try Int(names["total"]) == 8 * 19_900)
            // Threads of the system's, as those of the kernels' team and Foundation are.
            let object = try [1, 2].toPython()
            let before = try TestPython.references(to: object)
            DispatchQueue.concurrentPerform(iterations: 64) { _ in
                let copy = object
                if (try? Int(copy[1])) != 2 { Issue.record("a thread read something else") }
            }
            #expect(try TestPython.references(to: object) == before)
        }

        @Test("a thread that waits in Python lets others in")
        func waiting() async throws {
            let event = try Python.import("threading").Event()
            async let waited = try Bool(event.wait(30))
            try event.set()
            #expect(try await waited)
            // Held over several operations, also nested.
            #expect(try Python.withLock { try Python.withLock { try Int(Python.len([1, 2])) } } == 2)
        }

        @Test("interrupts stay the program's")
        func signals() throws {
            var action = sigaction()
            sigaction(SIGINT, nil, &action)
            #expect(action.__sigaction_handler.sa_handler == nil)
            sigaction(SIGPIPE, nil, &action)
            #expect(unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) != 1)
        }
    }
}
