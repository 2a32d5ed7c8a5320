import FirebrandTensor
import FirebrandTestSupport
import Testing

@Suite("Hooks, nodes and passes")
struct HookTests {
    private func values(_ tensor: Tensor?) -> [Double]? { tensor?.toArray() }

    @Test("Node hooks run before and after the rule, and may replace gradients")
    func nodes() {
        let x = Tensor([1.0, 2.0], requiresGrad: true)
        let y = x * 2
        var log: [String] = []
        let before = y.gradFn!.registerPrehook { grads in
            log.append("before \(grads[0]!.toArray(Double.self))")
            return [grads[0]! * 10]
        }
        let after = y.gradFn!.registerHook { inputs, outputs in
            log.append("after \(inputs[0]!.toArray(Double.self)) \(outputs[0]!.toArray(Double.self))")
            return [inputs[0]! + 1]
        }
        y.sum().backward(retainGraph: true)
        #expect(log == ["before [1.0, 1.0]", "after [20.0, 20.0] [10.0, 10.0]"])
        #expect(values(x.grad) == [21, 21])
        before.remove()
        after.remove()
        x.grad = nil
        y.sum().backward()
        #expect(values(x.grad) == [2, 2] && log.count == 2)
    }

    @Test("Tensor hooks are removed by their handle; wrong shapes are refused")
    func removal() {
        let x = Tensor([1.0, 2.0], requiresGrad: true)
        let handles = [x.registerHook { $0 * 2 }, x.registerHook { $0 + 1 }]
        (x * 1).sum().backward()
        #expect(values(x.grad) == [3, 3])
        handles[0].remove()
        handles[0].remove()
        x.grad = nil
        (x * 1).sum().backward()
        #expect(values(x.grad) == [2, 2])
        let y = x * 2
        y.registerHook { $0[..<1] }
        #expect(failure { y.sum().backward() }?.message == "hook has changed the size of value")
    }

    @Test("Hooks after accumulation see the leaf")
    func postAccumulate() {
        let x = Tensor([1.0, 2.0], requiresGrad: true)
        let handle = x.registerPostAccumulateGradHook { leaf in
            noGrad { leaf.sub_(leaf.grad!) }
            leaf.grad = nil
        }
        (x * 3 + x).sum().backward()
        #expect(values(x) == [-3, -2] && x.grad == nil)
        handle.remove()
        (x * 3).sum().backward()
        #expect(values(x.grad) == [3, 3])
        #expect(
            failure { (x * 2).registerPostAccumulateGradHook { _ in } }?.message
                == "post accumulate grad hooks cannot be registered on non-leaf tensors")
    }

    @Test("nextFunctions walk the graph to the leaves")
    func walk() {
        let (x, w) = (Tensor([1.0], requiresGrad: true), Tensor([2.0], requiresGrad: true))
        let y = (x * w + Tensor([1.0])).exp()
        #expect(y.gradFn?.name == "ExpBackward0")
        let sum = y.gradFn!.nextFunctions[0].node!
        #expect(sum.name == "AddBackward0" && sum.nextFunctions.count == 1)
        let leaves = sum.nextFunctions[0].node!.nextFunctions
        #expect(leaves.map { $0.node?.name } == ["AccumulateGrad", "AccumulateGrad"])
        #expect(
            leaves[0].node?.variable === x && leaves[1].node?.variable === w && leaves[0].node!.nextFunctions.isEmpty)
        #expect((w * x).gradFn!.nextFunctions[0].node === leaves[1].node)
        sum.metadata["note"] = 5
        #expect(sum.metadata["note"] as? Int == 5)
        let parts = Tensor.ones(4, requiresGrad: true).split(2)
        #expect((parts[1] * 2).gradFn!.nextFunctions[0].output == 1)
    }

    @Test("Passes for some inputs run what leads there, and nothing else")
    func targets() {
        let x = Tensor([1.0, 2.0], requiresGrad: true)
        let w = Tensor([3.0, 4.0], requiresGrad: true)
        let hidden = x * x
        var ran = false
        (hidden.gradFn!).registerHook { _, _ in
            ran = true
            return nil
        }
        let y = (hidden * w).sum()
        y.backward(retainGraph: true, inputs: [w])
        #expect(values(w.grad) == [1, 4] && x.grad == nil && !ran)
        let inner = grad(outputs: [y], inputs: [hidden])
        #expect(values(inner[0]) == [3, 4] && !ran)
        // What lies below was left alone: it can still run.
        hidden.sum().backward()
        #expect(values(x.grad) == [2, 4] && ran)
        #expect(values(grad(outputs: [x.sum()], inputs: [x, w], materializeGrads: true)[1]) == [0, 0])
        backward([(x * 2).sum(), (x * 3).sum()])
        #expect(values(x.grad) == [7, 9])
        #expect(
            failure { backward([x.sum(), Tensor.ones(1)]) }?.message
                == "element 1 of tensors does not require grad and does not have a grad_fn")
    }

    @Test("A rule that runs a pass over shared leaves disturbs no outer pass")
    func nested() {
        struct Inner: AutogradFunction {
            let w: Tensor
            func forward(_ context: FunctionContext, _ inputs: [Tensor]) -> [Tensor] {
                context.saveForBackward(inputs)
                return [inputs[0] * w]
            }
            func backward(_ context: FunctionContext, _ gradients: [Tensor?]) -> [Tensor?] {
                let x = context.savedTensors[0].detach().requiresGrad_()
                enableGrad { (x * w).backward(gradients[0]!) }
                return [x.grad]
            }
        }
        let x = Tensor([1.0, 2.0], requiresGrad: true)
        let w = Tensor([3.0, 4.0], requiresGrad: true)
        // The outer pass waits for two gradients of w while the inner one adds a third.
        let y = Inner(w: w).apply(x * w) + w
        y.sum().backward()
        #expect(values(x.grad) == [9, 16])
        // x w² + w, of which the inner pass gives x w.
        #expect(values(w.grad) == [3 + 3 + 1, 8 + 8 + 1])
    }
}
