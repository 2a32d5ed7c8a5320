import FirebrandTensor
import Testing

@Suite("Misuse outside of recovering stops the program")
struct StopTests {
    private func standardError(_ result: ExitTest.Result?) -> String {
        String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    }

    @Test("with operator, operands and reason, for shapes")
    func shapes() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = Tensor.ones(2, 3).matmul(Tensor.ones(4, 5))
        }
        #expect(
            standardError(result).contains(
                "mm(float32[2, 3], float32[4, 5]): mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)"))
    }

    @Test("for an index out of range")
    func index() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = Tensor.arange(3)[5]
        }
        #expect(
            standardError(result).contains(
                "__getitem__(int64[3]): index 5 is out of bounds for dimension 0 with size 3"))
    }

    @Test("for a second backward")
    func backward() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let x = Tensor.ones(2, requiresGrad: true)
            let y = (x * x).sum()
            y.backward()
            y.backward()
        }
        #expect(standardError(result).contains("Trying to backward through the graph a second time"))
    }

    @Test("for a leaf changed in place")
    func leaf() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            Tensor.ones(2, requiresGrad: true).add_(1)
        }
        #expect(
            standardError(result).contains(
                "add_(float32[2]): a leaf Variable that requires grad is being used in an in-place operation."))
    }

    @Test("also after a scope of recovering has ended")
    func afterScope() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            try? recovering { _ = Tensor.ones(2).view(3) }
            _ = Tensor.ones(2).view(5)
        }
        #expect(standardError(result).contains("view(float32[2]): shape '[5]' is invalid for input of size 2"))
    }
}
