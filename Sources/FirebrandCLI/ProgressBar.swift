import Firebrand
import FirebrandTutorial

/// A line on standard error that is drawn over and over; nothing where that is no terminal.
final class ProgressBar {
    private let clock = ContinuousClock()
    private let isActive = Console.hasTerminal
    private var start: ContinuousClock.Instant
    private var lastDrawn: ContinuousClock.Instant?
    private var label = ""

    init() { start = clock.now }

    /// Shows how far something has come, at most ten times a second.
    func update(_ label: String, _ done: Int, _ total: Int, unit: String) {
        guard isActive else { return }
        let now = clock.now
        if label != self.label {
            self.label = label
            start = now
            lastDrawn = nil
        }
        if let lastDrawn, now - lastDrawn < .milliseconds(100), done < total { return }
        lastDrawn = now
        Console.write("\r" + text(done, total, unit: unit, elapsed: now - start) + "\u{1b}[K")
    }

    private func text(_ done: Int, _ total: Int, unit: String, elapsed: Duration) -> String {
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
        let rate = seconds > 0 ? Double(done) / seconds : 0
        let left = rate > 0 ? Double(max(0, total - done)) / rate : 0
        let numbers =
            "\(padded(total > 0 ? 100 * done / total : 0, 3))%  \(scaled(rate)) \(unit)/s, "
            + "\(fixed(left, left < 10 ? 1 : 0, width: 0)) s left"
        // A line that the terminal breaks in two cannot be drawn over.
        let columns = TerminalStyle.columns(fileDescriptor: 2) - 1
        let width = min(24, columns - label.count - numbers.count - 2)
        guard width > 0 else { return String("\(label) \(numbers)".prefix(columns)) }
        let filled = total > 0 ? min(width, done * width / total) : 0
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        return "\(label) \(bar) \(numbers)"
    }

    private func scaled(_ value: Double) -> String {
        if value >= 1e6 { return fixed(value / 1e6, 1, width: 0) + " M" }
        if value >= 1e3 { return fixed(value / 1e3, 1, width: 0) + " k" }
        return fixed(value, 0, width: 0) + " "
    }

    /// Removes the line, so that text can be printed.
    func clear() {
        guard isActive, lastDrawn != nil else { return }
        Console.write("\r\u{1b}[K")
        lastDrawn = nil
    }

    /// Removes the line for good.
    func finish() { clear() }
}
