import FirebrandData
import FirebrandTensor
import FirebrandTestSupport
import Foundation
import Synchronization
import Testing

/// Serialized: some count the program's threads, some the time.
@Suite(.serialized) struct WorkerTests {
    /// Numbers noted by several threads.
    private final class Notes: Sendable {
        private let noted = Mutex<[Int]>([])
        func note(_ number: Int) { noted.withLock { $0.append(number) } }
        var all: [Int] { noted.withLock { $0 } }
    }

    @Test("each worker is set up once, knowing which one it is")
    func setUp() {
        let notes = Notes()
        let loader = DataLoader(
            numbers(40), numWorkers: 3,
            workerInit: { worker in
                let info = getWorkerInfo()!
                notes.note(info.id == worker && info.numWorkers == 3 && info.dataset is Samples<Int> ? worker : -1)
            }, generator: Generator(seed: 2))
        #expect(loader.batches.count == 40)
        #expect(notes.all.sorted() == [0, 1, 2])
        #expect(getWorkerInfo() == nil)
    }

    @Test("without workers there is nothing to set up and no worker")
    func noWorkers() {
        let notes = Notes()
        let data = Samples(3) { index in getWorkerInfo() == nil ? index : -1 }
        #expect(DataLoader(data, batchSize: 3, workerInit: { notes.note($0) }).batches == [[0, 1, 2]])
        #expect(notes.all == [])
    }

    @Test("workers' seeds are the epoch's and their number")
    func seeds() {
        let notes = Notes()
        let loader = DataLoader(
            numbers(40), numWorkers: 3, workerInit: { _ in notes.note(getWorkerInfo()!.seed) },
            generator: Generator(seed: 2))
        _ = loader.batches
        let first = Tensor.empty([], dtype: .int64).random_(generator: Generator(seed: 2)).item() as Int
        #expect(notes.all.sorted() == [first, first + 1, first + 2])
    }

    @Test("a worker that cannot be set up fails the batches it takes")
    func setUpFails() async {
        let loader = DataLoader(numbers(40), numWorkers: 1, workerInit: { _ in throw Broken() })
        #expect(failure { for _ in loader {} }?.message == "worker 0 could not be set up: the file is torn")
        do {
            for try await _ in loader { Issue.record("a batch") }
        } catch { #expect((error as? WorkerError)?.worker == 0) }
        let misused = DataLoader(
            Counter(end: 4), numWorkers: 1, workerInit: { _ in _ = Tensor([1.0, 2.0]) + Tensor([1.0, 2.0, 3.0]) })
        #expect(failure { for _ in misused {} }?.message.contains("The size of tensor a (2)") == true)
    }

    @Test("shares of a range are all of it", arguments: [0..<10, 3..<4, 0..<0, 5..<17])
    func shares(_ range: Range<Int>) {
        let notes = Notes()
        let loader = DataLoader(
            numbers(8), numWorkers: 4,
            workerInit: { _ in for number in getWorkerInfo()!.share(of: range) { notes.note(number) } })
        _ = loader.batches
        #expect(notes.all.sorted() == Array(range))
    }

    // MARK: Persistent workers

    @Test("persistent workers are set up once for all epochs, and the orders are PyTorch's")
    func persistent() async {
        await #expect(processExitsWith: .success) {
            let row = Row.all("persistent_orders", of: "data", in: .module)[0]
            let notes = Notes()
            manualSeed(0)
            let loader = DataLoader(
                numbers(20), batchSize: 6, shuffle: true, numWorkers: 2, workerInit: { notes.note($0) },
                persistentWorkers: true)
            #expect((0..<3).map { _ in loader.batches } == row.fields["epochs"] as? [[[Int]]])
            #expect(Tensor.rand(3).bitText == row.text("next"))
            #expect(notes.all.sorted() == [0, 1])
        }
    }

    @Test("persistent workers outlive epochs left early, and end with the loader")
    func persistentLeaving() {
        let before = threadCount()
        for _ in 0..<20 {
            let loader = DataLoader(numbers(100), batchSize: 3, numWorkers: 4, persistentWorkers: true)
            for _ in 0..<3 { for batch in loader where batch[0].item() == 6 { break } }
            #expect(loader.batches.flatMap { $0 } == Array(0..<100))
        }
        #expect(threadCount() < before + 40)
    }

    @Test("two epochs of a loader with persistent workers may be under way at once")
    func persistentTwice() {
        let loader = DataLoader(numbers(30), batchSize: 4, numWorkers: 2, persistentWorkers: true)
        for _ in 0..<2 {
            var seen: [Int] = []
            for (a, b) in zip(loader, loader) {
                #expect(a.toArray(Int.self) == b.toArray(Int.self))
                seen += a.toArray(Int.self)
            }
            #expect(seen == Array(0..<30))
        }
        let stream = DataLoader(Counter(end: 12, split: true), batchSize: 3, numWorkers: 2, persistentWorkers: true)
        for _ in 0..<3 { #expect(stream.batches == [[0, 1, 2], [6, 7, 8], [3, 4, 5], [9, 10, 11]]) }
    }

    // MARK: Waiting

    /// What a sample waits for, half a minute at most.
    private final class Gate: Sendable {
        private let isOpen = Atomic(false)
        func open() { isOpen.store(true, ordering: .releasing) }
        func wait() -> Bool {
            for _ in 0..<30_000 {
                if isOpen.load(ordering: .acquiring) { return true }
                usleep(1000)
            }
            return false
        }
    }

    /// Six samples of which one waits for the gate.
    private func held(_ sample: Int, by gate: Gate) -> Samples<Int> {
        Samples(6) { index in index != sample || gate.wait() ? index : -1 }
    }

    @Test("a batch that takes too long fails the loop", arguments: [false, true])
    func timeout(_ persistent: Bool) async {
        let gate = Gate()
        let data = held(2, by: gate)
        let loader = DataLoader(data, numWorkers: 2, timeout: 1.5, persistentWorkers: persistent)
        var seen: [Int] = []
        let error = failure { for batch in loader { seen += batch.toArray(Int.self) } }
        #expect(error?.message == "DataLoader timed out after 1.5 seconds" && seen == [0, 1])
        do {
            for try await _ in loader {}
            Issue.record("nothing was thrown")
        } catch { #expect((error as? LoaderTimeout)?.seconds == 1.5) }
        gate.open()
        #expect(loader.batches.count == 6)
    }

    @Test("out of order, a slow batch holds up none that is ready", arguments: [false, true])
    func outOfOrder(_ persistent: Bool) async throws {
        for isAsync in [false, true] {
            let gate = Gate()
            let loader = DataLoader(
                held(2, by: gate), numWorkers: 2, prefetchFactor: 8, persistentWorkers: persistent, inOrder: false)
            var seen: [Int] = []
            func note(_ batch: Tensor) {
                seen += batch.toArray(Int.self)
                if seen.count == 5 { gate.open() }
            }
            if isAsync {
                for try await batch in loader { note(batch) }
            } else {
                for batch in loader { note(batch) }
            }
            #expect(seen.last == 2 && seen.sorted() == [0, 1, 2, 3, 4, 5])
        }
    }

    @MainActor
    @Test("for await waits on an actor without keeping it")
    func onAnActor() async throws {
        let gate = Gate()
        let loader = DataLoader(held(2, by: gate), numWorkers: 2)
        var seen: [Int] = []
        for try await batch in loader {
            seen += batch.toArray(Int.self)
            // Runs when the actor is free: while the loop waits.
            if seen.count == 2 { Task { @MainActor in gate.open() } }
        }
        #expect(seen == [0, 1, 2, 3, 4, 5])
        let unhurried = DataLoader(numbers(4), batchSize: 2)
        for try await batch in unhurried { seen += batch.toArray(Int.self) }
        #expect(seen.count == 10)
    }

    // MARK: Numbers

    @Test("more workers than samples, and no samples", arguments: [0, 1, 3], [1, 8])
    func moreWorkers(_ count: Int, _ workers: Int) {
        for persistent in [false, true] {
            let loader = DataLoader(numbers(count), numWorkers: workers, persistentWorkers: persistent)
            for _ in 0..<2 { #expect(loader.batches == (0..<count).map { [$0] }) }
            let stream = DataLoader(
                Counter(end: count, split: true), numWorkers: workers, persistentWorkers: persistent)
            for _ in 0..<2 { #expect(stream.batches == (0..<count).map { [$0] }) }
        }
    }
}
