import FirebrandTensor
import FirebrandTestSupport
import Testing

@Suite("Inference mode and gradient modes")
struct InferenceModeTests {
    @Test("What is made inside is an inference tensor, views and detached handles of it too, clones are not")
    func marks() {
        let (made, normal) = inferenceMode { (Tensor.ones(3), Tensor.ones(2)) }
        #expect(made.isInference && made.view(3).isInference && made.detach().isInference && normal.isInference)
        #expect(!made.clone().isInference && !Tensor.ones(1).isInference)
        let outside = Tensor.ones(4)
        #expect(inferenceMode { !outside.view(2, 2).isInference && (outside * 2).isInference })
        #expect(inferenceMode { inferenceMode(false) { !Tensor.ones(1).isInference && isGradEnabled() } })
        #expect(inferenceMode { isInferenceModeEnabled() } && !isInferenceModeEnabled())
    }

    @Test("Nothing is recorded inside, even under enableGrad")
    func silent() {
        let w = Tensor.ones(3, requiresGrad: true)
        #expect(inferenceMode { !(w * 2).requiresGrad })
        #expect(inferenceMode { enableGrad { !(w * 2).requiresGrad } })
        #expect(inferenceMode { Tensor.ones(2, requiresGrad: true).requiresGrad })
    }

    @Test("Outside, PyTorch's refusals")
    func refusals() {
        let made = inferenceMode { Tensor.ones(3) }
        let w = Tensor.ones(3, requiresGrad: true)
        #expect(
            failure { _ = made * w }?.message
                == "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in "
                + "computation tracked by autograd. To work around this, you can make a clone to get a normal tensor and "
                + "use it in autograd, or use `torch.no_grad()` instead of `torch.inference_mode()`.")
        #expect(
            failure { made.add_(1) }?.message
                == "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get a "
                + "normal tensor before doing inplace update.See https://github.com/pytorch/rfcs/pull/17 for more details."
        )
        #expect(
            failure { made.requiresGrad_() }?.message
                == "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.")
        #expect(made.toArray(Double.self) == [1, 1, 1])
        // What saves nothing may use them.
        (made + w).sum().backward()
        #expect(w.grad!.toArray(Double.self) == [1, 1, 1])
        inferenceMode { made.add_(1) }
        #expect(made.toArray(Double.self) == [2, 2, 2])
    }

    @Test("setGradEnabled, as a scope and from here on")
    func gradEnabled() {
        #expect(setGradEnabled(false) { !isGradEnabled() } && isGradEnabled())
        setGradEnabled(false)
        #expect(!isGradEnabled() && setGradEnabled(true) { isGradEnabled() })
        setGradEnabled(true)
        #expect(isGradEnabled())
    }
}
