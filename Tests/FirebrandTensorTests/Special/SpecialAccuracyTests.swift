import FirebrandTensor
import FirebrandTestSupport
import Testing

/// Elementary and special functions against values of 60 digits: see scripts/fixtures/special.py.
@Suite("Accuracy of functions")
struct SpecialAccuracyTests {
    static let rows = Row.all("cases", of: "special")

    /// Where a function has zeros, what cannot be relative: an absolute bound in units of the last place of 1.
    private static let absolute: Set<String> = [
        "lgamma", "digamma", "sin", "cos", "tan", "sinc", "special.bessel_j0", "special.bessel_j1", "special.bessel_y0",
        "special.bessel_y1", "special.airy_ai", "special.spherical_bessel_j0", "special.entr", "atan2", "xlogy", "log",
        "log2", "log10",
    ]

    private func call(_ row: Row, _ dtype: DType) throws -> [Double] {
        let inputs = (row.fields["inputs"] as! [[Double]]).map { OperatorValue.tensor(Tensor($0, dtype: dtype)) }
        let result = try OperatorTable.ofTensors.call(row.text("op"), inputs)
        return result.tensors[0].to(.float64).toArray()
    }

    @Test("float64 is right to a few units in the last place", arguments: rows)
    func double(_ row: Row) throws {
        for (value, expected) in zip(try call(row, .float64), row.doubles("values")) {
            let scale = Self.absolute.contains(row.text("op")) ? max(abs(expected), 1) : abs(expected)
            // In the tails of the incomplete gamma functions the exponent's own rounding counts.
            let units = row.text("op").hasPrefix("igamma") ? 128.0 : 16
            #expect(abs(value - expected) <= units * scale.ulp, "\(row.text("op")): \(value), not \(expected)")
        }
    }

    @Test("float32 is right to 1.5 units in the last place", arguments: rows)
    func single(_ row: Row) throws {
        for (value, expected) in zip(try call(row, .float32), row.doubles("values")) {
            let nearest = Float(expected)
            if nearest.isInfinite || nearest.isSubnormal || nearest == 0 { continue }
            let scale = Self.absolute.contains(row.text("op")) ? max(abs(nearest), 1) : abs(nearest)
            #expect(
                abs(value - expected) <= 1.5 * Double(scale.ulp), "\(row.text("op")): \(value), not \(expected)")
        }
    }

    @Test("Poles, infinities and what is not a number are PyTorch's")
    func edges() {
        let (inf, nan) = (Double.infinity, Double.nan)
        func check(_ got: Tensor, _ wanted: [Double], _ what: String) {
            let values: [Double] = got.to(.float64).toArray()
            #expect(zip(values, wanted).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN }, "\(what): \(values)")
        }
        check(Tensor([0.0, -1, inf, nan]).digamma(), [-inf, nan, inf, nan], "digamma")
        check(Tensor([0.0, -2, inf, nan]).lgamma(), [inf, inf, inf, nan], "lgamma")
        check(Tensor([1.0, -1, 1.5, nan]).erfinv(), [inf, -inf, nan, nan], "erfinv")
        check(Special.ndtri(Tensor([0.0, 1, -1])), [-inf, inf, nan], "ndtri")
        check(Special.entr(Tensor([0.0, -1, nan])), [0, -inf, nan], "entr")
        check(Special.modifiedBesselK0(Tensor([0.0, -1])), [inf, nan], "k0")
        check(Special.besselY1(Tensor([0.0, -1])), [-inf, nan], "y1")
        check(Tensor([0.0, 0, 1]).xlogy(Tensor([0.0, nan, 0])), [0, nan, -inf], "xlogy")
        check(Tensor([0.0, 1, -1]).igamma(Tensor([1.0, 0, 1])), [1, 0, nan], "igamma")
        check(Tensor([1e8, 3e38, inf]).sin().isnan(), [0, 0, 1], "sin of large numbers")
        check(Tensor([inf, 5, -5, 5]).fmod(Tensor([2.0, inf, 3, 0])), [nan, 5, -2, nan], "fmod")
        check(Tensor([nan, 1, nan]).fmax(Tensor([1.0, nan, nan])), [1, 1, nan], "fmax")
        check(Tensor([inf, -inf, inf]).logaddexp(Tensor([inf, -inf, -inf])), [inf, -inf, inf], "logaddexp")
    }

    @Test("Operands of any strides and halves give what contiguous float32 ones do")
    func strides() {
        let x = Tensor.rand([37, 29], generator: Generator(seed: 4)).add(0.1)
        let functions: [(String, (Tensor) -> Tensor)] = [
            ("sin", { $0.sin() }), ("lgamma", { $0.lgamma() }), ("erf", { $0.erf() }), ("frac", { $0.frac() }),
            ("addcmul", { $0.addcmul($0[.all, 0..<1], $0[0..<1], value: .double(0.5)) }),
            ("pow", { $0.pow($0[.all, 0..<1]) }), ("lerp", { $0.lerp($0[0..<1], 0.25) }),
        ]
        for (name, function) in functions {
            let wanted = function(x)
            #expect(function(x.t().contiguous().t()).equal(wanted), "\(name) of a transposed operand")
            let wide = stack([x, x], dim: 2).select(2, 1)
            #expect(function(wide).allclose(wanted, rtol: 1e-6, atol: 0), "\(name) of every second element")
            let half = x.to(.bfloat16)
            #expect(function(half).equal(function(half.to(.float32)).to(.bfloat16)), "\(name) of bfloat16")
        }
    }

    @Test("Large operands take other loops, with the same results")
    func large() {
        let x = Tensor.randn([150, 160], generator: Generator(seed: 6))
        let bits = x.mul(8).floor()
        x[3].mul_(Double.nan)
        #expect(bits.add(bits.t().contiguous().t()).equal(bits.add(bits)), "a transposed operand")
        let rows = (0..<150).map { x[$0].clamp(min: -0.5, max: 0.5) }
        #expect(x.clamp(min: -0.5, max: 0.5).allclose(stack(rows), rtol: 0, atol: 0, equalNan: true), "clamp")
        let positive = bits.gt(0)
        let zero = Tensor(0.0)
        #expect(FirebrandTensor.where(positive, bits, zero).equal(bits.clamp(min: 0)), "where, of a number")
        #expect(FirebrandTensor.where(positive, zero, bits).equal(bits.clamp(max: 0)), "where, of a number first")
    }
}
