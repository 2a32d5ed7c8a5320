import FirebrandData
import FirebrandTensor
import FirebrandTestSupport
import Synchronization
import Testing

/// Counts how its samples were asked for.
private final class Counting: BatchedDataset {
    let count = 10
    let single = Atomic(0)
    let whole = Atomic(0)

    subscript(index: Int) -> (Tensor, Int) {
        single.add(1, ordering: .relaxed)
        return (Tensor([Double(index)]), index)
    }

    func batch(at indices: ArraySlice<Int>) -> (Tensor, Tensor)? {
        whole.add(1, ordering: .relaxed)
        if indices.contains(9) { return nil }
        return (
            Tensor(elements: indices.map(Float.init), shape: [indices.count, 1]),
            Tensor(elements: Array(indices), shape: [indices.count])
        )
    }
}

@Suite struct DatasetTests {
    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return ""
        } catch { return "\(error)" }
    }

    @Test("samples of tensors are their rows, and batches are the same taken at once")
    func tensorDataset() throws {
        let (x, y) = (Tensor.arange(24).reshape([6, 2, 2]).transpose(0, 1), Tensor.arange(12).reshape([6, 2]))
        #expect(failure { _ = TensorDataset(x, y) }?.message == "Size mismatch between tensors")
        let data = TensorDataset(x.transpose(0, 1), y, Tensor.arange(6))
        #expect(data.count == 6)
        let (a, b, c) = try data[4]
        #expect(a.toArray(Int.self) == x.transpose(0, 1)[4].toArray(Int.self))
        #expect(b.toArray(Int.self) == [8, 9] && c.item() == 4 && c.dim == 0)
        for workers in [0, 2] {
            let loader = DataLoader(
                data, batchSize: 4, shuffle: true, numWorkers: workers, generator: Generator(seed: 1))
            for (a, b, c) in loader {
                let rows: [Int] = c.toArray()
                #expect(b.toArray(Int.self) == rows.flatMap { [2 * $0, 2 * $0 + 1] })
                #expect(a.shape == [rows.count, 2, 2])
            }
        }
        #expect(DataLoader(TensorDataset(Tensor.arange(5)), batchSize: 2).batches == [[0, 1], [2, 3], [4]])
        let pair = TensorDataset(Tensor.arange(3), Tensor.arange(3))
        let pairs = DataLoader(pair, batchSize: 3)
        #expect(pairs.map { $0.1.count } == [3])
        #expect(message { _ = try pair[3] }.contains("sample 3 of a dataset of 3"))
        #expect(failure { _ = TensorDataset(Tensor(1.0)) }?.message == "Size mismatch between tensors")
    }

    @Test("a subset visits its positions in their order, through batches too")
    func subset() throws {
        let base = Counting()
        let subset = Subset(base, [7, 2, 2, 5])
        #expect(subset.count == 4)
        #expect(try subset[0].1 == 7)
        #expect(message { _ = try subset[4] }.contains("sample 4 of a dataset of 4"))
        #expect(base.single.load(ordering: .relaxed) == 1)
        let loader = DataLoader(subset, batchSize: 3)
        #expect(loader.map { $0.1.toArray(Int.self) } == [[7, 2, 2], [5]])
        #expect(base.single.load(ordering: .relaxed) == 1 && base.whole.load(ordering: .relaxed) == 2)
        let nested = Subset(Subset(base, [1, 2, 3, 9]), [3, 0])
        let nestedLoader = DataLoader(nested, batchSize: 2)
        #expect(nestedLoader.map { $0.1.toArray(Int.self) } == [[9, 1]])
        #expect(DataLoader(Subset(numbers(9), [8, 1]), batchSize: 2).batches == [[8, 1]])
    }

    @Test("a dataset that makes whole batches is asked for them, and for samples where it declines")
    func batched() {
        let data = Counting()
        let loader = DataLoader(data, batchSize: 4)
        #expect(loader.map { $0.1.toArray(Int.self) } == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]])
        #expect(data.whole.load(ordering: .relaxed) == 3 && data.single.load(ordering: .relaxed) == 2)
        let own = DataLoader(data, batchSize: 4) { $0.map(\.1) }
        #expect(Array(own).flatMap { $0 } == Array(0..<10))
        #expect(data.whole.load(ordering: .relaxed) == 3)
    }

    @Test("concatenated datasets are one")
    func concatenation() throws {
        let both = ConcatDataset<Int>([numbers(3), numbers(0), Samples(2) { $0 + 100 }])
        #expect(both.count == 5)
        #expect(DataLoader(both, batchSize: 5).batches == [[0, 1, 2, 100, 101]])
        #expect(message { _ = try both[5] }.contains("sample 5 of a dataset of 5"))
        #expect(message { _ = try both[-1] } != "")
        #expect(failure { _ = ConcatDataset<Int>([]) }?.message == "datasets should not be an empty iterable")
    }

    @Test("stacked datasets give a part each, whole batches where all can")
    func stacks() throws {
        let stacked = StackDataset(numbers(4), Samples(4) { "\($0)" }, Samples(4) { Double($0) })
        #expect(stacked.count == 4)
        let sample = try stacked[2]
        #expect(sample.0 == 2 && sample.1 == "2" && sample.2 == 2)
        #expect(message { _ = try stacked[4] }.contains("sample 4 of a dataset of 4"))
        for (numbers, names, halves) in DataLoader(stacked, batchSize: 4) {
            #expect(numbers.toArray(Int.self) == [0, 1, 2, 3] && names.count == 4 && halves.dtype == .float64)
        }
        let named = StackDataset(["left": numbers(3), "right": Samples(3) { $0 * 10 }])
        #expect(try named[2] == ["left": 2, "right": 20])
        for batch in DataLoader(named, batchSize: 3) { #expect(batch["right"]!.toArray(Int.self) == [0, 10, 20]) }
        let tensors = StackDataset(
            TensorDataset(Tensor.arange(4)), Subset(TensorDataset(Tensor.arange(8)), [7, 6, 5, 4]))
        #expect(try tensors.batch(at: [1, 2]) != nil)
        #expect(try stacked.batch(at: [1, 2]) == nil)
        #expect(DataLoader(tensors, batchSize: 4).map { $0.1.toArray(Int.self) } == [[7, 6, 5, 4]])
        #expect(failure { _ = StackDataset(numbers(2), numbers(3)) }?.message == "Size mismatch between datasets")
    }

    @Test("tensors without number are samples as arrays")
    func manyTensors() throws {
        let data = TensorDataset((0..<5).map { Tensor.arange(6) + $0 })
        #expect(try data[2].map { $0.item() as Int } == [2, 3, 4, 5, 6])
        for batch in DataLoader(data, batchSize: 6) {
            #expect(batch.count == 5 && batch[4].toArray(Int.self).last == 9)
        }
        let four = TensorDataset(Tensor.arange(2), Tensor.arange(2), Tensor.arange(2), Tensor([7.0, 8.0]))
        for (_, _, _, d) in DataLoader(four, batchSize: 2) { #expect(d.toArray(Float.self) == [7, 8]) }
        #expect(failure { _ = TensorDataset([]) }?.message == "Size mismatch between tensors")
    }

    @Test("splits are PyTorch's", arguments: Row.all("splits", of: "data", in: .module))
    func splitsOfPyTorch(_ row: Row) {
        let (data, generator) = (numbers(row.int("count")), Generator(seed: 3))
        let parts = row.doubles("parts")
        let split =
            parts.allSatisfy { $0 == $0.rounded() }
            ? randomSplit(data, parts.map(Int.init), generator: generator)
            : randomSplit(data, parts, generator: generator)
        #expect(split.map(\.indices) == row.fields["indices"] as? [[Int]])
    }

    @Test("parts of a split have no sample in common and all together")
    func splits() throws {
        let parts = randomSplit(numbers(11), [0.5, 0.25, 0.25], generator: Generator(seed: 5))
        #expect(parts.map(\.count) == [6, 3, 2])
        #expect(parts.flatMap(\.indices).sorted() == Array(0..<11))
        #expect(randomSplit(numbers(4), [0, 4]).map(\.count) == [0, 4])
        #expect(randomSplit(numbers(20), [0.01, 0.99]).map(\.count) == [1, 19])
        let sum = "Sum of input lengths does not equal the length of the input dataset!"
        #expect(failure { _ = randomSplit(numbers(20), [12, 9]) }?.message == sum)
        #expect(failure { _ = randomSplit(numbers(20), [21, -1]) }?.message == sum)
        #expect(failure { _ = randomSplit(numbers(20), [0.5, 0.6]) }?.message == sum)
        #expect(
            failure { _ = randomSplit(numbers(20), [1.5, -0.5]) }?.message
                == "Fraction at index 0 is not between 0 and 1")
    }
}
