import FirebrandTensor
import Foundation
import Testing

@Suite("Gradient mode, detach and in-place changes")
struct GradModeTests {
    private func values(_ tensor: Tensor?) -> [Double]? { tensor?.toArray() }

    @Test("noGrad and enableGrad nest, and end when an error is thrown")
    func nesting() {
        struct Failure: Error {}
        let x = Tensor.ones(1, requiresGrad: true)
        #expect(isGradEnabled())
        noGrad {
            #expect(!isGradEnabled() && !(x * 2).requiresGrad)
            enableGrad {
                #expect((x * 2).requiresGrad)
                noGrad { #expect(!(x * 2).requiresGrad) }
                #expect(isGradEnabled())
            }
            #expect(!isGradEnabled())
        }
        try? noGrad { throw Failure() }
        #expect(isGradEnabled())
    }

    @Test("The mode belongs to the thread")
    func threads() {
        let thread = noGrad {
            let inOther = DispatchSemaphore(value: 0)
            nonisolated(unsafe) var enabled = false
            Thread {
                enabled = isGradEnabled()
                inOther.signal()
            }.start()
            inOther.wait()
            return enabled
        }
        #expect(thread)
    }

    @Test("detach shares memory, and its in-place changes are seen by backward")
    func detach() {
        let x = Tensor([1.0, 2.0], requiresGrad: true)
        let y = x * 1
        let z = y.detach()
        #expect(z.isLeaf && !z.requiresGrad && z.gradFn == nil)
        z.add_(5)
        #expect(values(y) == [6, 7])
        let saved = y * y
        y.detach().mul_(2)
        #expect(failure { saved.sum().backward() }?.message.contains("modified by an inplace operation") == true)
        #expect(x.grad == nil)
    }

    @Test("In place on a non-leaf: the gradient goes through the change")
    func inPlace() {
        let x = Tensor([1.0, 2.0], requiresGrad: true)
        let y = x * 3
        y.add_(1)
        y.mul_(x)
        #expect(y.gradFn?.description == "<MulBackward0>")
        y.sum().backward()
        // (3x + 1) x
        #expect(values(x.grad) == [7, 13])
    }

    @Test("In place with a tracked operand makes a plain tensor tracked")
    func inPlaceTracked() {
        let x = Tensor([1.0, 2.0], requiresGrad: true)
        let sum = Tensor.zeros(2)
        sum.add_(x * 2)
        sum.add_(x)
        #expect(sum.requiresGrad && !sum.isLeaf)
        sum.sum().backward()
        #expect(values(x.grad) == [3, 3])
    }

    @Test("A leaf is not changed in place, but inside noGrad it is")
    func leaf() {
        let x = Tensor([1.0, 2.0], requiresGrad: true)
        let changes: [(String, (Tensor) -> Void)] = [
            ("add_", { $0.add_(1) }), ("mul_", { $0.mul_(2) }), ("zero_", { $0.zero_() }), ("exp_", { $0.exp_() }),
            ("copy_", { $0.copy_(Tensor.ones(2)) }), ("uniform_", { $0.uniform_() }), ("t_", { $0.t_() }),
        ]
        for (name, change) in changes {
            let error = failure { change(x) }
            #expect(
                error?.message == "a leaf Variable that requires grad is being used in an in-place operation.",
                "\(name)")
            #expect(values(x) == [1, 2], "\(name)")
        }
        noGrad { _ = x.sub_(Tensor([0.5, 0.5])) }
        #expect(values(x) == [0.5, 1.5] && x.requiresGrad && x.isLeaf)
    }

    @Test("What an operation saved must not change before backward", arguments: savers)
    func saved(_ saver: Saver) {
        let x = Tensor([1.0, 2.0], requiresGrad: true)
        let y = x * 2
        let z = saver.body(y)
        (saver.changesResult ? z : y).detach().add_(1)
        let error = failure { z.sum().backward() }
        #expect(
            error?.message.contains(
                "has been modified by an inplace operation: [torch.FloatTensor [2]] is at version 1; expected version 0 instead"
            ) == true)
        #expect(x.grad == nil)
    }

    struct Saver: CustomTestStringConvertible {
        let testDescription: String
        let changesResult: Bool
        let body: @Sendable (Tensor) -> Tensor
    }
    private static func saver(_ name: String, result: Bool = false, _ body: @escaping @Sendable (Tensor) -> Tensor)
        -> Saver
    {
        Saver(testDescription: name, changesResult: result, body: body)
    }
    static let savers = [
        saver("mul") { $0 * Tensor([3.0, 4.0], requiresGrad: true) },
        saver("div") { Tensor([1.0], requiresGrad: true) / $0 },
        saver("pow") { $0.pow(3) }, saver("log") { $0.log() }, saver("abs") { $0.abs() }, saver("sin") { $0.sin() },
        saver("dot") { $0.dot(Tensor([1.0, 2.0], requiresGrad: true)) }, saver("exp", result: true) { $0.exp() },
        saver("tanh", result: true) { $0.tanh() }, saver("sigmoid", result: true) { $0.sigmoid() },
        saver("sqrt", result: true) { $0.sqrt() }, saver("relu", result: true) { $0.relu() },
        saver("softmax", result: true) { $0.softmax(dim: 0) },
        saver("log_softmax", result: true) { $0.logSoftmax(dim: 0) },
        saver("reciprocal", result: true) { $0.reciprocal() },
    ]

    @Test("requiresGrad cannot be taken from a non-leaf")
    func requiresGradOfNonLeaf() {
        let y = Tensor.ones(1, requiresGrad: true) * 2
        #expect(
            failure { y.requiresGrad_(false) }?.message.hasPrefix(
                "you can only change requires_grad flags of leaf variables.") == true)
        #expect(y.requiresGrad)
        #expect(!y.detach_().requiresGrad)
    }

    @Test("Assignment through an index lets gradients flow to what was assigned and what was kept")
    func indexAssignment() {
        let x = Tensor([1.0, 2.0, 3.0], requiresGrad: true)
        let v = Tensor([10.0, 20.0], requiresGrad: true)
        let y = x * 2
        y[..<2] = v * 3
        #expect(values(y) == [30, 60, 6])
        (y * Tensor([1.0, 10.0, 100.0])).sum().backward()
        #expect(values(x.grad) == [0, 0, 200])
        #expect(values(v.grad) == [3, 30])

        let w = Tensor([1.0, 2.0], requiresGrad: true)
        let z = Tensor.zeros(2, 2)
        z[.all, 1] = w
        z[0, 0] = 7
        #expect(z.requiresGrad && values(z) == [7, 1, 0, 2])
        (z * z).sum().backward()
        #expect(values(w.grad) == [2, 4])

        let u = Tensor(5.0, requiresGrad: true)
        let t = Tensor.zeros(3)
        t[Tensor([true, false, true])] = u
        t.sum().backward()
        #expect(values(u.grad) == [2])
    }

    @Test("Gradients of index tensors add up where an index repeats")
    func repeatedIndex() {
        let x = Tensor([[1.0, 2.0], [3.0, 4.0]], requiresGrad: true)
        x[[0, 0, 1]].sum().backward()
        #expect(values(x.grad) == [2, 2, 1, 1])
        x.grad = nil
        x[.all, [1, 1]].sum().backward()
        #expect(values(x.grad) == [0, 2, 0, 2])
        x.grad = nil
        (x[x .> 1.5] * Tensor([1.0, 2.0, 3.0])).sum().backward()
        #expect(values(x.grad) == [0, 1, 2, 3])
    }
}
