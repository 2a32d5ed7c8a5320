import FirebrandData
import FirebrandTensor
import FirebrandTestSupport
import Testing

/// Draws from the default generator, as a worker has it.
private struct Drawn: IterableDataset {
    func makeIterator() -> SampleIterator<Tensor> {
        var left = 4
        return SampleIterator {
            left -= 1
            return left < 0 ? nil : Tensor.rand(2)
        }
    }
}

/// Fails at its sixth sample.
private struct TornStream: IterableDataset {
    func makeIterator() -> SampleIterator<Int> {
        var position = -1
        return SampleIterator {
            position += 1
            if position == 5 { throw Broken() }
            return position
        }
    }
}

/// Each worker has as many samples as its number.
private struct Uneven: IterableDataset {
    func makeIterator() -> SampleIterator<Int> {
        let worker = getWorkerInfo()?.id ?? 0
        return SampleIterator((0..<worker).map { 10 * worker + $0 })
    }
}

private struct Unopened: IterableDataset {
    func makeIterator() throws -> SampleIterator<Int> { throw Broken() }
}

@Suite struct IterableTests {
    @Test("batches come as PyTorch's do", arguments: Row.all("iterable", of: "data", in: .module))
    func batches(_ row: Row) {
        let loader = DataLoader(
            Counter(end: row.int("count"), split: row.flag("split")), batchSize: row.int("batch_size"),
            numWorkers: row.int("workers"), dropLast: row.flag("drop_last"))
        for _ in 0..<2 { #expect(loader.batches == row.fields["batches"] as? [[Int]]) }
    }

    @Test("what workers draw is what PyTorch's draw, and the default stream goes on as its does")
    func draws() async {
        await #expect(processExitsWith: .success) {
            for row in Row.all("worker_draws", of: "data", in: .module) {
                manualSeed(0)
                let loader = DataLoader(
                    Drawn(), batchSize: 2, numWorkers: row.int("workers"), persistentWorkers: row.flag("persistent"))
                let wanted = row.fields["epochs"] as! [[String]]
                let epochs = wanted.map { _ in loader.map { $0.reshape([-1]).bitText } }
                #expect(epochs == wanted)
                #expect(Tensor.rand(3).bitText == row.text("next"))
            }
        }
    }

    @Test("without workers the draws are those of the only worker; persistent workers draw others each epoch")
    func drawsOfOne() {
        func epochs(_ workers: Int, _ persistent: Bool) -> [[String]] {
            let loader = DataLoader(
                Drawn(), batchSize: 2, numWorkers: workers, generator: Generator(seed: 4),
                persistentWorkers: persistent)
            return (0..<2).map { _ in loader.map { $0.reshape([-1]).bitText } }
        }
        #expect(epochs(0, false) == epochs(1, false))
        let lasting = epochs(1, true)
        #expect(lasting[0] == epochs(1, false)[0] && lasting[0] != lasting[1])
    }

    @Test("workers take turns, and those at their end are left out", arguments: [true, false])
    func uneven(_ inOrder: Bool) {
        let loader = DataLoader(Uneven(), numWorkers: 4, inOrder: inOrder)
        let seen = loader.batches.flatMap { $0 }
        #expect(inOrder ? seen == [10, 20, 30, 21, 31, 32] : seen.sorted() == [10, 20, 21, 30, 31, 32])
    }

    @Test("chained streams are one")
    func chained() {
        let chain = ChainDataset<Int>([Counter(end: 3), Counter(end: 0), Counter(end: 4)])
        #expect(chain.count == 7)
        #expect(DataLoader(chain, batchSize: 4).batches == [[0, 1, 2, 0], [1, 2, 3]])
        #expect(DataLoader(chain, batchSize: 4).count == 2)
        #expect(ChainDataset<Int>([Counter(end: 3), Uneven()]).count == nil)
        #expect(DataLoader(ChainDataset<Int>([])).batches == [])
    }

    @Test("a loader's length follows from the dataset's, if it has one")
    func length() {
        #expect(DataLoader(Counter(end: 10), batchSize: 4).count == 3)
        #expect(DataLoader(Counter(end: 10), batchSize: 4, dropLast: true).count == 2)
        #expect(failure { _ = DataLoader(Uneven()).count }?.message == "object of type 'Uneven' has no len()")
        // What a length is reserved for must not be asked for where there is none.
        #expect(Array(DataLoader(Uneven(), numWorkers: 2)).count == 1)
    }

    @Test("a sample's error names how many came before it", arguments: [0, 1, 2])
    func errors(_ workers: Int) async {
        var seen = 0
        do {
            for try await batch in DataLoader(TornStream(), batchSize: 2, numWorkers: workers) { seen += batch.count }
            Issue.record("nothing was thrown")
        } catch {
            #expect((error as? SampleError)?.index == 5)
        }
        #expect(seen == 4 * max(workers, 1))
        let error = failure { for _ in DataLoader(TornStream(), batchSize: 2, numWorkers: workers) {} }
        #expect(error?.message == "sample 5 failed to load: the file is torn")
        let unopened = failure { for _ in DataLoader(Unopened(), numWorkers: workers) {} }
        #expect(unopened?.message == "sample 0 failed to load: the file is torn")
    }

    @Test("endless streams are left early, and no thread stays")
    func endless() {
        struct Endless: IterableDataset {
            func makeIterator() -> SampleIterator<Int> { SampleIterator(sequence(first: 0) { $0 + 1 }) }
        }
        let before = threadCount()
        for _ in 0..<50 {
            for batch in DataLoader(Endless(), batchSize: 4, numWorkers: 3) where batch[0].item() > 8 { break }
        }
        #expect(threadCount() < before + 50)
    }
}
