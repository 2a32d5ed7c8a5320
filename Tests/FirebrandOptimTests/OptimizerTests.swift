import FirebrandNN
import FirebrandOptim
import FirebrandTensor
import FirebrandTestSupport
import Testing

/// What all optimizers have in common, and what the trajectories do not show.
@Suite struct OptimizerTests {
    private func parameter(_ values: Double...) -> Tensor { Tensor(values).requiresGrad_() }

    private func values(_ tensor: Tensor) -> [Double] { tensor.detach().to(.float64).toArray() }

    private static let names = [
        "SGD", "Adam", "AdamW", "Adamax", "NAdam", "RAdam", "RMSprop", "Adagrad", "Adadelta", "ASGD", "Rprop",
        "Adafactor", "Muon",
    ]

    private static let settings: [String: StateValue] = [
        "SGD": .dictionary([(.string("momentum"), .double(0.9))]),
        "Adam": .dictionary([(.string("amsgrad"), .bool(true))]),
        "RMSprop": .dictionary([(.string("momentum"), .double(0.9)), (.string("centered"), .bool(true))]),
    ]

    private func optimizer(_ name: String, _ parameters: [Tensor]) -> Optimizer {
        OptimizerFixtures.make(name, parameters, OptimizerTests.settings[name] ?? .dictionary([]))
    }

    // MARK: Steps

    @Test("the closure is called with gradients enabled, and the loss comes back")
    func closure() {
        let p = parameter(3)
        let optimizer = SGD([p], lr: 0.5)
        let loss = noGrad {
            optimizer.step {
                optimizer.zeroGrad()
                let loss = (p * p).sum()
                loss.backward()
                return loss
            }
        }
        #expect(loss.item() == 9.0 && values(p) == [0])
    }

    @Test("hooks run before and after the step, until they are removed")
    func hooks() {
        let p = parameter(1)
        let optimizer: Optimizer = AdamW([p])
        var seen: [String] = []
        let before = optimizer.registerStepPreHook { hooked in
            seen.append("before \(hooked === optimizer)")
            p.grad = Tensor([1.0])
        }
        optimizer.registerStepPostHook { _ in seen.append("after \((p.detach().item() as Double) < 1)") }
        optimizer.step()
        before.remove()
        optimizer.step()
        #expect(seen == ["before true", "after true", "after true"])
    }

    @Test("a group added later has the optimizer's settings, but for its own")
    func addedGroup() {
        let (a, b, c) = (parameter(0), parameter(0), parameter(0))
        let optimizer = SGD([a], lr: 1, maximize: true)
        optimizer.addParamGroup(ParameterGroup([b]) { $0.lr = 10 })
        optimizer.addParamGroup(ParameterGroup([c]))
        for p in [a, b, c] { p.grad = Tensor([1.0]) }
        optimizer.step()
        #expect(values(a) == [1] && values(b) == [10] && values(c) == [1])
        #expect(optimizer.learningRates == [1, 10, 1])
        func message(_ body: () -> Void) -> String? { failure(body)?.message }
        #expect(
            message { optimizer.addParamGroup(ParameterGroup([a])) }
                == "some parameters appear in more than one parameter group")
        #expect(message { optimizer.addParamGroup(ParameterGroup([a * 2])) } == "can't optimize a non-leaf Tensor")
        #expect(
            message { optimizer.addParamGroup(ParameterGroup([self.parameter(1)]) { $0.lr = -2 }) }
                == "Invalid learning rate: -2.0")
        #expect(
            message { optimizer.addParamGroup(ParameterGroup(named: [("x", self.parameter(1))])) }
                == "all optimizer param groups should be with/without names. cannot add param group with names to the optimizer"
        )
        #expect(optimizer.groups.count == 3)
    }

    @Test("without a closure LBFGS has nothing to go by, and it takes one group only")
    func misuseOfLBFGS() {
        let p = parameter(1)
        let optimizer = LBFGS([p])
        let error = failure { optimizer.step() }
        #expect(error?.message == "LBFGS.step() missing 1 required positional argument: 'closure'")
        #expect(error?.name == "LBFGS.step")
        let groups = failure { _ = LBFGS([ParameterGroup([p]), ParameterGroup([self.parameter(2)])]) }
        #expect(groups?.message == "LBFGS doesn't support per-parameter options (parameter groups)")
    }

    @Test("Muon takes matrices only, and gradients must have their parameter's shape")
    func shapes() {
        let error = failure { _ = Muon([Tensor.zeros([2, 3, 4]).requiresGrad_()]) }
        #expect(
            error?.message
                == "Muon only supports 2D parameters whereas we found a parameter with size: torch.Size([2, 3, 4])")
    }

    // MARK: Types and layouts

    @Test("a transposed parameter, one with gaps and one that lies in order take the same steps", arguments: names)
    func layouts(_ name: String) {
        let start = Tensor([[1.0, -2.0, 3.0], [0.5, 0.25, -1.0]]).to(.float64)
        let plain = start.clone().requiresGrad_()
        let transposed = start.t().contiguous().t().requiresGrad_()
        let sparse = Tensor.zeros([2, 6]).to(.float64).asStrided([2, 3], [6, 2])
        sparse.copy_(start)
        let gappy = sparse.requiresGrad_()
        #expect(!transposed.isContiguous && !gappy.isContiguous)
        let parameters = [plain, transposed, gappy]
        let optimizer = optimizer(name, parameters)
        for step in 1...4 {
            for p in parameters { p.grad = start.mul(Double(step % 3) - 0.5) }
            optimizer.step()
        }
        for other in [transposed, gappy] {
            #expect(OptimizerFixtures.close(values(other), values(plain), 1e-12))
        }
        #expect(values(plain) != values(start))
    }

    @Test("many parameters of several types and sizes go as each by itself", arguments: names)
    func together(_ name: String) {
        func make() -> [Tensor] {
            [(3, 5), (70, 300), (1, 1), (257, 129), (2, 0)].enumerated().map { index, size in
                let values = Tensor.arange(size.0 * size.1).to(index % 2 == 0 ? .float32 : .float64).sin()
                return values.view(size.0, size.1).requiresGrad_()
            }
        }
        func train(_ parameters: [Tensor], _ optimizers: [Optimizer]) {
            for step in 1...3 {
                for p in parameters { p.grad = p.detach().sin().mul(Double(step)) }
                for optimizer in optimizers { optimizer.step() }
            }
        }
        let (one, each) = (make(), make())
        let size = name == "Muon" || name == "Adafactor" ? 4 : 5
        train(one, [optimizer(name, Array(one[..<size]))])
        train(each, each[..<size].map { optimizer(name, [$0]) })
        for (a, b) in zip(one, each) {
            let isSame = values(a) == values(b)
            #expect(isSame, "\(a.shape.list)")
        }
    }

    @Test("16-bit parameters are computed with in float32 and rounded once, as PyTorch's fused update does")
    func halfPrecision() {
        let wanted: [DType: [Double]] = [
            .bfloat16: [0.5078, 2.4688, -3.4688, 0.0129], .float16: [0.5112, 2.4727, -3.4688, 0.0133],
        ]
        for (dtype, wanted) in wanted {
            let p = Tensor([1.0, 2.0, -3.0, 0.5]).to(dtype).requiresGrad_()
            let optimizer = AdamW([p], lr: 0.1)
            for step in 1...5 {
                p.grad = Tensor([0.1, -0.2, 0.3, 1.0]).to(dtype).mul(Double(step))
                optimizer.step()
            }
            #expect(p.dtype == dtype && OptimizerFixtures.close(values(p), wanted, 1e-4))
        }
    }

    @Test("16-bit parameters are trained by every optimizer", arguments: names)
    func halves(_ name: String) {
        for dtype in [DType.bfloat16, .float16] {
            let start = Tensor([[1.0, -2.0], [0.5, 0.25]])
            let (wide, half) = (start.clone().requiresGrad_(), start.to(dtype).requiresGrad_())
            let optimizer = optimizer(name, [wide, half])
            for _ in 0..<3 {
                wide.grad = start.mul(0.5)
                half.grad = start.mul(0.5).to(dtype)
                optimizer.step()
            }
            #expect(half.dtype == dtype)
            #expect(OptimizerFixtures.close(values(half), values(wide), 0.02), "\(dtype)")
        }
    }

    @Test("a complex parameter is two real ones")
    func complexNumbers() {
        let start = Tensor([[1.0, 2.0], [0.0, -1.0]]).to(.float32)
        let slope = Tensor([[0.5, -1.0], [2.0, 0.25]]).to(.float32)
        for name in OptimizerTests.names where name != "Muon" && name != "Adafactor" {
            let complex = start.clone().viewAsComplex().requiresGrad_()
            let real = start.clone().requiresGrad_()
            let optimizer = optimizer(name, [complex, real])
            for _ in 0..<3 {
                complex.grad = slope.clone().viewAsComplex()
                real.grad = slope.clone()
                optimizer.step()
            }
            #expect(values(complex.detach().viewAsReal()) == values(real), "\(name)")
        }
        let p = start.clone().viewAsComplex().requiresGrad_()
        let error = failure {
            p.grad = slope.clone().viewAsComplex()
            Adafactor([p]).step()
        }
        #expect(error?.message == "Adafactor does not support complex parameters")
    }

    @Test("on the meta device a step costs nothing and changes nothing", arguments: names)
    func meta(_ name: String) {
        let p = Tensor.zeros([2, 3], device: .meta).requiresGrad_()
        p.grad = Tensor.zeros([2, 3], device: .meta)
        let optimizer = optimizer(name, [p])
        #expect(failure { optimizer.step() } == nil)
        #expect(optimizer.stateDict().state.count == 1)
    }

    // MARK: State

    @Test("a state that does not fit is refused, and changes nothing")
    func misfits() throws {
        let (a, b) = (parameter(1, 2), parameter(3))
        let optimizer = Adam([a, b], lr: 0.5)
        for p in [a, b] { p.grad = p.detach() }
        optimizer.step()
        let state = optimizer.stateDict()
        func message(_ other: Optimizer, _ state: OptimizerState) -> String {
            do {
                try other.loadStateDict(state)
                return ""
            } catch { return (error as? FirebrandError)?.message ?? "\(error)" }
        }
        #expect(message(Adam([a]), state).hasSuffix("that doesn't match the size of optimizer's group"))
        #expect(
            message(Adam([ParameterGroup([a]), ParameterGroup([b])]), state)
                .hasSuffix("loaded state dict has a different number of parameter groups"))
        let other = Adam([b, a], lr: 0.25)
        #expect(message(other, state).contains("'exp_avg' of parameter 0 has the shape [2], not [1]"))
        #expect(other.learningRates == [0.25] && other.stateDict().state.isEmpty)
        var wrong = state
        wrong.groups[0]["betas"] = .string("large")
        #expect(message(optimizer, wrong).contains("the setting 'betas' cannot be 'large'"))
        wrong = state
        wrong.state[0].fields["step"] = nil
        #expect(message(optimizer, wrong).contains("'step' of parameter 0 is of the wrong kind"))
    }

    @Test("what PyTorch keeps in a group and has no effect here comes back as it was")
    func unusedSettings() throws {
        let p = parameter(1)
        var state = SGD([p]).stateDict()
        state.groups[0]["foreach"] = .bool(true)
        state.groups[0]["note"] = .string("mine")
        let optimizer = SGD([p])
        try optimizer.loadStateDict(state)
        let group = optimizer.stateDict().groups[0]
        #expect(group["foreach"]?.flag == true && group["note"]?.text == "mine")
        #expect("\(optimizer)".contains("    foreach: True\n") && "\(optimizer)".contains("    note: mine\n"))
    }

    @Test("a loaded state is a copy: the optimizer it came from goes its own way")
    func independence() throws {
        let (a, b) = (parameter(1), parameter(1))
        let (first, second) = (SGD([a], lr: 1, momentum: 0.5), SGD([b], lr: 1, momentum: 0.5))
        a.grad = Tensor([1.0])
        first.step()
        try second.loadStateDict(first.stateDict())
        first.step()
        b.grad = Tensor([1.0])
        second.step()
        #expect(values(b) == [-0.5])
    }

    // MARK: One's own

    /// Steps by the sign of the gradient, and counts.
    private final class SignDescent: GroupedOptimizer<SignDescent.Options> {
        struct Options: OptimizerOptions {
            var lr = 0.25
            static var settings: [Setting<Self>] { [.number("lr", \.lr)] }
        }

        override class var stateFields: [StateField] { [.step, .tensor("last")] }

        override func update(_ group: ParameterGroup<Options>) {
            for parameter in group.parameters {
                guard let gradient = parameter.grad else { continue }
                let state = state(of: parameter)
                state.step += 1
                state.tensor(0).copy_(gradient)
                parameter.sub_(gradient.sign().mul(group.options.lr))
            }
        }
    }

    @Test("an optimizer of one's own has groups, state, schedules and printing for free")
    func custom() throws {
        let p = parameter(1, -1)
        let optimizer = SignDescent([p], defaults: SignDescent.Options())
        let scheduler = StepLR(optimizer, stepSize: 1, gamma: 0.5)
        for _ in 0..<2 {
            p.grad = Tensor([3.0, -3.0])
            optimizer.step()
            scheduler.step()
        }
        #expect(values(p) == [0.625, -0.625])
        let fields = optimizer.stateDict().state[0].fields
        #expect(fields.keys == ["step", "last"] && fields["step"]?.number == 2)
        #expect("\(optimizer)" == "SignDescent (\nParameter Group 0\n    initial_lr: 0.25\n    lr: 0.0625\n)")
        let other = SignDescent([p], defaults: SignDescent.Options())
        try other.loadStateDict(optimizer.stateDict())
        #expect(other.learningRates == [0.0625])
    }

    @Test("averages of a model: one's own function, buffers, and what is refused")
    func averagedModels() {
        let model = Linear(1, 1, bias: false)
        noGrad { _ = model.weight.fill_(1) }
        let averaged = AveragedModel(
            of: model, in: Linear(1, 1, bias: false), averaging: .function { $0 + $1 * Double($2) })
        for _ in 0..<3 { averaged.updateParameters(model) }
        // 1; 1 + 1 * 1; 2 + 1 * 2
        #expect(values(averaged.module.weight) == [4] && averaged.averagedCount.item() == 3)
        #expect(averaged(Tensor([[2.0]])).item() == 8.0)
        let error = failure {
            _ = AveragedModel(of: model, in: Linear(1, 1, bias: false), averaging: .exponential(decay: 1.5))
        }
        #expect(error?.message == "Invalid decay value 1.5 provided. Please provide a value in [0,1] range.")
        #expect(failure { _ = AveragedModel(of: model, in: Linear(2, 1, bias: false)) }?.name == "AveragedModel")
    }
}
