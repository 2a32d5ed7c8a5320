import FirebrandTensor
import Testing

/// The gradient as Swift values.
private func values(_ tensor: Tensor?) -> [Double]? { tensor?.toArray() }

@Suite("Backward")
struct BackwardTests {
    @Test("Gradients of several passes add up in the leaf")
    func accumulation() {
        let x = Tensor([1.0, 2.0], requiresGrad: true)
        for _ in 0..<3 { (x * x).sum().backward() }
        #expect(values(x.grad) == [6, 12])
        x.grad = nil
        #expect(x.grad == nil)
        (x * 3).sum().backward()
        #expect(values(x.grad) == [3, 3])
    }

    @Test("The gradient has its own memory, whoever else holds what was sent")
    func ownMemory() {
        let x = Tensor([1.0, 2.0], requiresGrad: true)
        let sent = Tensor([5.0, 7.0])
        (x + 0).backward(sent)
        sent.zero_()
        #expect(values(x.grad) == [5, 7])
        let y = Tensor.zeros(2, requiresGrad: true)
        let z = Tensor.zeros(2, requiresGrad: true)
        (y + z).backward(Tensor([1.0, 2.0]))
        y.grad!.add_(10)
        #expect(values(z.grad) == [1, 2])
    }

    @Test("retainGraph lets backward run again, and only then")
    func retainGraph() {
        let x = Tensor([3.0], requiresGrad: true)
        let y = x * x
        y.backward(retainGraph: true)
        y.backward()
        #expect(values(x.grad) == [12])
        let error = failure { y.backward() }
        #expect(error?.message.hasPrefix("Trying to backward through the graph a second time") == true)
        #expect(values(x.grad) == [12])
    }

    @Test("A graph that saves nothing can be run twice, as in PyTorch")
    func twiceWithoutSaved() {
        let x = Tensor([3.0], requiresGrad: true)
        let y = x + 1
        y.backward()
        y.backward()
        #expect(values(x.grad) == [2])
    }

    @Test("A diamond waits for both of its sides")
    func diamond() {
        let x = Tensor([2.0], requiresGrad: true)
        let a = x * x
        let (left, right) = (a * 3, a.exp() * 0 + a * a)
        (left + right).backward()
        // 3x² + x⁴
        #expect(values(x.grad) == [6 * 2 + 4 * 8])
    }

    @Test("A leaf used many times gets the sum")
    func manyUses() {
        let x = Tensor([1.5, -2], requiresGrad: true)
        var sum = Tensor.zeros(2)
        for k in 1...50 { sum = sum + x * k }
        sum.sum().backward()
        #expect(values(x.grad) == [1275, 1275])
    }

    @Test("A broadcast operand's gradient is summed to its shape")
    func broadcast() {
        let a = Tensor.ones(2, 3, requiresGrad: true)
        let b = Tensor([[1.0], [2.0]], requiresGrad: true)
        let c = Tensor(4.0, requiresGrad: true)
        (a * b * c).sum().backward()
        #expect(a.grad!.shape == [2, 3] && b.grad!.shape == [2, 1] && c.grad!.shape == [])
        #expect(values(a.grad) == [4, 4, 4, 8, 8, 8])
        #expect(values(b.grad) == [12, 12])
        #expect(values(c.grad) == [9])
    }

    @Test("Only what needs gradients is followed")
    func partial() {
        let x = Tensor([2.0], requiresGrad: true)
        let frozen = Tensor([5.0])
        let y = x * frozen
        #expect(!(frozen * frozen).requiresGrad)
        y.backward()
        #expect(values(x.grad) == [5] && frozen.grad == nil)
    }

    @Test("A result of several has its gradient even if the others are unused")
    func severalOutputs() {
        let x = Tensor([[1.0, 5.0], [7.0, 2.0]], requiresGrad: true)
        x.max(dim: 1).values.sum().backward()
        #expect(values(x.grad) == [0, 1, 1, 0])
        let parts = Tensor.ones(4, requiresGrad: true)
        parts.split(2)[1].sum().backward()
        #expect(values(parts.grad) == [0, 0, 1, 1])
    }

    @Test("retainGrad keeps the gradient of a non-leaf; otherwise it has none")
    func retainGrad() {
        let x = Tensor([2.0], requiresGrad: true)
        let (kept, other) = (x * 3, x * 5)
        kept.retainGrad()
        (kept * kept + other).backward()
        #expect(values(kept.grad) == [12])
        #expect(other.grad == nil)
        #expect(values(x.grad) == [41])
        #expect(
            failure { Tensor.ones(1).retainGrad() }?.message
                == "can't retain_grad on Tensor that has requires_grad=False")
    }

    @Test("Hooks see the gradient and may replace it, on leaves and inside the graph")
    func hooks() {
        let x = Tensor([1.0, 1.0], requiresGrad: true)
        let y = x * 2
        var seen: [[Double]] = []
        y.registerHook { grad in
            seen.append(grad.toArray())
            return grad * 10
        }
        x.registerHook { grad in
            seen.append(grad.toArray())
            return nil
        }
        (y * Tensor([1.0, 3.0])).sum().backward()
        #expect(seen == [[1, 3], [20, 60]])
        #expect(values(x.grad) == [20, 60])
    }

    @Test("A leaf's hook is called once with the whole gradient")
    func hookOnSum() {
        let x = Tensor([1.0], requiresGrad: true)
        var calls: [[Double]] = []
        x.registerHook {
            calls.append($0.toArray()); return nil
        }
        (x * 2 + x * 3 + x).backward()
        #expect(calls == [[6]])
    }

    @Test("Assigning a gradient of another shape is refused")
    func assignedGrad() {
        let x = Tensor.ones(2, requiresGrad: true)
        x.grad = Tensor([4.0, 5.0])
        #expect(values(x.grad) == [4, 5])
        #expect(
            failure { x.grad = Tensor.ones(3) }?.message.contains("assigned grad has data of a different size") == true)
        #expect(values(x.grad) == [4, 5])
    }

    @Test("A gradient of another shape than the root is refused in PyTorch's words")
    func rootGradient() {
        let x = Tensor.ones(2, requiresGrad: true)
        let error = failure { (x * 2).backward(Tensor.ones(3)) }
        #expect(
            error?.message.contains(
                "Mismatch in shape: grad_output[0] has a shape of Size([3]) and output[0] has a shape of Size([2])")
                == true)
        #expect(x.grad == nil)
    }
}
