import FirebrandPython
import FirebrandTensor
import FirebrandTestSupport
import Foundation
import Testing

extension Bridge {
    @Suite("Lifetime", .enabled(if: TestPython.hasNumPy, "\(TestPython.noNumPy)"))
    struct LifetimeTests {
        let np = try! Python.import("numpy")

        @Test("the array keeps the tensor's memory, and only for as long as it lives")
        func arrayKeepsTensor() throws {
            weak var storage: Storage?
            var array: PythonObject?
            do {
                let tensor = Tensor.arange(1000)
                storage = tensor.storage
                array = try tensor.numpy()
            }
            #expect(storage != nil)
            #expect(try Int(array!.sum()) == 499_500)
            // A view of NumPy's keeps it too.
            var part: PythonObject? = try array![10..<20]
            array = nil
            #expect(storage != nil)
            #expect(try [Int](part!) == Array(10..<20))
            part = nil
            #expect(storage == nil)
        }

        @Test("the tensor keeps the array's memory, and only for as long as it lives")
        func tensorKeepsArray() throws {
            let weakref = try Python.import("weakref")
            var array: PythonObject? = try np.arange(1000)
            let reference = try weakref.ref(array!)
            let before = try TestPython.references(to: array!)
            var tensor: Tensor? = try Tensor(numpy: array!)
            #expect(try TestPython.references(to: array!) == before)
            array = nil
            #expect(try !reference().isNone)
            var view: Tensor? = tensor![10..<20]
            tensor = nil
            #expect(try !reference().isNone)
            #expect(view!.sum().item() as Int == 145)
            view = nil
            #expect(try reference().isNone)
        }

        @Test("there and back again")
        func roundTrip() throws {
            weak var storage: Storage?
            var last: Tensor?
            do {
                let tensor = Tensor.ones([4])
                storage = tensor.storage
                last = try Tensor(numpy: Tensor(numpy: tensor.numpy()).numpy())
            }
            last!.add_(1)
            #expect(last!.sum().item() as Double == 8 && storage != nil)
            last = nil
            #expect(storage == nil)
        }

        @Test("no references are lost by thousands of conversions, calls and errors")
        func references() throws {
            let array = try np.ones(8)
            let none = try Python.evaluate("None")
            let before = try TestPython.references(to: array)
            let blocks = try Python.import("sys").getallocatedblocks
            let collect = try Python.import("gc").collect
            func work() throws {
                let tensor = try Tensor(numpy: array)
                _ = try tensor.numpy()
                _ = try Tensor(dlpack: array)
                _ = try tensor.dlpack()
                _ = try tensor.dlpack(versioned: true)
                _ = try Tensor(dlpack: tensor.dlpack())
                _ = try Tensor(buffer: array, dtype: .float64)
                _ = try [Double](array) + [Double]((array + 1) * array[0])
                _ = try np.add(array, nil, out: array).description
            }
            func repeated() {
                for _ in 0..<300 { #expect(throws: PythonError.self) { try work() } }
            }
            // A loss by each turn would show in every round; what Python's caches keep or let go of does not.
            var losses: [(blocks: Int, none: Int)] = []
            for _ in 0..<5 {
                try collect()
                let (blocksBefore, noneBefore) = (try Int(blocks()), try TestPython.references(to: none))
                repeated()
                try collect()
                losses.append((try Int(blocks()) - blocksBefore, try TestPython.references(to: none) - noneBefore))
            }
            #expect(losses.contains { $0.blocks < 100 }, "\(losses)")
            // From 3.12 on nobody counts those of None.
            #expect(losses.contains { abs($0.none) < 100 }, "\(losses)")
            #expect(try TestPython.references(to: array) == before)
        }

        @Test(
            "large memory is given back at once, both ways",
            .enabled(if: dlsym(nil, "__asan_init") == nil, "the address sanitizer keeps freed memory"))
        func memory() throws {
            func resident() throws -> Int {
                let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
                return Int(fields[1])! * 4096
            }
            let before = try resident()
            for index in 0..<200 {
                // 8 MiB each: 1.6 GiB each way if they stayed.
                let tensor = Tensor.full([1 << 20], Double(index), dtype: .float64)
                let array = try tensor.numpy()
                let other = try Tensor(numpy: np.full(1 << 20, Double(index)))
                #expect(try Double(array[-1]) == Double(index) && other[0].item() as Double == Double(index))
            }
            #expect(try resident() - before < 400 << 20)
        }

        @Test("let go of in any order, on any thread")
        func orders() async throws {
            let base = try np.arange(64)
            let before = try TestPython.references(to: base)
            let counter = StorageCounter()
            await withTaskGroup(of: Void.self) { group in
                for worker in 0..<8 {
                    group.addTask {
                        var random = SmallRandom(state: UInt64(worker + 1))
                        var held: [Any] = []
                        for step in 0..<400 {
                            let tensor = Tensor.arange(64)
                            counter.watch(tensor)
                            switch random.next() % 6 {
                            case 0: held.append(try! tensor.numpy())
                            case 1: held.append(try! Tensor(numpy: tensor.numpy()))
                            case 2: held.append(try! Tensor(numpy: base)[1...])
                            case 3: held.append(try! tensor.dlpack(versioned: step % 2 == 0))
                            case 4: held.append(try! Tensor(dlpack: tensor.dlpack())[3...])
                            default: held.append(try! tensor[8..<16].numpy()[2...])
                            }
                            if held.count > 20 { held.remove(at: Int(random.next() % 20)) }
                            if let sample = held.randomElement(using: &random) as? Tensor, sample.count == 61 {
                                if sample[0].item() as Int != 3 { Issue.record("an element has changed") }
                            }
                        }
                        held.shuffle(using: &random)
                        while !held.isEmpty { held.removeLast() }
                    }
                }
            }
            #expect(try TestPython.references(to: base) == before)
            #expect(counter.alive == 0 && counter.watched == 3200)
        }
    }
}

/// Counts storages that live.
private final class StorageCounter: @unchecked Sendable {
    private final class Watched { weak var storage: Storage? }
    private let lock = NSLock()
    private var all: [Watched] = []

    func watch(_ tensor: Tensor) {
        let watched = Watched()
        watched.storage = tensor.storage
        lock.withLock { all.append(watched) }
    }

    var watched: Int { lock.withLock { all.count } }
    var alive: Int { lock.withLock { all.filter { $0.storage != nil }.count } }
}

/// Random numbers that are the same in every run.
private struct SmallRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 33
    }
}
