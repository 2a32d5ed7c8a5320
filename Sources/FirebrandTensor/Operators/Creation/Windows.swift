// Windows: `torch.signal.windows` (symmetric unless asked) and the older `torch.hann_window` family (periodic unless
// asked).

/// Windows that weigh the samples of a signal. PyTorch: `torch.signal.windows`.
///
/// `sym: false` gives the first `count` values of the symmetric window of `count + 1`, for spectra.
public enum Windows {
    /// A sum of cosines with these coefficients, of alternating sign. PyTorch: `general_cosine`.
    public static func generalCosine(
        _ count: Int, a: [Double], sym: Bool = true, dtype: DType? = nil, device: Device = .cpu
    ) -> Tensor {
        window("general_cosine", count, dtype, device) { (type) throws(Misuse) in
            if a.isEmpty { throw Misuse("Coefficients cannot be empty") }
            return { index in
                let angle = 2 * Double.pi * Double(index) / Double(sym ? count - 1 : count)
                var sum = 0.0
                for (k, coefficient) in a.enumerated() {
                    sum += (k % 2 == 0 ? coefficient : -coefficient) * (Double(k) * angle).cosine
                }
                return sum
            }
        }
    }
    /// `alpha - (1 - alpha) cos`. PyTorch: `general_hamming`.
    public static func generalHamming(
        _ count: Int, alpha: Double = 0.54, sym: Bool = true, dtype: DType? = nil, device: Device = .cpu
    ) -> Tensor { generalCosine(count, a: [alpha, 1 - alpha], sym: sym, dtype: dtype, device: device) }
    /// Hamming's window. PyTorch: `hamming`.
    public static func hamming(
        _ count: Int, sym: Bool = true, dtype: DType? = nil, device: Device = .cpu
    ) -> Tensor { generalHamming(count, sym: sym, dtype: dtype, device: device) }
    /// Hann's window. PyTorch: `hann`.
    public static func hann(
        _ count: Int, sym: Bool = true, dtype: DType? = nil, device: Device = .cpu
    ) -> Tensor { generalHamming(count, alpha: 0.5, sym: sym, dtype: dtype, device: device) }
    /// Blackman's window. PyTorch: `blackman`.
    public static func blackman(
        _ count: Int, sym: Bool = true, dtype: DType? = nil, device: Device = .cpu
    ) -> Tensor { generalCosine(count, a: [0.42, 0.5, 0.08], sym: sym, dtype: dtype, device: device) }
    /// Nuttall's window of four cosines. PyTorch: `nuttall`.
    public static func nuttall(
        _ count: Int, sym: Bool = true, dtype: DType? = nil, device: Device = .cpu
    ) -> Tensor {
        generalCosine(
            count, a: [0.3635819, 0.4891775, 0.1365995, 0.0106411], sym: sym, dtype: dtype, device: device)
    }

    /// A triangle that is 0 at the ends. PyTorch: `bartlett`.
    public static func bartlett(
        _ count: Int, sym: Bool = true, dtype: DType? = nil, device: Device = .cpu
    ) -> Tensor {
        window("bartlett", count, dtype, device) { _ in
            { index in 1 - Swift.abs(2 * Double(index) / Double(sym ? count - 1 : count) - 1) }
        }
    }
    /// Half a wave of the sine. PyTorch: `cosine`.
    public static func cosine(
        _ count: Int, sym: Bool = true, dtype: DType? = nil, device: Device = .cpu
    ) -> Tensor {
        window("cosine", count, dtype, device) { _ in
            { index in (Double.pi * (Double(index) + 0.5) / Double(sym ? count : count + 1)).sine }
        }
    }
    /// `exp(-|n - center| / tau)`. PyTorch: `exponential`.
    public static func exponential(
        _ count: Int, center: Double? = nil, tau: Double = 1, sym: Bool = true, dtype: DType? = nil,
        device: Device = .cpu
    ) -> Tensor {
        window("exponential", count, dtype, device) { (_) throws(Misuse) in
            if tau <= 0 { throw Misuse("Tau must be positive, got: \(Scalar.double(tau)) instead.") }
            if sym, center != nil { throw Misuse("Center must be None for symmetric windows") }
            let middle = center ?? Double(sym ? count - 1 : count) / 2
            return { index in (-Swift.abs(Double(index) - middle) / tau).exponential }
        }
    }
    /// A normal distribution's bell. PyTorch: `gaussian`.
    public static func gaussian(
        _ count: Int, std: Double = 1, sym: Bool = true, dtype: DType? = nil, device: Device = .cpu
    ) -> Tensor {
        window("gaussian", count, dtype, device) { (_) throws(Misuse) in
            if std <= 0 {
                throw Misuse("Standard deviation must be positive, got: \(Scalar.double(std)) instead.")
            }
            let middle = Double(sym ? count - 1 : count) / 2
            return { index in
                let x = (Double(index) - middle) / std
                return (-x * x / 2).exponential
            }
        }
    }
    /// Kaiser's window, of the modified Bessel function. PyTorch: `kaiser`.
    public static func kaiser(
        _ count: Int, beta: Double = 12, sym: Bool = true, dtype: DType? = nil, device: Device = .cpu
    ) -> Tensor {
        window("kaiser", count, dtype, device) { (_) throws(Misuse) in
            if beta < 0 { throw Misuse("beta must be non-negative, got: \(Scalar.double(beta)) instead.") }
            return kaiserValues(count, beta, sym: sym)
        }
    }

    fileprivate static func kaiserValues(_ count: Int, _ beta: Double, sym: Bool) -> (Int) -> Double {
        let length = Double(sym ? count - 1 : count)
        let whole = bessel(beta)
        return { index in
            let x = 2 * Double(index) / length - 1
            return bessel(beta * Swift.max(0, 1 - x * x).squareRoot()) / whole
        }
    }

    private static func bessel(_ x: Double) -> Double { Tensor(x, dtype: .float64).i0().item() }

    /// A window of one element is 1, an empty one is empty.
    fileprivate static func window(
        _ name: StaticString, _ count: Int, _ dtype: DType?, _ device: Device,
        _ values: (DType) throws(Misuse) -> (Int) -> Double
    ) -> Tensor {
        guarded(name, []) { () throws(Misuse) in
            let type = dtype ?? DType.default
            if count < 0 { throw Misuse("\(name) requires non-negative window length, got M=\(count)") }
            guard type == .float32 || type == .float64 else {
                throw Misuse("\(name) expects float32 or float64 dtypes, got: torch.\(type)")
            }
            let value = try values(type)
            return filled(count, type, device, value)
        }
    }

    fileprivate static func filled(_ count: Int, _ type: DType, _ device: Device, _ value: (Int) -> Double) -> Tensor {
        let numbers = count == 1 ? [1] : (0..<count).map(value)
        return Tensor(elements: numbers, shape: [count]).to(device, type)
    }

    /// The older windows take any floating-point type.
    fileprivate static func older(
        _ name: StaticString, _ count: Int, _ dtype: DType?, _ device: Device, _ window: (DType) -> Tensor
    ) -> Tensor {
        guarded(name, []) { () throws(Misuse) in
            let type = dtype ?? DType.default
            guard type.isFloatingPoint else { throw Misuse("\(name) expects floating point dtypes, got: \(type)") }
            if count < 0 { throw Misuse("\(name) requires non-negative window_length, got window_length=\(count)") }
            return window(.float64).to(device, type)
        }
    }
}

extension Tensor {
    /// Hann's window. PyTorch: `torch.hann_window`.
    public static func hannWindow(
        _ count: Int, periodic: Bool = true, dtype: DType? = nil, device: Device = .cpu
    ) -> Tensor {
        Windows.older("hann_window", count, dtype, device) { Windows.hann(count, sym: !periodic, dtype: $0) }
    }
    /// `alpha - beta cos`. PyTorch: `torch.hamming_window`.
    public static func hammingWindow(
        _ count: Int, periodic: Bool = true, alpha: Double = 0.54, beta: Double = 0.46, dtype: DType? = nil,
        device: Device = .cpu
    ) -> Tensor {
        Windows.older("hamming_window", count, dtype, device) {
            Windows.generalCosine(count, a: [alpha, beta], sym: !periodic, dtype: $0)
        }
    }
    /// Blackman's window. PyTorch: `torch.blackman_window`.
    public static func blackmanWindow(
        _ count: Int, periodic: Bool = true, dtype: DType? = nil, device: Device = .cpu
    ) -> Tensor {
        Windows.older("blackman_window", count, dtype, device) { Windows.blackman(count, sym: !periodic, dtype: $0) }
    }
    /// A triangle that is 0 at the ends. PyTorch: `torch.bartlett_window`.
    public static func bartlettWindow(
        _ count: Int, periodic: Bool = true, dtype: DType? = nil, device: Device = .cpu
    ) -> Tensor {
        Windows.older("bartlett_window", count, dtype, device) { Windows.bartlett(count, sym: !periodic, dtype: $0) }
    }
    /// Kaiser's window. PyTorch: `torch.kaiser_window`.
    public static func kaiserWindow(
        _ count: Int, periodic: Bool = true, beta: Double = 12, dtype: DType? = nil, device: Device = .cpu
    ) -> Tensor {
        Windows.older("kaiser_window", count, dtype, device) {
            Windows.kaiser(count, beta: beta, sym: !periodic, dtype: $0)
        }
    }
}

// MARK: - Rows

private let windowOptions = "*, sym=True, dtype=None, layout=None, device=None, requires_grad=False"
private let olderOptions = "*, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False"

extension OperatorRow {
    private typealias Make = @Sendable (Arguments, Int, Bool, DType?) throws -> Tensor

    private static func window(
        _ name: String, dtypes: DTypeSet = .only(.float32, .float64), _ extra: String = "", _ make: @escaping Make
    ) -> OperatorRow {
        // Which arguments go by name only differs.
        OperatorRow(
            "signal.windows.\(name)", .creation, dtypes: dtypes, "M, *, \(extra)\(windowOptions.dropFirst(3))",
            isDifferentiable: false
        ) {
            try make($0, try $0.int("M"), try $0.bool("sym"), try $0.dtype()).to(try $0.device())
                .requiresGrad_(try $0.requiresGrad)
        }
    }

    private static func older(
        _ name: String, dtypes: DTypeSet = .floating, _ extra: String = "", _ make: @escaping Make
    ) -> OperatorRow {
        OperatorRow(
            name, .creation, dtypes: dtypes, "window_length, periodic=True, \(extra)\(olderOptions)",
            isDifferentiable: false
        ) {
            try make($0, try $0.int("window_length"), try $0.bool("periodic"), try $0.dtype()).to(try $0.device())
                .requiresGrad_(try $0.requiresGrad)
        }
    }

    fileprivate static let cosines: [OperatorRow] = [
        window("hamming") { Windows.hamming($1, sym: $2, dtype: $3) },
        window("hann") { Windows.hann($1, sym: $2, dtype: $3) },
        window("bartlett") { Windows.bartlett($1, sym: $2, dtype: $3) },
        window("blackman") { Windows.blackman($1, sym: $2, dtype: $3) },
        window("nuttall") { Windows.nuttall($1, sym: $2, dtype: $3) },
        window("cosine") { Windows.cosine($1, sym: $2, dtype: $3) },
    ]

    fileprivate static let shaped: [OperatorRow] = [
        window("exponential", "center=None, tau=1.0, ") {
            Windows.exponential(
                $1, center: $0.has("center") ? try $0.double("center") : nil, tau: try $0.double("tau"), sym: $2,
                dtype: $3)
        },
        window("gaussian", "std=1.0, ") { Windows.gaussian($1, std: try $0.double("std"), sym: $2, dtype: $3) },
        window("kaiser", "beta=12.0, ") { Windows.kaiser($1, beta: try $0.double("beta"), sym: $2, dtype: $3) },
        window("general_cosine", "a, ") {
            var coefficients: [Double] = []
            for value in try $0.nested("a", $0.value("a") ?? .list([])).to(.float64).toArray(Double.self) {
                coefficients.append(value)
            }
            return Windows.generalCosine($1, a: coefficients, sym: $2, dtype: $3)
        },
        window("general_hamming", "alpha=0.54, ") {
            Windows.generalHamming($1, alpha: try $0.double("alpha"), sym: $2, dtype: $3)
        },
    ]

    fileprivate static let olderWindows: [OperatorRow] = [
        older("hann_window") { Tensor.hannWindow($1, periodic: $2, dtype: $3) },
        older("hamming_window", "alpha=0.54, beta=0.46, ") {
            Tensor.hammingWindow(
                $1, periodic: $2, alpha: try $0.double("alpha"), beta: try $0.double("beta"), dtype: $3)
        },
        older("blackman_window") { Tensor.blackmanWindow($1, periodic: $2, dtype: $3) },
        older("bartlett_window") { Tensor.bartlettWindow($1, periodic: $2, dtype: $3) },
        older("kaiser_window", "beta=12.0, ") {
            Tensor.kaiserWindow($1, periodic: $2, beta: try $0.double("beta"), dtype: $3)
        },
    ]
}

let windowOperators: [OperatorRow] = OperatorRow.cosines + OperatorRow.shaped + OperatorRow.olderWindows
