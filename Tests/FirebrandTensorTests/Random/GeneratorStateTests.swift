import FirebrandTensor
import Testing

@Suite("Generator state")
struct GeneratorStateTests {
    private func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = Array(hexadecimal.utf8)
        return stride(from: 0, to: digits.count, by: 2).map {
            UInt8(String(decoding: digits[$0...($0 + 1)], as: UTF8.self), radix: 16)!
        }
    }

    @Test(
        "A state PyTorch saved draws PyTorch's next numbers, and is saved as PyTorch saves it",
        arguments: Row.all("states", of: "random"))
    func fromPyTorch(_ row: Row) {
        let saved = bytes(row.text("state"))
        let generator = Generator(seed: 1)
        generator.setState(Tensor(elements: saved, shape: [saved.count]))
        #expect(generator.getState().toArray(UInt8.self) == saved)
        let draws = row.rows("draws")
        #expect(Tensor.randn(1, generator: generator).bitText == draws[0].text("bits"))
        #expect(Tensor.rand(3, generator: generator).bitText == draws[1].text("bits"))
    }

    @Test("A generator goes back to a state of its own, cached Gaussian and all")
    func back() {
        let generator = Generator(seed: 9)
        _ = Tensor.randn(3, generator: generator)
        let state = generator.getState()
        let first = [Tensor.randn(2, generator: generator).bitText, Tensor.randn(40, generator: generator).bitText]
        generator.setState(state)
        #expect(
            [Tensor.randn(2, generator: generator).bitText, Tensor.randn(40, generator: generator).bitText] == first)
    }

    @Test("Bytes no generator can have are refused in PyTorch's words, and change nothing")
    func refused() {
        let generator = Generator(seed: 9)
        let before = generator.getState().toArray(UInt8.self)
        let cases: [(Tensor, String)] = [
            (Tensor.zeros([3], dtype: .uint8), "Expected a CPUGeneratorImplState of size 5056"),
            (Tensor.zeros([5056]), "RNG state must be a torch.ByteTensor"),
            (Tensor.zeros([5056], dtype: .uint8), "Invalid mt19937 state"),
        ]
        for (state, message) in cases {
            let error = #expect(throws: OperatorError.self) { try recovering { generator.setState(state) } }
            #expect(error?.message.contains(message) == true)
        }
        #expect(generator.getState().toArray(UInt8.self) == before)
    }
}
