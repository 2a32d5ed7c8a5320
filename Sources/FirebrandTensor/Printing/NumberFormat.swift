import Glibc

/// How tensors print. PyTorch: `torch.set_printoptions`.
public struct PrintOptions: Sendable {
    /// Digits after the point.
    public var precision = 4
    /// Elements from which a tensor is summarised with `...`.
    public var threshold = 1000
    /// Elements shown at each end of a summarised dimension.
    public var edgeItems = 3
    /// Columns of a line.
    public var lineWidth = 80
    /// Scientific notation: always, never, or where the numbers call for it.
    public var sciMode: Bool?

    /// PyTorch's defaults.
    public init() {}
}

nonisolated(unsafe) private var currentPrintOptions = PrintOptions()

/// The options tensors print with.
public func printOptions() -> PrintOptions { currentPrintOptions }

/// Changes how tensors print. PyTorch: `torch.set_printoptions`.
public func setPrintOptions(_ options: PrintOptions) { currentPrintOptions = options }

/// The common format of a tensor's numbers: all padded to one width, decided by those that are shown.
struct NumberFormat {
    private(set) var width = 1
    private var isInteger = true
    private var isScientific = false
    private let isFloat: Bool
    private let precision: Int

    init(_ numbers: [Scalar], isFloat: Bool, _ options: PrintOptions) {
        self.isFloat = isFloat
        precision = options.precision
        guard isFloat else {
            width = max(1, numbers.map { text($0).count }.max() ?? 1)
            return
        }
        let values = numbers.map(\.doubleValue)
        let finite = values.filter { $0.isFinite && $0 != 0 }.map { abs($0) }
        guard let largest = finite.max(), let smallest = finite.min() else {
            // Only zeros, infinities and NaN: integers as far as can be told.
            width = max(1, numbers.map { text($0).count }.max() ?? 1)
            return
        }
        isInteger = finite.allSatisfy { $0 == ceil($0) }
        if isInteger {
            isScientific = largest / smallest > 1000 || largest > 1e8
        } else {
            isScientific = largest / smallest > 1000 || largest > 1e8 || smallest < 1e-4
        }
        if let chosen = options.sciMode { isScientific = chosen }
        let shown = isInteger ? values.filter { $0.isFinite && $0 != 0 } : values.filter { $0.isFinite && $0 != 0 }
        width = max(
            1, (shown + values.filter { !$0.isFinite || $0 == 0 }.prefix(0)).map { text(.double($0)).count }.max() ?? 1)
    }

    /// One number, not padded.
    func text(_ number: Scalar) -> String {
        switch number {
        case .bool(let value): return value ? "True" : "False"
        case .int(let value): return "\(value)"
        case .double(let value):
            if isScientific { return NumberFormat.formatted(value, precision, scientific: true) }
            if isInteger {
                let digits = NumberFormat.formatted(value, 0, scientific: false)
                return value.isFinite ? digits + "." : digits
            }
            return NumberFormat.formatted(value, precision, scientific: false)
        }
    }

    /// One number, padded on the left.
    func padded(_ number: Scalar) -> String {
        let digits = text(number)
        return String(repeating: " ", count: max(0, width - digits.count)) + digits
    }

    static func formatted(_ value: Double, _ precision: Int, scientific: Bool) -> String {
        if value.isNaN { return "nan" }
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        var buffer = [CChar](repeating: 0, count: 400)
        let length = withVaList([Int32(precision), value]) {
            vsnprintf(&buffer, buffer.count, scientific ? "%.*e" : "%.*f", $0)
        }
        return String(decoding: buffer[..<Int(length)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
