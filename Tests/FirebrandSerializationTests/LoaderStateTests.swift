import FirebrandData
import FirebrandSerialization
import FirebrandTensor
import FirebrandTestSupport
import Testing

/// A loader's place in a file, between one program and the next.
@Suite struct LoaderStateTests {
    private func loader(_ seed: Int) -> DataLoader<TensorDataset<Tensor>, Tensor> {
        DataLoader(
            TensorDataset(Tensor.arange(50)), batchSize: 8, shuffle: true, numWorkers: 1,
            generator: Generator(seed: seed))
    }

    @Test("comes back from a file")
    func file() throws {
        let folder = try TemporaryFolder()
        let first = loader(1)
        var rest: [[Int]] = []
        for (step, batch) in first.enumerated() {
            if step == 2 { try save(first.stateDict(), to: folder.file("loader.pth")) }
            if step > 2 { rest.append(batch.toArray()) }
        }
        rest += first.map { $0.toArray() }
        let second = loader(2)
        try second.loadStateDict(loadStateDict(folder.file("loader.pth")))
        #expect((0..<2).flatMap { _ in second.map { $0.toArray(Int.self) } } == rest)
        #expect(rest.count == 4 + 7)
    }
}
