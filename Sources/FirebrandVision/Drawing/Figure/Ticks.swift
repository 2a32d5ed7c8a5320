import Glibc

/// A number at an axis: `10` with a raised `-3`, or one text.
struct TickLabel {
    var text: String
    var exponent = ""

    /// On one line, as `10^-3`.
    var plain: String { exponent.isEmpty ? text : "1e\(exponent)" }
}

/// One axis: what it shows, and where.
struct AxisRange {
    let scale: Axes.Scale
    /// Ends of the axis, as they are laid out (logarithms on a logarithmic one).
    let low: Double
    let high: Double

    /// From what there is to show, with a little room around it; or as wanted.
    init(_ values: some Sequence<Double>, scale: Axes.Scale, limits: ClosedRange<Double>?, margin: Double = 0.05) {
        self.scale = scale
        func laidOut(_ value: Double) -> Double { scale == .log ? (value > 0 ? log10(value) : .nan) : value }
        if let limits {
            let ends = [laidOut(limits.lowerBound), laidOut(limits.upperBound)]
            if ends.allSatisfy(\.isFinite), ends[0] < ends[1] {
                (low, high) = (ends[0], ends[1])
                return
            }
        }
        var (least, most) = (Double.infinity, -Double.infinity)
        for value in values {
            let place = laidOut(value)
            // Sums of such numbers must not overflow.
            guard place.isFinite, abs(place) < 1e300 else { continue }
            (least, most) = (min(least, place), max(most, place))
        }
        if least > most { (least, most) = scale == .log ? (-1, 1) : (0, 1) }
        if most - least <= abs(most) * 1e-12 {
            let room = scale == .log ? 0.5 : max(abs(most) * 0.05, 0.5)
            (least, most) = (least - room, most + room)
        }
        let room = (most - least) * margin
        (low, high) = (least - room, most + room)
    }

    /// Exactly these ends, which may be the wrong way round.
    init(from low: Double, to high: Double) {
        scale = .linear
        (self.low, self.high) = (low, high)
    }

    /// Where a value lies, 0 to 1 from one end to the other; NaN where it has no place.
    func position(_ value: Double) -> Double {
        let place = scale == .log ? (value > 0 ? log10(value) : .nan) : value
        return (place - low) / (high - low)
    }

    /// About `count` round numbers and their labels; and those between them that only get a short stroke.
    func ticks(_ count: Int) -> (major: [(value: Double, label: TickLabel)], minor: [Double]) {
        scale == .log ? logarithmic(count) : (linear(count), [])
    }

    private func linear(_ count: Int) -> [(value: Double, label: TickLabel)] {
        let (from, to) = (min(low, high), max(low, high))
        let step = Self.niceStep((to - from) / Double(max(1, count)))
        let first = (from / step - 1e-9).rounded(.up), last = (to / step + 1e-9).rounded(.down)
        guard first.isFinite, last.isFinite, last - first < 1000, abs(first) < 1e15, abs(last) < 1e15 else { return [] }
        let largest = max(abs(first), abs(last)) * step
        return (Int(first)...max(Int(first), Int(last))).map { number in
            let value = Double(number) * step
            return (value, TickLabel(text: Self.text(value, step: step, largest: largest)))
        }
    }

    private func logarithmic(_ count: Int) -> (major: [(value: Double, label: TickLabel)], minor: [Double]) {
        let first = Int(max(-320, low.rounded(.down))), last = Int(min(308, high.rounded(.up)))
        let shown = (first...max(first, last)).filter { Double($0) >= low - 1e-9 && Double($0) <= high + 1e-9 }
        let stride = max(1, (shown.count + count - 1) / max(1, count))
        var major: [(value: Double, label: TickLabel)] = []
        for exponent in shown where exponent % stride == 0 {
            major.append((pow(10, Double(exponent)), TickLabel(text: "10", exponent: "\(exponent)")))
        }
        var minor: [Double] = []
        if last - first <= 12 {
            for exponent in first...last {
                for digit in 2...9 {
                    let value = Double(digit) * pow(10, Double(exponent))
                    if position(value) >= 0, position(value) <= 1 { minor.append(value) }
                }
            }
        }
        // Less than two powers of ten say too little.
        if major.count < 2 {
            let few =
                minor.count <= 4
                ? minor
                : minor.filter { value in
                    let digit = Int((value / pow(10, log10(value).rounded(.down))).rounded())
                    return digit == 2 || digit == 5
                }
            for value in few {
                let step = pow(10, log10(value).rounded(.down))
                major.append((value, TickLabel(text: Self.text(value, step: step, largest: value))))
            }
            major.sort { $0.value < $1.value }
        }
        return (major, minor)
    }

    /// The smallest of 1, 2, 2.5 and 5 times a power of ten that is not below `step`.
    private static func niceStep(_ step: Double) -> Double {
        guard step > 0, step.isFinite else { return 1 }
        let power = pow(10, log10(step).rounded(.down))
        return ([1, 2, 2.5, 5, 10].first { $0 * power >= step * (1 - 1e-9) } ?? 10) * power
    }

    /// A number with the digits that tell it from its neighbours, `step` apart.
    static func text(_ value: Double, step: Double, largest: Double) -> String {
        if largest >= 1e6 || largest < 1e-3 {
            guard value != 0 else { return "0" }
            let exponent = Int(log10(abs(value)).rounded(.down))
            let power = pow(10, Double(exponent))
            var digits = fixed(value / power, decimals: decimals(step / power))
            if digits.contains(".") {
                while digits.hasSuffix("0") { digits.removeLast() }
                if digits.hasSuffix(".") { digits.removeLast() }
            }
            return digits + "e\(exponent)"
        }
        return fixed(value, decimals: decimals(step))
    }

    /// The digits behind the point that `step` has.
    private static func decimals(_ step: Double) -> Int {
        (0...9).first { digits in
            let scaled = step * pow(10, Double(digits))
            return abs(scaled - scaled.rounded()) < 1e-6 * max(1, scaled) && scaled >= 0.5
        } ?? 9
    }

    private static func fixed(_ value: Double, decimals: Int) -> String {
        var power = 1
        for _ in 0..<decimals { power *= 10 }
        let scaled = (abs(value) * Double(power)).rounded()
        guard scaled < 9e18 else { return "\(value)" }
        let whole = Int(scaled)
        var text = "\(whole / power)"
        if decimals > 0 {
            let rest = "\(whole % power)"
            text += "." + String(repeating: "0", count: decimals - rest.count) + rest
        }
        return value < 0 && whole != 0 ? "-" + text : text
    }
}
