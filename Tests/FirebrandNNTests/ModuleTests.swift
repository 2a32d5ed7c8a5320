import FirebrandNN
import FirebrandTensor
import FirebrandTestSupport
import Testing

@Suite struct ModuleTests {
    // MARK: Texts and names

    @Test("prints as PyTorch does", arguments: zip(Row.all("texts", of: "training"), ModuleTests.printed))
    func printing(_ row: Row, _ model: Printed) {
        #expect("\(model.make())" == row.text("text"))
    }

    struct Printed: Sendable {
        let make: @Sendable () -> ModuleBase
    }

    /// The models of the fixture's texts, in their order.
    static let printed: [Printed] = [
        Printed { NeuralNetwork() }, Printed { TrainingTests.network() }, Printed { Linear(3, 4, bias: false) },
        Printed { ReLU() }, Printed { ReLU(inplace: true) }, Printed { Flatten() },
        Printed { Flatten(startDim: 0, endDim: 2) }, Printed { Softmax(dim: 1) }, Printed { Sequential([]) },
        Printed { CrossEntropyLoss() }, Printed { MSELoss() }, Printed { NLLLoss() }, Printed { BCEWithLogitsLoss() },
        Printed {
            Sequential {
                Sequential { Linear(1, 2) }
                ReLU()
            }
        },
    ]

    @Test(
        "names parameters, state and modules as PyTorch does",
        arguments: zip(Row.all("models", of: "modules"), ModuleTests.named))
    func names(_ row: Row, _ model: Printed) {
        let model = model.make()
        #expect("\(model)" == row.text("text"))
        #expect(model.stateDict().keys == row.fields["state"] as? [String])
        #expect(model.namedParameters().map(\.name) == row.fields["parameters"] as? [String])
        #expect(model.namedModules().map(\.name) == row.fields["modules"] as? [String])
    }

    static let named: [Printed] = [
        Printed { Block() }, Printed { Ordered() },
        Printed {
            Sequential {
                Tanh()
                LogSoftmax(dim: 1)
                Sigmoid()
            }
        },
    ]

    @Test("finds inherited fields first, under the keys they are given")
    func inherited() {
        let model = Derived()
        #expect(model.stateDict().keys == ["w", "running_mean", "first.weight", "first.bias", "second.weight"])
        model.bias = Tensor.zeros([2])
        model.mean = nil
        #expect(model.namedParameters().map(\.name) == ["w", "bias", "first.weight", "first.bias", "second.weight"])
        #expect(model.namedBuffers().isEmpty)
        #expect(model.bias!.requiresGrad)
    }

    @Test("a field under a key may be assigned in the initializer")
    func assignedLater() {
        #expect(
            NeuralNetwork(4, hidden: 3).namedParameters().map(\.name).prefix(2) == [
                "linear_relu_stack.0.weight", "linear_relu_stack.0.bias",
            ])
    }

    @Test("a shared module counts once for its parameters and twice in the state")
    func shared() {
        let model = Ordered()
        #expect(model.parameters().count == 3)
        #expect(model.stateDict().count == 6)
        model(Tensor.ones([1, 1])).sum().backward()
        #expect(model.inner.weight.grad != nil)
        #expect(model.shared.weight === model.inner.weight)
    }

    // MARK: Building

    @Test("Sequential takes conditions and loops")
    func builder() {
        func stack(depth: Int, tanh: Bool, last: Bool) -> Sequential {
            Sequential {
                for _ in 0..<depth {
                    Linear(2, 2)
                    if tanh { Tanh() } else { ReLU() }
                }
                if last { Softmax(dim: 1) }
            }
        }
        #expect(stack(depth: 2, tanh: true, last: true).count == 5)
        #expect(stack(depth: 0, tanh: true, last: false).count == 0)
        let model = stack(depth: 1, tanh: false, last: true)
        #expect(model[1] is ReLU && model[2] is Softmax)
        #expect(model.namedParameters().map(\.name) == ["0.weight", "0.bias"])
        #expect(Sequential([])(Tensor([1.0])).toArray(Double.self) == [1])
    }

    // MARK: State

    @Test("train and eval reach every module below")
    func modes() {
        let model = Block()
        #expect(model.modules().allSatisfy { $0.isTraining })
        #expect(model.eval() === model)
        #expect(model.modules().count == 10 && model.modules().allSatisfy { !$0.isTraining })
        model.train()
        #expect(model.modules().allSatisfy { $0.isTraining })
    }

    @Test("freezing keeps gradients from the parameters, and they thaw again")
    func freezing() {
        let model = NeuralNetwork(4, hidden: 3)
        model.requiresGrad_(false)
        #expect(!model(Tensor.ones([1, 4])).requiresGrad)
        model.stack[4].requiresGrad_()
        model(Tensor.ones([1, 4])).sum().backward()
        #expect(
            model.namedParameters().filter { $0.parameter.grad != nil }.map(\.name) == [
                "linear_relu_stack.4.weight", "linear_relu_stack.4.bias",
            ])
        model.requiresGrad_()
        #expect(model.parameters().allSatisfy { $0.requiresGrad })
        model.zeroGrad()
        #expect(model.parameters().allSatisfy { $0.grad == nil })
    }

    @Test("a parameter is the same object after conversion, loading and assignment")
    func identity() throws {
        let model = Ordered()
        let before = model.parameters()
        model(Tensor.ones([1, 1])).sum().backward()
        #expect(model.to(.float64) === model)
        #expect(areSame(model.parameters(), before))
        #expect(before.allSatisfy { $0.dtype == .float64 && $0.requiresGrad && $0.isLeaf })
        #expect(model.inner.weight.grad?.dtype == .float64)
        #expect(model.count.dtype == .float64)

        try model.loadStateDict(Ordered().stateDict())
        model.scale = Tensor([5.0]).requiresGrad_() * 2
        model.inner.weight = Tensor([[3.0]]).to(.float64)
        #expect(areSame(model.parameters(), before))
        #expect(before[0].toArray(Double.self) == [10] && before[0].isLeaf && before[0].requiresGrad)
        #expect(model.shared.weight.item() == 3.0)
        #expect(model(Tensor.ones([1, 1], dtype: .float64)).requiresGrad)
        model.to(.meta)
        #expect(before.allSatisfy { $0.device == .meta })
        #expect(areSame(model.parameters(), before))
    }

    @Test("integer buffers keep their type when a model is converted")
    func integerBuffers() {
        let model = Ordered()
        model.count = Tensor([7])
        model.to(.float64)
        #expect(model.count.dtype == .int64)
    }

    private func areSame(_ a: [Tensor], _ b: [Tensor]) -> Bool {
        a.map(ObjectIdentifier.init) == b.map(ObjectIdentifier.init)
    }

    // MARK: Errors

    @Test("misuse names the path of the module it happened in")
    func path() throws {
        let model = NeuralNetwork()
        let error = failure { _ = model(Tensor.zeros([2, 5])) }
        #expect(error?.modulePath == "NeuralNetwork.linear_relu_stack.0")
        #expect(error?.name == "linear")
        #expect(error?.operands.prefix(2) == ["float32[2, 5]", "float32[512, 784]"])
        #expect("\(try #require(error))".contains("(2x5 and 784x512)"))
        // Neither the model nor the thread is the worse for it.
        #expect(model(Tensor.zeros([1, 28, 28])).shape == [1, 10])
        #expect(failure { _ = Tensor.zeros([2]) + Tensor.zeros([3]) }?.modulePath == nil)
        let list = Block()
        #expect(
            failure { _ = list.heads["b"].map { $0 as! Sequential }?(Tensor.zeros([2, 5])) }?.modulePath
                == "Sequential.0")
        let loss = failure { _ = CrossEntropyLoss()(Tensor.zeros([2, 5]), Tensor([1, 7])) }
        #expect(loss?.modulePath == "CrossEntropyLoss" && loss?.message == "Target 7 is out of bounds.")
    }
}
