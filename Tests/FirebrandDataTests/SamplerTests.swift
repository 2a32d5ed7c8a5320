import FirebrandData
import FirebrandTensor
import FirebrandTestSupport
import Testing

private struct Backwards: Sampler {
    let count: Int
    func indices() -> [Int] { (0..<count).reversed() }
}

/// Batches of growing size.
private struct Growing: BatchSampling {
    let count = 3
    func batches() -> [[Int]] { [[0], [1, 2], [3, 4, 5]] }
}

@Suite struct SamplerTests {
    @Test("each process's part of an order is PyTorch's", arguments: Row.all("distributed", of: "data", in: .module))
    func distributed(_ row: Row) {
        let parts = (0..<row.int("replicas")).map { rank in
            let sampler = DistributedSampler(
                numbers(row.int("count")), numReplicas: row.int("replicas"), rank: rank, shuffle: row.flag("shuffle"),
                seed: row.int("seed"), dropLast: row.flag("drop_last"))
            sampler.setEpoch(row.int("epoch"))
            let order = sampler.indices()
            #expect(order.count == sampler.count)
            return order
        }
        #expect(parts == row.fields["indices"] as? [[Int]])
    }

    @Test("batches of an order are PyTorch's", arguments: Row.all("batch_samplers", of: "data", in: .module))
    func batches(_ row: Row) {
        let sampler = BatchSampler(
            SequentialSampler(row.int("count")), batchSize: row.int("batch_size"), dropLast: row.flag("drop_last"))
        #expect(sampler.batches() == row.fields["batches"] as? [[Int]])
        #expect(sampler.count == row.int("length"))
    }

    @Test("samplers of one's own decide orders and batches", arguments: [0, 2])
    func ownSamplers(_ workers: Int) {
        let data = numbers(6)
        let backwards = DataLoader(data, batchSize: 4, sampler: Backwards(count: 6), numWorkers: workers)
        #expect(backwards.batches == [[5, 4, 3, 2], [1, 0]])
        let growing = DataLoader(data, batchSampler: Growing(), numWorkers: workers)
        #expect(growing.batches == [[0], [1, 2], [3, 4, 5]])
        #expect(growing.count == 3 && growing.batchSize == nil && growing.batches == growing.batches)
    }

    @Test("weights decide how often a position is drawn, and without replacement how early")
    func weights() {
        let often = WeightedRandomSampler([0, 1, 3], numSamples: 4000, generator: Generator(seed: 1)).indices()
        #expect(often.count == 4000 && !often.contains(0))
        #expect(abs(often.filter { $0 == 2 }.count - 3000) < 200)
        let all = WeightedRandomSampler(
            Tensor([1.0, 2.0, 3.0, 4.0]), numSamples: 4, replacement: false, generator: Generator(seed: 1))
        #expect(all.indices().sorted() == [0, 1, 2, 3] && all.count == 4)
        let firsts = (0..<400).filter { _ in all.indices()[0] == 3 }.count
        #expect(abs(firsts - 160) < 60)
    }

    @Test("draws of more samples than there are, and of none")
    func sizes() {
        #expect(RandomSampler(0).indices() == [])
        #expect(RandomSampler(numbers(3), numSamples: 7).indices().count == 7)
        #expect(SequentialSampler(numbers(3)).indices() == [0, 1, 2])
        #expect(SubsetRandomSampler([]).indices() == [])
    }

    private static let mistakes: [String: @Sendable () -> Void] = [
        "RandomSampler(num_samples: 0)": { _ = RandomSampler(3, numSamples: 0) },
        "WeightedRandomSampler(num_samples: -1)": { _ = WeightedRandomSampler([1], numSamples: -1) },
        "WeightedRandomSampler(2 by 2)": {
            _ = WeightedRandomSampler(Tensor([[1.0, 2.0], [3.0, 4.0]]), numSamples: 1)
        },
        "BatchSampler(batch_size: 0)": { _ = BatchSampler(SequentialSampler(3), batchSize: 0) },
        "DistributedSampler(rank: 2 of 2)": { _ = DistributedSampler(3, numReplicas: 2, rank: 2) },
        "DistributedSampler(rank: -1 of 4)": { _ = DistributedSampler(3, numReplicas: 4, rank: -1) },
        "StackDataset()": { _ = StackDataset<[String: Int]>([:]) },
        "StackDataset(2, 3)": { _ = StackDataset(["a": numbers(2), "b": numbers(3)]) },
        "DataLoader(timeout: -1)": { _ = DataLoader(numbers(1), timeout: -1) },
        "DataLoader(prefetch_factor: -1)": { _ = DataLoader(numbers(1), numWorkers: 1, prefetchFactor: -1) },
        "DataLoader(persistent_workers, 0)": { _ = DataLoader(numbers(1), persistentWorkers: true) },
        "DataLoader(batch_sampler, drop_last)": {
            _ = DataLoader(numbers(1), batchSampler: BatchSampler(SequentialSampler(1), batchSize: 1), dropLast: true)
        },
        "DataLoader(batch_sampler, batch_size)": {
            _ = DataLoader(numbers(1), batchSize: 2, batchSampler: BatchSampler(SequentialSampler(1), batchSize: 1))
        },
        "default_collate([[1], [1, 2]])": { _ = defaultCollate([[1], [1, 2]]) },
        "default_collate([])": { _ = defaultCollate([Int]()) },
        "default_collate(tensors)": { _ = defaultCollate([Tensor.zeros([2]), Tensor.zeros([3])]) },
    ]

    @Test("mistakes are told in PyTorch's words", arguments: Row.all("messages", of: "data", in: .module))
    func messages(_ row: Row) throws {
        let mistake = try #require(SamplerTests.mistakes[row.text("name")])
        #expect(failure { mistake() }?.message == row.text("message"))
    }
}
