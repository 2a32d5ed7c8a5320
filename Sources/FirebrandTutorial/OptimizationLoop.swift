import Firebrand
import Glibc

/// The training and test loops of the tutorial's chapter 6, and its text.
package struct OptimizationLoop<Data: Dataset> {
    package typealias Loader = DataLoader<Data, (Tensor, Tensor)>

    /// Takes the lines that are printed.
    package var output: (String) -> Void
    /// Called after each batch with the number of samples so far; returning false ends the loop there.
    package var progress: (Int) -> Bool

    package init(output: @escaping (String) -> Void, progress: @escaping (Int) -> Bool = { _ in true }) {
        self.output = output
        self.progress = progress
    }

    /// One epoch of training, the scheduler moved on after each batch; false if it was ended before the last batch.
    ///
    /// `done` is what was trained before, where the loader goes on within an epoch.
    package func train(
        _ loader: Loader, _ model: some Layer, _ lossFunction: CrossEntropyLoss, _ optimizer: Optimizer,
        scheduler: LRScheduler? = nil, device: Device = .cpu, done: (batches: Int, samples: Int) = (0, 0)
    ) -> Bool {
        let size = loader.dataset.count
        model.train()
        var seen = done.samples
        for (index, (x, y)) in loader.enumerated() {
            let batch = done.batches + index
            let loss = lossFunction(model(x.to(device)), y.to(device))
            loss.backward()
            optimizer.step()
            optimizer.zeroGrad()
            scheduler?.step()
            seen += x.shape[0]
            if batch % 100 == 0 {
                output("loss: \(fixed(loss.item(), 6, width: 7))  [\(padded(seen, 5))/\(padded(size, 5))]")
            }
            if !progress(seen) { return seen >= size }
        }
        return true
    }

    /// Accuracy and average loss on the test set.
    package func test(
        _ loader: Loader, _ model: some Layer, _ lossFunction: CrossEntropyLoss, device: Device = .cpu
    ) -> (accuracy: Double, averageLoss: Double) {
        model.eval()
        var (total, correct, batches) = (0.0, 0.0, 0)
        noGrad {
            for (x, y) in loader {
                let (x, y) = (x.to(device), y.to(device))
                let prediction = model(x)
                total += lossFunction(prediction, y).item()
                correct += (prediction.argmax(1) .== y).type(.float32).sum().item()
                batches += 1
            }
        }
        let (accuracy, average) = (correct / Double(loader.dataset.count), total / Double(max(batches, 1)))
        output(
            "Test Error: \n Accuracy: \(fixed(100 * accuracy, 1, width: 0))%, "
                + "Avg loss: \(fixed(average, 6, width: 8)) \n")
        return (accuracy, average)
    }
}

/// A number with so many digits after the point, padded on the left; Python's `f"{value:>{width}.{digits}f}"`.
package func fixed(_ value: Double, _ digits: Int, width: Int) -> String {
    // C would give not-a-number a sign.
    if value.isNaN { return padded("nan", width) }
    return withVaList([Int32(width), Int32(digits), value]) { arguments in
        // The largest number has 309 digits before its point.
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 400) { buffer in
            vsnprintf(buffer.baseAddress, buffer.count, "%*.*f", arguments)
            return String(cString: buffer.baseAddress!)
        }
    }
}

/// Anything as text, padded on the left.
package func padded(_ value: some CustomStringConvertible, _ width: Int) -> String {
    let text = value.description
    return String(repeating: " ", count: max(0, width - text.count)) + text
}
