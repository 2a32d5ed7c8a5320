import FirebrandTensor
import Foundation
import Testing

@Suite("Lifetime of graphs")
struct GraphLifetimeTests {
    /// Runs `body` on a thread with the small stack that secondary threads have by default.
    private func onSmallStack<Result: Sendable>(_ body: @escaping @Sendable () -> Result) -> Result {
        nonisolated(unsafe) var result: Result?
        let done = DispatchSemaphore(value: 0)
        let thread = Thread {
            result = body()
            done.signal()
        }
        thread.stackSize = 512 << 10
        thread.start()
        done.wait()
        return result!
    }

    private static let depth = 100_000

    @Test(
        "A chain of 100,000 nodes runs backward and is freed on a small stack", arguments: ["edges", "saved tensors"])
    func deepChain(_ kind: String) {
        let slope = onSmallStack { () -> Double in
            let x = Tensor([1.0], requiresGrad: true)
            var y = x
            // Sums keep nothing; products keep their operands, whose nodes hang on them.
            for _ in 0..<Self.depth { y = kind == "edges" ? y + 1 : y * Tensor([1.0], requiresGrad: true) }
            y.backward()
            return x.grad!.item()
        }
        #expect(slope == 1)
    }

    @Test("A chain that never ran backward is freed on a small stack", arguments: [false, true])
    func deepChainUnused(_ squares: Bool) {
        let value = onSmallStack { () -> Double in
            var y = Tensor([1.0], requiresGrad: true)
            for _ in 0..<Self.depth { y = squares ? y * y : y.exp() * 0 + 1 }
            return y.item()
        }
        #expect(value == 1)
    }

    @Test("A chain of gradients of gradients is freed on a small stack")
    func deepCreatedGraph() {
        let value = onSmallStack { () -> Double in
            let x = Tensor([1.0], requiresGrad: true)
            var y = x
            for _ in 0..<20_000 { y = y * x }
            let first = grad(outputs: [y], inputs: [x], createGraph: true)[0]!
            return first.item()
        }
        #expect(value == 20_001)
    }

    @Test("A graph lives as long as a handle on its result, and no longer")
    func lastHandle() {
        weak var node: Node?
        weak var operand: Tensor?
        do {
            let x = Tensor.ones(4, requiresGrad: true)
            var y: Tensor? = {
                let inner = x * 2
                operand = inner
                node = inner.gradFn
                return inner * inner
            }()
            #expect(node != nil && operand != nil)
            withExtendedLifetime(y) {}
            y = nil
            #expect(node == nil && operand == nil)
            withExtendedLifetime(x) {}
        }
    }

    @Test("backward frees what the graph saved, though the result lives on")
    func savedFreedByBackward() {
        weak var operand: Tensor?
        let x = Tensor.ones(4, requiresGrad: true)
        let y = {
            let inner = x * 2
            operand = inner
            return (inner * inner).sum()
        }()
        #expect(operand != nil)
        y.backward(retainGraph: true)
        #expect(operand != nil)
        y.backward()
        #expect(operand == nil)
        withExtendedLifetime(y) {}
    }

    @Test("Results that their own rule saves make no cycle", arguments: ["exp", "tanh", "softmax", "relu", "pow"])
    func noCycle(_ name: String) {
        weak var node: Node?
        weak var result: Tensor?
        do {
            let x = Tensor.ones(4, requiresGrad: true)
            let y =
                switch name {
                case "exp": x.exp()
                case "tanh": x.tanh()
                case "softmax": x.softmax(dim: 0)
                case "relu": x.relu()
                default: x.pow(Tensor([2.0], requiresGrad: true))
                }
            (node, result) = (y.gradFn, y)
            #expect(node != nil)
            withExtendedLifetime(y) {}
        }
        #expect(node == nil && result == nil)
    }

    @Test("In-place changes, index assignment and retained gradients make no cycle")
    func noCycleInPlace() {
        weak var node: Node?
        weak var result: Tensor?
        do {
            let x = Tensor.ones(4, requiresGrad: true)
            let y = x * 2
            y.retainGrad()
            y.mul_(x)
            y[0] = x[1]
            y.exp_()
            y.retainGrad()
            y.sum().backward()
            (node, result) = (y.gradFn, y)
        }
        #expect(node == nil && result == nil)
    }

    @Test("A pass that fails leaves no gradient and no memory behind")
    func failedPass() {
        weak var result: Tensor?
        let x = Tensor.ones(4, requiresGrad: true)
        do {
            let y = x * 2
            let z = (y * y).sum() + (x * 3).sum()
            result = z
            y.detach().add_(1)
            #expect(failure { z.backward() } != nil)
            #expect(failure { z.backward() } != nil)
        }
        #expect(x.grad == nil && result == nil)
        (x * 3).sum().backward()
        #expect(x.grad!.toArray(Float.self) == [3, 3, 3, 3])
    }

    @Test("Threads run backward on graphs of their own at once")
    func threads() async {
        let grads = await withTaskGroup(of: (Int, [Double]).self) { group in
            for thread in 1...8 {
                group.addTask {
                    let x = Tensor([1.0, 2.0], dtype: .float64, requiresGrad: true)
                    for _ in 0..<100 {
                        var y = x * thread
                        for _ in 0..<10 { y = y + x * x }
                        y.sum().backward()
                    }
                    return (thread, x.grad!.toArray())
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        for thread in 1...8 {
            #expect(grads[thread] == [Double(100 * (thread + 20)), Double(100 * (thread + 40))])
        }
    }

    @Test("Threads whose graphs share a leaf lose no gradient")
    func sharedLeaf() async {
        let x = Tensor([1.0], dtype: .float64, requiresGrad: true)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { for _ in 0..<100 { (x * 2).backward() } } }
        }
        #expect(x.grad!.item() == 1600.0)
    }

    @Test("A hook, which runs without recording, may itself turn it on and run a backward pass")
    func reentrant() {
        let x = Tensor([2.0], requiresGrad: true)
        let inner = Tensor([3.0], requiresGrad: true)
        let y = x * x
        y.registerHook { grad in
            enableGrad { (inner * inner).backward() }
            return grad * inner.grad!
        }
        y.backward()
        #expect(x.grad!.item() == 24.0 && inner.grad!.item() == 6.0)
    }
}
