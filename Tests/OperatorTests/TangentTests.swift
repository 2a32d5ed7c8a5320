import FirebrandTensor
import FirebrandTestSupport
import Testing

/// Every differentiable row in forward mode, against its own gradients.
@Suite struct TangentTests {
    /// Rows whose results are not float64, and those that check nothing.
    private static let excepted: Set<String> = ["float", "half", "bfloat16"]

    @Test(
        "Every differentiable row pushes tangents as its gradients pull them",
        arguments: GradientTests.names.filter {
            !excepted.contains($0) && !GradientTests.differentiateOnce.contains($0)
        })
    func rows(_ name: String) throws {
        var checked = 0
        for sample in OperatorSamples.byRow[name] ?? [] where checked < 8 {
            var leaves: [(leaf: Tensor, tangent: Tensor)] = []
            let generator = Generator(seed: 11)
            func random(like tensor: Tensor) -> Tensor {
                func part() -> Tensor { Tensor.rand(tensor.shape, generator: generator, dtype: .float64) }
                return tensor.dtype.isComplex ? stack([part(), part()], dim: tensor.dim).viewAsComplex() : part()
            }
            // Complex numbers count as pairs of real ones; a real operand of a complex operation has a real gradient.
            func inner(_ a: Tensor, _ b: Tensor) -> Double {
                func parts(_ x: Tensor) -> Tensor { x.dtype.isComplex ? x.detach().viewAsReal() : x.detach() }
                let a = a.dtype.isComplex && !b.dtype.isComplex ? a.detach().real : a
                return (parts(a) * parts(b)).sum().item()
            }
            func call(_ prepare: (Tensor) -> Tensor) -> [Tensor]? {
                // What is drawn, if anything, is the same in every call.
                try? seeded(0) {
                    try OperatorSamples.table.call(
                        name, sample.positional.map { $0.mapTensors(prepare) },
                        sample.named.mapValues { $0.mapTensors(prepare) })
                }.tensors.filter { $0.dtype == .float64 || $0.dtype == .complex128 }
            }
            var wide: [ObjectIdentifier: Tensor] = [:]
            func prepared(_ tensor: Tensor) -> Tensor {
                guard tensor.dtype.isInexact else { return tensor }
                if let known = wide[ObjectIdentifier(tensor)] { return known }
                let leaf = tensor.detach().to(tensor.dtype.isComplex ? .complex128 : .float64).clone()
                if tensor.requiresGrad {
                    leaf.requiresGrad_()
                    leaves.append((leaf, random(like: leaf)))
                }
                wide[ObjectIdentifier(tensor)] = leaf
                return leaf
            }
            func input(_ tensor: Tensor) -> Tensor {
                let leaf = prepared(tensor)
                return name.hasSuffix("_") && leaf.requiresGrad == false ? leaf.clone() : leaf
            }
            guard let outputs = call(input), !outputs.isEmpty, !leaves.isEmpty,
                outputs.contains(where: \.requiresGrad)
            else { continue }
            // What is infinite or not a number pulls as it likes.
            guard outputs.allSatisfy({ $0.detach().isfinite().all().item() }) else { continue }
            let weights = outputs.map(random)
            let tracked = outputs.indices.filter { outputs[$0].requiresGrad }
            // <w, J t> by pulling w back, and by pushing t forward.
            let pulled = grad(
                outputs: tracked.map { outputs[$0] }, inputs: leaves.map(\.leaf),
                gradOutputs: tracked.map { weights[$0] },
                allowUnused: true)
            let expected = zip(pulled, leaves).reduce(0.0) { sum, pair in
                sum + (pair.0.map { inner($0, pair.1.tangent) } ?? 0)
            }
            let pushed: Double = try recovering {
                dualLevel {
                    var duals: [ObjectIdentifier: Tensor] = [:]
                    for (leaf, tangent) in leaves { duals[ObjectIdentifier(leaf)] = makeDual(leaf.detach(), tangent) }
                    let results = call { tensor in
                        let leaf = input(tensor)
                        return duals[ObjectIdentifier(leaf)] ?? leaf
                    }
                    return zip(results ?? [], weights).reduce(0.0) { sum, pair in
                        sum + (unpackDual(pair.0).tangent.map { inner($0, pair.1) } ?? 0)
                    }
                }
            }
            guard expected.isFinite else { continue }
            checked += 1
            #expect(
                abs(pushed - expected) <= 1e-9 * (1 + abs(expected)),
                "\(sample.source): pushed \(pushed), pulled \(expected)")
        }
        #expect(checked > 0, "no sample of \(name) could be checked")
    }
}
