import FirebrandNN
import FirebrandTensor
import FirebrandTestSupport
import Testing

/// Hooks, registration, containers, lazy parameters: what PyTorch's `nn.Module` does beside computing.
@Suite struct ModuleSystemTests {
    private func layer() -> Linear {
        let layer = Linear(2, 2, bias: false)
        layer.weight = Tensor([[1.0, 2.0], [3.0, 4.0]])
        return layer
    }

    @Test("forward hooks see and replace inputs and outputs, until they are removed")
    func forwardHooks() {
        let layer = layer()
        var seen: [[Int]] = []
        let before = layer.registerForwardPreHook { (_, x: Tensor) in x * 2 }
        let after = layer.registerForwardHook { (module, x: Tensor, y: Tensor) in
            seen.append(x.shape.map { $0 })
            #expect(module === layer)
            return y + 1
        }
        #expect(layer(Tensor([[1.0, 1.0]])).toArray() == [7.0, 15.0])
        before.remove()
        #expect(layer(Tensor([[1.0, 1.0]])).toArray() == [4.0, 8.0])
        after.remove()
        #expect(layer(Tensor([[1.0, 1.0]])).toArray() == [3.0, 7.0])
        #expect(seen == [[1, 2], [1, 2]])
        layer.registerForwardHook { (_, _: Any, _: Int) in nil }
        #expect(
            failure { _ = layer(Tensor([[1.0, 1.0]])) }?.message
                == "a hook is for Int, but the module's value is Tensor")
    }

    @Test("backward hooks see and replace gradients")
    func backwardHooks() {
        let layer = layer()
        var calls: [String] = []
        layer.registerFullBackwardPreHook { _, gradOutput in
            calls.append("pre")
            return [gradOutput[0]! * 2]
        }
        layer.registerFullBackwardHook { _, gradInput, gradOutput in
            calls.append("in \(gradInput[0]!.toArray() as [Double]) out \(gradOutput[0]!.toArray() as [Double])")
            return [gradInput[0]! * 10]
        }
        let x = Tensor([[1.0, 1.0]]).requiresGrad_()
        let y = layer(x)
        #expect("\(y)".contains("grad_fn=<BackwardHookFunctionBackward>"))
        y.sum().backward()
        #expect(x.grad!.toArray() == [80.0, 120.0])
        #expect(layer.weight.grad!.toArray() == [2.0, 2.0, 2.0, 2.0])
        #expect(calls == ["pre", "in [8.0, 12.0] out [2.0, 2.0]"])
        // An input that wants no gradient is told about as nil.
        let other = self.layer()
        var without: [Bool] = []
        other.registerFullBackwardHook { _, gradInput, _ in
            without.append(gradInput[0] == nil)
            return nil
        }
        other(Tensor([[1.0, 1.0]])).sum().backward()
        #expect(without == [true])
    }

    @Test("hooks of the state dictionary change what is saved and loaded")
    func stateHooks() throws {
        let layer = layer()
        layer.registerStateDictPostHook { _, state, prefix in state[prefix + "version"] = Tensor(2) }
        layer.registerLoadStateDictPreHook { _, state, prefix in
            state[prefix + "version"] = nil
            if let old = state[prefix + "w"] {
                state[prefix + "w"] = nil
                state[prefix + "weight"] = old
            }
        }
        var loaded = 0
        layer.registerLoadStateDictPostHook { _ in loaded += 1 }
        #expect(layer.stateDict().keys == ["weight", "version"])
        try Sequential([layer]).loadStateDict(StateDict([("0.w", Tensor.ones(2, 2)), ("0.version", Tensor(1))]))
        #expect(layer.weight.toArray() == [1.0, 1.0, 1.0, 1.0])
        #expect(loaded == 1)
    }

    @Test("what is registered by name is a member like the fields")
    func registration() {
        let model = Sequential([layer()])
        model.registerBuffer("steps", Tensor(3))
        model.registerBuffer("scratch", Tensor.zeros(2), persistent: false)
        model.registerParameter("scale", Tensor.ones(2))
        model.registerModule("head", Linear(2, 1))
        #expect(model.stateDict().keys == ["scale", "steps", "0.weight", "head.weight", "head.bias"])
        #expect(model.namedBuffers().map(\.name) == ["steps", "scratch"])
        #expect(model.getParameter("0.weight")?.shape == [2, 2])
        #expect(model.getParameter("scale")?.requiresGrad == true)
        #expect(model.getBuffer("steps")?.item() == 3)
        #expect(model.getSubmodule("head") is Linear)
        #expect(model.getSubmodule("0.weight") == nil)
        #expect(
            "\(model)" == """
                Sequential(
                  (0): Linear(in_features=2, out_features=2, bias=False)
                  (head): Linear(in_features=2, out_features=1, bias=True)
                )
                """)
        #expect(failure { model.registerBuffer("a.b", nil) }?.message == "the name can't contain \".\"")
        #expect(failure { layer().registerBuffer("weight", Tensor(1)) }?.message == "attribute 'weight' already exists")
        #expect(model.parameters(recurse: false).count == 1)
        var visited: [String] = []
        model.apply { visited.append($0.typeName) }
        #expect(visited == ["Linear", "Linear", "Sequential"])
    }

    @Test("lists and dictionaries of modules and parameters print and name as PyTorch's")
    func containers() {
        final class Holder: Module {
            let layers: ModuleList = [Linear(2, 2), Linear(2, 2)]
            let heads: ModuleDict = ["b": ReLU(), "a": ReLU()]
            let scales: ParameterList = [Tensor.ones(2, 3), Tensor(1.0)]
            let shifts: ParameterDict = ["row": Tensor.ones(2)]
            func forward(_ x: Tensor) -> Tensor { heads["a"]!(layers.reduce(x) { $1($0) }) }
        }
        let model = Holder()
        #expect(
            "\(model)" == """
                Holder(
                  (layers): ModuleList(
                    (0-1): 2 x Linear(in_features=2, out_features=2, bias=True)
                  )
                  (heads): ModuleDict(
                    (b): ReLU()
                    (a): ReLU()
                  )
                  (scales): ParameterList(
                      (0): Parameter containing: [float32 of size 2x3]
                      (1): Parameter containing: [float32 of size ]
                  )
                  (shifts): ParameterDict(  (row): Parameter containing: [FloatTensor of size 2])
                )
                """)
        #expect(
            model.stateDict().keys == [
                "layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias", "scales.0", "scales.1",
                "shifts.row",
            ])
        let first = model.scales[0]
        model.scales[0] = Tensor.zeros(2, 3)
        #expect(model.scales[0] === first && first.sum().item() == 0)
        #expect(first.requiresGrad)
        #expect(model(Tensor.ones(1, 2)).shape == [1, 2])
    }

    @Test("a lazy module takes its shapes from the first input or the loaded state, its parameters their identity")
    func lazy() throws {
        final class LazyScale: Module, LazyModule {
            @Parameter var scale = UninitializedParameter()
            func initializeParameters(_ input: Tensor) {
                scale.materialize([input.size(-1)])
                Init.ones_(scale)
            }
            func forward(_ x: Tensor) -> Tensor {
                initializeIfNeeded(x)
                return x * scale
            }
        }
        let layer = LazyScale()
        let held = layer.parameters()[0]
        #expect(layer.hasUninitializedParameters)
        #expect(layer(Tensor([2.0, 3.0])).toArray() == [2.0, 3.0])
        #expect(!layer.hasUninitializedParameters && held === layer.scale && held.shape == [2] && held.requiresGrad)
        let other = LazyScale()
        try other.loadStateDict(StateDict([("scale", Tensor([5.0]))]))
        #expect(!other.hasUninitializedParameters && other.scale.toArray() == [5.0])
        let assigned = LazyScale()
        try assigned.loadStateDict(StateDict([("scale", Tensor([5.0]).to(.float64))]), assign: true)
        #expect(assigned.scale.dtype == .float64)
    }
}
