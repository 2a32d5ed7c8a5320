import FirebrandTensor

// Normalisation over the last dimensions: each sample, or each token, for itself.

extension Functional {
    /// Over the last dimensions to mean 0 and variance 1, then times `weight` plus `bias`. PyTorch: `F.layer_norm`.
    ///
    /// Shapes: input (…, normalizedShape); weight and bias have the normalized shape. 16-bit inputs may have float32
    /// weights.
    /// ```swift
    /// Functional.layerNorm(x, [512], weight: weight, bias: bias)
    /// ```
    public static func layerNorm(
        _ input: Tensor, _ normalizedShape: [Int], weight: Tensor? = nil, bias: Tensor? = nil, eps: Double = 1e-5
    ) -> Tensor {
        guarded("layer_norm", [input]) { () throws(Misuse) in
            try checkNormalizedShape(input, normalizedShape, weight, bias, separator: ", ")
            guard input.dtype.isFloatingPoint else {
                throw Misuse("\"LayerNormKernelImpl\" not implemented for '\(input.dtype.scalarTypeName)'")
            }
            try checkParameterTypes(input, [weight, bias])
            return rowNorm(
                "NativeLayerNormBackward0", input, normalizedShape, weight, bias, eps: eps, centred: true)
        }
    }

    /// Over the last dimensions to mean square 1, then times `weight`; `eps` is by default the type's smallest step from 1.
    /// PyTorch: `F.rms_norm`.
    public static func rmsNorm(
        _ input: Tensor, _ normalizedShape: [Int], weight: Tensor? = nil, eps: Double? = nil
    ) -> Tensor {
        guarded("rms_norm", [input]) { () throws(Misuse) in
            try checkNormalizedShape(input, normalizedShape, weight, nil, separator: "")
            guard input.dtype.isInexact else {
                throw Misuse("\"rms_norm\" not implemented for '\(input.dtype.scalarTypeName)'")
            }
            let real = normComputeType(input.dtype.realType)
            let eps = eps ?? (real == .float64 ? Double.ulpOfOne : Double(Float.ulpOfOne))
            let isMixed = weight.map { normComputeType($0.dtype) != normComputeType(input.dtype) } ?? false
            if input.dtype.isComplex || isMixed {
                let dims = Array(input.dim - normalizedShape.count..<input.dim)
                var result = input.mul(input.pow(2).mean(dim: dims, keepdim: true).add(eps).rsqrt())
                if let weight { result = result.mul(weight) }
                return result.dtype == input.dtype ? result : result.to(input.dtype)
            }
            return rowNorm("MulBackward0", input, normalizedShape, weight, nil, eps: eps, centred: false)
        }
    }

    private static func checkNormalizedShape(
        _ input: Tensor, _ shape: [Int], _ weight: Tensor?, _ bias: Tensor?, separator: String
    ) throws(Misuse) {
        guard !shape.isEmpty else {
            throw Misuse(
                "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got "
                    + "normalized_shape = []")
        }
        for (name, parameter) in [("weight", weight), ("bias", bias)] {
            guard let parameter, Array(parameter.shape) != shape else { continue }
            throw Misuse(
                "Expected \(name) to be of same shape as normalized_shape, but got \(name) of shape "
                    + "\(parameter.shape.list) and normalized_shape = \(shape)")
        }
        guard input.dim >= shape.count, Array(input.shape.suffix(shape.count)) == shape else {
            let expected = (["*"] + shape.map(String.init)).joined(separator: ", ")
            let text = separator.isEmpty ? "*" + shape.map(String.init).joined(separator: ", ") : expected
            throw Misuse(
                "Given normalized_shape=\(shape), expected input with shape [\(text)], but got input of size"
                    + "\(input.shape.list)")
        }
    }

    private static func rowNorm(
        _ backward: StaticString, _ input: Tensor, _ normalizedShape: [Int], _ weight: Tensor?, _ bias: Tensor?,
        eps: Double, centred: Bool
    ) -> Tensor {
        let type = normComputeType(input.dtype)
        let n = normalizedShape.reduce(1, *)
        let rows = input.shape.prefix(input.dim - normalizedShape.count).reduce(1, *)
        func asRows(_ x: Tensor) -> Tensor { noGrad { x.detach().laidOut(type).view([rows, n]) } }
        let result = Tensor(emptyOf: input.shape, type, on: input.device)
        let moments = NormMoments(
            mean: Tensor(emptyOf: [centred ? rows : 0], type, on: input.device),
            rstd: Tensor(emptyOf: [rows], type, on: input.device))
        input.backend.normaliseRows(
            asRows(input), Affine(weight?.detach().laidOut(type), bias?.detach().laidOut(type)), eps: eps,
            centred: centred, into: noGrad { result.view([rows, n]) }, moments: moments)
        let output = result.inType(input.dtype)
        output.record(backward, [input, weight, bias].compactMap { $0 }) { node in
            let (x, w) = (node.save(input), weight.map { node.save($0) })
            return { node, grad in
                let (x, w) = (x.value(node), w?.value(node))
                if isGradEnabled() {
                    let outer = x.dim - normalizedShape.count
                    let dims = Array(outer..<x.dim)
                    let all = composedNormGradient(grad, x, weight: w, dims: dims, eps: eps, centred: centred)
                    let shape = Size(normalizedShape)
                    return NormGradients(
                        input: all.input, weight: w.map { all.weight.unbroadcast(to: shape, $0.dtype) },
                        bias: bias.map { all.bias.unbroadcast(to: shape, $0.dtype) }
                    ).inOrder(x, weight, bias)
                }
                let from = asRows(x)
                let targets = newNormGradients(node, from, type, weight, bias)
                x.backend.normaliseRowsGradient(
                    asRows(grad), from, weight: w?.laidOut(type), centred: centred, moments: moments, into: targets)
                return NormGradients(
                    input: targets.input?.view(x.shape), weight: targets.weight, bias: targets.bias
                ).inOrder(x, weight, bias)
            }
        }
        return output
    }
}
