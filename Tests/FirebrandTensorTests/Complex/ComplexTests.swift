import FirebrandTensor
import FirebrandTestSupport
import Foundation
import Testing

/// Complex numbers against PyTorch's: see scripts/fixtures/complex_numbers.py.
@Suite("Complex numbers")
struct ComplexTests {
    @Test("print as PyTorch prints them", arguments: Row.all("texts", of: "complex"))
    func text(_ row: Row) {
        let dtype = DType.allCases.first { $0.description == row.text("dtype") }!
        let x = Tensor(elements: Self.numbers(row), shape: row.ints("shape")).to(dtype)
        if row.flag("requires_grad") { x.requiresGrad_() }
        var options = PrintOptions()
        if row.has("options") {
            let chosen = row.row("options")
            if chosen.has("precision") { options.precision = chosen.int("precision") }
            if chosen.has("threshold") { options.threshold = chosen.int("threshold") }
            if chosen.has("edgeitems") { options.edgeItems = chosen.int("edgeitems") }
            if chosen.has("linewidth") { options.lineWidth = chosen.int("linewidth") }
            if chosen.has("sci_mode") { options.sciMode = chosen.flag("sci_mode") }
        }
        #expect(x.text(options) == row.text("text"))
    }

    static let functions = Row.all("functions", of: "complex")

    @Test("Functions give PyTorch's values, at the edges too", arguments: functions.dropFirst())
    func function(_ row: Row) throws {
        let points = Self.numbers(Self.functions[0])
        let name = row.fields["name"] as! String
        for dtype in [DType.complex128, .complex64] {
            let x = Tensor(elements: points, shape: [points.count]).to(dtype)
            let other = Tensor([Complex(2, 0), Complex(0.5, -1), Complex(-3, 2)], dtype: dtype)
            let isBinary = try #require(OperatorTable.ofTensors.find(name)?.row.signatures[0].parameters.count) > 2
            // With one in strides of two, as views of other numbers are.
            let strided = stack([x, x], dim: 1)[.all, 0]
            for operand in isBinary ? [x[6..<9].unsqueeze(1)] : [x, strided] {
                let arguments = isBinary ? [operand, other] : [operand]
                let result = try #require(
                    try OperatorTable.ofTensors.call(name, arguments.map { .tensor($0) }).tensors.first)
                let wantedType = DType.allCases.first { $0.description == row.text("dtype") }!
                #expect(result.dtype == (dtype == .complex64 && wantedType != .bool ? wantedType.narrowed : wantedType))
                let tolerance = dtype == .complex128 ? 1e-14 : 3e-6
                for ((got, wanted), point) in zip(zip(result.toArray(Complex<Double>.self), Self.numbers(row)), points)
                {
                    // Beyond what a single-precision operand can say, or its result.
                    if dtype == .complex64, wanted.size > 1e37 || point.size > 1e9 || point.imag == 1e-12 { continue }
                    #expect(
                        close(got, wanted, tolerance),
                        "\(name) of \(dtype) at \(point): \(got), PyTorch gives \(wanted)")
                }
            }
        }
    }

    private func close(_ a: Complex<Double>, _ b: Complex<Double>, _ tolerance: Double) -> Bool {
        func agrees(_ x: Double, _ y: Double) -> Bool {
            x == y || x.isNaN && y.isNaN || abs(x - y) <= tolerance * max(b.size.isFinite ? b.size : 1, 1e-300)
        }
        return agrees(a.real, b.real) && agrees(a.imag, b.imag)
    }

    static func numbers(_ row: Row) -> [Complex<Double>] {
        (row.fields["values"] as! [[Any]]).map { pair in
            let parts = Row(["v": pair]).doubles("v")
            return Complex(parts[0], parts[1])
        }
    }

    @Test("Types promote as PyTorch's do")
    func promotion() {
        #expect(DType.float64.promoted(with: .complex64) == .complex128)
        #expect(DType.complex64.promoted(with: .int64) == .complex64)
        #expect(DType.bfloat16.promoted(with: .complex64) == .complex64)
        let one = Tensor(Complex(0, 1), dtype: .complex128)
        #expect((Tensor([1.0]) * one).dtype == .complex64)
        #expect((Tensor([1.0], dtype: .float64) * Complex(0, 1)).dtype == .complex128)
        #expect((Tensor([1]) * one).dtype == .complex128)
        #expect((Tensor([1]) + Complex(0, 1)).dtype == .complex64)
        #expect((Tensor([true]) / Tensor([Complex(2, 0)])).dtype == .complex64)
    }

    @Test("Elements come and go as Swift values")
    func values() {
        let z = Tensor([[Complex(1, 2), Complex(0, -1)], [Complex(3, 0), Complex(-0.5, 4)]])
        #expect(z.dtype == .complex64 && z.shape == [2, 2] && z.elementSize == 8)
        #expect(z[0, 1].item() == Complex(0, -1))
        #expect("\(z[0, 0].item() as Scalar)" == "(1+2j)" && "\(z[0, 1].item() as Scalar)" == "-1j")
        #expect("\(Complex(0, 2.5)) \(Complex(1e20, -0.0)) \(Complex(.nan, .infinity))" == "2.5j (1e+20-0j) (nan+infj)")
        #expect(z.toArray(Complex<Float>.self)[3] == Complex(-0.5, 4))
        #expect(z.to(.float64).toArray() == [1.0, 0, 3, -0.5])
        #expect(z.bool().toArray() == [true, true, true, true])
        z[1, 0] = Tensor(Complex(0, 7))
        #expect(z.imag.toArray() == [2.0, -1, 7, 4])
    }

    @Test("Parts are views: what changes them changes the numbers")
    func parts() {
        let z = Tensor([[Complex(1, 2), Complex(3, 4)], [Complex(5, 6), Complex(7, 8)]])
        z.real.fill_(0)
        z.t().imag[0].mul_(10)
        #expect(z.toArray() == [Complex(0, 20), Complex(0, 4), Complex(0, 60), Complex(0, 8)])
        let pairs = z.viewAsReal()
        #expect(pairs.shape == [2, 2, 2] && pairs.viewAsComplex().equal(z))
        pairs[0, 0, 0] = 9
        #expect(z[0, 0].item() == Complex(9, 20))
        #expect(Tensor([1.0]).real.toArray() == [1.0])
    }

    @Test("A gradient has its leaf's type: a real one takes the real part")
    func gradientTypes() {
        let x = Tensor([1.0, 2.0], requiresGrad: true)
        let z = Tensor([Complex(1, 1), Complex(0, -2)], requiresGrad: true)
        (x * z).abs().sum().backward()
        #expect(x.grad!.dtype == .float32 && z.grad!.dtype == .complex64)
        #expect(abs(x.grad![0].item() as Double - 2.0.squareRoot()) < 1e-6)
        // d|2z| / dz in PyTorch's convention: 2 z / |z|.
        #expect(z.grad![1].item() == Complex(0, -2))
        let exponent = Tensor(2.0, requiresGrad: true)
        Tensor([Complex(0, 1)]).pow(exponent).real.sum().backward()
        #expect(exponent.grad!.dtype == .float32 && !(exponent.grad!.isnan().any().item() as Bool))
    }

    @Test("Sums of many numbers lose no digits, along rows, columns and over all")
    func sums() {
        let count = 40_000
        let x = Tensor.arange(count, dtype: .float64).mul(1e-3)
        let z = complex(x, x.neg().add(0.1)).reshape(200, 200)
        let wanted = Complex(1e-3 * Double(count) * Double(count - 1) / 2, 0)
        func check(_ got: Complex<Double>) {
            #expect(abs(got.real - wanted.real) < 1e-8 && abs(got.imag - (0.1 * Double(count) - wanted.real)) < 1e-8)
        }
        check(z.sum().item())
        check(z.sum(dim: 0).sum().item())
        check(z.sum(dim: 1).sum().item())
        let single: Complex<Double> = z.to(.complex64).sum().item()
        #expect(abs(single.real - wanted.real) < 0.1)
        #expect(z.all().item() as Bool && !(z.mul(0).any().item() as Bool))
        #expect(Tensor([Complex(2, 0), Complex(0, 3)]).prod().item() == Complex(0, 6))
    }

    @Test("Products of matrices agree with those of their parts")
    func products() {
        let generator = Generator(seed: 4)
        for dtype in [DType.complex64, .complex128] {
            let a = Tensor.randn([3, 70, 65], generator: generator, dtype: dtype)
            for b in [
                Tensor.randn([3, 65, 9], generator: generator, dtype: dtype),
                Tensor.randn([3, 9, 65], generator: generator, dtype: dtype).mT,
            ] {
                let (re, im) = (
                    a.real.bmm(b.real).sub(a.imag.bmm(b.imag)), a.real.bmm(b.imag).add(a.imag.bmm(b.real))
                )
                let tolerance = dtype == .complex64 ? 1e-4 : 1e-12
                #expect(a.bmm(b).allclose(complex(re, im), rtol: 0, atol: tolerance))
                #expect(a.mH.bmm(a).mH.allclose(a.mH.bmm(a), rtol: 0, atol: tolerance))
            }
        }
    }

    @Test("Random complex numbers have variance 1, half of it in each part")
    func random() {
        let z = Tensor.randn([20_000], generator: Generator(seed: 1), dtype: .complex64)
        #expect(abs(z.var().item() as Double - 1) < 0.05)
        #expect(abs(z.real.var().item() as Double - 0.5) < 0.03)
    }

    @Test("The meta device knows shapes and types")
    func meta() {
        let z = Tensor.empty([2, 3], dtype: .complex64, device: .meta)
        #expect(z.abs().dtype == .float32 && z.real.shape == [2, 3] && z.viewAsReal().shape == [2, 3, 2])
        #expect(z.angle().dtype == .float32 && z.matmul(z.mH).shape == [2, 2] && z.var().dtype == .float32)
        #expect(FFT.rfft(z.real).shape == [2, 2] && FFT.irfft(z).dtype == .float32)
        let signal = Tensor.empty([2, 40], device: .meta)
        #expect(signal.stft(8, returnComplex: true).istft(8).shape == [2, 40])
    }

    @Test("Limits of the types are PyTorch's")
    func limits() {
        let (single, half) = (DType.float32.finfo, DType.float16.finfo)
        #expect(single.eps == 1.1920928955078125e-07 && single.max == 3.4028234663852886e+38 && single.bits == 32)
        #expect(
            single.tiny == 1.1754943508222875e-38 && single.smallestNormal == single.tiny && single.min == -single.max)
        #expect(
            half.eps == 0.0009765625 && half.max == 65504 && half.tiny == 6.103515625e-05 && half.resolution == 1e-3)
        let brain = DType.bfloat16.finfo
        #expect(brain.eps == 0.0078125 && brain.max == 3.3895313892515355e+38 && brain.tiny == single.tiny)
        #expect(DType.complex128.finfo == DType.float64.finfo && DType.float64.finfo.eps == 2.220446049250313e-16)
        #expect(DType.uint8.iinfo.max == 255 && DType.int16.iinfo.min == -32768 && DType.int64.iinfo.max == .max)
        #expect("\(DType.int8.iinfo)" == "iinfo(min=-128, max=127, dtype=int8)")
    }
}

extension Complex {
    fileprivate var size: Part { (real * real + imag * imag).squareRoot() }
}

extension DType {
    /// The type of single precision that has the same kind of numbers.
    fileprivate var narrowed: DType { self == .complex128 ? .complex64 : .float32 }
}
