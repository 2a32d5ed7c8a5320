import FirebrandTensor
import FirebrandTestSupport
import Testing

@Suite("In-place changes of views")
struct InPlaceViewTests {
    private func values(_ tensor: Tensor?) -> [Double]? { tensor?.toArray() }

    private func leaf() -> Tensor { Tensor([1.0, 2.0, 3.0, 4.0], dtype: .float64, requiresGrad: true) }

    @Test("Expected values of PyTorch", arguments: Case.all)
    func pytorch(_ item: Case) throws {
        let row = try #require(Case.expected[item.name])
        let x = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], dtype: .float64, requiresGrad: true)
        let w = Tensor([0.5, -1, 2], dtype: .float64, requiresGrad: true)
        let (y, view) = item.body(x, w)
        // The last digit of exp differs.
        func agree(_ tensor: Tensor?, _ name: String) {
            let (found, wanted) = (values(tensor) ?? [], row.doubles(name))
            #expect(
                found.count == wanted.count && zip(found, wanted).allSatisfy { abs($0 - $1) <= 1e-14 * abs($1) },
                "\(name): \(found), wanted \(wanted)")
        }
        agree(y, "y")
        #expect(y.gradFn?.description == row.text("gradFn"))
        #expect((view.gradFn?.description ?? "") == row.text("viewGradFn"))
        let weights = Tensor.arange(1, 7, dtype: .float64).reshape(2, 3)
        (y * weights + y * y).sum().backward(retainGraph: true)
        agree(x.grad, "xGrad")
        agree(w.grad, "wGrad")
        if view.requiresGrad {
            x.grad = nil
            (view * view).sum().backward()
            agree(x.grad, "xGradOfView")
        }
    }

    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let body: @Sendable (_ x: Tensor, _ w: Tensor) -> (Tensor, Tensor)
        var testDescription: String { name }

        static let expected = Dictionary(
            uniqueKeysWithValues: Row.all("cases", of: "autograd_views").map { ($0.text("name"), $0) })

        private static func of(_ name: String, _ body: @escaping @Sendable (Tensor, Tensor) -> (Tensor, Tensor)) -> Case
        {
            Case(name: name, body: body)
        }

        static let all = [
            of("chain") { x, w in
                let y = x.clone()
                y[0].mul_(2)
                y[1, 1...].add_(w[1...])
                return (y, y[0])
            },
            of("several views") { x, w in
                let y = x * 1
                let (a, b) = (y[0], y.t())
                a.mul_(w)
                b[1].add_(10)
                a.exp_()
                return (y, b)
            },
            of("view of view") { x, w in
                let y = x.clone()
                let row = y.view(3, 2)
                row[1].mul_(w[..<2])
                return (y, row)
            },
            of("copy_ into a view") { x, w in
                let y = x.clone()
                let v = y[1]
                v.copy_(w)
                return (y, v)
            },
            of("base after view") { x, w in
                let y = x.clone()
                let v = y[0]
                y.mul_(3)
                v.mul_(w)
                y.add_(v.sum())
                return (y, v)
            },
            of("untracked base") { x, w in
                let y = Tensor.zeros(2, 3, dtype: .float64)
                let other = y.t()
                y[0].add_(w)
                y[1] = x[0] * 2
                return (y, other)
            },
            of("expanded view of a changed base") { x, _ in
                let y = x.clone()
                let v = y[.all, ..<1].expand(2, 4)
                y.mul_(y.detach().clone())
                return (y, v)
            },
            of("zero_ and fill_") { x, w in
                let y = x.mul(w)
                let v = y[0]
                v.zero_()
                y[1, 2].fill_(7)
                return (y, v)
            },
            of("index assignment") { x, w in
                let y = x.clone()
                let v = y[1]
                v[Tensor([0, 2])] = w[..<2]
                v[Tensor([false, true, false])] = 9
                return (y, v)
            },
        ]
    }

    @Test("They differentiate again")
    func second() throws {
        let x = Tensor([[0.3, 0.7], [1.1, -0.4]], dtype: .float64, requiresGrad: true)
        let w = Tensor([0.5, 1.5], dtype: .float64, requiresGrad: true)
        func body(_ inputs: [Tensor]) -> [Tensor] {
            let y = inputs[0].pow(2)
            y[0].mul_(inputs[1])
            y.t()[1].exp_()
            return [y * y]
        }
        try gradcheck(body, [x, w], checkForwardAD: true)
        try gradgradcheck(body, [x, w])
    }

    @Test("Leaves, and views of them, are refused in PyTorch's words")
    func leaves() {
        let x = leaf()
        let view = x[..<2]
        #expect(
            failure { view.mul_(2) }?.message
                == "a view of a leaf Variable that requires grad is being used in an in-place operation.")
        #expect(
            failure { x[0] = 1 }?.message
                == "a view of a leaf Variable that requires grad is being used in an in-place operation.")
        noGrad { x[..<2].mul_(2) }
        #expect(values(x) == [2, 4, 3, 4])
    }

    @Test(
        "One of several views is refused, directly and after its base changed",
        arguments: ["Unbind", "Split", "SplitWithSizes"])
    func severalViews(_ name: String) {
        func views(_ y: Tensor) -> [Tensor] {
            switch name {
            case "Unbind": y.unbind()
            case "Split": y.split(2)
            default: y.split([1, 3])
            }
        }
        let tail =
            " This view is the output of a function that returns multiple views. Such functions do not allow the output "
            + "views to be modified inplace. You should replace the inplace operation by an out-of-place one."
        let y = leaf() * 2
        let parts = views(y)
        #expect(parts[0].gradFn?.name == "\(name)Backward0")
        #expect(
            failure { parts[1].mul_(2) }?.message == "Output 1 of \(name) is a view and is being modified inplace."
                + tail)
        y.mul_(2)
        #expect(
            failure { _ = parts[0] + 1 }?.message
                == "Output 0 of \(name) is a view and its base or another view of its base has been modified inplace."
                + tail)
        noGrad { views(Tensor.ones(4))[0].mul_(3) }
    }

    @Test("A view made in noGrad or inferenceMode is refused where gradients would flow")
    func modes() {
        let y = leaf() * 2
        let silent = noGrad { y[..<2] }
        #expect(
            failure { silent.mul_(2) }?.message
                == "A view was created in no_grad mode and is being modified inplace with grad mode enabled. Given that "
                + "this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by moving both "
                + "the view and the inplace either both inside the no_grad block (if you don't want the inplace to be "
                + "tracked) or both outside (if you want the inplace to be tracked).")
        noGrad { silent.mul_(2) }
        let inferred = inferenceMode { y[..<2] }
        #expect(!inferred.isInference)
        #expect(
            failure { inferred.mul_(2) }?.message.hasPrefix(
                "A view was created in inference mode and is being modified inplace in normal mode.") == true)
        // Where nothing is tracked, nothing is ambiguous.
        let plain = Tensor.zeros(4)
        noGrad { plain[..<2] }.add_(1)
        #expect(values(plain) == [1, 1, 0, 0])
    }

    @Test("A saved tensor that was changed through a view is found out")
    func savedChanged() {
        let y = leaf() * 1
        let z = y.exp() * y
        y[0].mul_(2)
        #expect(
            failure { z.sum().backward() }?.message.contains("has been modified by an inplace operation") == true)
    }

    @Test("retainGrad follows the history")
    func retained() {
        let y = leaf() * 2
        y.retainGrad()
        y[0].mul_(3)
        y.mul_(10)
        (y * 5).sum().backward()
        #expect(values(y.grad) == [5, 5, 5, 5])
    }

    @Test("Random numbers written over a value end its gradient")
    func random() {
        let x = leaf()
        let y = x * 2
        y[..<2].uniform_()
        #expect(y.gradFn?.name == "CopySlices")
        y.sum().backward()
        #expect(values(x.grad) == [0, 0, 2, 2])
        let z = x * 2
        z.normal_()
        #expect(z.gradFn?.name == "NormalBackward0")
    }

    @Test("A long chain of changes runs backward and is freed")
    func longChain() {
        weak var node: Node?
        do {
            let x = leaf()
            let y = x * 1
            let parts = [y[..<2], y[2...]]
            for step in 0..<20_000 { parts[step % 2].add_(x[..<2]) }
            node = y.gradFn
            y.sum().backward()
            #expect(values(x.grad) == [20_001, 20_001, 1, 1])
        }
        #expect(node == nil)
    }

    @Test("detach_ of a view is refused")
    func detachView() {
        let y = leaf() * 2
        #expect(failure { y[0].detach_() }?.message.hasPrefix("Can't detach views in-place.") == true)
    }
}
