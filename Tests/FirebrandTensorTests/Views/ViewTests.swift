import FirebrandTensor
import Testing

/// Shapes, strides and memory of views are PyTorch's: see scripts/fixtures/views.py.
@Suite("Views")
struct ViewTests {
    private static let rows = Row.all("views", of: "views")

    @Test("Chains of view operators give PyTorch's shapes, strides, offsets and values", arguments: rows)
    func chain(_ row: Row) {
        let x = base(row)
        let y = (row.fields["steps"] as! [[Any]]).reduce(x) { $0.after($1) }
        let steps = "\(row.ints("base")) \(row.fields["steps"]!)"
        #expect(y.shape == row.ints("shape"), "\(steps)")
        // Where there is one element or none, strides say nothing.
        if y.count > 1 { #expect(y.strides == row.ints("stride"), "\(steps)") }
        #expect(y.storageOffset == row.int("offset"), "\(steps)")
        #expect(y.isContiguous == (row.int("contiguous") != 0), "\(steps)")
        #expect((y.storage === x.storage) == (row.int("shares") != 0), "\(steps)")
        #expect(y.toArray(Int.self) == row.ints("values"), "\(steps)")
    }

    @Test("Gradients through chains of view operators reach the elements they show", arguments: rows)
    func gradient(_ row: Row) {
        let x = base(row, dtype: .float64).requiresGrad_()
        let y = (row.fields["steps"] as! [[Any]]).reduce(x) { $0.after($1) }
        guard y.requiresGrad else { return }  // detached
        // Each element counts with its place in the result; those shown several times add up.
        y.backward(Tensor.arange(1, y.count + 1, dtype: .float64).reshape(y.shape))
        var expected = [Double](repeating: 0, count: x.count)
        let isSum = (row.fields["steps"] as! [[Any]]).contains { $0[0] as! String == "x + 1" }
        for (place, value) in row.ints("values").enumerated() { expected[value - (isSum ? 1 : 0)] += Double(place + 1) }
        #expect((x.grad?.toArray() ?? Array(repeating: 0, count: x.count)) == expected, "\(row.fields["steps"]!)")
    }

    @Test("A change through a view is seen by the base and by every other view")
    func sharedMemory() {
        let x = Tensor.zeros(2, 3)
        let views = [x.t(), x[1], x[.all, 1], x.view(3, 2), x.flatten(), x.unsqueeze(0), x.detach(), x[0..<1]]
        for view in views { view.add_(1) }
        // Each element counts the views it is in: those of the whole, its row's and its column's.
        #expect(x.toArray(Int.self) == [6, 7, 6, 6, 7, 6])
        #expect(views[0].toArray(Int.self) == [6, 6, 7, 7, 6, 6])
    }

    @Test("A view keeps the memory alive after its base is gone")
    func keepsMemory() {
        weak var base: Tensor?
        var views: [Tensor] = []
        do {
            let x = Tensor.arange(1000)
            base = x
            views = [x[10..<20], x.view(10, 100).t()]
        }
        // Other tensors take memory of that size, and must not be given this one.
        let others = (0..<50).map { _ in Tensor.zeros([1000], dtype: .int64) }
        #expect(views[0].toArray(Int.self) == Array(10..<20))
        #expect(views[1][3, 2].item() == 203)
        views = []
        #expect(base == nil)
        withExtendedLifetime(others) {}
    }

    @Test("In-place operators through strided views write where the view says")
    func stridedWrites() {
        let x = Tensor.zeros([4, 6], dtype: .int64)
        x[.range(nil, nil, step: 2), .range(1, nil, step: 3)].copy_(Tensor([[1, 2], [3, 4]]))
        x.t()[5].fill_(9)
        x[1].copy_(Tensor(7))
        #expect(x.toArray(Int.self) == [0, 1, 0, 0, 2, 9, 7, 7, 7, 7, 7, 7, 0, 3, 0, 0, 4, 9, 0, 0, 0, 0, 0, 9])
    }

    @Test("An expanded tensor is not written to: an element stands for several")
    func expandedWrites() {
        let x = Tensor.zeros(1, 3)
        let error = failure { x.expand(2, 3).add_(1) }
        #expect(
            error?.message.hasPrefix(
                "unsupported operation: more than one element of the written-to tensor refers to a single memory location."
            ) == true)
        #expect(x.toArray(Int.self) == [0, 0, 0])
    }

    @Test("Overlapping reads and writes of one memory do not disturb each other")
    func overlap() {
        let x = Tensor.arange(6)
        x[1...].copy_(x[..<5].clone())
        #expect(x.toArray(Int.self) == [0, 0, 1, 2, 3, 4])
        let y = Tensor.arange(4).view(2, 2)
        y.add_(y.t().clone())
        #expect(y.toArray(Int.self) == [0, 3, 3, 6])
    }
}
