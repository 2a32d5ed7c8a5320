import FirebrandNN
import FirebrandTensor
import Testing

@Suite struct StateDictTests {
    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return ""
        } catch let error as FirebrandError {
            #expect(error.code == .stateMismatch)
            return "\(error)"
        } catch { return "another error: \(error)" }
    }

    private func values(_ model: ModuleBase) -> [[Float]] { model.stateDict().map { $0.value.toArray() } }

    @Test("loads what another model of the kind holds, and shares nothing with it")
    func loads() throws {
        let (a, b) = (NeuralNetwork(4, hidden: 3), NeuralNetwork(4, hidden: 3))
        #expect(values(a) != values(b))
        try b.loadStateDict(a.stateDict())
        #expect(values(a) == values(b))
        noGrad { _ = a.stack[0].parameters()[0].zero_() }
        #expect(values(a) != values(b))
        #expect(b.parameters().allSatisfy { $0.requiresGrad })
    }

    @Test("the state shares memory with the model and is outside the graph")
    func sharesMemory() {
        let layer = Linear(2, 1)
        let state = layer.stateDict()
        #expect(state["weight"]?.requiresGrad == false)
        state["weight"]?.fill_(7)
        #expect(layer.weight.toArray(Float.self) == [7, 7])
    }

    @Test("values are converted to the model's type")
    func converts() throws {
        let (a, b) = (Linear(2, 3).to(.float64), Linear(2, 3))
        try b.loadStateDict(a.stateDict())
        #expect(b.weight.dtype == .float32)
        #expect(values(a) == values(b))
    }

    @Test("says every key that is missing, unexpected or of another shape, and changes nothing")
    func mismatch() {
        let model = NeuralNetwork(4, hidden: 3)
        let before = values(model)
        var state = NeuralNetwork(4, hidden: 3).stateDict()
        state["linear_relu_stack.0.wieght"] = state["linear_relu_stack.0.weight"]
        state["linear_relu_stack.0.weight"] = nil
        state["linear_relu_stack.2.bias"] = Tensor.zeros([5])
        state["linear_relu_stack.4.weight"] = Tensor.zeros([])
        state["elsewhere"] = Tensor.zeros([1])
        let text = message { try model.loadStateDict(state) }
        #expect(text.contains("the state does not fit NeuralNetwork"))
        #expect(text.contains("missing keys: linear_relu_stack.0.weight (did you mean linear_relu_stack.0.wieght?)"))
        #expect(
            text.contains("unexpected keys: linear_relu_stack.0.wieght, elsewhere")
                || text.contains("unexpected keys: elsewhere, linear_relu_stack.0.wieght"))
        #expect(text.contains("linear_relu_stack.2.bias (5 in the file, 3 in the model)"))
        #expect(text.contains("linear_relu_stack.4.weight (a scalar in the file, 10x3 in the model)"))
        #expect(!text.contains("\n"))
        #expect(values(model) == before)
    }

    @Test("a key that resembles none has no suggestion")
    func noSuggestion() {
        let text = message { try Linear(1, 1).loadStateDict(StateDict([("something.else", Tensor.zeros([1]))])) }
        #expect(text.contains("missing keys: weight, bias;") && !text.contains("did you mean"))
    }

    @Test("loosely, missing and unexpected keys are passed over, but shapes never")
    func loose() throws {
        let model = Linear(2, 1)
        let bias: [Float] = model.bias!.detach().toArray()
        try model.loadStateDict(
            StateDict([("weight", Tensor([[1.0, 2.0]])), ("other", Tensor([1.0]))]), strict: false)
        #expect(model.weight.detach().toArray(Float.self) == [1, 2])
        #expect(model.bias!.detach().toArray(Float.self) == bias)
        #expect(
            message {
                try model.loadStateDict(StateDict([("bias", Tensor([5.0])), ("weight", Tensor([1.0]))]), strict: false)
            }.contains("wrong shapes"))
        #expect(model.bias!.detach().toArray(Float.self) == bias)
    }

    @Test("a shared module's state is loaded through either name")
    func sharedState() throws {
        let (a, b) = (Ordered(), Ordered())
        try b.loadStateDict(a.stateDict())
        #expect(values(a) == values(b))
        #expect(b.shared.weight === b.inner.weight)
    }

    @Test("keeps the order of its keys and replaces values in place")
    func dictionary() {
        var state = StateDict([("b", Tensor([1.0])), ("a", Tensor([2.0])), ("b", Tensor([3.0]))])
        #expect(state.keys == ["b", "a"] && state.count == 2)
        #expect(state["b"]?.item() == 3.0 && state["c"] == nil)
        state["b"] = nil
        state["c"] = Tensor([[4.0]])
        state["nothing"] = nil
        #expect(state.keys == ["a", "c"] && state["c"]?.item() == 4.0)
        #expect("\(state)" == "a: float32[1]\nc: float32[1, 1]")
    }
}
