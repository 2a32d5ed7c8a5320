// Dropout: elements, or whole channels, set to zero at random while a network trains, and the rest scaled up to keep the
// expected value.

extension Tensor {
    /// Zeros in place of elements with probability `p`, the others divided by 1 - `p`; in evaluation nothing happens.
    /// PyTorch: `torch.nn.functional.dropout`.
    /// ```swift
    /// x.dropout(p: 0.1, training: isTraining)
    /// ```
    public func dropout(
        p: Double = 0.5, training: Bool = true, inplace: Bool = false, generator: Generator = .default
    ) -> Tensor { dropped("dropout", p, training, inplace, generator, isFeature: false) }

    /// Whole channels dropped, of [N, C, L] or [C, L]. PyTorch: `torch.nn.functional.dropout1d`.
    public func dropout1d(
        p: Double = 0.5, training: Bool = true, inplace: Bool = false, generator: Generator = .default
    ) -> Tensor {
        guarded("dropout1d", [self]) { () throws(Misuse) in
            try checkDropoutProbability(p)
            guard dim == 2 || dim == 3 else {
                throw Misuse(
                    "dropout1d: Expected 2D or 3D input, but received a \(dim)D input. Note that dropout1d exists to "
                        + "provide channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, and an "
                        + "optional batch dimension (i.e. 2D or 3D inputs).")
            }
            return channelDropout("dropout1d", isBatched: dim == 3, p, training, inplace, generator)
        }
    }

    /// Whole channels dropped, of [N, C, H, W]; three dimensions are taken as [N, C, L].
    /// PyTorch: `torch.nn.functional.dropout2d`.
    public func dropout2d(
        p: Double = 0.5, training: Bool = true, inplace: Bool = false, generator: Generator = .default
    ) -> Tensor { dropped("dropout2d", p, training, inplace, generator, isFeature: true) }

    /// Whole channels dropped, of [N, C, D, H, W] or [C, D, H, W]. PyTorch: `torch.nn.functional.dropout3d`.
    public func dropout3d(
        p: Double = 0.5, training: Bool = true, inplace: Bool = false, generator: Generator = .default
    ) -> Tensor { channelDropout("dropout3d", isBatched: dim == 5, p, training, inplace, generator) }

    /// Dropout for networks of SELU: what is dropped takes the value SELU goes to, and mean and variance are kept.
    /// PyTorch: `torch.nn.functional.alpha_dropout`.
    public func alphaDropout(
        p: Double = 0.5, training: Bool = false, inplace: Bool = false, generator: Generator = .default
    ) -> Tensor { dropped("alpha_dropout", p, training, inplace, generator, isFeature: false, isAlpha: true) }

    /// ``alphaDropout(p:training:inplace:generator:)`` of whole channels.
    /// PyTorch: `torch.nn.functional.feature_alpha_dropout`.
    public func featureAlphaDropout(
        p: Double = 0.5, training: Bool = false, inplace: Bool = false, generator: Generator = .default
    ) -> Tensor { dropped("feature_alpha_dropout", p, training, inplace, generator, isFeature: true, isAlpha: true) }

    private func checkDropoutProbability(_ p: Double) throws(Misuse) {
        guard p >= 0, p <= 1 else {
            throw Misuse("dropout probability has to be between 0 and 1, but got \(p)")
        }
    }

    /// Without a dimension for the batch, one is thought in front.
    private func channelDropout(
        _ name: StaticString, isBatched: Bool, _ p: Double, _ training: Bool, _ inplace: Bool, _ generator: Generator
    ) -> Tensor {
        if isBatched { return dropped(name, p, training, inplace, generator, isFeature: true) }
        if inplace { return dropped(name, p, training, true, generator, isFeature: true, lacksBatch: true) }
        return unsqueeze(0).dropped(name, p, training, false, generator, isFeature: true).squeeze(0)
    }

    private func dropped(
        _ name: StaticString, _ p: Double, _ training: Bool, _ inplace: Bool, _ generator: Generator, isFeature: Bool,
        isAlpha: Bool = false, lacksBatch: Bool = false
    ) -> Tensor {
        guarded(name, [self]) { () throws(Misuse) in
            try checkDropoutProbability(p)
            if p == 0 || !training || count == 0 { return self }
            if p == 1 { return inplace ? mul_(0) : mul(0) }
            var noiseShape = shape
            if isFeature {
                guard dim >= (lacksBatch ? 1 : 2) else {
                    throw Misuse("Feature dropout requires at least 2 dimensions in the input")
                }
                for index in (lacksBatch ? 1 : 2)..<Swift.max(dim, 1) { noiseShape[index] = 1 }
            }
            let (noise, shift) = noGrad { () -> (Tensor, Tensor?) in
                let noise = Tensor(emptyOf: noiseShape, dtype, on: device).bernoulli_(1 - p, generator: generator)
                if !isAlpha { return (noise.div_(1 - p), nil) }
                // SELU goes to -alpha scale = -1.758…; a and b bring mean and variance back to 0 and 1 (G. Klambauer
                // et al., "Self-normalizing neural networks", 2017).
                let alpha = 1.7580993408473766
                let a = 1 / ((alpha * alpha * p + 1) * (1 - p)).squareRoot()
                let shift = noise.add(-1).mul_(alpha * a).add_(alpha * a * p)
                return (noise.mul_(a), shift)
            }
            if inplace {
                mul_(noise)
                return shift.map { add_($0) } ?? self
            }
            let scaled = mul(noise)
            return shift.map { scaled.add($0) } ?? scaled
        }
    }
}

// MARK: - Rows

extension OperatorRow {
    private typealias Dropout = @Sendable (Tensor, Double, Bool, Bool) -> Tensor

    private static func dropout(_ name: String, dtypes: DTypeSet = .all, training: String, _ body: @escaping Dropout)
        -> OperatorRow
    {
        OperatorRow(
            "nn.functional.\(name)", .random, dtypes: dtypes, "input, p=0.5, training=\(training), inplace=False"
        ) {
            body(try $0.input, try $0.double("p"), try $0.bool("training"), try $0.bool("inplace"))
        }
    }

    fileprivate static let dropouts: [OperatorRow] = [
        dropout("dropout", training: "True") { $0.dropout(p: $1, training: $2, inplace: $3) },
        dropout("dropout1d", dtypes: .inexact, training: "True") { $0.dropout1d(p: $1, training: $2, inplace: $3) },
        dropout("dropout2d", training: "True") { $0.dropout2d(p: $1, training: $2, inplace: $3) },
        dropout("dropout3d", training: "True") { $0.dropout3d(p: $1, training: $2, inplace: $3) },
        dropout("alpha_dropout", training: "False") { $0.alphaDropout(p: $1, training: $2, inplace: $3) },
        dropout("feature_alpha_dropout", training: "False") {
            $0.featureAlphaDropout(p: $1, training: $2, inplace: $3)
        },
    ]
}

let dropoutOperators: [OperatorRow] = OperatorRow.dropouts
