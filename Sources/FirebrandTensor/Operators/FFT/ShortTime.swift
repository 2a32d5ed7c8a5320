// Transforms of a signal piece by piece, and the signal back from them.

extension Tensor {
    /// The short-time Fourier transform: of overlapping pieces of a signal, each multiplied by a window.
    ///
    /// - Parameters:
    ///   - nFft: the length of the pieces.
    ///   - hopLength: how far the pieces lie apart; a quarter of their length where not given.
    ///   - winLength: the window's length, at most `nFft`; zeros are put on both sides.
    ///   - window: what the pieces are multiplied by; ones where not given.
    ///   - center: whether piece t has element t hops in its middle: the signal is padded on both ends as `padMode` says.
    ///   - normalized: divide by the square root of `nFft`.
    ///   - onesided: give the n/2 + 1 frequencies that say all of a real signal (the default for those).
    ///   - returnComplex: complex numbers, or pairs of real ones. PyTorch wants it said for real signals.
    ///
    /// Shapes: (length) or (batch, length) to (…, frequencies, pieces). PyTorch: `torch.stft`.
    public func stft(
        _ nFft: Int, hopLength: Int? = nil, winLength: Int? = nil, window: Tensor? = nil, center: Bool = true,
        padMode: String = "reflect", normalized: Bool = false, onesided: Bool? = nil, returnComplex: Bool? = nil,
        alignToWindow: Bool? = nil
    ) -> Tensor {
        guarded("stft", [self] + (window.map { [$0] } ?? [])) { () throws(Misuse) in
            let (hop, width) = (hopLength ?? nFft / 4, winLength ?? nFft)
            guard dtype.isFloatingPoint || dtype.isComplex else {
                throw Misuse("stft: expected a tensor of floating point or complex values")
            }
            guard dim == 1 || dim == 2 else { throw Misuse("stft: expected a 1D or 2D tensor") }
            guard !(center && alignToWindow != nil) else {
                throw Misuse("stft align_to_window should only be set when center = false")
            }
            if returnComplex == nil, !dtype.isComplex {
                throw Misuse(
                    "stft requires the return_complex parameter be given for real inputs, and will further require that "
                        + "return_complex=True in a future PyTorch release.")
            }
            let givesComplex = returnComplex ?? true
            var signal = dim == 1 ? unsqueeze(0) : self
            if center, nFft > 1 { signal = try signal.padded(nFft / 2, padMode) }
            let length = signal.shape[1]
            guard nFft > 0, nFft <= length else {
                throw Misuse("stft: expected 0 < n_fft < \(length), but got n_fft=\(nFft)")
            }
            guard hop > 0 else { throw Misuse("stft: expected hop_length > 0, but got hop_length=\(hop)") }
            guard width > 0, width <= nFft else {
                throw Misuse("stft: expected 0 < win_length <= n_fft, but got win_length=\(width)")
            }
            if let window, window.dim != 1 || window.shape[0] != width {
                throw Misuse(
                    "stft: expected a 1D window tensor of size equal to win_length=\(width), but got window with size "
                        + "\(window.shape.list)")
            }
            let left = (nFft - width) / 2
            if alignToWindow ?? false { signal = signal.withZeros(before: left, after: nFft - width - left) }
            let isComplex = dtype.isComplex || window?.dtype.isComplex ?? false
            guard !(isComplex && (onesided ?? false)) else {
                throw Misuse("Cannot have onesided output if window or input is complex")
            }
            let count = 1 + (signal.shape[1] - nFft) / hop
            var pieces = signal.indexSelect(1, Tensor.framePositions(count, hop, nFft, device))
                .reshape([signal.shape[0], count, nFft])
            if let window {
                pieces = pieces.mul(window.withZeros(before: left, after: nFft - width - left))
            } else if width < nFft {
                let ones = Tensor.ones([width], dtype: dtype, device: device)
                pieces = pieces.mul(ones.withZeros(before: left, after: nFft - width - left))
            }
            let scale = normalized ? 1 / Double(nFft).squareRoot() : 1
            let spectrum =
                isComplex
                ? pieces.to(pieces.dtype.complexType).complexFourier([2], isInverse: false, scale: scale)
                : pieces.realFourier(2, scale: scale, isOnesided: onesided ?? true)
            let result = dim == 1 ? spectrum.transpose(1, 2).squeeze(0) : spectrum.transpose(1, 2)
            return givesComplex ? result : result.viewAsReal()
        }
    }

    /// The signal that a short-time Fourier transform is closest to: the inverse of ``stft(_:hopLength:winLength:window:center:padMode:normalized:onesided:returnComplex:alignToWindow:)``.
    ///
    /// The pieces are transformed back, multiplied by the window, added where they overlap, and divided by the sum of the
    /// squared windows there, which must not vanish.
    /// - Parameter length: the signal's length, cut off or filled up with zeros to it.
    ///
    /// Shapes: (…, frequencies, pieces), complex, to (…, length). PyTorch: `torch.istft`.
    public func istft(
        _ nFft: Int, hopLength: Int? = nil, winLength: Int? = nil, window: Tensor? = nil, center: Bool = true,
        normalized: Bool = false, onesided: Bool? = nil, length: Int? = nil, returnComplex: Bool = false
    ) -> Tensor {
        guarded("istft", [self] + (window.map { [$0] } ?? [])) { () throws(Misuse) in
            let (hop, width) = (hopLength ?? nFft / 4, winLength ?? nFft)
            guard dtype.isComplex else {
                throw Misuse(
                    "istft requires a complex-valued input tensor matching the output from stft with "
                        + "return_complex=True.")
            }
            guard count > 0 else { throw Misuse("istft: input tensor cannot be empty.") }
            guard dim == 2 || dim == 3 else {
                throw Misuse("istft: expected a tensor with 3 or 4 dimensions, but got \(dim + 1)")
            }
            let spectrum = (dim == 2 ? unsqueeze(0) : self).transpose(1, 2)
            let (pieceCount, frequencies) = (spectrum.shape[1], spectrum.shape[2])
            let isOnesided = onesided ?? (frequencies != nFft)
            guard frequencies == (isOnesided ? nFft / 2 + 1 : nFft) else {
                throw Misuse(
                    "istft: expected the frequency dimension (3rd to the last) of the input tensor to match "
                        + (isOnesided ? "n_fft / 2 + 1 when onesided=True" : "n_fft when onesided=False")
                        + ", but got \(frequencies)")
            }
            guard hop > 0, hop <= width else { throw Misuse("istft: expected 0 < hop_length <= win_length") }
            guard width > 0, width <= nFft else { throw Misuse("istft: expected 0 < win_length <= n_fft") }
            if let window, window.dim != 1 || window.shape[0] != width {
                throw Misuse("istft: Invalid window shape. window has to be 1D and length of `win_length`")
            }
            guard returnComplex || !(window?.dtype.isComplex ?? false) else {
                throw Misuse("Complex windows are incompatible with return_complex=False")
            }
            guard !(returnComplex && isOnesided) else {
                throw Misuse("Cannot have onesided output if window or input is complex")
            }
            let left = (nFft - width) / 2
            let weights = (window ?? Tensor.ones([width], dtype: dtype.realType, device: device))
                .withZeros(before: left, after: nFft - width - left)
            let scale = normalized ? 1 / Double(nFft).squareRoot() : 1 / Double(nFft)
            let pieces =
                returnComplex
                ? spectrum.complexFourier([2], isInverse: true, scale: scale)
                : (isOnesided ? spectrum : spectrum.narrow(2, 0, nFft / 2 + 1))
                    .halfComplexFourier(2, length: nFft, scale: scale)
            let total = nFft + hop * (pieceCount - 1)
            let positions = Tensor.framePositions(pieceCount, hop, nFft, device)
            /// The pieces added where they belong.
            func overlapped(_ pieces: Tensor) -> Tensor {
                let batch = pieces.shape[0]
                return Tensor.zeros([batch, total], dtype: pieces.dtype, device: device)
                    .scatterAdd(
                        1, positions.expand([batch, positions.count]), pieces.reshape([batch, positions.count]))
            }
            let signal = overlapped(pieces.mul(weights))
            let envelope = overlapped(weights.square().expand([1, pieceCount, nFft]))
            let start = center ? nFft / 2 : 0
            let end = length.map { start + $0 } ?? (center ? total - nFft / 2 : total)
            let covered = Swift.max(0, Swift.min(end, total) - start)
            let (part, divisor) = (signal.narrow(1, start, covered), envelope.narrow(1, start, covered))
            if device.kind == .cpu, covered > 0 {
                let lowest: Double = noGrad { divisor.detach().abs().min().item() }
                guard lowest >= 1e-11 else { throw Misuse("istft: window overlap add min: 1") }
            }
            var result = part.div(divisor)
            if dim == 2 { result = result.squeeze(0) }
            return end > total ? result.resized(result.dim - 1, to: end - start) : result
        }
    }

    /// Where the elements of overlapping pieces lie in a signal, piece by piece.
    private static func framePositions(_ count: Int, _ hop: Int, _ length: Int, _ device: Device) -> Tensor {
        noGrad {
            Tensor.arange(count, device: device).mul(hop).unsqueeze(1).add(Tensor.arange(length, device: device))
                .reshape([-1])
        }
    }

    /// Zeros put before and after the last dimension.
    private func withZeros(before: Int, after: Int) -> Tensor {
        if before == 0, after == 0 { return self }
        var (first, last) = (shape, shape)
        first[dim - 1] = before
        last[dim - 1] = after
        return cat(
            [
                Tensor.zeros(first, dtype: dtype, device: device), self,
                Tensor.zeros(last, dtype: dtype, device: device),
            ], dim: dim - 1)
    }

    /// A batch of signals lengthened by `width` on both ends.
    private func padded(_ width: Int, _ mode: String) throws(Misuse) -> Tensor {
        let length = shape[1]
        func ends(_ first: Tensor, _ last: Tensor) -> Tensor { cat([first, self, last], dim: 1) }
        switch mode {
        case "constant": return withZeros(before: width, after: width)
        case "reflect":
            guard width < length else {
                throw Misuse(
                    "Argument #4: Padding size should be less than the corresponding input dimension, but got: padding "
                        + "(\(width), \(width)) at dimension 2 of input [1, \(shape[0]), \(length)]")
            }
            return ends(narrow(1, 1, width).flip([1]), narrow(1, length - 1 - width, width).flip([1]))
        case "replicate":
            return ends(
                narrow(1, 0, 1).expand([shape[0], width]), narrow(1, length - 1, 1).expand([shape[0], width]))
        case "circular":
            guard width <= length else {
                throw Misuse("Padding value causes wrapping around more than once.")
            }
            return ends(narrow(1, length - width, width), narrow(1, 0, width))
        default: throw Misuse("Unrecognised padding mode \(mode)")
        }
    }
}
