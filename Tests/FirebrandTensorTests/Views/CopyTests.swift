import FirebrandTensor
import Testing

/// Copies between layouts, against elements picked one by one.
@Suite("Copies")
struct CopyTests {
    private static let shapes = [
        [70, 130], [3, 70, 40], [5, 4, 3, 33], [2000, 3], [3, 2000], [129, 65, 2], [8, 8], [1, 600, 5], [64, 64],
    ]

    private static func base(_ shape: [Int], _ dtype: DType) -> (tensor: Tensor, values: [Int]) {
        let values = (0..<shape.reduce(1, *)).map { $0 * 7 % 127 }
        return (Tensor(elements: values, shape: shape).to(dtype), values)
    }

    /// The elements a view of a base shows, in order.
    private static func shown(_ view: Tensor, _ values: [Int]) -> [Int] {
        var result: [Int] = []
        func visit(_ dimension: Int, _ place: Int) {
            if dimension == view.dim { return result.append(values[place]) }
            for index in 0..<view.shape[dimension] { visit(dimension + 1, place + index * view.strides[dimension]) }
        }
        visit(0, view.storageOffset)
        return result
    }

    private static func orders(_ rank: Int) -> [[Int]] {
        rank == 0
            ? [[]]
            : orders(rank - 1).flatMap { order in
                (0...order.count).map { at in
                    var longer = order
                    longer.insert(rank - 1, at: at)
                    return longer
                }
            }
    }

    @Test(
        "Any order of dimensions becomes contiguous, for every size of element", arguments: shapes,
        [DType.uint8, .int16, .float32, .int64])
    func permuted(_ shape: [Int], _ dtype: DType) {
        let (x, values) = CopyTests.base(shape, dtype)
        for order in CopyTests.orders(shape.count) {
            let view = x.permute(order)
            let expected = CopyTests.shown(view, values)
            #expect(view.contiguous().toArray(Int.self) == expected, "\(order)")
            let target = Tensor.zeros(view.shape, dtype: dtype)
            #expect(target.copy_(view).toArray(Int.self) == expected, "\(order)")
        }
    }

    @Test(
        "Conversions read and write in any order", arguments: shapes,
        [(DType.uint8, DType.float64), (.float32, .int16), (.int64, .float32), (.float32, .bfloat16)])
    func converted(_ shape: [Int], _ types: (DType, DType)) {
        let (x, values) = CopyTests.base(shape, types.0)
        for order in CopyTests.orders(shape.count) {
            let view = x.permute(order)
            let target = Tensor.zeros(view.shape, dtype: types.1).copy_(view)
            #expect(target.toArray(Int.self) == CopyTests.shown(view, values), "\(order)")
            #expect(view.to(types.1).contiguous().toArray(Int.self) == CopyTests.shown(view, values), "\(order)")
        }
    }

    @Test("Views with gaps are read and written in any order", arguments: [DType.uint8, .float32, .float64])
    func gaps(_ dtype: DType) {
        let (x, values) = CopyTests.base([60, 90], dtype)
        let views = [
            x[.range(step: 2), .range(1, nil, step: 3)], x[.range(step: 2), .range(1, nil, step: 3)].t(),
            x[.all, ..<3], x[.all, ..<3].t(), x[..<3].t(), x.unfold(1, 5, 2), x.diagonal(offset: 3),
            x.t()[.range(step: 2)], x.select(1, 4).expand(50, 60), x.select(1, 4).expand(50, 60).t(),
        ]
        for (index, view) in views.enumerated() {
            let expected = CopyTests.shown(view, values)
            #expect(view.contiguous().toArray(Int.self) == expected, "view \(index)")
            #expect(view.to(.int32).contiguous().toArray(Int.self) == expected, "view \(index)")
            let target = Tensor.zeros(Array(view.shape.reversed()), dtype: dtype)
            target.permute(Array((0..<view.dim).reversed())).copy_(view)
            #expect(
                target.permute(Array((0..<view.dim).reversed())).contiguous().toArray(Int.self) == expected,
                "into reversed \(index)")
        }
    }

    @Test("Operators on operands in different orders compute what contiguous ones do")
    func mixedOrders() {
        let x = Tensor.arange(300 * 170, dtype: .float32).reshape(300, 170)
        let y = Tensor.arange(300 * 170, dtype: .float32).reshape(170, 300)
        #expect((x + y.t()).equal(x + y.t().contiguous()))
        #expect((y.t() * x).equal(y.t().contiguous() * x))
        let narrow = Tensor.arange(3000, dtype: .float32).reshape(1000, 3)
        #expect((narrow + Tensor([1.0, 2, 3])).sum().item() as Double == 2999 * 1500 + 6000)
        let wide = Tensor.arange(4000).reshape(1000, 4)[.all, ..<3]
        #expect((wide + 1).toArray(Int.self) == wide.contiguous().toArray(Int.self).map { $0 + 1 })
    }

    @Test("Joined parts are where they belong, whatever their layout and type", arguments: [0, 1, 2])
    func joined(_ dim: Int) {
        func part(_ length: Int, _ dtype: DType = .float32) -> Tensor {
            var shape = [4, 5, 6]
            shape[dim] = length
            return Tensor.arange(shape.reduce(1, *)).remainder(127).reshape(shape).to(dtype)
        }
        let plain = [part(1), part(7), part(0), part(30)]
        let mixed = [part(2), part(3).transpose(0, 2).contiguous().transpose(0, 2), part(4, .int64), part(1, .float64)]
        for parts in [plain, mixed] {
            let whole = cat(parts, dim: dim)
            var position = 0
            for part in parts {
                #expect(whole.narrow(dim, position, part.shape[dim]).to(part.dtype).equal(part))
                position += part.shape[dim]
            }
            #expect(whole.shape[dim] == position)
        }
        #expect(cat(mixed, dim: dim).dtype == .float64)
        let large = (0..<3).map { Tensor.full([300, 40, 30], $0) }
        #expect(cat(large, dim: dim).sum().item() as Int == 3 * 360_000)
        let stacked = stack(large, dim: -1)
        #expect(stacked[7, 8, 9].toArray(Int.self) == [0, 1, 2])
    }

    @Test("Turned and repeated elements are where they belong")
    func turned() {
        let x = Tensor.arange(6).reshape(2, 3)
        #expect(x.flip([1]).toArray(Int.self) == [2, 1, 0, 5, 4, 3])
        #expect(x.flip([0, 1]).toArray(Int.self) == [5, 4, 3, 2, 1, 0])
        #expect(x.roll(1, dims: 1).toArray(Int.self) == [2, 0, 1, 5, 3, 4])
        #expect(x.roll([1, -1], dims: [0, 1]).toArray(Int.self) == [4, 5, 3, 1, 2, 0])
        #expect(x.roll(2).toArray(Int.self) == [4, 5, 0, 1, 2, 3])
        #expect(x.roll([1, 1], dims: [1, 1]).toArray(Int.self) == [1, 2, 0, 4, 5, 3])
        #expect(x.repeat(1, 2).toArray(Int.self) == [0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5])
        #expect(x.rot90().toArray(Int.self) == [2, 5, 1, 4, 0, 3])
        #expect(x.repeatInterleave(Tensor([2, 0, 1]), dim: 1).toArray(Int.self) == [0, 0, 2, 3, 3, 5])
        #expect(Tensor.repeatInterleave(Tensor([1, 2, 0, 3])).toArray(Int.self) == [0, 1, 1, 3, 3, 3])
        let long = Tensor.arange(100_000)
        #expect(long.flip([0])[0..<3].toArray(Int.self) == [99_999, 99_998, 99_997])
        #expect(long.roll(-70_000)[0..<2].toArray(Int.self) == [70_000, 70_001])
    }
}
