// The rows of the Fourier transforms.

extension Arguments {
    fileprivate func norm() throws(Misuse) -> FFT.Norm {
        guard let text = try optionalString("norm") else { return .backward }
        guard let norm = FFT.Norm(rawValue: text) else { throw Misuse("Invalid normalization mode: \"\(text)\"") }
        return norm
    }
}

extension OperatorRow {
    private typealias Transform =
        @Sendable (
            _ input: Tensor, _ n: Int?, _ dim: Int, _ norm: FFT.Norm, _ out: Tensor?
        ) -> Tensor
    private typealias SeveralTransform =
        @Sendable (
            _ input: Tensor, _ s: [Int]?, _ dim: [Int]?, _ norm: FFT.Norm, _ out: Tensor?
        ) -> Tensor

    private static func transform(
        _ name: String, dtypes: DTypeSet = [.fullPrecision, .integers, .bool], _ forward: @escaping Transform
    ) -> OperatorRow {
        OperatorRow("fft." + name, .fourier, dtypes: dtypes, "input, n=None, dim=-1, norm=None, *, out=None") {
            forward(try $0.input, try $0.optionalInt("n"), try $0.int("dim"), try $0.norm(), $0.takeOut())
        }
    }

    /// The form for two dimensions, the last ones by default, and the one for any number.
    private static func several(
        _ name: String, dtypes: DTypeSet = [.fullPrecision, .integers, .bool], _ forward: @escaping SeveralTransform
    ) -> [OperatorRow] {
        let body: @Sendable (Arguments) throws -> any OperatorValueConvertible = {
            forward(
                try $0.input, try $0.optionalInts("s"), try $0.optionalInts("dim"), try $0.norm(), $0.takeOut())
        }
        let two: @Sendable (Arguments) throws -> any OperatorValueConvertible = {
            forward(
                try $0.input, try $0.optionalInts("s"), try $0.optionalInts("dim") ?? [-2, -1], try $0.norm(),
                $0.takeOut())
        }
        return [
            OperatorRow(
                "fft.\(name)2", .fourier, dtypes: dtypes, "input, s=None, dim=None, norm=None, *, out=None", two),
            OperatorRow(
                "fft.\(name)n", .fourier, dtypes: dtypes, "input, s=None, dim=None, norm=None, *, out=None", body),
        ]
    }

    fileprivate static let transforms: [OperatorRow] = [
        transform("fft") { FFT.fft($0, n: $1, dim: $2, norm: $3, out: $4) },
        transform("ifft") { FFT.ifft($0, n: $1, dim: $2, norm: $3, out: $4) },
        transform("rfft", dtypes: [.integers, .bool, .only(.float32, .float64)]) {
            FFT.rfft($0, n: $1, dim: $2, norm: $3, out: $4)
        },
        transform("irfft") { FFT.irfft($0, n: $1, dim: $2, norm: $3, out: $4) },
        transform("hfft") { FFT.hfft($0, n: $1, dim: $2, norm: $3, out: $4) },
        transform("ihfft", dtypes: [.integers, .bool, .only(.float32, .float64)]) {
            FFT.ihfft($0, n: $1, dim: $2, norm: $3, out: $4)
        },
    ]

    fileprivate static let severalTransforms: [OperatorRow] =
        several("fft") { FFT.fftn($0, s: $1, dim: $2, norm: $3, out: $4) }
        + several("ifft") { FFT.ifftn($0, s: $1, dim: $2, norm: $3, out: $4) }
        + several("rfft", dtypes: [.integers, .bool, .only(.float32, .float64)]) {
            FFT.rfftn($0, s: $1, dim: $2, norm: $3, out: $4)
        }
        + several("irfft") { FFT.irfftn($0, s: $1, dim: $2, norm: $3, out: $4) }
        + several("hfft") { FFT.hfftn($0, s: $1, dim: $2, norm: $3, out: $4) }
        + several("ihfft", dtypes: [.integers, .bool, .only(.float32, .float64)]) {
            FFT.ihfftn($0, s: $1, dim: $2, norm: $3, out: $4)
        }

    private static let frequencySignature =
        "n, d=1.0, *, out=None, dtype=None, layout=None, device=None, requires_grad=False"
    private static let stftSignature = """
        input, n_fft, hop_length=None, win_length=None, window=None, center=True, pad_mode='reflect', normalized=False, \
        onesided=None, return_complex=None, align_to_window=None
        """
    private static let istftSignature = """
        input, n_fft, hop_length=None, win_length=None, window=None, center=True, normalized=False, onesided=None, \
        length=None, return_complex=False
        """

    fileprivate static let signals: [OperatorRow] = [
        OperatorRow("fft.fftshift", .fourier, "input, dim=None") {
            FFT.fftshift(try $0.input, dim: try $0.optionalInts("dim"))
        },
        OperatorRow("fft.ifftshift", .fourier, "input, dim=None") {
            FFT.ifftshift(try $0.input, dim: try $0.optionalInts("dim"))
        },
        OperatorRow("fft.fftfreq", .fourier, dtypes: .floating, frequencySignature, isDifferentiable: false) {
            FFT.fftfreq(
                try $0.int("n"), d: try $0.double("d"), dtype: try $0.dtype(), device: try $0.device(),
                requiresGrad: try $0.requiresGrad)
        },
        OperatorRow("fft.rfftfreq", .fourier, dtypes: .floating, frequencySignature, isDifferentiable: false) {
            FFT.rfftfreq(
                try $0.int("n"), d: try $0.double("d"), dtype: try $0.dtype(), device: try $0.device(),
                requiresGrad: try $0.requiresGrad)
        },
        OperatorRow("stft", .fourier, dtypes: .fullPrecision, stftSignature) {
            try $0.input.stft(
                try $0.int("n_fft"), hopLength: try $0.optionalInt("hop_length"),
                winLength: try $0.optionalInt("win_length"), window: try $0.optionalTensor("window"),
                center: try $0.bool("center"), padMode: try $0.string("pad_mode"),
                normalized: try $0.bool("normalized"), onesided: try $0.optionalBool("onesided"),
                returnComplex: try $0.optionalBool("return_complex"),
                alignToWindow: try $0.optionalBool("align_to_window"))
        },
        OperatorRow("istft", .fourier, dtypes: .complex, istftSignature) {
            try $0.input.istft(
                try $0.int("n_fft"), hopLength: try $0.optionalInt("hop_length"),
                winLength: try $0.optionalInt("win_length"), window: try $0.optionalTensor("window"),
                center: try $0.bool("center"), normalized: try $0.bool("normalized"),
                onesided: try $0.optionalBool("onesided"), length: try $0.optionalInt("length"),
                returnComplex: try $0.bool("return_complex"))
        },
    ]
}

let fourierOperators: [OperatorRow] = OperatorRow.transforms + OperatorRow.severalTransforms + OperatorRow.signals
