import Firebrand
import FirebrandTutorial

/// What one round of a row measured.
struct Measurement {
    var seconds: Double
    /// A number both sides must agree on, where there is one.
    var check: Double?
}

/// The rows of the benchmark. Each is set up once and then measured round by round.
final class Rows {
    private let root: String
    private let clock = ContinuousClock()
    private var training: FashionMNIST<Tensor, Int>?
    private var test: FashionMNIST<Tensor, Int>?
    private var preloaded: (x: Tensor, y: Tensor)?
    private var files: FileRows?
    private var operatorCall: (name: String, call: () -> Tensor, check: Double)?

    init(root: String) { self.root = root }

    static let names =
        ["epoch-loader", "epoch-preloaded", "test-pass", "loader-only"]
        + matmulShapes.flatMap { shape in
            ["forward", "grad-input", "grad-weight"].map { "matmul \(shape.0)x\(shape.1)x\(shape.2) \($0)" }
        } + ["add", "add recorded", "add forward+backward"] + FileRows.names

    private static let matmulShapes = [(64, 784, 512), (64, 512, 512), (64, 512, 10)]

    func measure(_ name: String) throws -> Measurement {
        switch name {
        case "epoch-loader": return try epochThroughLoader()
        case "epoch-preloaded": return try epochPreloaded()
        case "test-pass": return try testPass()
        case "loader-only": return try loaderOnly()
        case "add":
            let (a, b) = (Tensor([1.0]), Tensor([2.0]))
            return calibrated { _ = a + b }
        case "add recorded":
            let (a, b) = (Tensor([1.0], requiresGrad: true), Tensor([2.0]))
            return calibrated { _ = a + b }
        case "add forward+backward":
            let (a, b) = (Tensor([1.0], requiresGrad: true), Tensor([2.0]))
            var result = calibrated {
                var x = a
                for _ in 0..<20 { x = x + b }
                x.backward()
                a.grad = nil
            }
            result.seconds /= 20
            return result
        case _ where FileRows.names.contains(name):
            let rows = try files ?? FileRows()
            files = rows
            return try rows.measure(name)
        default:
            let parts = name.split(separator: " ")
            guard parts.count == 3, parts[0] == "matmul", Int(parts[1].split(separator: "x").first ?? "") == 64,
                parts[2].contains("forward") || parts[2].contains("grad")
            else { return try operatorRow(name) }
            let shape = parts[1].split(separator: "x").compactMap { Int($0) }
            return try matmul(shape[0], shape[1], shape[2], String(parts[2]))
        }
    }

    // MARK: Training

    private func trainingData() throws -> FashionMNIST<Tensor, Int> {
        if let training { return training }
        let data = try FashionMNIST(root: root, train: true, transform: ToTensor())
        training = data
        return data
    }

    private func parameterSum(_ model: NeuralNetwork) -> Double {
        model.parameters().reduce(0) { $0 + ($1.detach().abs().sum(dtype: .float64).item() as Double) }
    }

    private func epochThroughLoader() throws -> Measurement {
        let loader = DataLoader(try trainingData(), batchSize: 64)
        manualSeed(0)
        let model = NeuralNetwork()
        let optimizer = SGD(model.parameters(), lr: 1e-3)
        let loop = OptimizationLoop<FashionMNIST<Tensor, Int>>(output: { _ in })
        let time = clock.measure { _ = loop.train(loader, model, CrossEntropyLoss(), optimizer) }
        return Measurement(seconds: time.seconds, check: parameterSum(model))
    }

    private func epochPreloaded() throws -> Measurement {
        if preloaded == nil {
            let data = try trainingData()
            preloaded = (data.data.float().div(255), data.targets)
        }
        let (x, y) = preloaded!
        manualSeed(0)
        let model = NeuralNetwork()
        let optimizer = SGD(model.parameters(), lr: 1e-3)
        let lossFunction = CrossEntropyLoss()
        let time = clock.measure {
            for start in stride(from: 0, to: x.shape[0], by: 64) {
                let end = min(start + 64, x.shape[0])
                let loss = lossFunction(model(x[start..<end]), y[start..<end])
                loss.backward()
                optimizer.step()
                optimizer.zeroGrad()
            }
        }
        return Measurement(seconds: time.seconds, check: parameterSum(model))
    }

    private func testPass() throws -> Measurement {
        let data = try test ?? FashionMNIST(root: root, train: false, transform: ToTensor())
        test = data
        let loader = DataLoader(data, batchSize: 64)
        manualSeed(0)
        let model = NeuralNetwork()
        let loop = OptimizationLoop<FashionMNIST<Tensor, Int>>(output: { _ in })
        var averageLoss = 0.0
        let time = clock.measure { averageLoss = loop.test(loader, model, CrossEntropyLoss()).averageLoss }
        return Measurement(seconds: time.seconds, check: averageLoss)
    }

    private func loaderOnly() throws -> Measurement {
        let loader = DataLoader(try trainingData(), batchSize: 64)
        var batches = 0
        let time = clock.measure { for _ in loader { batches += 1 } }
        return Measurement(seconds: time.seconds, check: Double(batches))
    }

    // MARK: Operators

    private func operatorRow(_ name: String) throws -> Measurement {
        if operatorCall?.name != name {
            // The operands of one row at a time: the largest take 16 MiB each.
            operatorCall = nil
            let network = NetworkRows.call(name)
            guard let call = network ?? OperatorRows.call(name) else {
                throw FirebrandError(.invalidArgument, "no row '\(name)'")
            }
            let result = call().detach().to(.float64)
            // Of networks the magnitudes: the sums of what normalisation gives are nothing but rounding.
            operatorCall = (name, call, (network == nil ? result : result.abs()).sum().item())
        }
        let (_, call, check) = operatorCall!
        var result = calibrated { _ = call() }
        result.check = check
        return result
    }

    private func matmul(_ m: Int, _ k: Int, _ n: Int, _ kind: String) throws -> Measurement {
        let (x, weight, bias) = (Tensor.rand(m, k), Tensor.rand(n, k), Tensor.rand(n))
        let grad = Tensor.rand(m, n)
        switch kind {
        case "forward": return calibrated { _ = x.linear(weight, bias) }
        case "grad-input": return calibrated { _ = grad.matmul(weight) }
        case "grad-weight": return calibrated { _ = grad.t().matmul(x) }
        default: throw FirebrandError(.invalidArgument, "no matrix product '\(kind)'")
        }
    }

    /// Seconds of one call, from a loop of about 50 ms.
    private func calibrated(_ body: () -> Void) -> Measurement {
        var count = 1
        while true {
            let time = clock.measure { for _ in 0..<count { body() } }.seconds
            if time >= 0.05 { return Measurement(seconds: time / Double(count)) }
            count = time < 0.005 ? count * 10 : Int(Double(count) * 0.06 / time) + 1
        }
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
