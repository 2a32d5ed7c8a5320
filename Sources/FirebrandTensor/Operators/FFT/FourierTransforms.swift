// The three transforms all others are made of, with their gradients: complex to complex, real to complex (all of it, or the
// half that says all), and that half back to real.
//
// A transform is linear, y = scale F x, and so is its gradient: scale F^H g, which is the transform the other way.

extension Tensor {
    /// A transform along one dimension, not recorded.
    private func transformed(
        _ kind: FourierKind, _ axis: Int, isInverse: Bool, scale: Double, length: Int
    ) throws(Misuse) -> Tensor {
        if dtype.isReducedFloatingPoint {
            throw Misuse("FFT doesn't support tensors of type: \(dtype.scalarTypeName)")
        }
        var shape = shape
        shape[axis] = length
        let result = Tensor(emptyOf: shape, kind == .toReal ? dtype.realType : dtype.complexType, on: device)
        let operand = isContiguous ? self : contiguousClone()
        try backend.fourierTransform(kind, operand, dim: axis, isInverse: isInverse, scale: scale, into: result)
        return result
    }

    /// Complex numbers to complex numbers, along all of `axes`.
    func complexFourier(_ axes: [Int], isInverse: Bool, scale: Double) -> Tensor {
        guarded("_fft_c2c", [self]) { () throws(Misuse) in
            var result = self
            for (position, axis) in axes.enumerated().reversed() {
                result = try result.transformed(
                    .complex, axis, isInverse: isInverse, scale: position == 0 ? scale : 1, length: shape[axis])
            }
            if axes.isEmpty { result = contiguousClone() }
            result.record("FftC2CBackward0", self) { _ in
                { _, grad in Gradients(grad.complexFourier(axes, isInverse: !isInverse, scale: scale)) }
            }
            return result
        }
    }

    /// Real numbers to complex ones along `axis`: the first n/2 + 1, or all.
    func realFourier(_ axis: Int, scale: Double, isOnesided: Bool) -> Tensor {
        guarded("_fft_r2c", [self]) { () throws(Misuse) in
            let length = shape[axis]
            let result =
                isOnesided
                ? try transformed(.fromReal, axis, isInverse: false, scale: scale, length: length / 2 + 1)
                : try cast(to: dtype.complexType).transformed(
                    .complex, axis, isInverse: false, scale: scale, length: length)
            result.record("FftR2CBackward0", self) { _ in
                { _, grad in
                    Gradients(
                        grad.resized(axis, to: length).complexFourier([axis], isInverse: true, scale: scale).real)
                }
            }
            return result
        }
    }

    /// The first n/2 + 1 complex numbers along `axis`, of which the rest are conjugates, to `length` real ones.
    func halfComplexFourier(_ axis: Int, length: Int, scale: Double) -> Tensor {
        guarded("_fft_c2r", [self]) { () throws(Misuse) in
            let half = shape[axis]
            let result = try transformed(.toReal, axis, isInverse: true, scale: scale, length: length)
            result.record("FftC2RBackward0", self) { _ in
                let rank = dim
                return { _, grad in
                    // All but the first number, and the last of an even length, stand for their conjugates too.
                    let twice = noGrad { () -> Tensor in
                        let weights = Tensor.ones([half], dtype: grad.dtype, device: grad.device)
                        weights.narrow(0, 1, length - half).fill_(2)
                        return weights.reshape([half] + Array(repeating: 1, count: rank - 1 - axis))
                    }
                    return Gradients(grad.realFourier(axis, scale: scale, isOnesided: true).mul(twice))
                }
            }
            return result
        }
    }

    /// Cut off or filled up with zeros along `axis`.
    func resized(_ axis: Int, to length: Int) -> Tensor {
        if shape[axis] == length || hasFailed { return self }
        if shape[axis] > length { return narrow(axis, 0, length) }
        var missing = shape
        missing[axis] = length - shape[axis]
        return cat([self, Tensor.zeros(missing, dtype: dtype, device: device)], dim: axis)
    }
}
