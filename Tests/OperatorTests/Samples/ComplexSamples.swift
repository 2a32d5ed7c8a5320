import FirebrandTensor

extension OperatorSamples {
    /// Complex numbers in no order, off the axes.
    static func complexes(_ shape: Int...) -> OperatorValue {
        let count = shape.reduce(1, *)
        let values = (0..<count).map { index -> Complex<Double> in
            let (first, second) = (Double((index * 7 + 3) % count), Double((index * 5 + 1) % count))
            return Complex(-1.3 + 2.6 * first / Double(count), 0.9 - 2.1 * second / Double(count))
        }
        return .tensor(Tensor(elements: values, shape: shape).requiresGrad_())
    }

    /// Fourier transforms: of a length with several factors, of a prime one, of even and odd halves.
    static var fourier: [OperatorSample] {
        let (x, z) = (numbers(2, 6), complexes(2, 5))
        let transforms = ["fft.fft", "fft.ifft", "fft.irfft", "fft.hfft"].flatMap { name -> [OperatorSample] in
            [
                sample(name, [x]), sample(name, [z]), sample(name, [z], ["n": .int(4), "norm": .string("ortho")]),
                sample(name, [z], ["dim": .int(0), "norm": .string("forward")]), sample(name, [x], ["n": .int(7)]),
            ]
        }
        let ofReal = ["fft.rfft", "fft.ihfft"].flatMap { name -> [OperatorSample] in
            [sample(name, [x]), sample(name, [x], ["n": .int(7)]), sample(name, [x], ["dim": .int(0)])]
        }
        let several = ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"].flatMap { name in
            [sample("fft.\(name)2", [x]), sample("fft.\(name)n", [x], ["s": .list([.int(3), .int(5)])])]
        }
        let signal = numbers(2, 16)
        let window = OperatorValue.tensor(Tensor([0.5, 1.0, 0.75, 0.25], dtype: .float64))
        return transforms + ofReal + several
            + [
                sample("fft.fftshift", [x]), sample("fft.ifftshift", [z], ["dim": .int(1)]),
                sample("fft.fftfreq", [.int(5)]), sample("fft.rfftfreq", [.int(5), .double(0.5)]),
                sample("stft", [signal, .int(4)], ["window": window, "return_complex": .bool(true)]),
                sample("stft", [signal, .int(5)], ["hop_length": .int(2), "return_complex": .bool(false)]),
                sample("istft", [complexes(3, 9), .int(4)], ["window": window]),
                sample("istft", [complexes(2, 3, 9), .int(4)], ["length": .int(6), "normalized": .bool(true)]),
            ]
    }

    static var complexNumbers: [OperatorSample] {
        let (x, z) = (numbers(2, 3), complexes(2, 3))
        let unary = [
            "conj", "conj_physical", "resolve_conj", "resolve_neg", "H", "mH", "real", "angle", "sgn", "isreal",
            "is_complex", "cfloat", "cdouble",
        ]
        return unary.flatMap { [sample($0, [x]), sample($0, [z])] }
            + [
                sample("imag", [z]), sample("view_as_real", [z]), sample("view_as_complex", [numbers(3, 2)]),
                sample("complex", [x, numbers(3)]), sample("polar", [x, numbers(3)]),
                sample("mul", [z, .complex(0.5, -1.5)]), sample("add", [x, .complex(0.5, -1.5)]),
                sample("div", [z, .complex(0.5, -1.5)]), sample("div", [.complex(0.5, -1.5), z]),
                sample("pow", [z, .complex(0.5, -1.5)]), sample("pow", [.complex(0.5, -1.5), z]),
                sample("pow", [x, .complex(0.5, -1.5)]), sample("pow", [.complex(0.5, -1.5), x]),
                sample("pow", [z, .int(3)]), sample("pow", [z, .double(0.5)]), sample("pow", [z, .int(0)]),
                sample("sub", [x, z], ["alpha": .complex(0.5, 2)]), sample("rsub", [z, .complex(0.5, 2)]),
                sample("mul", [x, z]), sample("to", [x, .dtype(.complex128)]), sample("to", [z, .dtype(.float64)]),
                sample("addmm", [complexes(2), complexes(2, 3), complexes(3, 2)], ["alpha": .complex(0.5, 2)]),
                sample("prod", [z], ["dim": .int(1)]), sample("var", [z], ["dim": .int(1)]),
                sample("cumsum", [z], ["dim": .int(1)]), sample("logsumexp", [z, .int(1)]),
            ]
    }
}
