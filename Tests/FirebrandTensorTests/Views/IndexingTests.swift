import FirebrandTensor
import FirebrandTestSupport
import Foundation
import Testing

/// What indices read and write is PyTorch's: see scripts/fixtures/views.py.
@Suite("Indexing")
struct IndexingTests {
    @Test("An index reads what PyTorch reads", arguments: Row.all("reading", of: "views"))
    func reading(_ row: Row) {
        let part = base(row)[at: positions(row.fields["index"] as! [Any])]
        #expect(part.shape == row.ints("shape"), "\(row.fields["index"]!)")
        #expect(part.toArray(Int.self) == row.ints("values"), "\(row.fields["index"]!)")
    }

    @Test(
        "An assignment writes what PyTorch writes, into contiguous and into transposed memory",
        arguments: Row.all("writing", of: "views"), [false, true])
    func writing(_ row: Row, transposed: Bool) {
        let x = transposed ? base(row).T.contiguous().T : base(row)
        let value = row.has("number") ? Tensor(row.int("number")) : Tensor(row.ints("value"))
        x.assign(value, at: positions(row.fields["index"] as! [Any]))
        #expect(x.toArray(Int.self) == row.ints("values"), "\(row.fields["index"]!)")
    }

    @Test(
        "A recorded assignment writes the same, and its gradients go where the values went",
        arguments: Row.all("writing", of: "views"))
    func recorded(_ row: Row) {
        let source = base(row, dtype: .float64).requiresGrad_()
        let x = source * 1
        let value = (row.has("number") ? Tensor([row.int("number")]) : Tensor(row.ints("value"))).double()
            .requiresGrad_()
        let index = positions(row.fields["index"] as! [Any])
        let taken = x.detach().clone()[at: index].count
        x.assign(row.has("number") ? value[0] : value, at: index)
        #expect(x.toArray(Int.self) == row.ints("values"), "\(row.fields["index"]!)")
        x.sum().backward()
        let kept = zip(base(row).toArray(Int.self), row.ints("values")).map { $0 == $1 ? 1.0 : 0 }
        #expect(source.grad!.toArray() == kept, "\(row.fields["index"]!)")
        #expect(value.grad?.sum().item() ?? 0 == Double(taken), "\(row.fields["index"]!)")
    }

    @Test("Chapter 1's snippets, text for text")
    func tutorial() {
        let tensor = Tensor.ones(4, 4)
        #expect("First row: \(tensor[0])" == "First row: tensor([1., 1., 1., 1.])")
        #expect("First column: \(tensor[.all, 0])" == "First column: tensor([1., 1., 1., 1.])")
        #expect("Last column: \(tensor[..., -1])" == "Last column: tensor([1., 1., 1., 1.])")
        tensor[.all, 1] = 0
        let changed = """
            tensor([[1., 0., 1., 1.],
                    [1., 0., 1., 1.],
                    [1., 0., 1., 1.],
                    [1., 0., 1., 1.]])
            """
        #expect("\(tensor)" == changed)
        let row = "[1., 0., 1., 1., 1., 0., 1., 1., 1., 0., 1., 1.]"
        #expect(
            "\(cat([tensor, tensor, tensor], dim: 1))"
                == "tensor([" + Array(repeating: row, count: 4).joined(separator: ",\n        ") + "])")

        let y1 = tensor.matmul(tensor.T)
        let y3 = Tensor.randLike(y1)
        matmul(tensor, tensor.T, out: y3)
        #expect(y1.equal(y3) && y1.toArray(Float.self) == Array(repeating: 3, count: 16))
        let z3 = Tensor.randLike(tensor)
        mul(tensor, tensor, out: z3)
        #expect("\(tensor * tensor)" == changed && "\(z3)" == changed)

        let item: Double = tensor.sum().item()
        #expect("\(item)" == "12.0" && "\(tensor.sum().item())" == "12.0")
        tensor.add_(5)
        #expect(
            "\(tensor)" == """
                tensor([[6., 5., 6., 6.],
                        [6., 5., 6., 6.],
                        [6., 5., 6., 6.],
                        [6., 5., 6., 6.]])
                """)
    }

    @Test("Every form an index can be written in compiles and reads alike")
    func forms() {
        let x = Tensor.arange(24).reshape(2, 3, 4)
        let (i, rows) = (1, [0, 2])
        let forms: [(Tensor, [Int], [Int])] = [
            (x[i], [3, 4], Array(12..<24)), (x[i, 2], [4], [20, 21, 22, 23]), (x[0, 1, 2], [], [6]),
            (x[.all, 1], [2, 4], [4, 5, 6, 7, 16, 17, 18, 19]), (x[..., -1], [2, 3], [3, 7, 11, 15, 19, 23]),
            (x[0, .ellipsis, 0], [3], [0, 4, 8]), (x[0, 0, 1...], [3], [1, 2, 3]), (x[0, 0, 1...2], [2], [1, 2]),
            (x[0, 0, ..<2], [2], [0, 1]), (x[0, 0, ...2], [3], [0, 1, 2]), (x[0, 0, ...(-2)], [3], [0, 1, 2]),
            (x[0, 0, (-2)...], [2], [2, 3]), (x[0, 0, .range(step: 3)], [2], [0, 3]),
            (x[0, 0, .range(1, -1)], [2], [1, 2]), (x[0, nil, 0], [1, 4], [0, 1, 2, 3]),
            (x[.newAxis, 0, 0], [1, 4], [0, 1, 2, 3]), (x[0, rows, 0], [2], [0, 8]), (x[0, [2, 0], 0], [2], [8, 0]),
            (x[0, Tensor([1]), 0], [1], [4]), (x[x .> 21], [2], [22, 23]),
            (x[1, [true, false, true], 0], [2], [12, 20]),
        ]
        for (index, (part, shape, values)) in forms.enumerated() {
            #expect(part.shape == shape && part.toArray(Int.self) == values, "form \(index)")
        }
    }

    @Test("Every form of assignment compiles: numbers, tensors, and operators in place")
    func assignmentForms() {
        let x = Tensor.zeros(2, 3)
        x[0] = 1
        x[..., -1] = 2.5
        x[1, 0] = Tensor(7)
        x[1, 1...1] = Tensor([8.0])
        x[.all, 0] += 10
        x[x .> 9] *= Tensor(2.0)
        #expect(x.toArray(Double.self) == [22, 1, 2.5, 34, 8, 2.5])
        x[nil, 0, 1] -= 1
        #expect(x[0, 1].item() == 0.0)
        let n = Tensor.zeros([3], dtype: .int64)
        n[1...] = 3.9  // converted to the tensor's type, as PyTorch does
        #expect(n.toArray(Int.self) == [0, 3, 3])
    }

    @Test("Wrong indices are refused in PyTorch's words and leave the tensor as it was")
    func refused() {
        let x = Tensor.arange(6).reshape(2, 3)
        let cases: [(String, () -> Void)] = [
            ("index 2 is out of bounds for dimension 0 with size 2", { _ = x[2] }),
            ("index -4 is out of bounds for dimension 1 with size 3", { _ = x[0, -4] }),
            ("too many indices for tensor of dimension 2", { _ = x[0, 0, 0] }),
            ("an index can only have a single ellipsis ('...')", { _ = x[.ellipsis, .ellipsis] }),
            ("slice step cannot be zero", { _ = x[.range(step: 0)] }),
            ("step must be", { _ = x[.range(step: -1)] }),
            ("index 5 is out of bounds for dimension 0 with size 2", { _ = x[[0, 5]] }),
            ("tensors used as indices must be long, int, byte or bool tensors", { _ = x[Tensor([0.5])] }),
            (
                "shape mismatch: indexing tensors could not be broadcast together with shapes [2], [3]",
                { _ = x[[0, 1], [0, 1, 2]] }
            ),
            (
                "The shape of the mask [3] at index 0 does not match the shape of the indexed tensor [2, 3] at index 0",
                { _ = x[Tensor([true, true, true])] }
            ),
            ("index 7 is out of bounds", { x[7] = 1 }),
            (
                "shape mismatch: value tensor of shape [4] cannot be broadcast to indexing result of shape [2, 3]",
                { x[[0, 1]] = Tensor([1, 2, 3, 4]) }
            ),
            ("The expanded size of the tensor (3) must match the existing size (2)", { x[0] = Tensor([1, 2]) }),
        ]
        for (message, action) in cases {
            let error = failure(action)
            #expect(error?.message.contains(message) == true, "\(error?.message ?? "nothing") instead of \(message)")
        }
        #expect(x.toArray(Int.self) == Array(0..<6))
    }
}
