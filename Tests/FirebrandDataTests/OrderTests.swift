import FirebrandData
import FirebrandTensor
import FirebrandTestSupport
import Testing

@Suite struct OrderTests {
    static let rows = Row.all("orders", of: "orders", in: .module)

    private static func seeded(_ seed: Int = 0) -> Generator { Generator(seed: seed) }

    private static func epochs(_ loader: DataLoader<Samples<Int>, Tensor>) -> [[[Int]]] {
        [loader.batches, loader.batches]
    }

    /// The code of each row of the fixture, in Swift.
    private static let programs: [String: @Sendable () -> Any] = [
        "DataLoader(batch_size: 6, shuffle: true), 2 epochs": {
            epochs(DataLoader(numbers(20), batchSize: 6, shuffle: true))
        },
        "DataLoader(batch_size: 6, shuffle: true, drop_last: true), 2 epochs": {
            epochs(DataLoader(numbers(20), batchSize: 6, shuffle: true, dropLast: true))
        },
        "DataLoader(batch_size: 6, shuffle: true, generator: seed 0), 2 epochs": {
            epochs(DataLoader(numbers(20), batchSize: 6, shuffle: true, generator: seeded()))
        },
        "DataLoader(batch_size: 6), 2 epochs": { epochs(DataLoader(numbers(20), batchSize: 6)) },
        "two iterators of DataLoader(batch_size: 10, shuffle: true) in turns": {
            let loader: DataLoader<Samples<Int>, Tensor> = DataLoader(numbers(20), batchSize: 10, shuffle: true)
            var (a, b) = (loader.makeIterator(), loader.makeIterator())
            return (0..<2).map { _ in [a.next()!.toArray(Int.self), b.next()!.toArray(Int.self)] }
        },
        "RandomSampler": { (0..<2).map { _ in RandomSampler(20).indices() } },
        "RandomSampler(generator: seed 0)": {
            let sampler = RandomSampler(20, generator: seeded())
            return (0..<2).map { _ in sampler.indices() }
        },
        "RandomSampler(replacement: true)": { (0..<2).map { _ in RandomSampler(20, replacement: true).indices() } },
        "RandomSampler(replacement: true, num_samples: 50)": {
            [RandomSampler(20, replacement: true, numSamples: 50).indices()]
        },
        "RandomSampler(num_samples: 50)": { [RandomSampler(20, numSamples: 50).indices()] },
        "RandomSampler(num_samples: 7)": { [RandomSampler(20, numSamples: 7).indices()] },
        "SubsetRandomSampler([3, 5, 7, 9, 11, 13])": {
            (0..<2).map { _ in SubsetRandomSampler([3, 5, 7, 9, 11, 13]).indices() }
        },
        "DataLoader(sampler: RandomSampler(replacement: true), batch_size: 6)": {
            epochs(DataLoader(numbers(20), batchSize: 6, sampler: RandomSampler(20, replacement: true)))
        },
        "DataLoader(batch_sampler: BatchSampler(RandomSampler, 6))": {
            epochs(DataLoader(numbers(20), batchSampler: BatchSampler(RandomSampler(numbers(20)), batchSize: 6)))
        },
        "WeightedRandomSampler([1 … 20], 30)": {
            [WeightedRandomSampler((1...20).map(Double.init), numSamples: 30).indices()]
        },
        "random_split([12, 8])": { randomSplit(numbers(20), [12, 8]).map(\.indices) },
        "random_split([0.5, 0.3, 0.2])": { randomSplit(numbers(20), [0.5, 0.3, 0.2]).map(\.indices) },
        "random_split([0.33, 0.33, 0.34])": { randomSplit(numbers(20), [0.33, 0.33, 0.34]).map(\.indices) },
        "random_split([12, 8], generator: seed 42)": {
            randomSplit(numbers(20), [12, 8], generator: seeded(42)).map(\.indices)
        },
    ]

    /// In a process of its own: the default generator is one for all tests.
    @Test("orders are PyTorch's, and so is the stream after them")
    func orders() async {
        await #expect(processExitsWith: .success) {
            for row in OrderTests.rows {
                guard let program = OrderTests.programs[row.text("name")] else { continue }
                manualSeed(row.int("seed"))
                let result = program()
                let next = Tensor.rand(3).bitText
                if let nested = result as? [[[Int]]] {
                    #expect(nested == row.fields["result"] as? [[[Int]]], "\(row.text("name"))")
                } else {
                    #expect(result as? [[Int]] == row.fields["result"] as? [[Int]], "\(row.text("name"))")
                }
                #expect(next == row.text("next"), "after \(row.text("name"))")
            }
        }
    }

    @Test("every row of the fixture has its program")
    func allRowsAreTested() {
        #expect(OrderTests.rows.map { $0.text("name") }.filter { OrderTests.programs[$0] == nil } == [])
    }

    @Test(
        "batches are the same whatever the number of workers and the batches made ahead", arguments: [1, 2, 5],
        [1, 2, 7])
    func workers(_ workers: Int, _ prefetchFactor: Int) {
        func epochs(_ workers: Int) -> [[[Int]]] {
            let generator = Generator(seed: 3)
            let loader = DataLoader(
                numbers(103), batchSize: 4, shuffle: true, numWorkers: workers, generator: generator,
                prefetchFactor: workers == 0 ? nil : prefetchFactor)
            return (0..<12).map { _ in loader.batches }
        }
        let wanted = epochs(0)
        #expect(Set(wanted[0].joined()) == Set(0..<103) && wanted[0] != wanted[1])
        #expect(epochs(workers) == wanted)
    }

    @Test("the default stream is where it is without workers")
    func stream() async {
        await #expect(processExitsWith: .success) {
            for workers in [0, 2] {
                manualSeed(0)
                let loader = DataLoader(numbers(20), batchSize: 6, shuffle: true, numWorkers: workers)
                for _ in 0..<2 { for _ in loader {} }
                #expect(Tensor.rand(3).bitText == "3ee94812 3f21ded3 3eb2a22a")
            }
        }
    }
}
