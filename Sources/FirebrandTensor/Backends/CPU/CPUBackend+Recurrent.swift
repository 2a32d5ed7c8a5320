import CKernels

extension CPUBackend {
    package func run(_ pass: RecurrentPass) throws(Misuse) {
        if pass.gates.dtype == .float64 {
            Recurrence(pass, fb_cell_layout_f64).forward(fb_cell_pack_f64, fb_cell_step_f64)
        } else {
            Recurrence(pass, fb_cell_layout_f32).forward(fb_cell_pack_f32, fb_cell_step_f32)
        }
    }

    package func runBackward(_ pass: RecurrentPass, _ gradients: RecurrentGradients) throws(Misuse) {
        if pass.gates.dtype == .float64 {
            Recurrence(pass, fb_cell_layout_f64)
                .backward(gradients, fb_cell_pack_gradient_f64, fb_cell_hand_back_f64, fb_cell_slope_f64)
        } else {
            Recurrence(pass, fb_cell_layout_f32)
                .backward(gradients, fb_cell_pack_gradient_f32, fb_cell_hand_back_f32, fb_cell_slope_f32)
        }
    }
}

/// The steps of one pass. Sequences of a batch do not depend on each other, so that threads take some rows each through all
/// steps; where there are too few, they share the units of each step.
private struct Recurrence {
    private let pass: RecurrentPass
    private let layout: fb_cell_layout
    private let hidden: Int
    private let width: Int
    /// Where each step's rows begin.
    private let starts: [Int]
    private let sharesRows: Bool

    init(_ pass: RecurrentPass, _ layout: (fb_cell, Int) -> fb_cell_layout) {
        self.pass = pass
        hidden = pass.hidden.shape[1]
        width = hidden * pass.cell.gates
        self.layout = layout(pass.cell, hidden)
        var starts: [Int] = []
        var at = 0
        for size in pass.batchSizes {
            starts.append(at)
            at += size
        }
        self.starts = starts
        // Eight rows keep the kernel's tiles full.
        sharesRows = pass.batchSizes[0] >= 8 * threadCount()
    }

    private var steps: Int { pass.batchSizes.count }
    private var rows: Int { pass.batchSizes[0] }
    /// A share of 100,000 multiplications takes a microsecond.
    private var grain: Int { max(1, 100_000 / max(1, hidden * width)) }

    /// The steps in the order in which the layer takes them.
    private func order(_ index: Int) -> Int { pass.isReverse ? steps - 1 - index : index }

    /// How many rows of step `t` go on from the step taken before it; the others start from the first state.
    private func continuing(_ t: Int) -> Int {
        if pass.isReverse { return t + 1 < steps ? pass.batchSizes[t + 1] : 0 }
        return t == 0 ? 0 : pass.batchSizes[t]
    }

    /// How many rows of step `t` go on to the step taken after it; for the others it is the last.
    private func continued(_ t: Int) -> Int {
        if pass.isReverse { return t == 0 ? 0 : pass.batchSizes[t] }
        return t + 1 < steps ? pass.batchSizes[t + 1] : 0
    }

    private func before(_ t: Int) -> Int { pass.isReverse ? t + 1 : t - 1 }
    private func after(_ t: Int) -> Int { pass.isReverse ? t - 1 : t + 1 }

    private func row<T>(_ a: Tensor, _ row: Int) -> UnsafeMutablePointer<T> {
        a.pointer.assumingMemoryBound(to: T.self) + row * a.shape[1]
    }

    /// Calls `body` with a range of rows and one of units, for the steps in turn.
    private func forSteps(unitsOfBlock: Int, _ body: (_ index: Int, _ rows: Range<Int>, _ units: Range<Int>) -> Void) {
        if sharesRows {
            parallelFor(rows, grain: max(4, grain)) { begin, end in
                for index in 0..<steps { body(index, begin..<end, 0..<hidden) }
            }
            return
        }
        let blocks = (hidden + unitsOfBlock - 1) / unitsOfBlock
        let perStep = max(1, 500_000 / max(1, rows * width * unitsOfBlock))
        for index in 0..<steps {
            parallelFor(blocks, grain: perStep) { begin, end in
                body(index, 0..<rows, begin * unitsOfBlock..<min(hidden, end * unitsOfBlock))
            }
        }
    }

    typealias Pack<T> = (fb_cell, UnsafeMutablePointer<T>?, UnsafePointer<T>?, Int, Int, Int, Int) -> Void
    typealias Step<T> = (
        fb_cell, Bool, UnsafePointer<T>?, UnsafeMutablePointer<T>?, UnsafeMutablePointer<T>?, UnsafePointer<T>?,
        UnsafePointer<T>?, UnsafePointer<T>?, UnsafeMutablePointer<T>?, UnsafeMutablePointer<T>?, Int, Int, Int, Int
    ) -> Void
    typealias HandBack<T> = (
        fb_cell, UnsafeMutablePointer<T>?, UnsafePointer<T>?, UnsafePointer<T>?, Int, Int, Int, Int
    ) -> Void
    typealias Slope<T> = (
        fb_cell, UnsafePointer<T>?, UnsafePointer<T>?, UnsafePointer<T>?, UnsafePointer<T>?, UnsafePointer<T>?,
        UnsafePointer<T>?, UnsafePointer<T>?, UnsafeMutablePointer<T>?, UnsafeMutablePointer<T>?,
        UnsafeMutablePointer<T>?,
        UnsafeMutablePointer<T>?, Int, Int, Int, Int
    ) -> Void

    private func packed<T>(_ pack: Pack<T>, blocks: Int, units: Int) -> Tensor {
        let packed = Tensor(emptyOf: [layout.count], pass.gates.dtype)
        let to = packed.pointer.assumingMemoryBound(to: T.self)
        parallelFor(blocks, grain: max(1, 32_768 / max(1, units * width))) { begin, end in
            pack(pass.cell, to, row(pass.weight, 0), hidden, hidden, begin, end)
        }
        return packed
    }

    func forward<T>(_ pack: Pack<T>, _ step: Step<T>) {
        let weights = packed(pack, blocks: layout.blocks, units: layout.units)
        let packed = UnsafePointer(weights.pointer.assumingMemoryBound(to: T.self))
        let bias: UnsafePointer<T>? = pass.candidateBias.map {
            UnsafePointer($0.pointer.assumingMemoryBound(to: T.self))
        }
        forSteps(unitsOfBlock: layout.units) { index, rows, units in
            let t = order(index), start = starts[t]
            func run(_ range: Range<Int>, _ hiddenBefore: Tensor, _ memoryBefore: Tensor?, _ startBefore: Int) {
                let range = range.clamped(to: rows)
                guard !range.isEmpty else { return }
                let at = start + range.lowerBound, old = startBefore + range.lowerBound
                step(
                    pass.cell, pass.keepsGates, packed, row(pass.gates, at), pass.candidate.map { row($0, at) }, bias,
                    row(hiddenBefore, old), memoryBefore.map { UnsafePointer(row($0, old)) }, row(pass.hidden, at),
                    pass.memory.map { row($0, at) }, hidden, range.count, units.lowerBound, units.upperBound)
            }
            let old = continuing(t)
            if old > 0 { run(0..<old, pass.hidden, pass.memory, starts[before(t)]) }
            run(old..<pass.batchSizes[t], pass.hidden0, pass.cell0, 0)
        }
        withExtendedLifetime(weights) {}
    }

    func backward<T>(_ gradients: RecurrentGradients, _ pack: Pack<T>, _ handBack: HandBack<T>, _ slope: Slope<T>) {
        let weights = packed(pack, blocks: layout.gradient_blocks, units: layout.gradient_units)
        let packed = UnsafePointer(weights.pointer.assumingMemoryBound(to: T.self))
        let recurrent = gradients.recurrent ?? gradients.input
        forSteps(unitsOfBlock: layout.gradient_units) { index, rows, units in
            let t = order(steps - 1 - index), start = starts[t]
            let later = (0..<continued(t)).clamped(to: rows)
            if !later.isEmpty {
                handBack(
                    pass.cell, row(gradients.state, later.lowerBound), packed,
                    row(recurrent, starts[after(t)] + later.lowerBound), hidden, later.count, units.lowerBound,
                    units.upperBound)
            }
            func run(_ range: Range<Int>, _ hiddenBefore: Tensor, _ memoryBefore: Tensor?, _ startBefore: Int) {
                let range = range.clamped(to: rows)
                guard !range.isEmpty else { return }
                let at = start + range.lowerBound, old = startBefore + range.lowerBound
                slope(
                    pass.cell, row(pass.gates, at), pass.candidate.map { UnsafePointer(row($0, at)) },
                    row(hiddenBefore, old), memoryBefore.map { UnsafePointer(row($0, old)) },
                    row(pass.hidden, at), pass.memory.map { UnsafePointer(row($0, at)) },
                    gradients.hidden.map { UnsafePointer(row($0, at)) }, row(gradients.state, range.lowerBound),
                    gradients.memory.map { row($0, range.lowerBound) }, row(gradients.input, at),
                    gradients.recurrent.map { row($0, at) }, hidden, range.count, units.lowerBound, units.upperBound)
            }
            let old = continuing(t)
            if old > 0 { run(0..<old, pass.hidden, pass.memory, starts[before(t)]) }
            run(old..<pass.batchSizes[t], pass.hidden0, pass.cell0, 0)
        }
        if gradients.wantsState {
            // What the first step of each row hands back to the state it started from.
            for t in 0..<steps {
                let fresh = continuing(t)..<pass.batchSizes[t]
                if fresh.isEmpty { continue }
                parallelFor(fresh.count, grain: max(4, grain)) { begin, end in
                    let first = fresh.lowerBound + begin
                    handBack(
                        pass.cell, row(gradients.state, first), packed, row(recurrent, starts[t] + first), hidden,
                        end - begin, 0, hidden)
                }
            }
        }
        withExtendedLifetime(weights) {}
    }
}
