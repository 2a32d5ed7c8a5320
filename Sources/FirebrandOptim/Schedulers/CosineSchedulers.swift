import FirebrandTensor
import Glibc

/// The rate falls to `etaMin` along half a cosine in `tMax` steps, and rises again. PyTorch:
/// `torch.optim.lr_scheduler.CosineAnnealingLR`.
///
/// Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017, without the restarts.
/// ```swift
/// let scheduler = CosineAnnealingLR(optimizer, tMax: epochs)
/// ```
public final class CosineAnnealingLR: LRScheduler {
    private var tMax: Int
    private var etaMin: Double

    /// Starts the schedule.
    public init(_ optimizer: Optimizer, tMax: Int, etaMin: Double = 0, lastEpoch: Int = -1) {
        // Python fails on its first division by zero.
        guarded("CosineAnnealingLR", [], orElse: ()) { () throws(Misuse) in
            if tMax == 0 { throw Misuse("integer modulo by zero") }
        }
        self.tMax = tMax
        self.etaMin = etaMin
        super.init(optimizer, lastEpoch: lastEpoch)
    }

    /// The rates at the present step.
    override public func getLr() -> [Double] {
        if isInitial { return currentLrs }
        let (now, half) = (Double(lastEpoch), Double(tMax))
        if stepCount == 1, lastEpoch > 0 { return closedFormLr() ?? currentLrs }
        // At the bottom the quotient below would be 0 / 0.
        if (lastEpoch - 1 - tMax) % (2 * tMax) == 0 {
            return zip(currentLrs, baseLrs).map { $0 + ($1 - etaMin) * (1 - cos(.pi / half)) / 2 }
        }
        let factor = (1 + cos(.pi * now / half)) / (1 + cos(.pi * (now - 1) / half))
        return currentLrs.map { factor * ($0 - etaMin) + etaMin }
    }

    /// The rates from those the schedule started with.
    override public func closedFormLr() -> [Double]? {
        let height = (1 + cos(.pi * Double(lastEpoch) / Double(tMax))) / 2
        return baseLrs.map { etaMin + ($0 - etaMin) * height }
    }

    /// The settings by PyTorch's names.
    override public func packSettings() -> StateFields { ["T_max": .int(tMax), "eta_min": .double(etaMin)] }

    /// Takes over settings.
    override public func unpackSettings(_ fields: StateFields) throws {
        try fields.read("T_max", into: &tMax) { $0.integer.flatMap { $0 == 0 ? nil : $0 } }
        try fields.read("eta_min", into: &etaMin, \.number)
    }
}

/// The rate falls to `etaMin` along half a cosine in `t0` steps and starts again, each time `tMult` times as slowly. PyTorch:
/// `torch.optim.lr_scheduler.CosineAnnealingWarmRestarts`.
///
/// Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017.
/// ```swift
/// let scheduler = CosineAnnealingWarmRestarts(optimizer, t0: 10, tMult: 2)
/// scheduler.step(epoch: Double(epoch) + Double(batch) / Double(batches))
/// ```
public final class CosineAnnealingWarmRestarts: LRScheduler {
    private var t0: Int
    private var tMult: Int
    private var etaMin: Double
    private var period: Int
    private var position: Double

    /// Starts the schedule.
    public init(_ optimizer: Optimizer, t0: Int, tMult: Int = 1, etaMin: Double = 0, lastEpoch: Int = -1) {
        guarded("CosineAnnealingWarmRestarts", [], orElse: ()) { () throws(Misuse) in
            if t0 <= 0 { throw Misuse("Expected positive integer T_0, but got \(t0)") }
            if tMult < 1 { throw Misuse("Expected integer T_mult >= 1, but got \(tMult)") }
        }
        self.t0 = t0
        self.tMult = tMult
        self.etaMin = etaMin
        period = t0
        position = Double(lastEpoch)
        super.init(optimizer, lastEpoch: lastEpoch)
    }

    /// The rates at the present step.
    override public func getLr() -> [Double] {
        let height = (1 + cos(.pi * position / Double(period))) / 2
        return baseLrs.map { etaMin + ($0 - etaMin) * height }
    }

    /// Goes on by one step.
    override public func step() {
        if hasFailed { return }
        if lastEpoch < 0 {
            step(epoch: 0.0)
            return
        }
        position += 1
        if position >= Double(period) {
            position = position.truncatingRemainder(dividingBy: Double(period))
            period *= tMult
        }
        finish(lastEpoch + 1)
    }

    /// Goes to a step.
    override public func step(epoch: Int) { step(epoch: Double(epoch)) }

    /// Goes to a step, of which a fraction may be given: the part of an epoch that is done.
    public func step(epoch: Double) {
        checked { () throws(Misuse) in
            if epoch < 0 { throw Misuse("Expected non-negative epoch, but got \(epoch)") }
        }
        if hasFailed { return }
        let first = Double(t0)
        if epoch < first {
            (period, position) = (t0, epoch)
        } else if tMult == 1 {
            position = epoch.truncatingRemainder(dividingBy: first)
        } else {
            let factor = Double(tMult)
            let restarts = (log(epoch / first * (factor - 1) + 1) / log(factor)).rounded(.towardZero)
            position = epoch - first * (pow(factor, restarts) - 1) / (factor - 1)
            period = t0 * Int(pow(factor, restarts))
        }
        finish(Int(epoch.rounded(.down)))
    }

    private func finish(_ epoch: Int) {
        lastEpoch = epoch
        optimizer.learningRates = getLr()
        lastLr = currentLrs
    }

    /// The settings by PyTorch's names.
    override public func packSettings() -> StateFields {
        [
            "T_0": .int(t0), "T_i": .int(period), "T_mult": .int(tMult), "eta_min": .double(etaMin),
            "T_cur": .wholeOrDouble(position),
        ]
    }

    /// Takes over settings.
    override public func unpackSettings(_ fields: StateFields) throws {
        try fields.read("T_0", into: &t0, \.integer)
        try fields.read("T_i", into: &period, \.integer)
        try fields.read("T_mult", into: &tMult, \.integer)
        try fields.read("eta_min", into: &etaMin, \.number)
        try fields.read("T_cur", into: &position, \.number)
    }
}
