import FirebrandNN
import FirebrandTensor
import FirebrandTestSupport
import Testing

/// Parametrized and pruned parameters, against numbers PyTorch 2.15 printed for the same seeds.
@Suite struct ParametrizationTests {
    // Not the default one, which other tests draw from at the same time.
    private let generator = Generator(seed: 0)

    private func layer(_ inputs: Int = 3, _ outputs: Int = 2) -> Linear {
        Linear(inputs, outputs, generator: generator.manualSeed(0))
    }

    private let x = Tensor([[1.0, 2.0, 3.0]])

    private func isClose(_ tensor: Tensor?, _ values: [Double], _ tolerance: Double = 2e-6) -> Bool {
        guard let got: [Double] = tensor?.toArray(), got.count == values.count else { return false }
        return zip(got, values).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
    }

    @Test("weight norm keeps direction and length, and prints as PyTorch does")
    func weightNormalised() {
        let layer = weightNorm(layer())
        #expect(
            layer.stateDict().keys == [
                "bias", "parametrizations.weight.original0", "parametrizations.weight.original1",
            ])
        #expect(
            "\(layer)" == """
                ParametrizedLinear(
                  in_features=3, out_features=2, bias=True
                  (parametrizations): ModuleDict(
                    (weight): ParametrizationList(
                      (0): _WeightNorm()
                    )
                  )
                )
                """)
        #expect(
            isClose(layer.getParameter("parametrizations.weight.original0"), [0.5672245621681213, 0.503937304019928]))
        #expect(isClose(layer(x), [-0.8218861222267151, 0.0526045560836792]))
        layer(x).sum().backward()
        #expect(layer.parameters().allSatisfy { $0.grad != nil })
        layer.weight = Tensor([[0.0, 3.0, 4.0], [1.0, 0.0, 0.0]])
        #expect(isClose(layer.getParameter("parametrizations.weight.original0"), [5, 1]))
        Parametrize.remove(layer, "weight")
        #expect(layer.stateDict().keys == ["weight", "bias"] && "\(layer)".hasPrefix("Linear("))
        #expect(isClose(layer.weight, [0, 3, 4, 1, 0, 0]) && layer.weight.requiresGrad)
    }

    @Test("spectral norm divides by the largest singular value")
    func spectrallyNormalised() {
        let layer = spectralNorm(layer(), generator: generator)
        let keys = ["original", "0._u", "0._v"].map { "parametrizations.weight.\($0)" }
        #expect(layer.stateDict().keys == ["bias"] + keys)
        #expect(isClose(layer.stateDict()[keys[1]], [0.7856073379516602, -0.6187253594398499]))
        #expect(isClose(layer.stateDict()[keys[2]], [0.39459365606307983, 0.579200267791748, -0.7133182287216187]))
        let y = layer(x)
        #expect(isClose(y, [-1.2438111305236816, -0.158330500125885]))
        y.sum().backward()
        #expect(
            isClose(
                layer.getParameter(keys[0])?.grad,
                [
                    2.3919477462768555, 4.320202827453613, 2.986680746078491, 0.8343627452850342, 2.0339183807373047,
                    5.802371025085449,
                ]))
        layer.eval()
        #expect(isClose(layer(x), [-1.2438111305236816, -0.158330500125885]))
    }

    @Test("a parametrization of one's own, and a second one after it")
    func own() {
        final class Symmetric: Parametrization {
            override func forward(_ originals: [Tensor]) -> Tensor {
                originals[0].triu() + originals[0].triu(diagonal: 1).t()
            }
        }
        final class Doubled: Parametrization {
            override func forward(_ originals: [Tensor]) -> Tensor { originals[0] * 2 }
            override func rightInverse(_ value: Tensor) -> [Tensor] { [value / 2] }
        }
        let layer = Linear(2, 2)
        layer.weight = Tensor([[1.0, 2.0], [9.0, 4.0]])
        Parametrize.register(layer, "weight", Symmetric())
        Parametrize.register(layer, "weight", Doubled())
        #expect(isClose(layer.weight, [2, 4, 4, 8]))
        #expect(Parametrize.isParametrized(layer, "weight") && !Parametrize.isParametrized(layer, "bias"))
        #expect(failure { Parametrize.register(layer, "w", Doubled()) }?.message.contains("name 'w'") == true)
        Parametrize.remove(layer, "weight", leaveParametrized: false)
        #expect(isClose(layer.weight, [1, 2, 9, 4]))
    }

    @Test("pruning takes what PyTorch takes, again from what is left, and can be made permanent")
    func pruning() {
        var layer = layer()
        Prune.l1Unstructured(layer, "weight", amount: 0.4)
        #expect(layer.stateDict().keys == ["bias", "weight_orig", "weight_mask"])
        #expect(isClose(layer.getBuffer("weight_mask"), [0, 1, 1, 1, 1, 0]))
        Prune.randomUnstructured(layer, "weight", amount: 2, generator: generator)
        #expect(isClose(layer.getBuffer("weight_mask"), [0, 0, 0, 1, 1, 0]))
        layer(x).sum().backward()
        #expect(isClose(layer.getParameter("weight_orig")?.grad, [0, 0, 0, 1, 2, 0]))
        #expect(Prune.isPruned(Sequential([layer])))
        Prune.remove(layer, "weight")
        #expect(layer.stateDict().keys == ["weight", "bias"] && !Prune.isPruned(layer))
        #expect(layer.weight.eq(0).sum().item() == 4)

        layer = self.layer(3, 4)
        Prune.lnStructured(layer, "weight", amount: 0.5, n: 2, dim: 0)
        #expect(isClose(layer.getBuffer("weight_mask"), [1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0]))
        Prune.randomStructured(layer, "weight", amount: 1, dim: 1, generator: generator)
        #expect(isClose(layer.getBuffer("weight_mask"), [1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0]))

        let first = self.layer()
        let second = Linear(2, 2, generator: generator)
        Prune.globalUnstructured([(first, "weight"), (second, "weight")], amount: 0.5)
        #expect(isClose(first.getBuffer("weight_mask"), [0, 1, 1, 1, 1, 0]))
        #expect(isClose(second.getBuffer("weight_mask"), [0, 0, 1, 0]))
        #expect(
            failure { Prune.l1Unstructured(first, "weight", amount: 1.5) }?.message
                == "amount=1.5 should either be a float in the range [0, 1] or a non-negative integer")
    }

    @Test("initial weights are PyTorch's")
    func initial() {
        func drawn(_ shape: [Int], _ fill: (Tensor) -> Tensor) -> Tensor {
            generator.manualSeed(0)
            let tensor = Tensor.empty(shape)
            #expect(fill(tensor) === tensor)
            return tensor
        }
        func expect(_ tensor: Tensor, _ values: [Double]) { #expect(isClose(tensor, values, 1e-6), "\(tensor)") }
        expect(
            drawn([2, 3]) { Init.xavierUniform_($0, gain: 2, generator: generator) },
            [-0.016403, 1.175289, -1.803202, -1.612362, -0.843831, 0.587503])
        expect(
            drawn([2, 3]) { Init.xavierNormal_($0, generator: generator) },
            [0.974612, -0.185581, -1.377987, 0.359508, -0.685912, -0.884549])
        expect(
            drawn([2, 3, 2]) { Init.kaimingUniform_($0, mode: .fanOut, nonlinearity: .relu, generator: generator) },
            [
                -0.009169, 0.657007, -1.00802, -0.901338, -0.471716, 0.328424, -0.024266, 0.971087, -0.108689, 0.324083,
                -0.370134, -0.240742,
            ])
        expect(
            drawn([2, 3]) { Init.kaimingNormal_($0, a: 0.5, generator: generator) },
            [1.125384, -0.21429, -1.591163, 0.415124, -0.792023, -1.02139])
        expect(
            drawn([8]) { Init.truncNormal_($0, std: 2, generator: generator) },
            [-1.438515, -0.586858, -1.193271, 1.136863, -1.713349, -1.43696, 0.806694, 1.676053])
        expect(
            drawn([6]) { Init.truncNormal_($0, mean: 5, a: 0, b: 1, generator: generator) },
            [0.749658, 0.929799, 0.952738, 0.742336, 0.698441, 0.373417])
        expect(
            drawn([2, 3]) { Init.orthogonal_($0, gain: 2, generator: generator) },
            [1.147962, -0.218589, -1.623084, -0.69083, -1.861765, -0.237871])
        expect(
            drawn([3, 2]) { Init.orthogonal_($0, generator: generator) },
            [0.534953, -0.16993, -0.756361, 0.340184, -0.376489, -0.924878])
        expect(
            drawn([4, 2]) { Init.sparse_($0, sparsity: 0.5, generator: generator) },
            [0, -0.002934, 0, 0, -0.010845, -0.013986, 0.004033, 0])
        expect(
            drawn([4, 2, 3]) { Init.dirac_($0, groups: 2) },
            [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0])
        expect(drawn([2, 3]) { Init.eye_($0) }, [1, 0, 0, 0, 1, 0])
        #expect(
            failure { Init.xavierUniform_(Tensor.zeros(3)) }?.message
                == "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    }
}
