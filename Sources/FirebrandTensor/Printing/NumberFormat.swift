import Glibc

/// How tensors print. PyTorch: `torch.set_printoptions`.
public struct PrintOptions: Sendable {
    /// Digits after the point.
    public var precision = 4
    /// Elements up to which a tensor prints whole; a larger one is summarised with `...`.
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

/// The common format of a tensor's numbers: one notation, padded to one width, decided by those that are shown.
struct NumberFormat {
    private enum Notation { case plain, whole, decimals, scientific }

    private(set) var width = 1
    private var notation = Notation.plain
    private let precision: Int

    init(_ numbers: [Scalar], isFloat: Bool, _ options: PrintOptions) {
        precision = options.precision
        var deciding = numbers
        if isFloat {
            // Zeros, infinities and NaN have no say, not even in the width.
            deciding = numbers.filter { $0.doubleValue.isFinite && $0.doubleValue != 0 }
            notation = NumberFormat.notation(deciding.map(\.doubleValue), options)
        }
        for number in deciding { width = max(width, text(number).utf8.count) }
    }

    private static func notation(_ values: [Double], _ options: PrintOptions) -> Notation {
        guard let largest = values.lazy.map(abs).max(), let smallest = values.lazy.map(abs).min() else { return .whole }
        let isWide = largest / smallest > 1000 || largest > 1e8 || smallest < 1e-4
        if options.sciMode ?? isWide { return .scientific }
        return values.allSatisfy { $0 == $0.rounded() } ? .whole : .decimals
    }

    /// One number, padded on the left.
    func padded(_ number: Scalar) -> String {
        let digits = text(number)
        return String(repeating: " ", count: max(0, width - digits.utf8.count)) + digits
    }

    private func text(_ number: Scalar) -> String {
        guard case .double(let value) = number else { return number.description }
        if value.isNaN { return "nan" }
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        switch notation {
        case .plain: return number.description
        case .whole: return printed("%.*f", 0, value) + "."
        case .decimals: return printed("%.*f", precision, value)
        case .scientific: return printed("%.*e", precision, value)
        }
    }

    // The standard library cannot round to a number of digits; Foundation could, but takes long to load.
    private func printed(_ format: String, _ precision: Int, _ value: Double) -> String {
        // The largest double has 309 digits before the point.
        String(unsafeUninitializedCapacity: precision + 320) { buffer in
            let count = buffer.count
            return buffer.withMemoryRebound(to: CChar.self) { characters in
                withVaList([Int32(precision), value]) { Int(vsnprintf(characters.baseAddress, count, format, $0)) }
            }
        }
    }
}
