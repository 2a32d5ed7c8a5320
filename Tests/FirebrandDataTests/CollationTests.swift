import FirebrandData
import FirebrandTensor
import FirebrandTestSupport
import Testing

/// A type with a collation of its own.
struct Word: Collatable, Sendable {
    let letters: String
    static func collate(_ samples: [Word]) -> Int { samples.reduce(0) { $0 + $1.letters.count } }
}

@Suite struct CollationTests {
    private func first<D: Dataset, Batch>(_ loader: DataLoader<D, Batch>) -> Batch {
        var iterator = loader.makeIterator()
        return iterator.next()!
    }

    @Test("numbers become tensors of the type PyTorch gives them")
    func numbers() {
        let ints = first(DataLoader(Samples(3) { $0 }, batchSize: 3))
        #expect(ints.dtype == .int64 && ints.toArray(Int.self) == [0, 1, 2])
        #expect(first(DataLoader(Samples(2) { Double($0) }, batchSize: 2)).dtype == .float64)
        #expect(first(DataLoader(Samples(2) { Float($0) }, batchSize: 2)).dtype == .float32)
        #expect(first(DataLoader(Samples(2) { UInt8($0) }, batchSize: 2)).dtype == .uint8)
        #expect(first(DataLoader(Samples(2) { Int8($0) }, batchSize: 2)).dtype == .int8)
        #expect(first(DataLoader(Samples(2) { Int16($0) }, batchSize: 2)).dtype == .int16)
        #expect(first(DataLoader(Samples(2) { Int32($0) }, batchSize: 2)).dtype == .int32)
        #expect(first(DataLoader(Samples(2) { Int64($0) }, batchSize: 2)).dtype == .int64)
        let flags = first(DataLoader(Samples(2) { $0 == 1 }, batchSize: 2))
        #expect(flags.dtype == .bool && flags.toArray(Bool.self) == [false, true])
        #expect(first(DataLoader(Samples(2) { "\($0)" }, batchSize: 2)) == ["0", "1"])
    }

    @Test("tensors are stacked, scalars and empty ones too")
    func tensors() {
        #expect(first(DataLoader(Samples(4) { _ in Tensor.zeros([2, 3]) }, batchSize: 4)).shape == [4, 2, 3])
        #expect(first(DataLoader(Samples(4) { Tensor(Double($0)) }, batchSize: 4)).toArray(Float.self) == [0, 1, 2, 3])
        #expect(first(DataLoader(Samples(2) { _ in Tensor.zeros([0]) }, batchSize: 2)).shape == [2, 0])
        let columns = Samples(2) { index in Tensor([[1.0, 2.0], [3.0, Double(index)]]).t() }
        #expect(first(DataLoader(columns, batchSize: 2)).toArray(Float.self) == [1, 3, 2, 0, 1, 3, 2, 1])
    }

    @Test("tuples of two, three and four are collated position by position")
    func tuples() {
        let (x, y) = first(DataLoader(Samples(2) { (Tensor([Double($0)]), $0) }, batchSize: 2))
        #expect(x.shape == [2, 1] && y.toArray(Int.self) == [0, 1])
        let (a, b, c) = first(DataLoader(Samples(2) { ($0, "\($0)", $0 > 0) }, batchSize: 2))
        #expect(a.count == 2 && b == ["0", "1"] && c.dtype == .bool)
        let four = first(DataLoader(Samples(2) { (1.0, [$0, 7], ["k": $0], Tensor([1.0])) }, batchSize: 2))
        #expect(four.0.dtype == .float64 && four.3.shape == [2, 1])
        #expect(four.1.map { $0.toArray(Int.self) } == [[0, 1], [7, 7]])
        #expect(four.2.mapValues { $0.toArray(Int.self) } == ["k": [0, 1]])
    }

    @Test("nested arrays and dictionaries keep their form")
    func nested() {
        let data = Samples(2) { index in ["a": [[index], [index + 10]], "b": [[5]]] }
        let batch = first(DataLoader(data, batchSize: 2))
        #expect(batch["a"]!.map { $0.map { $0.toArray(Int.self) } } == [[[0, 1]], [[10, 11]]])
        #expect(batch["b"]![0][0].toArray(Int.self) == [5, 5])
    }

    @Test("types of one's own are collated as they say, inside tuples too")
    func ownTypes() {
        let words = Samples(3) { Word(letters: String(repeating: "x", count: $0)) }
        #expect(first(DataLoader(words, batchSize: 3)) == 3)
        let pairs = Samples(3) { (Word(letters: "ab"), $0) }
        let (letters, positions) = first(DataLoader(pairs, batchSize: 3))
        #expect(letters == 6 && positions.count == 3)
    }

    @Test("a function of one's own may make anything of the samples", arguments: [0, 2])
    func ownFunction(_ workers: Int) {
        let loader = DataLoader(Samples(5) { (Tensor.zeros([$0]), $0) }, batchSize: 2, numWorkers: workers) { samples in
            samples.map { $0.0.count + $0.1 }
        }
        #expect(Array(loader) == [[0, 2], [4, 6], [8]])
    }

    @Test("tuples of tuples keep their form")
    func tuplesOfTuples() {
        for ((left, right), label) in DataLoader(Samples(2) { ((Tensor([1.0]), $0), "\($0)") }, batchSize: 2) {
            #expect(left.shape == [2, 1] && right.toArray(Int.self) == [0, 1] && label == ["0", "1"])
        }
        for (image, (label, box, name)) in DataLoader(Samples(2) { ($0, ($0 + 1, [0.5], "n")) }, batchSize: 2) {
            #expect(image.toArray(Int.self) == [0, 1] && label.toArray(Int.self) == [1, 2])
            #expect(box.map(\.dtype) == [.float64] && name == ["n", "n"])
        }
        for ((a, b), (c, d)) in DataLoader(Samples(2) { (($0, 1), (2, $0)) }, batchSize: 2) {
            #expect([a, b, c, d].map { $0.toArray(Int.self) } == [[0, 1], [1, 1], [2, 2], [0, 1]])
        }
    }

    @Test("samples by themselves are as the dataset has them", arguments: [0, 2])
    func withoutBatches(_ workers: Int) {
        let pairs = Samples(4) { ($0, "\($0)") }
        #expect(DataLoader(pairs, batchSize: nil, numWorkers: workers).map { $0.1 } == ["0", "1", "2", "3"])
        let doubled = DataLoader(pairs, batchSize: nil, numWorkers: workers) { 2 * $0.0 }
        #expect(Array(doubled) == [0, 2, 4, 6])
        #expect(doubled.count == 4 && doubled.batchSize == nil)
        #expect(Array(DataLoader(Counter(end: 3), batchSize: nil, numWorkers: min(workers, 1))) == [0, 1, 2])
    }

    @Test("a loader of tuples is made and mapped in one expression")
    func oneExpression() {
        let pairs = Samples(4) { (Tensor([Double($0)]), $0) }
        #expect(DataLoader(pairs, batchSize: 2).map { $0.1.toArray(Int.self) } == [[0, 1], [2, 3]])
        #expect(DataLoader(pairs, batchSize: 2).map { x, y in x.count + y.count } == [4, 4])
        #expect(DataLoader(Samples(3) { ($0, 1, "n") }, batchSize: 3).map { $0.2 } == [["n", "n", "n"]])
        #expect(DataLoader(TensorDataset(Tensor.arange(4), Tensor.arange(4))).map { $0.1.count } == [1, 1, 1, 1])
    }

    @Test("collation is there for functions of one's own")
    func defaultCollation() {
        #expect(defaultCollate([1, 2]).toArray(Int.self) == [1, 2])
        let (numbers, names) = defaultCollate([(0, "a"), (1, "b")])
        #expect(numbers.toArray(Int.self) == [0, 1] && names == ["a", "b"])
        #expect(
            defaultCollate([["a": [1, 2]], ["a": [3, 4]]])["a"]!.map { $0.toArray(Int.self) } == [[1, 3], [2, 4]])
        #expect(defaultCollate([Word(letters: "ab"), Word(letters: "c")]) == 3)
        #expect(defaultCollate([Complex<Float>(1, 2)]).dtype == .complex64)
        let padded = DataLoader(Samples(3) { (Tensor.ones([$0 + 1]), $0) }, batchSize: 3) { samples in
            let lengths = samples.map { $0.0.count }
            let rows = samples.map { sample in
                cat([sample.0, Tensor.zeros([lengths.max()! - sample.0.count])])
            }
            return (defaultCollate(rows), defaultCollate(samples.map(\.1)))
        }
        for (rows, labels) in padded { #expect(rows.shape == [3, 3] && labels.toArray(Int.self) == [0, 1, 2]) }
    }

    @Test("samples that do not fit together are misuse")
    func misfits() {
        let lengths = Samples(2) { [Int](repeating: 1, count: $0 + 1) }
        #expect(
            failure { for _ in DataLoader(lengths, batchSize: 2) {} }?.message
                == "each element in list of batch should be of equal size")
        let keys = Samples(2) { ["k\($0)": 1] }
        #expect(failure { for _ in DataLoader(keys, batchSize: 2) {} }?.message == "not every sample has the key 'k0'")
    }
}
