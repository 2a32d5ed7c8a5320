import FirebrandTensor
import Testing

/// Chapter 5 of the tutorial, with the texts PyTorch prints: see scripts/fixtures/autograd.py.
@Suite("Autograd: the tutorial's chapter")
struct TutorialAutogradTests {
    /// PyTorch's binary_cross_entropy_with_logits, by its formula.
    private func binaryCrossEntropy(_ z: Tensor, _ y: Tensor) -> Tensor {
        (z.relu() - z * y + (-z.abs()).exp().log1p()).mean()
    }

    @Test(
        "One layer under a seed: values, texts and gradients", arguments: Row.all("one_layer_network", of: "autograd"))
    func oneLayerNetwork(_ row: Row) {
        let generator = Generator(seed: row.int("seed"))
        let texts = row.row("texts")
        let x = Tensor.ones(5)
        let y = Tensor.zeros(3)
        let w = Tensor.randn(5, 3, generator: generator, requiresGrad: true)
        let b = Tensor.randn(3, generator: generator, requiresGrad: true)
        let z = matmul(x, w) + b
        let loss = binaryCrossEntropy(z, y)
        for (name, tensor) in [("x", x), ("y", y), ("w", w), ("b", b), ("z", z)] {
            #expect(tensor.description == texts.text(name))
        }
        #expect("\(z.gradFn!)" == row.text("z_grad_fn"))
        let value: Double = loss.item()
        #expect(abs(value - row.double("loss")) < 1e-6)

        loss.backward()
        #expect(w.grad!.description == texts.text("w.grad"))
        #expect(b.grad!.description == texts.text("b.grad"))
        for (grad, expected) in [(w.grad!, row.doubles("w_grad")), (b.grad!, row.doubles("b_grad"))] {
            #expect(zip(grad.toArray(Double.self), expected).allSatisfy { abs($0 - $1) < 1e-6 })
        }
    }

    @Test("Tracking ends in noGrad and at detach")
    func tracking() {
        let x = Tensor.ones(5)
        let w = Tensor.randn(5, 3, generator: Generator(seed: 1), requiresGrad: true)
        let b = Tensor.zeros(3, requiresGrad: true)
        let z = matmul(x, w) + b
        #expect(z.requiresGrad)
        #expect(!noGrad { matmul(x, w) + b }.requiresGrad)
        #expect(!z.detach().requiresGrad)
    }

    @Test("Jacobian products add up until the gradient is zeroed")
    func jacobianProducts() {
        let texts = Row.all("jacobian_products", of: "autograd").map { $0.text("text") }
        let inp = Tensor.eye(4, 5, requiresGrad: true)
        let out = (inp + 1).pow(2).t()
        #expect(out.description == texts[0])
        out.backward(Tensor.onesLike(out), retainGraph: true)
        #expect(inp.grad!.description == texts[1])
        out.backward(Tensor.onesLike(out), retainGraph: true)
        #expect(inp.grad!.description == texts[2])
        inp.grad!.zero_()
        out.backward(Tensor.onesLike(out), retainGraph: true)
        #expect(inp.grad!.description == texts[3])
    }

    private static let refusals: [String: @Sendable () -> Void] = [
        "backward twice": {
            let x = Tensor.ones(2, requiresGrad: true)
            let y = (x * x).sum()
            y.backward()
            y.backward()
        },
        "saved value changed in place": {
            let x = Tensor.ones(2, requiresGrad: true)
            let y = x * 2
            let z = (y * y).sum()
            y.add_(1)
            z.backward()
        },
        "leaf changed in place": { Tensor.ones(2, requiresGrad: true).add_(1) },
        "view of a leaf changed in place": {
            let x = Tensor.ones(2, requiresGrad: true)
            x[0] = 1
        },
        "no scalar": { (Tensor.ones(2, requiresGrad: true) * 2).backward() },
        "nothing requires grad": { Tensor.ones(2).sum().backward() },
        "integers require grad": { Tensor.ones(2, dtype: .int64).requiresGrad_() },
    ]

    @Test("What PyTorch refuses is refused in its words", arguments: Row.all("refusals", of: "autograd"))
    func refusal(_ row: Row) {
        let error = failure(Self.refusals[row.text("case")]!)
        // PyTorch adds which output the changed tensor was, and a hint at a tool of its own.
        let words = row.text("message").replacing("which is output 0 of Add, is", with: "is")
            .replacing("]], is", with: "]] is").prefix { $0 != "." }
        #expect(error?.message.contains(words.split(separator: ";")[0]) == true, "\(error?.message ?? "nothing")")
    }
}
