/// Discrete Fourier transforms. PyTorch: `torch.fft`.
///
/// y_k = sum of x_j exp(-2πi jk / n), and its inverses. Lengths of any kind take n log n steps. Integers are taken as
/// floats; the 16-bit floats are misuse, as in PyTorch. `n` (`s` for several dimensions) cuts the input off or fills it up
/// with zeros first.
/// ```swift
/// let spectrum = FFT.rfft(signal)                 // n real numbers to n/2 + 1 complex ones
/// let back = FFT.irfft(spectrum, n: signal.size(-1))
/// ```
public enum FFT {
    /// Which direction divides by the number of elements.
    public enum Norm: String, Sendable {
        /// The inverse.
        case backward
        /// Both, by the square root.
        case ortho
        /// The forward transform.
        case forward

        /// What the sum is multiplied by.
        func scale(_ count: Int, isInverse: Bool) -> Double {
            switch self {
            case .ortho: 1 / Double(count).squareRoot()
            case .backward: isInverse ? 1 / Double(count) : 1
            case .forward: isInverse ? 1 : 1 / Double(count)
            }
        }
    }

    // MARK: One dimension

    /// The transform along `dim`. PyTorch: `torch.fft.fft`.
    public static func fft(
        _ input: Tensor, n: Int? = nil, dim: Int = -1, norm: Norm = .backward, out: Tensor? = nil
    ) -> Tensor {
        guarded("fft_fft", [input]) { () throws(Misuse) in
            try complex(input, n, dim, norm, isInverse: false).written(to: out, input)
        }
    }

    /// The inverse transform along `dim`. PyTorch: `torch.fft.ifft`.
    public static func ifft(
        _ input: Tensor, n: Int? = nil, dim: Int = -1, norm: Norm = .backward, out: Tensor? = nil
    ) -> Tensor {
        guarded("fft_ifft", [input]) { () throws(Misuse) in
            try complex(input, n, dim, norm, isInverse: true).written(to: out, input)
        }
    }

    /// The transform of real numbers: its first n/2 + 1 elements, whose conjugates the others are. PyTorch:
    /// `torch.fft.rfft`.
    public static func rfft(
        _ input: Tensor, n: Int? = nil, dim: Int = -1, norm: Norm = .backward, out: Tensor? = nil
    ) -> Tensor {
        guarded("fft_rfft", [input]) { () throws(Misuse) in
            let x = try real(input, "rfft expects a real input tensor, but got ")
            let axis = try axis(x, dim)
            let length = try checkLength(n ?? x.shape[axis])
            let scale = norm.scale(length, isInverse: false)
            return try x.resized(axis, to: length).realFourier(axis, scale: scale, isOnesided: true)
                .written(to: out, input)
        }
    }

    /// The inverse of ``rfft(_:n:dim:norm:out:)``: `n` real numbers, 2 (m - 1) where not given. PyTorch: `torch.fft.irfft`.
    public static func irfft(
        _ input: Tensor, n: Int? = nil, dim: Int = -1, norm: Norm = .backward, out: Tensor? = nil
    ) -> Tensor {
        guarded("fft_irfft", [input]) { () throws(Misuse) in
            try toReal(try promoted(input, toComplex: true), n, dim, norm, isInverse: true).written(to: out, input)
        }
    }

    /// The transform of a signal that equals its conjugate reversed, given by its first half: real. PyTorch:
    /// `torch.fft.hfft`.
    public static func hfft(
        _ input: Tensor, n: Int? = nil, dim: Int = -1, norm: Norm = .backward, out: Tensor? = nil
    ) -> Tensor {
        guarded("fft_hfft", [input]) { () throws(Misuse) in
            try toReal(try promoted(input, toComplex: true).conj(), n, dim, norm, isInverse: false)
                .written(to: out, input)
        }
    }

    /// The inverse of ``hfft(_:n:dim:norm:out:)``. PyTorch: `torch.fft.ihfft`.
    public static func ihfft(
        _ input: Tensor, n: Int? = nil, dim: Int = -1, norm: Norm = .backward, out: Tensor? = nil
    ) -> Tensor {
        guarded("fft_ihfft", [input]) { () throws(Misuse) in
            let x = try real(input, "ihfft expects a real input tensor, but got ")
            let axis = try axis(x, dim)
            let length = try checkLength(n ?? x.shape[axis])
            let scale = norm.scale(length, isInverse: true)
            return try x.resized(axis, to: length).realFourier(axis, scale: scale, isOnesided: true).conj()
                .written(to: out, input)
        }
    }

    private static func complex(
        _ input: Tensor, _ n: Int?, _ dim: Int, _ norm: Norm, isInverse: Bool
    ) throws(Misuse) -> Tensor {
        let x = try promoted(input, toComplex: isInverse)
        let axis = try axis(x, dim)
        let length = try checkLength(n ?? x.shape[axis])
        let scale = norm.scale(length, isInverse: isInverse)
        let operand = x.resized(axis, to: length)
        return x.dtype.isComplex
            ? operand.complexFourier([axis], isInverse: isInverse, scale: scale)
            : operand.realFourier(axis, scale: scale, isOnesided: false)
    }

    private static func toReal(
        _ x: Tensor, _ n: Int?, _ dim: Int, _ norm: Norm, isInverse: Bool
    ) throws(Misuse) -> Tensor {
        let axis = try axis(x, dim)
        let length = try checkLength(n ?? 2 * (x.shape[axis] - 1))
        let scale = norm.scale(length, isInverse: isInverse)
        return x.resized(axis, to: length / 2 + 1).halfComplexFourier(axis, length: length, scale: scale)
    }

    // MARK: Several dimensions

    /// The transform along two dimensions. PyTorch: `torch.fft.fft2`.
    public static func fft2(
        _ input: Tensor, s: [Int]? = nil, dim: [Int] = [-2, -1], norm: Norm = .backward, out: Tensor? = nil
    ) -> Tensor { fftn(input, s: s, dim: dim, norm: norm, out: out) }

    /// The inverse transform along two dimensions. PyTorch: `torch.fft.ifft2`.
    public static func ifft2(
        _ input: Tensor, s: [Int]? = nil, dim: [Int] = [-2, -1], norm: Norm = .backward, out: Tensor? = nil
    ) -> Tensor { ifftn(input, s: s, dim: dim, norm: norm, out: out) }

    /// The half transform of real numbers along two dimensions. PyTorch: `torch.fft.rfft2`.
    public static func rfft2(
        _ input: Tensor, s: [Int]? = nil, dim: [Int] = [-2, -1], norm: Norm = .backward, out: Tensor? = nil
    ) -> Tensor { rfftn(input, s: s, dim: dim, norm: norm, out: out) }

    /// The inverse of ``rfft2(_:s:dim:norm:out:)``. PyTorch: `torch.fft.irfft2`.
    public static func irfft2(
        _ input: Tensor, s: [Int]? = nil, dim: [Int] = [-2, -1], norm: Norm = .backward, out: Tensor? = nil
    ) -> Tensor { irfftn(input, s: s, dim: dim, norm: norm, out: out) }

    /// The real transform of half a signal that equals its conjugate reversed, along two dimensions. PyTorch:
    /// `torch.fft.hfft2`.
    public static func hfft2(
        _ input: Tensor, s: [Int]? = nil, dim: [Int] = [-2, -1], norm: Norm = .backward, out: Tensor? = nil
    ) -> Tensor { hfftn(input, s: s, dim: dim, norm: norm, out: out) }

    /// The inverse of ``hfft2(_:s:dim:norm:out:)``. PyTorch: `torch.fft.ihfft2`.
    public static func ihfft2(
        _ input: Tensor, s: [Int]? = nil, dim: [Int] = [-2, -1], norm: Norm = .backward, out: Tensor? = nil
    ) -> Tensor { ihfftn(input, s: s, dim: dim, norm: norm, out: out) }

    /// The transform along several dimensions; all where none are given. PyTorch: `torch.fft.fftn`.
    public static func fftn(
        _ input: Tensor, s: [Int]? = nil, dim: [Int]? = nil, norm: Norm = .backward, out: Tensor? = nil
    ) -> Tensor {
        guarded("fft_fftn", [input]) { () throws(Misuse) in
            try complex(input, s, dim, norm, isInverse: false).written(to: out, input)
        }
    }

    /// The inverse transform along several dimensions. PyTorch: `torch.fft.ifftn`.
    public static func ifftn(
        _ input: Tensor, s: [Int]? = nil, dim: [Int]? = nil, norm: Norm = .backward, out: Tensor? = nil
    ) -> Tensor {
        guarded("fft_ifftn", [input]) { () throws(Misuse) in
            try complex(input, s, dim, norm, isInverse: true).written(to: out, input)
        }
    }

    /// The half transform of real numbers along several dimensions: the last of them is halved. PyTorch:
    /// `torch.fft.rfftn`.
    public static func rfftn(
        _ input: Tensor, s: [Int]? = nil, dim: [Int]? = nil, norm: Norm = .backward, out: Tensor? = nil
    ) -> Tensor {
        guarded("fft_rfftn", [input]) { () throws(Misuse) in
            try fromReal("rfftn", input, s, dim, norm, isInverse: false).written(to: out, input)
        }
    }

    /// The inverse of ``rfftn(_:s:dim:norm:out:)``. PyTorch: `torch.fft.irfftn`.
    public static func irfftn(
        _ input: Tensor, s: [Int]? = nil, dim: [Int]? = nil, norm: Norm = .backward, out: Tensor? = nil
    ) -> Tensor {
        guarded("fft_irfftn", [input]) { () throws(Misuse) in
            try toReal("irfftn", input, s, dim, norm, isInverse: true).written(to: out, input)
        }
    }

    /// The real transform of half a signal that equals its conjugate reversed, along several dimensions. PyTorch:
    /// `torch.fft.hfftn`.
    public static func hfftn(
        _ input: Tensor, s: [Int]? = nil, dim: [Int]? = nil, norm: Norm = .backward, out: Tensor? = nil
    ) -> Tensor {
        guarded("fft_hfftn", [input]) { () throws(Misuse) in
            try toReal("hfftn", input, s, dim, norm, isInverse: false).written(to: out, input)
        }
    }

    /// The inverse of ``hfftn(_:s:dim:norm:out:)``. PyTorch: `torch.fft.ihfftn`.
    public static func ihfftn(
        _ input: Tensor, s: [Int]? = nil, dim: [Int]? = nil, norm: Norm = .backward, out: Tensor? = nil
    ) -> Tensor {
        guarded("fft_ihfftn", [input]) { () throws(Misuse) in
            try fromReal("ihfftn", input, s, dim, norm, isInverse: true).written(to: out, input)
        }
    }

    private static func complex(
        _ input: Tensor, _ s: [Int]?, _ dim: [Int]?, _ norm: Norm, isInverse: Bool
    ) throws(Misuse) -> Tensor {
        let x = try promoted(input, toComplex: true)
        let (axes, lengths) = try axesAndLengths(x, s, dim)
        for length in lengths { _ = try checkLength(length) }
        var operand = x
        for (axis, length) in zip(axes, lengths) { operand = operand.resized(axis, to: length) }
        let scale = norm.scale(lengths.reduce(1, *), isInverse: isInverse)
        return operand.complexFourier(axes, isInverse: isInverse, scale: scale)
    }

    private static func fromReal(
        _ name: String, _ input: Tensor, _ s: [Int]?, _ dim: [Int]?, _ norm: Norm, isInverse: Bool
    ) throws(Misuse) -> Tensor {
        let x = try real(input, "\(name) expects a real-valued input tensor, but got ")
        let (axes, lengths) = try axesAndLengths(x, s, dim)
        guard let last = axes.last else { throw Misuse("\(name) must transform at least one axis") }
        for length in lengths { _ = try checkLength(length) }
        var operand = x
        for (axis, length) in zip(axes, lengths) { operand = operand.resized(axis, to: length) }
        let half = operand.realFourier(
            last, scale: norm.scale(lengths.last!, isInverse: isInverse), isOnesided: true)
        let directed = isInverse ? half.conj() : half
        if axes.count == 1 { return directed }
        let scale = norm.scale(lengths.dropLast().reduce(1, *), isInverse: isInverse)
        return directed.complexFourier(Array(axes.dropLast()), isInverse: isInverse, scale: scale)
    }

    private static func toReal(
        _ name: String, _ input: Tensor, _ s: [Int]?, _ dim: [Int]?, _ norm: Norm, isInverse: Bool
    ) throws(Misuse) -> Tensor {
        let x = try promoted(input, toComplex: true)
        var (axes, lengths) = try axesAndLengths(x, s, dim)
        guard let last = axes.popLast() else { throw Misuse("\(name) must transform at least one axis") }
        lengths.removeLast()
        let given = s?.last
        let length = try checkLength(given == nil || given == -1 ? 2 * (x.shape[last] - 1) : given!)
        for length in lengths { _ = try checkLength(length) }
        var operand = x.resized(last, to: length / 2 + 1)
        for (axis, length) in zip(axes, lengths) { operand = operand.resized(axis, to: length) }
        if !axes.isEmpty {
            let scale = norm.scale(lengths.reduce(1, *), isInverse: isInverse)
            operand = operand.complexFourier(axes, isInverse: isInverse, scale: scale)
        }
        // The transform to real numbers is an inverse one: a forward one is its conjugate's.
        return (isInverse ? operand : operand.conj()).halfComplexFourier(
            last, length: length, scale: norm.scale(length, isInverse: isInverse))
    }

    // MARK: Checks

    private static func promoted(_ input: Tensor, toComplex: Bool) throws(Misuse) -> Tensor {
        guard !input.dtype.isReducedFloatingPoint else {
            throw Misuse("Unsupported dtype \(input.dtype.scalarTypeName)")
        }
        let type = input.dtype.isFloatingPoint || input.dtype.isComplex ? input.dtype : DType.default
        return input.to(toComplex ? type.complexType : type)
    }

    private static func real(_ input: Tensor, _ complaint: String) throws(Misuse) -> Tensor {
        guard !input.dtype.isComplex else { throw Misuse(complaint + input.dtype.scalarTypeName) }
        return try promoted(input, toComplex: false)
    }

    private static func axis(_ x: Tensor, _ dim: Int) throws(Misuse) -> Int {
        guard x.dim > 0 else { throw Misuse("Dimension specified as \(dim) but tensor has no dimensions") }
        return try x.checkedDimension(dim)
    }

    private static func checkLength(_ length: Int) throws(Misuse) -> Int {
        guard length >= 1 else { throw Misuse("Invalid number of data points (\(length)) specified") }
        return length
    }

    private static func axesAndLengths(
        _ x: Tensor, _ s: [Int]?, _ dim: [Int]?
    ) throws(Misuse) -> (axes: [Int], lengths: [Int]) {
        var axes: [Int] = []
        if let dim {
            for value in dim { axes.append(try axis(x, value)) }
            guard Set(axes).count == axes.count else { throw Misuse("FFT dims must be unique") }
        }
        if let s {
            guard dim == nil || axes.count == s.count else {
                throw Misuse("When given, dim and shape arguments must have the same length")
            }
            guard s.count <= x.dim else {
                throw Misuse("Got shape with \(s.count) values but input tensor only has \(x.dim) dimensions.")
            }
            if dim == nil { axes = Array((x.dim - s.count)..<x.dim) }
            return (axes, zip(axes, s).map { axis, length in length == -1 ? x.shape[axis] : length })
        }
        if dim == nil { axes = Array(0..<x.dim) }
        return (axes, axes.map { x.shape[$0] })
    }

    // MARK: Frequencies

    /// The frequencies of the elements of a transform of `n` samples `d` apart: 0, 1, … and then the negative ones, divided
    /// by n d. PyTorch: `torch.fft.fftfreq`.
    public static func fftfreq(
        _ n: Int, d: Double = 1, dtype: DType? = nil, device: Device = .cpu, requiresGrad: Bool = false
    ) -> Tensor {
        guarded("fft_fftfreq", []) { () throws(Misuse) in
            let type = try checkFrequencyType("fftfreq", dtype)
            let positive = Tensor.arange((n + 1) / 2, dtype: type, device: device)
            let negative = Tensor.arange(-(n / 2), 0, dtype: type, device: device)
            return cat([positive, negative]).mul(1 / (Double(n) * d)).requiresGrad_(requiresGrad)
        }
    }

    /// The frequencies of the elements of a half transform: 0, 1, … n/2, divided by n d. PyTorch: `torch.fft.rfftfreq`.
    public static func rfftfreq(
        _ n: Int, d: Double = 1, dtype: DType? = nil, device: Device = .cpu, requiresGrad: Bool = false
    ) -> Tensor {
        guarded("fft_rfftfreq", []) { () throws(Misuse) in
            let type = try checkFrequencyType("rfftfreq", dtype)
            return Tensor.arange(n / 2 + 1, dtype: type, device: device).mul(1 / (Double(n) * d))
                .requiresGrad_(requiresGrad)
        }
    }

    private static func checkFrequencyType(_ name: String, _ dtype: DType?) throws(Misuse) -> DType {
        let type = dtype ?? DType.default
        guard type.isFloatingPoint else { throw Misuse("\(name) requires a floating point or complex dtype") }
        return type
    }

    /// Frequency 0 moved to the middle of each dimension. PyTorch: `torch.fft.fftshift`.
    public static func fftshift(_ input: Tensor, dim: [Int]? = nil) -> Tensor {
        guarded("fft_fftshift", [input]) { () throws(Misuse) in try shifted(input, dim) { $0 / 2 } }
    }

    /// The inverse of ``fftshift(_:dim:)``. PyTorch: `torch.fft.ifftshift`.
    public static func ifftshift(_ input: Tensor, dim: [Int]? = nil) -> Tensor {
        guarded("fft_ifftshift", [input]) { () throws(Misuse) in try shifted(input, dim) { ($0 + 1) / 2 } }
    }

    private static func shifted(
        _ input: Tensor, _ dim: [Int]?, _ shift: (_ length: Int) -> Int
    ) throws(Misuse) -> Tensor {
        let dims = dim ?? Array(0..<input.dim)
        guard !dims.isEmpty else { throw Misuse("`shifts` required") }
        var result = input
        for value in dims {
            let axis = try axis(input, value)
            let length = input.shape[axis]
            let count = shift(length)
            result =
                count == 0 || count == length
                ? result.clone()
                : cat(
                    [result.narrow(axis, length - count, count), result.narrow(axis, 0, length - count)], dim: axis)
        }
        return result
    }
}

extension Tensor {
    /// This result, or a copy of it in `out`.
    fileprivate func written(to out: Tensor?, _ input: Tensor) throws(Misuse) -> Tensor {
        guard let out, !hasFailed else { return self }
        try checkOut(out, input, input)
        return try write(into: out, shape, dtype) { (target) throws(Misuse) in backend.copy(self, into: target) }
    }
}
