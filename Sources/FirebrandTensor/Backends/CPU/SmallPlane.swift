import CKernels

/// A loop over few elements of at most two dimensions: no ordering, no merging and no threads, which would cost more than
/// the elements themselves. ``StridedLoop`` does the rest.
struct SmallPlane {
    private let rows: Int
    private let columns: Int
    private var pointers: StridedLoop.Pointers
    private var rowSteps = StridedLoop.Strides(repeating: 0)
    private var columnSteps = StridedLoop.Strides(repeating: 0)

    /// Nil where there are too many elements or dimensions.
    @inline(__always)
    init?(_ out: Tensor) {
        let rank = out.dim
        guard out.count <= 2048, rank == 1 || rank == 2 else { return nil }
        rows = rank == 2 ? out.shape[0] : 1
        columns = out.shape[rank - 1]
        pointers = StridedLoop.Pointers(repeating: out.pointer)
        add(out, 0)
    }

    /// An operand, broadcast to the first one's shape.
    @inline(__always)
    mutating func add(_ operand: Tensor, _ position: Int) {
        let (rank, itemSize) = (operand.dim, operand.elementSize)
        pointers[position] = operand.pointer
        if rank >= 1, operand.shape[rank - 1] != 1 {
            columnSteps[position] = operand.strides[rank - 1] * itemSize
        }
        if rank == 2, operand.shape[0] != 1 { rowSteps[position] = operand.strides[0] * itemSize }
    }

    @inline(__always)
    func run(_ body: (StridedLoop.Pointers, StridedLoop.Strides, Int) -> Void) {
        guard rows > 0, columns > 0 else { return }
        var at = pointers
        // Along the dimension in which the result is contiguous.
        let turns = rows > 1 && (columns == 1 || columnSteps[0] > rowSteps[0])
        let (lines, length) = turns ? (columns, rows) : (rows, columns)
        let (outer, inner) = turns ? (columnSteps, rowSteps) : (rowSteps, columnSteps)
        for _ in 0..<lines {
            body(at, inner, length)
            for operand in 0..<4 { at[operand] += outer[operand] }
        }
    }
}

extension StridedLoop {
    /// Visits two operands; see ``run(grain:_:)``.
    @inline(__always)
    static func run(
        _ out: Tensor, _ a: Tensor, grain: Int = pointwiseGrain, _ body: (Pointers, Strides, Int) -> Void
    ) {
        if var plane = SmallPlane(out) {
            plane.add(a, 1)
            return plane.run(body)
        }
        StridedLoop(out, a).run(grain: grain, body)
    }

    /// Visits three operands.
    @inline(__always)
    static func run(_ out: Tensor, _ a: Tensor, _ b: Tensor, _ body: (Pointers, Strides, Int) -> Void) {
        if var plane = SmallPlane(out) {
            plane.add(a, 1)
            plane.add(b, 2)
            return plane.run(body)
        }
        StridedLoop(out, a, b).run(body)
    }

    /// Visits four operands.
    @inline(__always)
    static func run(
        _ out: Tensor, _ a: Tensor, _ b: Tensor, _ c: Tensor, _ body: (Pointers, Strides, Int) -> Void
    ) {
        if var plane = SmallPlane(out) {
            plane.add(a, 1)
            plane.add(b, 2)
            plane.add(c, 3)
            return plane.run(body)
        }
        StridedLoop(out, a, b, c).run(body)
    }
}
