import FirebrandData
import FirebrandTensor
import FirebrandTestSupport
import Testing

/// Samples that cannot be loaded, and misuse of operators while they are.
@Suite struct FailureTests {
    private let torn = Samples(20) { index in
        if index == 13 { throw Broken() }
        return index
    }

    private let misused = Samples(20) { index in
        index == 9 ? Tensor([1.0, 2.0]) + Tensor([1.0, 2.0, 3.0]) : Tensor([Double(index), 0])
    }

    @Test(
        "for try await throws the sample's error with its index, after the batches before it", arguments: [0, 1, 2, 5])
    func throwing(_ workers: Int) async {
        var seen: [Int] = []
        do {
            for try await batch in DataLoader(torn, batchSize: 4, numWorkers: workers) {
                seen += batch.toArray(Int.self)
            }
            Issue.record("nothing was thrown")
        } catch let error as SampleError {
            #expect(error.index == 13 && error.underlying is Broken)
            #expect("\(error)" == "sample 13 failed to load: the file is torn")
        } catch { Issue.record("\(error)") }
        #expect(seen == Array(0..<12))
    }

    @Test("a plain for treats it as misuse", arguments: [0, 2])
    func plainLoop(_ workers: Int) {
        var seen: [Int] = []
        let error = failure {
            for batch in DataLoader(torn, batchSize: 4, numWorkers: workers) { seen += batch.toArray(Int.self) }
        }
        #expect(error?.name == "DataLoader" && error?.message == "sample 13 failed to load: the file is torn")
        #expect(seen == Array(0..<12))
    }

    @Test("a plain for outside recovering stops the program, naming the sample")
    func stops() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let torn = Samples(20) { index in
                if index == 13 { throw Broken() }
                return index
            }
            for _ in DataLoader(torn, batchSize: 4) {}
        }
        let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(text.contains("DataLoader(): sample 13 failed to load: the file is torn"))
    }

    @Test("misuse of an operator while loading reaches the consumer, on a worker too", arguments: [0, 1, 4])
    func misuse(_ workers: Int) async {
        let error = failure { for _ in DataLoader(misused, batchSize: 4, numWorkers: workers) {} }
        #expect(error?.description.contains("The size of tensor a (2) must match the size of tensor b (3)") == true)
        #expect(error?.name == "add" && error?.sample == 9)
        #expect(error?.description.hasSuffix("(while loading sample 9)") == true)
        do {
            var count = 0
            for try await _ in DataLoader(misused, batchSize: 4, numWorkers: workers) { count += 1 }
            Issue.record("nothing was thrown after \(count) batches")
        } catch {
            #expect((error as? OperatorError)?.name == "add" && (error as? OperatorError)?.sample == 9)
        }
    }

    @Test("tensors of different shapes are named, with their shapes", arguments: [0, 2])
    func unequalShapes(_ workers: Int) {
        let data = Samples(4) { index in Tensor.zeros([index == 2 ? 3 : 2]) }
        let error = failure { for _ in DataLoader(data, batchSize: 4, numWorkers: workers) {} }
        #expect(
            error?.description.contains(
                "stack expects each tensor to be equal size, but got [2] at entry 0 and [3] at entry 2") == true)
    }

    @Test("misuse while a batch is put together belongs to no sample", arguments: [0, 2])
    func collationFails(_ workers: Int) {
        let loader = DataLoader(numbers(4), batchSize: 2, numWorkers: workers) { samples in
            Tensor([1.0, 2.0]) + Tensor([1.0, 2.0, Double(samples[0])])
        }
        let error = failure { for _ in loader {} }
        #expect(error?.name == "add" && error?.sample == nil)
    }

    @Test("an array of a loader that fails is as long as it got", arguments: [0, 2])
    func arrays(_ workers: Int) {
        var seen = 0
        let error = failure { seen = Array(DataLoader(torn, batchSize: 4, numWorkers: workers)).count }
        #expect(error != nil && seen == 3)
        _ = failure { seen = DataLoader(torn, batchSize: 4, numWorkers: workers).map { $0 }.count }
        #expect(seen == 3)
    }

    @Test("a failed loader can be started again")
    func again() async throws {
        let loader = DataLoader(torn, batchSize: 4, numWorkers: 2)
        for _ in 0..<3 {
            _ = failure { for _ in loader {} }
            var iterator = loader.makeIterator()
            #expect(iterator.next()?.toArray(Int.self) == [0, 1, 2, 3])
        }
    }

    @Test("inside a scope that has failed a loader is empty")
    func afterFailure() {
        var loops = 0
        _ = failure {
            _ = Tensor([1.0, 2.0]) + Tensor([1.0, 2.0, 3.0])
            for _ in DataLoader(numbers(10)) { loops += 1 }
        }
        #expect(loops == 0)
    }

    @Test("a loop ends with the batch in which its body fails")
    func bodyFails() {
        var loops = 0
        _ = failure {
            for batch in DataLoader(numbers(10), batchSize: 2, numWorkers: 2) {
                loops += 1
                _ = batch + Tensor([1.0, 2.0, 3.0])
            }
        }
        #expect(loops == 1)
    }
}
