import CKernels

// Random tensors whose parameters are tensors: each element drawn from a distribution of its own. Their gradients are 0, as
// PyTorch's are.

extension Tensor {
    /// A result that depends on these in no way that differentiates.
    private func recordingZeros(_ name: StaticString, _ inputs: [Tensor]) -> Tensor {
        record(name, inputs) { _ in
            let forms = inputs.map { ($0.shape, $0.dtype) }
            return { _, grad in
                Gradients(forms.map { Tensor.zeros($0.0, dtype: $0.1, device: grad.device) })
            }
        }
        return self
    }

    /// 1 with the probability each element gives, else 0. PyTorch: `torch.bernoulli` (its stream without MKL).
    public func bernoulli(generator: Generator = .default) -> Tensor {
        guarded("bernoulli", [self]) { () throws(Misuse) in
            let probabilities = detach()
            return Tensor(emptyOf: shape, dtype, on: device).bernoulli_(probabilities, generator: generator)
                .recordingZeros("BernoulliBackward0", [self])
        }
    }

    /// 1 with probability `p`, else 0, of this tensor's shape and type. PyTorch: `torch.bernoulli(p=…)`.
    public func bernoulli(_ p: Double, generator: Generator = .default) -> Tensor {
        guarded("bernoulli", [self]) { () throws(Misuse) in
            Tensor(emptyOf: shape, dtype, on: device).bernoulli_(p, generator: generator)
                .recordingZeros("BernoulliBackward0", [self])
        }
    }

    /// Normal numbers, each of its own mean and standard deviation, broadcast. PyTorch: `torch.normal`.
    public static func normal(_ mean: Tensor, _ std: Tensor, generator: Generator = .default) -> Tensor {
        guarded("normal", [mean, std]) { () throws(Misuse) in
            try checkDeviation(std)
            try checkNormalType(mean)
            let shape = try broadcastShapes(mean.shape, std.shape)
            return noGrad {
                Tensor(emptyOf: shape, mean.dtype, on: mean.device).normal_(generator: generator).mul_(std).add_(mean)
            }.recordingZeros("NormalBackward3", [mean, std])
        }
    }

    /// Normal numbers, each of its own mean. PyTorch: `torch.normal`.
    public static func normal(_ mean: Tensor, _ std: Double = 1, generator: Generator = .default) -> Tensor {
        guarded("normal", [mean]) { () throws(Misuse) in
            guard std >= 0 else { throw Misuse("normal expects std >= 0.0, but found std \(numberText(std))") }
            try checkNormalType(mean)
            return noGrad {
                Tensor(emptyOf: mean.shape, mean.dtype, on: mean.device).normal_(0, std, generator: generator).add_(
                    mean)
            }.recordingZeros("NormalBackward1", [mean])
        }
    }

    /// Normal numbers, each of its own standard deviation. PyTorch: `torch.normal`.
    public static func normal(_ mean: Double, _ std: Tensor, generator: Generator = .default) -> Tensor {
        guarded("normal", [std]) { () throws(Misuse) in
            try checkDeviation(std)
            return noGrad {
                Tensor(emptyOf: std.shape, std.dtype, on: std.device).normal_(generator: generator).mul_(std).add_(mean)
            }.recordingZeros("NormalBackward2", [std])
        }
    }

    /// Normal numbers of one mean and standard deviation. PyTorch: `torch.normal`.
    public static func normal(
        _ mean: Double, _ std: Double, size: some Collection<Int>, generator: Generator = .default,
        dtype: DType? = nil, device: Device = .cpu
    ) -> Tensor { empty(size, dtype: dtype, device: device).normal_(mean, std, generator: generator) }

    private static func checkNormalType(_ parameter: Tensor) throws(Misuse) {
        guard parameter.dtype.isFloatingPoint else {
            throw Misuse("\"normal_kernel_cpu\" not implemented for '\(parameter.dtype.scalarTypeName)'")
        }
    }

    private static func checkDeviation(_ std: Tensor) throws(Misuse) {
        try checkNormalType(std)
        if std.device.kind == .cpu, noGrad({ std.lt(0).any().item() as Bool }) {
            throw Misuse("normal expects all elements of std >= 0.0")
        }
    }

    /// How many events happen where each element is the number to expect; floats. PyTorch: `torch.poisson`.
    public func poisson(generator: Generator = .default) -> Tensor {
        guarded("poisson", [self]) { () throws(Misuse) in
            guard dtype.isFloatingPoint else {
                throw Misuse("\"poisson_cpu\" not implemented for '\(dtype.scalarTypeName)'")
            }
            let result = Tensor(emptyOf: shape, dtype, on: device)
            if device.kind == .meta { return result }
            let rates: [Double] = detach().toArray()
            guard rates.allSatisfy({ $0 >= 0 }) else {
                throw Misuse("invalid Poisson rate, expected rate to be non-negative")
            }
            let counts = generator.withEngine { engine in rates.map { poissonCount($0, &engine) } }
            backend.copy(Tensor(elements: counts, shape: shape), into: result)
            return result.recordingZeros("PoissonBackward0", [self])
        }
    }

    /// Positions drawn with the probabilities of the last dimension's weights; int64. PyTorch: `torch.multinomial`.
    ///
    /// - Parameter replacement: whether a position may be drawn again.
    /// ```swift
    /// logits.softmax(dim: -1).multinomial(1)      // a token for each row
    /// ```
    public func multinomial(
        _ numSamples: Int, replacement: Bool = false, generator: Generator = .default
    ) -> Tensor {
        guarded("multinomial", [self]) { () throws(Misuse) in
            guard dim == 1 || dim == 2 else { throw Misuse("prob_dist must be 1 or 2 dim") }
            guard dtype.isFloatingPoint else {
                throw Misuse("multinomial only supports floating-point dtypes for input, got: \(dtype.scalarTypeName)")
            }
            guard numSamples > 0 else { throw Misuse("cannot sample n_sample <= 0 samples") }
            let categories = shape[dim - 1]
            guard replacement || numSamples <= categories else {
                throw Misuse("cannot sample n_sample > prob_dist.size(-1) samples without replacement")
            }
            let target: Size = dim == 1 ? [numSamples] : [shape[0], numSamples]
            let result = Tensor(emptyOf: target, .int64, on: device)
            if device.kind == .meta || result.count == 0 { return result }
            let weights: [Double] = detach().toArray()
            guard weights.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
                throw Misuse("probability tensor contains either `inf`, `nan` or element < 0")
            }
            let rows = (0..<result.count / numSamples).map { weights[$0 * categories..<($0 + 1) * categories] }
            guard rows.allSatisfy({ $0.contains { $0 > 0 } }) else {
                throw Misuse("invalid multinomial distribution (sum of probabilities <= 0)")
            }
            let drawn =
                replacement && numSamples > 1
                ? drawWithReplacement(rows, numSamples, generator)
                : try drawWithoutReplacement(rows, numSamples, generator)
            backend.copy(Tensor(elements: drawn, shape: target), into: result)
            return result
        }
    }

    /// A uniform number for each, looked up among the running sums. Sums are kept in the tensor's precision (single for
    /// 16-bit floats), as PyTorch's are: a last bit can decide.
    private func drawWithReplacement(
        _ rows: [ArraySlice<Double>], _ count: Int, _ generator: Generator
    ) -> [Int] {
        func rounded(_ value: Double) -> Double { dtype == .float64 ? value : Double(Float(value)) }
        return rows.flatMap { row -> [Int] in
            var sum = 0.0
            var sums = row.map { weight -> Double in
                sum = rounded(sum + weight)
                return sum
            }
            for index in sums.indices { sums[index] = rounded(sums[index] / sum) }
            sums[sums.count - 1] = 1
            return (0..<count).map { _ in
                var uniform = 0.0
                generator.withEngine { fb_uniform_f64(&$0, &uniform, 1, 0, 1) }
                var (low, high) = (0, sums.count)
                while low < high {
                    let middle = low + (high - low) / 2
                    if sums[middle] < uniform { low = middle + 1 } else { high = middle }
                }
                return low
            }
        }
    }

    /// The weights are divided by waiting times; the largest quotients win.
    private func drawWithoutReplacement(
        _ rows: [ArraySlice<Double>], _ count: Int, _ generator: Generator
    ) throws(Misuse) -> [Int] {
        let times = Tensor(emptyOf: shape, dtype).exponential_(generator: generator)
        let quotients = try pointwise(.div, self, times)
        if count == 1 { return quotients.argmax(dim: -1).toArray() }
        let values: [Double] = quotients.detach().toArray()
        let categories = shape[dim - 1]
        return rows.indices.flatMap { row -> [Int] in
            let part = Array(values[row * categories..<(row + 1) * categories].enumerated())
            return part.sorted { ($1.element, $0.offset) < ($0.element, $1.offset) }.prefix(count).map(\.offset)
        }
    }
}

/// A Poisson number. From 10 on by W. Hörmann's transformed rejection ("The transformed rejection method for generating
/// Poisson random variables", 1993), below by multiplying uniform numbers until they fall under exp(-rate).
private func poissonCount(_ rate: Double, _ engine: inout fb_mt19937) -> Double {
    func uniform() -> Double {
        var number = 0.0
        fb_uniform_f64(&engine, &number, 1, 0, 1)
        return number
    }
    if rate == 0 { return 0 }
    if rate < 10 {
        let limit = (-rate).exponential
        var (count, product) = (0.0, uniform())
        while product > limit {
            count += 1
            product *= uniform()
        }
        return count
    }
    let b = 0.931 + 2.53 * rate.squareRoot()
    let a = -0.059 + 0.02483 * b
    let inverseAlpha = 1.1239 + 1.1328 / (b - 3.4)
    let limit = 0.9277 - 3.6224 / (b - 2)
    while true {
        let u = uniform() - 0.5
        let v = uniform()
        let distance = 0.5 - abs(u)
        let count = ((2 * a / distance + b) * u + rate + 0.43).rounded(.down)
        if distance >= 0.07, v <= limit { return count }
        if count < 0 || (distance < 0.013 && v > distance) { continue }
        let left = v.logarithm + inverseAlpha.logarithm - (a / (distance * distance) + b).logarithm
        if left <= -rate + count * rate.logarithm - (count + 1).logarithmOfGamma { return count }
    }
}

// MARK: - Rows

private let normalSignatures = """
    mean: Tensor, std: Tensor, *, generator=None, out=None
    mean: Tensor, std: Number=1.0, *, generator=None, out=None
    mean: Number, std: Tensor, *, generator=None, out=None
    mean: Number, std: Number, size: ints, *, generator=None, out=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False
    """

extension OperatorRow {
    fileprivate static let sampling: [OperatorRow] = [
        OperatorRow(
            "bernoulli", .random, dtypes: .floating, "input, *, generator=None, out=None\ninput, p, *, generator=None",
            isDifferentiable: false,
            inPlace: {
                if let p = try? $0.optionalTensor("p") { return try $0.input.bernoulli_(p) }
                return try $0.input.bernoulli_($0.has("p") ? try $0.double("p") : 0.5)
            }
        ) { $0.has("p") ? try $0.input.bernoulli(try $0.double("p")) : try $0.input.bernoulli() },
        OperatorRow("normal", .random, dtypes: .floating, normalSignatures, isDifferentiable: false) {
            if $0.has("size") {
                let result = Tensor.normal(
                    try $0.double("mean"), try $0.double("std"), size: try $0.ints("size"), dtype: try $0.dtype(),
                    device: try $0.device())
                return try $0.requiresGrad ? result.requiresGrad_() : result
            }
            switch (try $0.operand("mean"), try $0.operand("std")) {
            case (.tensor(let mean), .tensor(let std)): return Tensor.normal(mean, std)
            case (.tensor(let mean), .number(let std)): return Tensor.normal(mean, std.doubleValue)
            case (.number(let mean), .tensor(let std)): return Tensor.normal(mean.doubleValue, std)
            case (.number(let mean), .number(let std)):
                return Tensor.normal(mean.doubleValue, std.doubleValue, size: [])
            }
        },
        OperatorRow("poisson", .random, dtypes: .floating, "input, generator=None", isDifferentiable: false) {
            try $0.input.poisson()
        },
        OperatorRow(
            "multinomial", .random, dtypes: .floating,
            "input, num_samples, replacement=False, *, generator=None, out=None",
            isDifferentiable: false
        ) { try $0.input.multinomial(try $0.int("num_samples"), replacement: try $0.bool("replacement")) },
    ]
}

let samplingOperators: [OperatorRow] = OperatorRow.sampling
