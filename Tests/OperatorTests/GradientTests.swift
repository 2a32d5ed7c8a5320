import FirebrandTensor
import FirebrandTestSupport
import Testing

/// Every differentiable row against central differences in double precision.
@Suite struct GradientTests {
    /// How the operands lie in memory.
    enum Layout: CaseIterable {
        case contiguous, transposed, sliced, expanded
    }

    /// Rows that cannot be checked so: results that are not float64, one that depends on nothing, and two whose signs are
    /// drawn. (Random ones differ from call to call and have tests of their own; of equal elements, which `expanded` gives,
    /// PyTorch's masked.std has no slope. The gradient of ctc_loss is that of the scores before log-softmax.)
    private static let excepted: Set<String> = [
        "cfloat", "float", "half", "bfloat16", "zero_", "svd_lowrank", "pca_lowrank", "nn.functional.ctc_loss",
        "nn.functional.gumbel_softmax",
    ]

    /// What the floating-point operands are made: real, complex, or complex but for all after the first.
    enum Numbers: CaseIterable {
        case real, complex, mixed
    }

    /// Rows whose complex form must not go unchecked.
    private static let complexRows: Set<String> = [
        "H", "T", "abs", "add", "addcdiv", "addcmul", "addmm", "angle", "bmm", "broadcast_to", "cat", "cdouble",
        "chunk", "clone", "conj",
        "conj_physical", "contiguous", "copy_", "corrcoef", "cos", "cov", "cumsum", "dist", "div", "dot", "double",
        "exp", "expand", "expand_as",
        "expm1", "fill", "flatten", "flip", "float_power", "gather", "imag", "index_put", "index_select", "lerp", "log",
        "log10", "log1p",
        "log2", "logaddexp", "logcumsumexp", "logsumexp", "mH", "mT", "masked.mean", "masked.prod", "masked.std",
        "masked.sum", "masked.var", "masked_fill", "matmul", "mean", "mm", "movedim", "mul", "mv", "neg",
        "nn.functional.linear", "permute", "pow", "prod", "real", "reciprocal", "reshape", "reshape_as",
        "resolve_conj", "resolve_neg", "rsqrt", "rsub", "scatter", "scatter_add", "select", "sgn", "sigmoid", "sin",
        "split", "split_with_sizes", "sqrt", "square", "squeeze", "stack", "std", "sub", "sum", "t", "tan", "tanh",
        "to", "transpose", "tril", "triu", "type_as", "unbind", "unflatten", "unsqueeze", "var", "view", "view_as",
        "view_as_real", "where",
    ]

    /// Rows that take complex numbers as float32 real ones, as PyTorch's do: too coarse for differences, and checked as real.
    private static let dropsImaginaryParts: Set<String> = ["masked.median"]

    /// A row's samples, without those at zero matrices, where the smallest of equal singular values has no slope and the
    /// gradient is PyTorch's convention: replay covers those.
    private static func samples(_ name: String) -> [OperatorSample] {
        (OperatorSamples.byRow[name] ?? []).filter { sample in
            // Nor options of embeddings that change the table or weigh its gradient.
            let isChanged = ["padding_idx", "scale_grad_by_freq", "max_norm"].contains { sample.named[$0] != nil }
            if name.hasPrefix("nn.functional.embedding"), isChanged { return false }
            // Nor those of unpooling that put several elements in one place, of which the last stays: PyTorch's gradient
            // is that of all.
            return ![
                "linalg.norm__subgradients_at_zero/", "nn.functional.max_unpool1d/", "nn.functional.max_unpool2d/",
                "nn.functional.max_unpool3d/",
            ].contains { sample.source.hasPrefix($0) }
        }
    }

    static let names = OperatorSamples.table.rows.filter {
        $0.isDifferentiable && $0.family != .random && !excepted.contains($0.name)
    }.map(\.name)

    @Test("have the gradient that differences give", arguments: names)
    func gradients(_ name: String) throws {
        var checked = 0
        var samples = 0
        for sample in GradientTests.samples(name) where samples < 8 {
            for layout in Layout.allCases where layout != .expanded || name != "masked.std" {
                // How operands lie is looked at with the first few; the others are about arguments.
                if layout != .contiguous, samples > 2 { continue }
                guard let call = Call(sample, layout) else { continue }
                samples += layout == .contiguous ? 1 : 0
                checked += try check(call, "\(sample.source), \(layout)") { call in
                    let outputs = try call.outputs()
                    return (
                        zip(outputs, call.cotangents).map(realProduct),
                        { grad(outputs: outputs, inputs: call.leaves, gradOutputs: call.cotangents, allowUnused: true) }
                    )
                }
            }
        }
        #expect(checked > 0, "no element of \(name) could be checked")
    }

    /// Rows whose gradients do not differentiate again, as PyTorch's do not.
    static let differentiateOnce: Set<String> = ["nn.functional.grid_sample", "grid_sampler_2d"]

    @Test("have gradients that differentiate again", arguments: names.filter { !differentiateOnce.contains($0) })
    func secondGradients(_ name: String) throws {
        var checked = 0
        var samples = 0
        for sample in GradientTests.samples(name) where samples < 5 {
            guard let call = Call(sample, .contiguous, differentiatesCotangents: true) else { continue }
            samples += 1
            checked += try checkSecond(call, "\(sample.source), second")
        }
        #expect(checked > 0, "no element of \(name) could be checked")
    }

    @Test("have the gradient of complex operands that differences give", arguments: names)
    func complexGradients(_ name: String) throws {
        var checked = 0
        if GradientTests.dropsImaginaryParts.contains(name) { return }
        for (index, sample) in GradientTests.samples(name).prefix(8).enumerated() {
            for numbers in [Numbers.complex, .mixed] {
                for layout in [Layout.contiguous, .transposed] where layout == .contiguous || index < 2 {
                    guard let call = Call(sample, layout, numbers) else { continue }
                    checked += try check(call, "\(sample.source), \(layout), \(numbers)") { call in
                        let outputs = try call.outputs()
                        return (
                            zip(outputs, call.cotangents).map(realProduct),
                            {
                                grad(
                                    outputs: outputs, inputs: call.leaves, gradOutputs: call.cotangents,
                                    allowUnused: true)
                            }
                        )
                    }
                }
            }
        }
        if GradientTests.complexRows.contains(name) {
            #expect(checked > 0, "no complex element of \(name) could be checked")
        }
    }

    @Test(
        "have gradients of complex operands that differentiate again",
        arguments: names.filter { !differentiateOnce.contains($0) })
    func secondComplexGradients(_ name: String) throws {
        if GradientTests.dropsImaginaryParts.contains(name) { return }
        for sample in GradientTests.samples(name).prefix(3) {
            guard let call = Call(sample, .contiguous, .complex, differentiatesCotangents: true) else { continue }
            _ = try checkSecond(call, "\(sample.source), second complex")
        }
    }

    // MARK: Differences

    /// The real part of the inner product, in which a result is as real as a loss must be.
    private func realProduct(_ a: Tensor, _ b: Tensor) -> Tensor {
        a.dtype.isComplex ? a.real.mul(b.real).add(a.imag.mul(b.imag)).sum() : a.mul(b).sum()
    }

    private func checkSecond(_ call: Call, _ what: String) throws -> Int {
        let generator = Generator(seed: 5)
        let weights = call.leaves.map { Tensor.rand($0.shape, generator: generator, dtype: $0.dtype) }
        return try check(call, what) { call in
            let outputs = try call.outputs()
            let first = grad(
                outputs: outputs, inputs: call.leaves, gradOutputs: call.cotangents, createGraph: true,
                allowUnused: true)
            let terms = zip(first, weights).compactMap { gradient, weight in
                gradient.map { realProduct($0, weight) }
            }
            let total = terms.reduce(Tensor.zeros([], dtype: .float64)) { $0.add($1) }
            return (
                [total],
                {
                    total.requiresGrad
                        ? grad(outputs: [total], inputs: call.perturbed, allowUnused: true)
                        : call.perturbed.map { _ in nil }
                }
            )
        }
    }

    /// A sample's call with its operands in double precision and laid out as asked.
    private struct Call {
        let name: String
        let positional: [OperatorValue]
        let named: [String: OperatorValue]
        /// What the gradients are taken with respect to.
        let leaves: [Tensor]
        var cotangents: [Tensor] = []
        /// Whether the results are finite.
        private(set) var isFinite = true
        var perturbed: [Tensor]

        /// Nil where the sample cannot be checked: no operand that wants a gradient, too large, not finite, not float64.
        init?(
            _ sample: OperatorSample, _ layout: Layout, _ numbers: Numbers = .real,
            differentiatesCotangents: Bool = false
        ) {
            var leaves: [Tensor] = []
            var known: [ObjectIdentifier: Tensor] = [:]
            var isApt = true
            var operandCount = 0
            func prepared(_ tensor: Tensor) -> Tensor {
                if let same = known[ObjectIdentifier(tensor)] { return same }
                guard tensor.dtype.isFloatingPoint || tensor.dtype.isComplex else { return tensor }
                let staysReal = numbers == .real || numbers == .mixed && operandCount > 0
                operandCount += 1
                let isComplex = tensor.dtype.isComplex || !staysReal
                var wide = tensor.detach().to(isComplex ? .complex128 : .float64).contiguous()
                if isComplex, !tensor.dtype.isComplex {
                    // Imaginary parts of their own, none of them 0.
                    wide = wide.add(wide.mul(Complex(0, -0.6))).add(Complex(0, 0.41))
                }
                guard tensor.requiresGrad else { return wide }
                if tensor.count > 64 || !(wide.isfinite().all().item() as Bool) { isApt = false }
                let (leaf, input) = Call.laidOut(wide, layout)
                leaves.append(leaf)
                known[ObjectIdentifier(tensor)] = input
                return input
            }
            if layout == .expanded, OperatorSamples.needsFullRank(sample.name) { return nil }
            name = sample.name
            positional = sample.positional.map { $0.mapTensors(prepared) }
            named = sample.named.mapValues { $0.mapTensors(prepared) }
            self.leaves = leaves
            perturbed = leaves
            guard isApt, !leaves.isEmpty, let outputs = try? self.outputs(), !outputs.isEmpty,
                outputs.allSatisfy({ [.float64, .complex128].contains($0.dtype) && $0.requiresGrad }),
                numbers != .mixed || operandCount > 1
            else { return nil }
            isFinite = outputs.allSatisfy { $0.detach().isfinite().all().item() as Bool }
            let generator = Generator(seed: 3)
            cotangents = outputs.map { Tensor.rand($0.shape, generator: generator, dtype: $0.dtype).add(0.5) }
            if differentiatesCotangents {
                for cotangent in cotangents { cotangent.requiresGrad_() }
                perturbed += cotangents
            }
        }

        /// The results that gradients can come from.
        func outputs() throws -> [Tensor] {
            // Some rows write to an operand: give them another one each time.
            let inputs =
                name.hasSuffix("_")
                ? positional.map { $0.mapTensors { $0.requiresGrad ? $0 : $0.clone() } } : positional
            let structured = OperatorSamples.structured(name, inputs, named)
            let results = try OperatorSamples.table.call(name, structured, named).tensors
            return OperatorSamples.determined(name, results).filter {
                $0.dtype.isFloatingPoint || $0.dtype.isComplex
            }
        }

        /// The leaf, and what is made of it for the call.
        private static func laidOut(_ x: Tensor, _ layout: Layout) -> (leaf: Tensor, input: Tensor) {
            switch layout {
            case .contiguous:
                let leaf = x.clone().requiresGrad_()
                return (leaf, leaf)
            case .transposed:
                let order = Array((0..<x.dim).reversed())
                let leaf = x.permute(order).contiguous().clone().permute(order).detach().requiresGrad_()
                return (leaf, leaf)
            case .sliced:
                let wide = stack([Tensor.zerosLike(x), x, Tensor.zerosLike(x)], dim: x.dim)
                let leaf = wide.select(x.dim, 1).detach().requiresGrad_()
                return (leaf, leaf)
            case .expanded:
                guard let axis = (0..<x.dim).first(where: { x.shape[$0] > 1 }) else { return laidOut(x, .contiguous) }
                let leaf = x.narrow(axis, 0, 1).clone().requiresGrad_()
                return (leaf, leaf.expand(x.shape))
            }
        }
    }

    /// Compares gradients with central differences, element by element; gives how many could be compared.
    private func check(
        _ call: Call, _ what: String, _ body: (Call) throws -> (values: [Tensor], gradients: () -> [Tensor?])
    ) throws -> Int {
        func value() throws -> (sum: Double, magnitude: Double) {
            let values = try body(call).values.map { $0.detach().item() as Double }
            return (values.reduce(0, +), values.reduce(0) { $0 + abs($1) })
        }
        // The graph of an expanded leaf is made with the call, so gradients are asked for once, before elements change.
        let gradients = try recovering { try body(call).gradients() }
        let (centre, magnitude) = try value()
        guard centre.isFinite else { return 0 }
        var checked = 0
        for (leaf, gradient) in zip(call.perturbed, gradients) {
            if let gradient, gradient.shape != leaf.shape || gradient.dtype != leaf.dtype {
                Issue.record("\(what): a gradient of \(gradient.dtype)\(gradient.shape) for \(leaf.dtype)\(leaf.shape)")
                continue
            }
            // Complex numbers are looked at part by part.
            let (leaf, gradient) = (GradientTests.parts(leaf), gradient.map(GradientTests.parts))
            let analytic: [Double] = gradient.map { $0.toArray() } ?? Array(repeating: 0, count: leaf.count)
            // Of many elements some, at a distance that the sizes of samples are no multiple of.
            let distance = leaf.count <= 24 ? 1 : leaf.count <= 48 ? 3 : 7
            for (position, offset) in GradientTests.offsets(of: leaf).enumerated() where position % distance == 0 {
                // A row of which all is masked out has no result, and pulls nothing that is a number, as from PyTorch.
                if analytic[position].isNaN, !call.isFinite { continue }
                let element = leaf.pointer.assumingMemoryBound(to: Double.self) + offset
                let original = element.pointee
                func around(_ step: Double) throws -> (above: Double, below: Double) {
                    defer { element.pointee = original }
                    element.pointee = original + step
                    let above = try value().sum
                    element.pointee = original - step
                    return (above, try value().sum)
                }
                let step = 1e-6 * max(1, abs(original))
                let (above, below) = try around(step)
                guard above.isFinite, below.isFinite else { continue }
                let (right, left, central) = (
                    (above - centre) / step, (centre - below) / step, (above - below) / (2 * step)
                )
                // Where the sides differ there is a kink, whose gradient is a convention: replay covers those.
                if abs(right - left) > 1e-3 * (1 + abs(central)) + 1e-7 * magnitude { continue }
                let tolerance = 1e-6 + 1e-5 * abs(central) + 1e-8 * magnitude
                let agrees = abs(analytic[position] - central) <= tolerance
                if !agrees {
                    // A jump at just this place looks even from both sides, but steeper with a smaller step.
                    let near = try around(step / 4)
                    let steeper = (near.above - near.below) / (step / 2)
                    if abs(steeper - central) > 0.1 * abs(central) + 1e-3 { continue }
                }
                checked += 1
                #expect(
                    agrees,
                    "\(what): element \(position) has \(analytic[position]), differences give \(central)")
            }
        }
        return checked
    }

    private static func parts(_ tensor: Tensor) -> Tensor {
        tensor.dtype.isComplex ? tensor.partsView() : tensor.detach()
    }

    /// Where each element lies, in order.
    private static func offsets(of tensor: Tensor) -> [Int] {
        (0..<tensor.count).map { position in
            var (rest, offset) = (position, 0)
            for dim in (0..<tensor.dim).reversed() {
                offset += rest % tensor.shape[dim] * tensor.strides[dim]
                rest /= tensor.shape[dim]
            }
            return offset
        }
    }
}
