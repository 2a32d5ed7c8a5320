import CKernels

// Distributions that overwrite a tensor, each number made of one or two uniform ones in double precision. These are the
// formulas of PyTorch built without MKL; builds with it draw `exponential_` and `bernoulli_(p)` from MKL's own stream.

extension Tensor {
    /// Overwrites with numbers made of one uniform number each.
    private func transformed(
        _ name: StaticString, _ generator: Generator, _ transform: (Double) -> Double
    ) -> Tensor {
        drawn(name, .float64) { memory, count in
            let numbers = memory.assumingMemoryBound(to: Double.self)
            generator.withEngine { fb_uniform_f64(&$0, numbers, count, 0, 1) }
            for index in 0..<count { numbers[index] = transform(numbers[index]) }
        }
    }

    /// Waiting times of mean 1 / `lambd`. PyTorch: `exponential_`.
    @discardableResult
    public func exponential_(_ lambd: Double = 1, generator: Generator = .default) -> Tensor {
        guarded("exponential_", [self]) { () throws(Misuse) in
            guard dtype.isFloatingPoint else {
                throw Misuse(
                    "Exponential distribution is a continuous probability distribution. dtype must be a floating point "
                        + "but you specified \(dtype.scalarTypeName)")
            }
            guard lambd > 0 else {
                throw Misuse("exponential_ expects lambda > 0.0, but found lambda=\(numberText(lambd))")
            }
            return transformed("exponential_", generator) { -1 / lambd * (-$0).logarithmOfOnePlus }
        }
    }

    /// How many trials until the first success, each of probability `p`. PyTorch: `geometric_`.
    @discardableResult
    public func geometric_(_ p: Double, generator: Generator = .default) -> Tensor {
        guarded("geometric_", [self]) { () throws(Misuse) in
            guard p > 0, p < 1 else { throw Misuse("geometric_ expects p to be in (0, 1), but got p=\(numberText(p))") }
            guard dtype != .bool else { throw Misuse("\"geometric_cpu\" not implemented for 'Bool'") }
            let failure = (-p).logarithmOfOnePlus
            return transformed("geometric_", generator) { ($0.logarithm / failure).rounded(.up) }
        }
    }

    /// Numbers of Cauchy's distribution. PyTorch: `cauchy_`.
    @discardableResult
    public func cauchy_(_ median: Double = 0, _ sigma: Double = 1, generator: Generator = .default) -> Tensor {
        guarded("cauchy_", [self]) { () throws(Misuse) in
            guard dtype.isFloatingPoint else {
                throw Misuse(
                    "Cauchy distribution is a continuous probability distribution. dtype must be a floating point but "
                        + "you specified \(dtype.cName)")
            }
            guard sigma > 0 else { throw Misuse("cauchy_ expects sigma > 0.0, but found sigma=\(numberText(sigma))") }
            return transformed("cauchy_", generator) {
                median.addingProduct(sigma, (Double.pi * ($0 - 0.5)).tangent)
            }
        }
    }

    /// Exponentials of normal numbers. PyTorch: `log_normal_`.
    @discardableResult
    public func logNormal_(_ mean: Double = 1, _ std: Double = 2, generator: Generator = .default) -> Tensor {
        guarded("log_normal_", [self]) { () throws(Misuse) in
            guard dtype.isFloatingPoint else {
                throw Misuse("\"log_normal_cpu\" not implemented for '\(dtype.scalarTypeName)'")
            }
            guard std > 0 else { throw Misuse("log_normal_ expects std > 0.0, but found std=\(numberText(std))") }
            return drawn("log_normal_", .float64) { memory, count in
                let numbers = memory.assumingMemoryBound(to: Double.self)
                for index in 0..<count { numbers[index] = generator.gaussian(mean: mean, std: std).exponential }
            }
        }
    }

    /// 1 with probability `p`, else 0. PyTorch: `bernoulli_` (its stream without MKL).
    @discardableResult
    public func bernoulli_(_ p: Double = 0.5, generator: Generator = .default) -> Tensor {
        guarded("bernoulli_", [self]) { () throws(Misuse) in
            guard p >= 0, p <= 1 else {
                throw Misuse("bernoulli_ expects p to be in [0, 1], but got p=\(numberText(p))")
            }
            return transformed("bernoulli_", generator) { $0 < p ? 1 : 0 }
        }
    }

    /// 1 with the probability the elements of `p` give, broadcast, else 0. PyTorch: `bernoulli_`.
    @discardableResult
    public func bernoulli_(_ p: Tensor, generator: Generator = .default) -> Tensor {
        guarded("bernoulli_", [self, p]) { () throws(Misuse) in
            guard p.dtype.isFloatingPoint else {
                throw Misuse("\"bernoulli_tensor_cpu_p_\" not implemented for '\(p.dtype.scalarTypeName)'")
            }
            try checkSameDevice(self, p)
            try willChangeInPlace(self)
            forgetHistory("bernoulli_")
            if device.kind == .meta { return self }
            let probabilities: [Double] = p.detach().expand(shape).toArray()
            if let wrong = probabilities.first(where: { !($0 >= 0 && $0 <= 1) }) {
                throw Misuse("Expected p_in >= 0 && p_in <= 1 to be true, but got \(wrong)")
            }
            let isDouble = p.dtype == .float64
            let draws = generator.withEngine { engine in
                probabilities.map { probability -> Double in
                    var (wide, single) = (0.0, Float(0))
                    if isDouble {
                        fb_uniform_f64(&engine, &wide, 1, 0, 1)
                    } else {
                        fb_uniform_f32(&engine, &single, 1, 0, 1)
                        wide = Double(single)
                    }
                    return wide < probability ? 1 : 0
                }
            }
            backend.copy(Tensor(elements: draws, shape: shape), into: self)
            return self
        }
    }
}

// MARK: - Rows

private let randomSignatures =
    "input, *, generator=None\ninput, to: int, *, generator=None\ninput, from: int, to: int, *, generator=None"

extension OperatorRow {
    fileprivate static let overwriting: [OperatorRow] = [
        OperatorRow(
            "uniform_", .random, dtypes: .inexact, "input, from=0.0, to=1.0, *, generator=None", isDifferentiable: false
        ) {
            try $0.input.uniform_(try $0.double("from"), try $0.double("to"))
        },
        OperatorRow(
            "normal_", .random, dtypes: .inexact, "input, mean=0.0, std=1.0, *, generator=None", isDifferentiable: false
        ) {
            try $0.input.normal_(try $0.double("mean"), try $0.double("std"))
        },
        OperatorRow("random_", .random, dtypes: .real, randomSignatures, isDifferentiable: false) {
            guard let end = try $0.optionalInt("to") else { return try $0.input.random_() }
            return try $0.input.random_(try $0.optionalInt("from") ?? 0, end)
        },
        OperatorRow(
            "exponential_", .random, dtypes: .floating, "input, lambd=1.0, *, generator=None", isDifferentiable: false
        ) {
            try $0.input.exponential_(try $0.double("lambd"))
        },
        OperatorRow("geometric_", .random, dtypes: .numbers, "input, p, *, generator=None", isDifferentiable: false) {
            try $0.input.geometric_(try $0.double("p"))
        },
        OperatorRow(
            "cauchy_", .random, dtypes: .floating, "input, median=0.0, sigma=1.0, *, generator=None",
            isDifferentiable: false
        ) {
            try $0.input.cauchy_(try $0.double("median"), try $0.double("sigma"))
        },
        OperatorRow(
            "log_normal_", .random, dtypes: .floating, "input, mean=1.0, std=2.0, *, generator=None",
            isDifferentiable: false
        ) {
            try $0.input.logNormal_(try $0.double("mean"), try $0.double("std"))
        },
    ]
}

let overwritingOperators: [OperatorRow] = OperatorRow.overwriting
