import FirebrandReplay
import FirebrandTensor
import FirebrandTestSupport
import Testing

/// Operators on complex numbers that are made of others, against values of PyTorch 2.15.
@Suite("Complex numbers in composed operators")
struct ComposedComplexTests {
    private typealias Row = (
        name: String, positional: [OperatorValue], named: [String: OperatorValue], values: [(Double, Double)]
    )

    private static let rows: [Row] = {
        func vector(_ elements: Complex<Double>...) -> OperatorValue {
            .tensor(Tensor(elements: elements, shape: [elements.count]))
        }
        let a = vector(Complex(1, 3), Complex(1.5, -3), Complex(-2, 2.9))
        let b = vector(Complex(0.5, -1), Complex(2, 0.25), Complex(1, -2))
        let w = vector(Complex(0.2, 0.1), Complex(0.9, -0.5), Complex(0.5, 0))
        let far = vector(Complex(-.infinity, 2), Complex(-.infinity, 2), Complex(.infinity, 1), Complex(1, 2))
        let near = vector(Complex(-.infinity, 1), Complex(1, 1), Complex(2, 1), Complex(-.infinity, 0))
        let mask = OperatorValue.tensor(Tensor([true, false, true]))
        let matrix = OperatorValue.tensor(
            Tensor(
                elements: [
                    Complex(1, 3), Complex(1.5, -3), Complex(-2, 2.9), Complex(0.5, -1), Complex(2, 0.25),
                    Complex(1, -2),
                    Complex(0.2, 0.1), Complex(0.9, -0.5), Complex(0.5, 0),
                ], shape: [3, 3]))
        var rows: [Row] = []
        rows.append(("addcmul", [a, b, w], ["value": .int(2)], [(1.4, 2.7), (5.35, -4.55), (-1.0, 0.9)]))
        rows.append(
            ("addcdiv", [a, b, w], ["value": .int(2)], [(1.0, -7.0), (4.6603773585, -0.6886792453), (2.0, -5.1)]))
        rows.append(("lerp", [a, b, w], [:], [(1.3, 2.15), (3.575, -0.325), (-0.5, 0.45)]))
        rows.append(("lerp", [a, b, .double(0.3)], [:], [(0.85, 1.8), (1.65, -2.025), (-1.1, 1.43)]))
        rows.append(
            (
                "logaddexp", [a, b], [:],
                [(0.7232809872, 3.6502165613), (1.0897327911, 0.4138054844), (1.0104160292, -2.0484255202)]
            ))
        rows.append(("logaddexp", [far, near], [:], [(-.infinity, 1.0), (1.0, 1.0), (.infinity, 1.0), (1.0, 2.0)]))
        rows.append(
            (
                "logcumsumexp", [a, .int(0)], [:],
                [(1.0, 3.0), (1.9646281326, -3.1066945191), (1.9827308642, -3.1117814625)]
            ))
        rows.append(
            (
                "linspace", [.int(0), .complex(1, 2), .int(4)], ["dtype": .dtype(.complex128)],
                [(0.0, 0.0), (0.3333333333, 0.6666666667), (0.6666666667, 1.3333333333), (1.0, 2.0)]
            ))
        rows.append(
            (
                "logspace", [.int(0), .complex(1, 2), .int(3)], ["dtype": .dtype(.complex128)],
                [(1.0, 0.0), (-2.1130387082, 2.3526723992), (-1.0701348356, -9.9425756941)]
            ))
        rows.append(
            (
                "cov", [matrix], [:],
                [
                    (15.3866666667, 0.0), (-2.9875, -4.4083333333), (1.235, -0.8066666667), (-2.9875, 4.4083333333),
                    (1.8541666667, 0.0), (-0.0291666667, 0.4875), (1.235, 0.8066666667), (-0.0291666667, -0.4875),
                    (0.2266666667, 0.0),
                ]
            ))
        rows.append(
            (
                "corrcoef", [matrix], [:],
                [
                    (1.0, 0.0), (-0.5593211689, -0.8253302604), (0.6613035527, -0.4319445608),
                    (-0.5593211689, 0.8253302604), (1.0, 0.0), (-0.0449902685, 0.7519802015),
                    (0.6613035527, 0.4319445608), (-0.0449902685, -0.7519802015), (1.0, 0.0),
                ]
            ))
        rows.append(("dist", [a, b], [:], [(7.7506451344, 0.0)]))
        rows.append(
            (
                "float_power", [a, b], [:],
                [(5.3602659269, -3.1174549967), (-4.9614602598, -13.9833557772), (256.7197169388, -91.9557733397)]
            ))
        rows.append(("masked.mean", [a], ["mask": mask], [(-0.5, 2.95)]))
        rows.append(("masked.var", [a], ["mask": mask], [(4.505, 0.0)]))
        rows.append(("masked.std", [a], ["mask": mask], [(2.1224985277, 0.0)]))
        rows.append(("masked.sum", [a], ["mask": mask], [(-1.0, 5.9)]))
        rows.append(("masked.prod", [a], ["mask": mask], [(-10.7, -3.1)]))
        return rows
    }()

    @Test("Values", arguments: rows.indices)
    func values(_ index: Int) throws {
        let row = ComposedComplexTests.rows[index]
        let result = try OperatorTable.ofTensors.call(row.name, row.positional, row.named).tensors[0]
        let found: [Complex<Double>] = result.to(.complex128).toArray()
        #expect(found.count == row.values.count)
        func isNear(_ a: Double, _ b: Double) -> Bool { a == b || abs(a - b) < 1e-8 }
        for (value, (real, imag)) in zip(found, row.values) {
            #expect(isNear(value.real, real) && isNear(value.imag, imag), "\(row.name): \(found)")
        }
    }

    @Test("In place, and into a tensor given")
    func places() {
        let (a, b) = (Tensor([Complex(1.0, 2), Complex(0.5, -1)]), Tensor([Complex(-1.0, 1), Complex(2.0, 0.5)]))
        let expected = a.addcmul(b, b)
        let out = Tensor.zeros([2], dtype: .complex64)
        _ = a.addcmul(b, b, out: out)
        #expect(out.equal(expected))
        #expect(a.clone().addcmul_(b, b).equal(expected))
        #expect(a.clone().lerp_(b, 0.25).equal(a.lerp(b, 0.25)))
        #expect(a.clone().acos_().equal(a.acos()))
        #expect(a.clone().sinc_().equal(a.sinc()))
    }
}
