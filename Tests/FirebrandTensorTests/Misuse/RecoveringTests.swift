import FirebrandTensor
import FirebrandTestSupport
import Testing

@Suite("recovering")
struct RecoveringTests {
    @Test("The error says operator, operands and reason on one line")
    func description() {
        let error = failure { _ = Tensor.ones(2, 3) + Tensor.ones([2, 4], dtype: .int64) }
        #expect(
            error?.description
                == "add(float32[2, 3], int64[2, 4]): The size of tensor a (3) must match the size of tensor b (4) at "
                + "non-singleton dimension 1")
        #expect(error?.name == "add" && error?.operands == ["float32[2, 3]", "int64[2, 4]"])
    }

    @Test("A scope without failure gives its result")
    func result() throws {
        let sum = try recovering { (Tensor([1.0, 2.0]) + 1).sum().item() as Double }
        #expect(sum == 5)
    }

    @Test("After a failure in-place writes, assignments and backward leave everything as it was")
    func nothingHappens() {
        let x = Tensor([1.0, 2.0], requiresGrad: true)
        let y = (x * x).sum()
        let plain = Tensor([1.0, 2.0])
        let generator = Generator(seed: 3)
        let state = generator.getState().toArray(UInt8.self)
        var item = 0.0
        var count = 0
        var list: [Float] = [1]
        let error = failure {
            _ = Tensor.ones(2) + Tensor.ones(3)
            plain.add_(1).mul_(2).zero_()
            plain[0] = 9
            plain[..., 1] = Tensor(9.0)
            plain.copy_(Tensor.zeros(2)).exp_().fill_(4)
            plain.uniform_(generator: generator)
            plain.scatter_(0, Tensor([0]), value: 1)
            plain.t_()
            y.backward()
            item = Tensor([1.0]).item()
            count = Tensor([1, 2]).argmax().item()
            list = plain.toArray()
            _ = x * 2 + plain.matmul(plain)
            x.requiresGrad_(false)
            x.registerHook { _ in nil }
        }
        #expect(error?.name == "add")
        #expect(plain.toArray(Float.self) == [1, 2])
        #expect(generator.getState().toArray(UInt8.self) == state)
        #expect(x.grad == nil && x.requiresGrad)
        #expect(item.isNaN && count == 0 && list.isEmpty)
        y.backward()
        #expect(x.grad!.toArray(Float.self) == [2, 4])
    }

    @Test("The first failure is the one that is thrown")
    func first() {
        let error = failure {
            _ = Tensor.ones(2).view(3)
            _ = Tensor.ones(2) + Tensor.ones(3)
        }
        #expect(error?.name == "view")
    }

    @Test("After a failure no operator traps, whatever it is called with", arguments: misuseCases.keys.sorted())
    func afterFailure(_ name: String) {
        let error = failure {
            _ = Tensor.ones(2).view(3)
            misuseCases[name]!()
        }
        #expect(error?.name == "view")
    }

    @Test("A failure inside a rule fails backward, whatever operators surround it")
    func insideRules() {
        let functions: [(String, (Tensor) -> Tensor)] = [
            ("softmax", { $0.softmax(dim: 1).sum(dim: 1).mean() }), ("cat", { cat([$0, $0 * 2], dim: 1).sum() }),
            ("matmul", { $0.matmul($0.t()).sum() }), ("index", { $0[[1, 0]].sum() }),
            ("max", { $0.max(dim: 1).values.sum() }),
            ("select", { $0[0].view(3, 1).expand(3, 4).sum() }),
            ("linear", { $0.linear(Tensor.ones(2, 3), Tensor.ones(2)).sum() }),
            ("where", { `where`($0 .> 0, $0, $0 * 2).std() }), ("gather", { $0.gather(1, Tensor([[0], [1]])).prod() }),
            ("stack", { stack([$0, $0]).var(dim: [0]).logsumexp(dim: [0]).sum() }),
            ("cumsum", { $0.cumsum(dim: 0).amax() }),
        ]
        for (name, function) in functions {
            let x = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requiresGrad: true)
            // A saved tensor that changed, in front of the function and behind it.
            let front = x * x
            let middle = function(front)
            let end = middle * middle.detach().clone().requiresGrad_()
            x.detach().add_(1)
            #expect(
                failure { end.backward(retainGraph: true) }?.message.contains("inplace operation") == true, "\(name)")
            middle.detach().add_(1)
            #expect(failure { end.backward() }?.message.contains("inplace operation") == true, "\(name)")
            #expect(x.grad == nil, "\(name)")
        }
    }

    @Test("Scopes nest: an inner failure is the inner scope's")
    func nested() throws {
        var inner: OperatorError?
        let value = try recovering {
            inner = failure { _ = Tensor.ones(2).view(3) }
            return (Tensor.ones(2) + 1).sum().item() as Double
        }
        #expect(inner?.name == "view" && value == 4)
    }

    @Test("A scope opened after a failure works for itself, and the outer failure is still thrown")
    func nestedAfterFailure() {
        var value = 0.0
        let outer = failure {
            _ = Tensor.ones(2).view(3)
            value = (try? recovering { Tensor([2.0]).item() as Double }) ?? -1
        }
        #expect(outer?.name == "view" && value == 2)
    }

    @Test("An error the body throws goes through, and ends the scope")
    func thrown() {
        struct Own: Error {}
        #expect(throws: Own.self) {
            try recovering {
                _ = Tensor.ones(2).view(3)
                throw Own()
            }
        }
        #expect(Tensor([2.0]).item() == 2.0)
    }

    @Test("Each thread has its own scope")
    func threads() async {
        let results = await withTaskGroup(of: Bool.self) { group in
            for index in 0..<8 {
                group.addTask {
                    let error = failure {
                        if index % 2 == 0 { _ = Tensor.ones(2).view(3) }
                        _ = Tensor.ones(2) + 1
                    }
                    return (error != nil) == (index % 2 == 0)
                }
            }
            return await group.reduce(true) { $0 && $1 }
        }
        #expect(results)
    }

    @Test("Inside noGrad the mode is restored when the scope fails")
    func gradientMode() {
        _ = failure { noGrad { _ = Tensor.ones(2).view(3) } }
        #expect(isGradEnabled())
    }
}
