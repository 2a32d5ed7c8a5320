import FirebrandTensor
import FirebrandTestSupport
import Testing

/// Fourier transforms against their definition, for lengths of every kind.
@Suite("FFT")
struct FFTTests {
    /// All small ones; powers; primes with a radix of their own, and beyond; products with such primes.
    static let lengths = Array(1...40) + [64, 128, 243, 343, 997, 1000, 1024, 1009, 1147, 4093, 4096, 4098, 5040]

    @Test("equal the sums they stand for, in both precisions and directions", arguments: lengths)
    func definition(_ n: Int) {
        let generator = Generator(seed: n)
        let x = Tensor.randn([3, n], generator: generator, dtype: .complex128)
        // The element k of the definition, for a few k where there are many.
        let chosen = n <= 64 ? Array(0..<n) : [0, 1, 2, n / 3, n / 2, n - 2, n - 1]
        for isInverse in [false, true] {
            let wanted = Self.sums(x, chosen, isInverse: isInverse)
            let norm: Double = x.abs().square().sum(dim: 1).max().sqrt().item()
            for (dtype, tolerance) in [(DType.complex128, 1e-15), (.complex64, 3e-7)] {
                let operand = x.to(dtype)
                let whole =
                    isInverse ? FFT.ifft(operand, norm: .forward) : FFT.fft(operand)
                #expect(whole.dtype == dtype)
                let got = whole.indexSelect(1, Tensor(chosen)).to(.complex128)
                let scale = norm * Double(n).squareRoot()
                let error: Double = got.sub(wanted).abs().max().item()
                #expect(error <= 4 * tolerance * max(scale, 1), "\(n), \(dtype): \(error / scale)")
            }
        }
    }

    private static func sums(_ x: Tensor, _ chosen: [Int], isInverse: Bool) -> Tensor {
        let n = x.shape[1]
        let turns = Tensor(chosen).unsqueeze(0).mul(Tensor.arange(n).unsqueeze(1)).remainder(n).double()
        let angle = turns.mul((isInverse ? 2 : -2) * Double.pi / Double(n))
        return x.matmul(polar(Tensor.onesLike(angle), angle))
    }

    @Test("are undone by their inverses, for halves of even and odd lengths", arguments: [1, 2, 3, 8, 9, 30, 37, 101])
    func roundTrips(_ n: Int) {
        let generator = Generator(seed: 3)
        let x = Tensor.randn([4, n], generator: generator, dtype: .float64)
        for norm in [FFT.Norm.backward, .ortho, .forward] {
            let half = FFT.rfft(x, norm: norm)
            #expect(half.shape == [4, n / 2 + 1])
            #expect(FFT.fft(x, norm: norm).narrow(1, 0, n / 2 + 1).allclose(half, rtol: 0, atol: 1e-12))
            #expect(FFT.irfft(half, n: n, norm: norm).allclose(x, rtol: 0, atol: 1e-13))
            #expect(FFT.hfft(FFT.ihfft(x, norm: norm), n: n, norm: norm).allclose(x, rtol: 0, atol: 1e-12))
            #expect(FFT.ifft(FFT.fft(x, norm: norm), norm: norm).real.allclose(x, rtol: 0, atol: 1e-13))
        }
    }

    @Test("go along any dimension of operands of any strides, many at a time")
    func layouts() {
        let generator = Generator(seed: 5)
        // More columns than go side by side, and not a multiple of them; rows likewise.
        for shape in [[2, 12, 37], [37, 12, 1], [3, 5, 7, 4], [19, 6]] {
            let x = Tensor.randn(shape, generator: generator, dtype: .complex128)
            for dim in shape.indices {
                let rows = x.movedim(dim, -1).contiguous()
                let wanted = stack(rows.reshape(-1, shape[dim]).unbind(dim: 0).map { FFT.fft($0) }).reshape(rows.shape)
                #expect(FFT.fft(x, dim: dim).movedim(dim, -1).allclose(wanted, rtol: 0, atol: 1e-12))
                let turned = x.permute(Array(shape.indices.reversed()))
                #expect(
                    FFT.fft(turned, dim: shape.count - 1 - dim).permute(Array(shape.indices.reversed()))
                        .allclose(FFT.fft(x, dim: dim), rtol: 0, atol: 1e-12))
            }
        }
        let x = Tensor.randn([6, 10], generator: generator, dtype: .float64)
        #expect(FFT.fft2(x).allclose(FFT.fft(FFT.fft(x, dim: 0), dim: 1), rtol: 0, atol: 1e-12))
        #expect(FFT.irfft2(FFT.rfft2(x), s: [6, 10]).allclose(x, rtol: 0, atol: 1e-13))
        #expect(FFT.hfftn(FFT.ihfftn(x), s: [6, 10]).allclose(x, rtol: 0, atol: 1e-12))
    }

    @Test("keep a NaN to its own transform")
    func notANumber() {
        let x = Tensor.ones([9, 16])
        x[4, 3] = Tensor(Double.nan)
        let isSound = FFT.rfft(x).isfinite().all(dim: 1)
        #expect(isSound.toArray() == (0..<9).map { $0 != 4 })
    }

    @Test("take empty batches, integers and out:")
    func kinds() {
        #expect(FFT.fft(Tensor.zeros([0, 3])).shape == [0, 3])
        #expect(FFT.rfft(Tensor([1, 2, 3, 4])).dtype == .complex64)
        let out = Tensor.empty([3], dtype: .complex128)
        let given = FFT.rfft(Tensor([1.0, 2.0, 3.0, 4.0]), out: out)
        #expect(given === out && out.toArray() == [Complex(10, 0), Complex(-2, 2), Complex(-2, 0)])
        #expect(FFT.fftn(Tensor(2.0)).item() == Complex(2, 0))
    }

    @Test("The frequencies are shifted to the middle and back")
    func frequencies() {
        #expect(FFT.fftfreq(5, d: 0.5, dtype: .float64).toArray() == [0, 0.4, 0.8, -0.8, -0.4])
        #expect(FFT.rfftfreq(4).toArray() == [0, 0.25, 0.5])
        #expect(FFT.fftshift(Tensor.arange(5)).toArray() == [3, 4, 0, 1, 2])
        let x = Tensor.arange(30).reshape(5, 6)
        #expect(FFT.ifftshift(FFT.fftshift(x)).equal(x))
        #expect(FFT.fftshift(x, dim: [1])[0].toArray() == [3, 4, 5, 0, 1, 2])
    }

    @Test("Sixteen-bit signals are refused, not read past their end", arguments: [DType.float16, .bfloat16])
    func halves(_ dtype: DType) {
        let error = failure { _ = Tensor.ones([2, 16], dtype: dtype).stft(4, returnComplex: true) }
        #expect(error?.message == "FFT doesn't support tensors of type: \(dtype == .float16 ? "Half" : "BFloat16")")
    }

    @Test(
        "A signal comes back from its short-time transform",
        arguments: ["reflect", "constant", "replicate", "circular"])
    func shortTime(_ mode: String) {
        let signal = Tensor.randn([2, 100], generator: Generator(seed: 6), dtype: .float64)
        let window = Tensor.arange(12, dtype: .float64).add(0.5).mul(Double.pi / 12).sin()
        for isOnesided in [true, false] {
            let pieces = signal.stft(
                16, hopLength: 4, winLength: 12, window: window, padMode: mode, normalized: true, onesided: isOnesided,
                returnComplex: true)
            #expect(pieces.shape == [2, isOnesided ? 9 : 16, 26])
            let back = pieces.istft(
                16, hopLength: 4, winLength: 12, window: window, normalized: true, onesided: isOnesided, length: 100)
            #expect(back.allclose(signal, rtol: 0, atol: 1e-12))
        }
    }

    @Test("A window that leaves gaps is refused")
    func gaps() {
        let spectrum = Tensor.ones(3, 9).cfloat()
        let error = failure { _ = spectrum.istft(4, window: Tensor.zeros(4)) }
        #expect(error?.message == "istft: window overlap add min: 1")
    }
}
