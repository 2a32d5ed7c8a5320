import FirebrandNN
import FirebrandOptim
import FirebrandTensor
import Testing

@Suite struct UpdateBatchNormTests {
    @Test("Running moments become the mean of the batches' own, and everything else stays")
    func moments() {
        let norm = BatchNorm1d(2, momentum: 0.3)
        let model = Sequential([norm]).eval()
        norm.runningMean!.fill_(9)
        // Means 1, 2 and 3, 6; unbiased variances 2, 8 and 2, 0.
        let batches = [Tensor([[0.0, 0.0], [2.0, 4.0]]), Tensor([[2.0, 6.0], [4.0, 6.0]])]
        updateBatchNorm(batches, model)
        #expect(norm.runningMean!.toArray() == [2.0, 4.0])
        #expect(norm.runningVar!.toArray() == [2.0, 4.0])
        #expect(norm.numBatchesTracked!.item() == 2)
        #expect(norm.momentum == 0.3 && !model.isTraining)
        updateBatchNorm([(batches[0], 1)], model) { $0.0 }
        #expect(norm.runningMean!.toArray() == [1.0, 2.0])
    }
}
