import FirebrandTensor
import FirebrandTestSupport
import Testing

/// Wrong calls with complex numbers and of Fourier transforms: see scripts/fixtures/complex_numbers.py.
@Suite("Misuse of complex numbers")
struct ComplexMisuseTests {
    private static func z() -> Tensor { Tensor([Complex(1, 2), Complex(3, -4)]) }
    private static func f(_ shape: Int...) -> Tensor { Tensor.ones(shape) }
    private static func signal() -> Tensor { Tensor.arange(16.0) }

    private static let cases: [String: @Sendable () -> Void] = [
        "backward: complex": { z().requiresGrad_().sum().backward() },
        "backward: real gradient": { z().requiresGrad_().sum().backward(Tensor(1.0)) },
        "sign": { _ = z().sign() },
        "maximum": { _ = z().maximum(z()) },
        "clamp": { _ = z().clamp(min: 0, max: 1) },
        "floor": { _ = z().floor() },
        "abs_": { z().abs_() },
        "imag": { _ = f(2).imag },
        "H": { _ = z().H },
        "H: batch": { _ = f(2, 2, 2).H },
        "mH": { _ = z().mH },
        "view_as_real": { _ = f(2).viewAsReal() },
        "view_as_complex: size": { _ = f(2, 3).viewAsComplex() },
        "view_as_complex: stride": { _ = f(2, 4)[at: [.all, .slice(nil, nil, 2)]].viewAsComplex() },
        "view_as_complex: rows": { _ = f(3, 3).narrow(1, 0, 2).viewAsComplex() },
        "view_as_complex: offset": { _ = f(5).narrow(0, 1, 2).viewAsComplex() },
        "view_as_complex: scalar": { _ = Tensor(1.0).viewAsComplex() },
        "view_as_complex: integers": { _ = Tensor.ones([2, 2], dtype: .int64).viewAsComplex() },
        "complex: types": { _ = complex(f(2), f(2).double()) },
        "complex: integers": { _ = complex(f(2).long(), f(2).long()) },
        "add_: complex into real": { f(2).add_(Complex(0, 1)) },
        "fill_: complex into real": { f(2).fill_(Complex(0, 1)) },
        "finfo: integers": { _ = DType.int8.finfo },
        "iinfo: floats": { _ = DType.float32.iinfo },
        "iinfo: bool": { _ = DType.bool.iinfo },
        "fft: half": { _ = FFT.fft(f(4).half()) },
        "fft: length": { _ = FFT.fft(f(4), n: 0) },
        "fft: dimension": { _ = FFT.fft(f(4), dim: 1) },
        "fft: scalar": { _ = FFT.fft(Tensor(1.0)) },
        "rfft: complex": { _ = FFT.rfft(z()) },
        "irfft: length": { _ = FFT.irfft(f(1)) },
        "fftn: too many": { _ = FFT.fftn(f(4), s: [1, 2]) },
        "fftn: lengths": { _ = FFT.fftn(f(4, 4), s: [1], dim: [0, 1]) },
        "fftn: twice": { _ = FFT.fftn(f(2, 2), dim: [0, 0]) },
        "rfftn: nothing": { _ = FFT.rfftn(f(4), dim: []) },
        "fftfreq: integers": { _ = FFT.fftfreq(3, dtype: .int64) },
        "stft: return_complex": { _ = signal().stft(4) },
        "stft: onesided": { _ = signal().cfloat().stft(4, onesided: true, returnComplex: true) },
        "istft: real": { _ = f(3, 17, 2).istft(4) },
    ]

    @Test("A wrong call is refused in PyTorch's words", arguments: Row.all("errors", of: "complex"))
    func words(_ row: Row) throws {
        let name = row.fields["name"] as! String
        let call = try #require(Self.cases[name], "\(name) has no call here")
        let error = try #require(failure(call), "\(name): nothing refused")
        #expect(error.message == row.text("message"))
    }
}
