import CRuntime
import FirebrandTensor
import FirebrandTestSupport
import Foundation
import Testing

@Suite("Memory of graphs with all that autograd has", .serialized)
struct GraphMemoryTests {
    private static func residentBytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        return Int(text.split(separator: " ")[1])! * 4096
    }

    @Test(
        "10,000 steps hold the resident size flat",
        // The sanitizers keep freed memory for a while, to see whether it is used.
        .enabled(if: dlsym(nil, "__asan_init") == nil && dlsym(nil, "__tsan_init") == nil),
        arguments: ["in place on views", "createGraph", "checkpoint", "forward mode", "custom function", "hooks"])
    func flat(_ kind: String) async throws {
        // In a process of its own: what other suites take meanwhile would count.
        await #expect(processExitsWith: .success) { [kind = kind as String] in
            if try !GraphMemoryTests.isFlat(kind) { exit(1) }
        }
    }

    private static func isFlat(_ kind: String) throws -> Bool {
        struct Double: AutogradFunction {
            func forward(_ context: FunctionContext, _ inputs: [Tensor]) -> [Tensor] {
                let y = inputs[0] * 2
                context.saveForBackward(inputs[0], y)
                return [y]
            }
            func backward(_ context: FunctionContext, _ gradients: [Tensor?]) -> [Tensor?] {
                [gradients[0]! * 2 + context.savedTensors[1] * 0]
            }
        }
        let w = Tensor.ones(200, requiresGrad: true)
        let x = Tensor.ones(200)
        func step() {
            switch kind {
            case "in place on views":
                let y = w * x
                y[..<100].mul_(w[..<100])
                y[3] = 2
                y.view(10, 20).t()[1].exp_()
                y.sum().backward()
            case "createGraph":
                let slope = grad(outputs: [(w * w * x).sum()], inputs: [w], createGraph: true)[0]!
                slope.pow(2).sum().backward()
            case "checkpoint": checkpoint(w) { checkpoint($0 * x) { $0.exp() } * $0 }.sum().backward()
            case "forward mode":
                dualLevel { _ = unpackDual((makeDual(w, x) * w).exp().sum()).tangent?.backward() }
            case "custom function": Double().apply(w).sum().backward()
            default:
                let y = w * x
                y.registerHook { $0 * 2 }
                y.retainGrad()
                y.gradFn!.registerHook { inputs, _ in inputs }
                y.gradFn!.nextFunctions[0].node!.metadata["y"] = 1
                y.sum().backward()
            }
            w.grad = nil
        }
        for _ in 0..<500 { step() }
        // The caches fill for a while; a leak grows the process every time. One vector of 800 bytes left behind a step
        // would be 8 MB.
        return try (0..<5).contains { _ in
            let before = try residentBytes()
            for _ in 0..<10_000 { step() }
            return try residentBytes() - before < 4 << 20
        }
    }

    @Test("Long chains of everything are freed on the way out")
    func chains() {
        weak var node: Node?
        weak var twice: Node?
        do {
            let x = Tensor([1.0], requiresGrad: true)
            var y = x
            for _ in 0..<20_000 { y = y * x }
            let first = grad(outputs: [y], inputs: [x], createGraph: true)[0]!
            node = first.gradFn
            // The graph of the gradient runs backward too, and is freed with it.
            let second = grad(outputs: [first], inputs: [x], createGraph: true)[0]!
            twice = second.gradFn
            #expect(node != nil && twice != nil && abs(second.item() / 4.0002e8 - 1) < 1e-3)
        }
        #expect(node == nil && twice == nil)
    }
}
