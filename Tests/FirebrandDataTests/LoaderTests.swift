import FirebrandData
import FirebrandTensor
import FirebrandTestSupport
import Foundation
import Testing

/// Serialized: one test counts the program's threads.
@Suite(.serialized) struct LoaderTests {
    // MARK: Batches

    @Test(
        "counts and cuts batches",
        arguments: [
            (20, 6, false, [6, 6, 6, 2]), (20, 6, true, [6, 6, 6]), (20, 5, false, [5, 5, 5, 5]),
            (20, 5, true, [5, 5, 5, 5]),
            (3, 10, false, [3]), (3, 10, true, []), (0, 4, false, []), (0, 4, true, []), (1, 1, true, [1]),
        ])
    func sizes(_ count: Int, _ batchSize: Int, _ dropLast: Bool, _ wanted: [Int]) {
        for workers in [0, 2] {
            for shuffle in [false, true] {
                let loader = DataLoader(
                    numbers(count), batchSize: batchSize, shuffle: shuffle, numWorkers: workers, dropLast: dropLast)
                #expect(loader.count == wanted.count)
                #expect(loader.map { $0.count } == wanted)
                #expect(Array(loader).count == wanted.count)
            }
        }
    }

    @Test("an iterator stays at its end", arguments: [0, 2])
    func end(_ workers: Int) {
        var iterator = DataLoader(numbers(3), batchSize: 2, numWorkers: workers).makeIterator()
        #expect(iterator.next() != nil && iterator.next() != nil)
        for _ in 0..<3 { #expect(iterator.next() == nil) }
    }

    @Test("two epochs may be under way at once", arguments: [0, 3])
    func twoIterators(_ workers: Int) {
        let loader = DataLoader(numbers(30), batchSize: 4, numWorkers: workers)
        var seen: [[Int]] = []
        for (a, b) in zip(loader, loader) {
            #expect(a.toArray(Int.self) == b.toArray(Int.self))
            seen.append(a.toArray())
        }
        #expect(seen.flatMap { $0 } == Array(0..<30))
    }

    @Test("a slow sample delays those after it but does not change their order")
    func slowSample() {
        let data = Samples(12) { index in
            if index % 5 == 0 { usleep(20_000) }
            return index
        }
        #expect(DataLoader(data, batchSize: 1, numWorkers: 4).batches == (0..<12).map { [$0] })
    }

    @Test("operators run on workers, with gradients off nowhere but where they are turned off")
    func operatorsOnWorkers() {
        let weight = Tensor([2.0]).requiresGrad_()
        let data = Samples(64) { index in (weight * Double(index)).reshape([1]) }
        let loader = DataLoader(data, batchSize: 16, numWorkers: 3)
        let total = loader.map { $0.sum() }.reduce(Tensor.zeros([])) { $0 + $1 }
        total.backward()
        #expect(weight.grad?.item() == Double(63 * 64 / 2))
    }

    // MARK: Leaving early

    @Test("leaving a loop early ends its threads and keeps none waiting")
    func leavingEarly() {
        let data = Samples(1000) { index in Tensor.full([100], Double(index)) }
        func leave() { for _ in DataLoader(data, batchSize: 3, numWorkers: 4) { break } }
        leave()
        let before = threadCount()
        for _ in 0..<50 { leave() }
        // Other tests' threads come and go meanwhile; two hundred of ours would show.
        #expect(threadCount() < before + 50)
    }

    @Test("an iterator that is never asked ends too")
    func neverAsked() {
        let before = threadCount()
        for _ in 0..<50 { _ = DataLoader(numbers(1000), batchSize: 1, numWorkers: 4).makeIterator() }
        #expect(threadCount() < before + 50)
    }

    // MARK: Arguments

    @Test("impossible arguments are misuse")
    func arguments() {
        func message(_ body: () -> Void) -> String? { failure(body)?.message }
        #expect(
            message { _ = DataLoader(numbers(3), batchSize: 0) }
                == "batch_size should be a positive integer value, but got batch_size=0")
        #expect(message { _ = DataLoader(numbers(3), batchSize: -4) }?.hasSuffix("batch_size=-4") == true)
        #expect(
            message { _ = DataLoader(numbers(3), numWorkers: -1) }?.hasPrefix(
                "num_workers option should be non-negative") == true)
        #expect(
            message { _ = DataLoader(numbers(3), shuffle: true, sampler: SequentialSampler(3)) }
                == "sampler option is mutually exclusive with shuffle")
        #expect(message { _ = DataLoader(numbers(3), batchSize: 0, collate: { $0 }) } != nil)
        #expect(message { _ = DataLoader(numbers(3), timeout: 1) } == "timeout option needs num_workers > 0")
        #expect(
            message { _ = DataLoader(numbers(3), prefetchFactor: 2) }?.hasPrefix(
                "prefetch_factor option could only be specified in multithreading") == true)
        #expect(
            message { _ = DataLoader(Counter(end: 3), shuffle: true) }
                == "DataLoader with IterableDataset: expected unspecified shuffle option")
        #expect(
            message { _ = DataLoader(Counter(end: 3), sampler: SequentialSampler(3)) }
                == "DataLoader with IterableDataset: expected unspecified sampler option")
        var loops = 0
        let error = failure { for _ in DataLoader(numbers(3), batchSize: 0) { loops += 1 } }
        #expect(error != nil && loops == 0)
    }
}
