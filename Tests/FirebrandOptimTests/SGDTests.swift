import FirebrandNN
import FirebrandOptim
import FirebrandTensor
import FirebrandTestSupport
import Testing

@Suite struct SGDTests {
    private func parameter(_ values: Double...) -> Tensor { Tensor(values).requiresGrad_() }

    private func values(_ tensor: Tensor) -> [Double] { tensor.detach().toArray() }

    // MARK: Gradients

    @Test("clearing drops gradients, or fills them with zeros in place")
    func zeroGrad() {
        let p = parameter(1, 2)
        let optimizer = SGD([p])
        (p * p).sum().backward()
        let gradient = p.grad!
        optimizer.zeroGrad(setToNone: false)
        #expect(p.grad === gradient && values(gradient) == [0, 0])
        (p * p).sum().backward()
        #expect(values(p.grad!) == [2, 4])
        optimizer.zeroGrad()
        #expect(p.grad == nil)
        optimizer.zeroGrad(setToNone: false)
        #expect(p.grad == nil)
    }

    @Test("a parameter without a gradient stays as it is, even with momentum and weight decay")
    func untouched() {
        let (used, unused) = (parameter(1), parameter(5))
        let optimizer = SGD([used, unused], lr: 0.5, momentum: 0.9, weightDecay: 0.1)
        for _ in 0..<3 {
            used.grad = Tensor([1.0])
            optimizer.step()
        }
        #expect(values(unused) == [5] && values(used) != [1])
    }

    @Test("a step changes the parameter in place and counts as a change of what a graph has saved")
    func changesInPlace() {
        let p = parameter(3)
        let view = p.detach()
        let loss = (p * p).sum()
        p.grad = Tensor([1.0])
        SGD([p], lr: 1).step()
        #expect(view.item() == 2.0 && p.isLeaf && p.requiresGrad)
        let error = failure { loss.backward() }
        #expect(error?.message.contains("modified by an inplace operation") == true)
    }

    @Test("gradients of another type or layout are converted")
    func gradientLayouts() {
        let p = Tensor.zeros([2, 2]).requiresGrad_()
        p.grad = Tensor([[1.0, 2.0], [3.0, 4.0]]).t()
        SGD([p], lr: 1).step()
        #expect(values(p) == [-1, -3, -2, -4])
        p.grad = Tensor([[1.0, 1.0], [1.0, 1.0]]).to(.float64)
        SGD([p], lr: 1).step()
        #expect(values(p) == [-2, -4, -3, -5])
    }

    /// One pass for parameters that lie in order, operators for all others: the same numbers.
    @Test(
        "a transposed parameter takes the same steps as one that lies in order",
        arguments: [
            (0.0, 0.0, 0.0, false, false), (0.9, 0.0, 0.0, false, false), (0.9, 0.5, 0.1, false, true),
            (0.9, 0.0, 0.1, true, false), (0.0, 0.0, 0.1, false, true),
        ])
    func layouts(_ momentum: Double, _ dampening: Double, _ weightDecay: Double, _ nesterov: Bool, _ maximize: Bool) {
        let start = Tensor([[1.0, -2.0, 3.0], [0.5, 0.25, -1.0]]).to(.float64)
        let direct = start.clone().requiresGrad_()
        let transposed = start.t().contiguous().t().requiresGrad_()
        #expect(!transposed.isContiguous)
        let optimizer = SGD(
            [direct, transposed], lr: 0.1, momentum: momentum, dampening: dampening, weightDecay: weightDecay,
            nesterov: nesterov, maximize: maximize)
        for step in 1...4 {
            for p in [direct, transposed] { p.grad = start.mul(Double(step)) }
            optimizer.step()
        }
        let (a, b) = (values(direct), values(transposed))
        #expect(zip(a, b).allSatisfy { abs($0 - $1) < 1e-12 })
        #expect(a != values(start))
    }

    @Test("half precision parameters are trained too", arguments: [DType.float16, .bfloat16])
    func halfPrecision(_ dtype: DType) {
        let p = Tensor([1.0, 2.0]).to(dtype).requiresGrad_()
        let optimizer = SGD([p], lr: 0.5, momentum: 0.5)
        for _ in 0..<2 {
            p.grad = Tensor([1.0, -1.0]).to(dtype)
            optimizer.step()
        }
        #expect(p.dtype == dtype && values(p.to(.float32)) == [-0.25, 3.25])
    }

    // MARK: Groups and state

    @Test("a group's settings are its own, and may be changed between steps")
    func groups() {
        let (a, b) = (parameter(0), parameter(0))
        var slow = SGD.Options()
        slow.lr = 1
        var fast = slow
        fast.lr = 10
        let optimizer = SGD([ParameterGroup([a], slow), ParameterGroup([b], fast)])
        func step() {
            for p in [a, b] { p.grad = Tensor([1.0]) }
            optimizer.step()
        }
        step()
        #expect(values(a) == [-1] && values(b) == [-10])
        optimizer.groups[0].options.lr = 100
        step()
        #expect(values(a) == [-101] && values(b) == [-20])
        #expect("\(optimizer)".contains("Parameter Group 1\n    dampening: 0\n"))
    }

    @Test("momentum belongs to its parameter: that of a replaced group is never another's")
    func replacedGroups() {
        let optimizer = SGD([parameter(0)], lr: 1, momentum: 0.5)
        for _ in 0..<200 {
            // A new tensor often gets the address of one that has gone.
            let fresh = parameter(0)
            optimizer.groups[0].parameters = [fresh]
            fresh.grad = Tensor([1.0])
            optimizer.step()
            #expect(values(fresh) == [-1])
        }
    }

    @Test("a model that is converted goes on training, its momentum with it")
    func conversion() {
        func train(convert: Bool) -> [Double] {
            let model = Linear(2, 1, bias: false)
            noGrad { _ = model.weight.copy_(Tensor([[1.0, -1.0]])) }
            let optimizer = SGD(model.parameters(), lr: 0.25, momentum: 0.5)
            for step in 0..<4 {
                if convert, step == 2 { model.to(.float64) }
                model.weight.grad = Tensor([[1.0, 2.0]]).to(model.weight.dtype)
                optimizer.step()
            }
            #expect(optimizer.groups[0].parameters[0] === model.weight)
            #expect(model.weight.dtype == (convert ? .float64 : .float32))
            return values(model.weight)
        }
        #expect(train(convert: true) == train(convert: false))
    }

    @Test("loading a state between steps keeps the optimizer on the model's parameters")
    func loading() throws {
        let model = Linear(2, 1)
        let optimizer = SGD(model.parameters(), lr: 1)
        try model.loadStateDict(StateDict([("weight", Tensor([[1.0, 2.0]])), ("bias", Tensor([3.0]))]))
        model.weight.grad = Tensor([[1.0, 1.0]])
        optimizer.step()
        #expect(values(model.weight) == [0, 1] && values(model.bias!) == [3])
    }

    // MARK: Misuse

    @Test("settings PyTorch refuses are refused in its words")
    func refusals() {
        func message(_ body: () -> SGD) -> String? { failure { _ = body() }?.message }
        let p = parameter(1)
        #expect(message { SGD([Tensor]()) } == "optimizer got an empty parameter list")
        #expect(message { SGD([p], lr: -1) } == "Invalid learning rate: -1.0")
        #expect(message { SGD([p], momentum: -0.5) } == "Invalid momentum value: -0.5")
        #expect(message { SGD([p], weightDecay: -0.5) } == "Invalid weight_decay value: -0.5")
        let nesterov = "Nesterov momentum requires a momentum and zero dampening"
        #expect(message { SGD([p], nesterov: true) } == nesterov)
        #expect(message { SGD([p], momentum: 0.9, dampening: 0.1, nesterov: true) } == nesterov)
        #expect(message { SGD([p], momentum: 0.9, nesterov: true) } == nil)
        #expect(message { SGD([p * 2]) } == "can't optimize a non-leaf Tensor")
        let twice = [ParameterGroup([p], SGD.Options()), ParameterGroup([p], SGD.Options())]
        #expect(message { SGD(twice) } == "some parameters appear in more than one parameter group")
    }

    @Test("after a failure in the scope neither a step nor clearing does anything")
    func afterFailure() {
        let p = parameter(1)
        p.grad = Tensor([1.0])
        let optimizer = SGD([p], lr: 1)
        let error = failure {
            _ = Tensor([1.0, 2.0]) + Tensor([1.0, 2.0, 3.0])
            optimizer.step()
            optimizer.zeroGrad()
        }
        #expect(error?.name == "add")
        #expect(values(p) == [1] && values(p.grad!) == [1])
        optimizer.step()
        #expect(values(p) == [0])
    }
}
