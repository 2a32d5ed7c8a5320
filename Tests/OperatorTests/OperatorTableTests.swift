import FirebrandTensor
import FirebrandTestSupport
import Testing

/// The table itself: its names and signatures, and what it says to a call it cannot make.
@Suite struct OperatorTableTests {
    private let table = OperatorSamples.table
    private let x = OperatorValue.tensor(Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))

    @Test("No name or alias is taken twice")
    func namesAreUnique() {
        var seen: [String: String] = [:]
        for row in table.rows {
            for name in [row.name] + row.aliases {
                #expect(seen[name] == nil, "\(name) belongs to \(seen[name] ?? "") and to \(row.name)")
                seen[name] = row.name
                #expect(table.find(name)?.row.name == row.name)
                #expect(table.find("torch.\(name)")?.row.name == row.name)
            }
        }
        #expect(table.rows.count > 130)
    }

    @Test("Every row can be called: it has a fixture or a sample")
    func everyRowIsCalled() throws {
        for row in table.rows where row.family != .random {
            let samples = OperatorSamples.byRow[row.name] ?? []
            #expect(!samples.isEmpty, "\(row.name) has neither fixture nor sample")
            // Copies: others look at the samples at the same time.
            for sample in samples.prefix(1) {
                _ = try row.call(sample.positional.map { $0.mapTensors { $0.detach().clone() } }, sample.named)
            }
        }
    }

    @Test("Every signature reads as it is written")
    func signaturesAreReadable() throws {
        for row in table.rows {
            #expect(!row.signatures.isEmpty)
            for signature in row.signatures {
                let parsed = try #require(OperatorSignature(signature.description))
                #expect(parsed.parameters.map(\.name) == signature.parameters.map(\.name))
                #expect(!parsed.parameters.isEmpty, "\(row.name)")
            }
        }
        #expect(OperatorSignature("input, input") == nil)
        #expect(OperatorSignature("dim: nonsense") == nil)
        #expect(OperatorSignature("dim=nonsense") == nil)
    }

    @Test("A signature knows names, kinds, defaults and what is given by name only")
    func signatureParts() throws {
        let signature = try #require(OperatorSignature("input, dim: ints=None, *, eps=1e-05, mode='mean', dims=()"))
        #expect(signature.parameters.map(\.name) == ["input", "dim", "eps", "mode", "dims"])
        #expect(signature.parameters.map(\.isKeywordOnly) == [false, false, true, true, true])
        #expect(signature.parameters[1].kind == .ints)
        guard case .double(1e-05) = signature.parameters[2].defaultValue,
            case .string("mean") = signature.parameters[3].defaultValue,
            case .list(let dims) = signature.parameters[4].defaultValue, dims.isEmpty
        else {
            Issue.record("wrong defaults: \(signature.parameters.map(\.defaultValue))")
            return
        }
        #expect(signature.parameters[0].defaultValue == nil)
    }

    @Test("Arguments bind by position, by name, as a sequence or spelled out")
    func binding() throws {
        func shape(_ name: String, _ arguments: [OperatorValue], _ named: [String: OperatorValue] = [:]) throws -> Size
        {
            try #require(try table.call(name, arguments, named).tensors.first).shape
        }
        #expect(try shape("permute", [x, .int(1), .int(0)]) == [3, 2])
        #expect(try shape("permute", [x, .list([.int(1), .int(0)])]) == [3, 2])
        #expect(try shape("permute", [x], ["dims": .list([.int(1), .int(0)])]) == [3, 2])
        #expect(try shape("view", [x, .int(3), .int(-1)]) == [3, 2])
        #expect(try shape("zeros", [.int(2), .int(3)]) == [2, 3])
        #expect(try shape("zeros", []) == [])
        #expect(try shape("sum", [x, .int(1)]) == [2])
        #expect(try shape("sum", [x], ["dim": .tuple([.int(0), .int(1)])]) == [])
        #expect(try shape("sum", [x], ["axis": .int(0), "keepdims": .bool(true)]) == [1, 3])
        #expect(try shape("torch.Tensor.swapaxes", [x, .int(0), .int(1)]) == [3, 2])
    }

    @Test("The kinds of arguments choose between signatures")
    func overloads() throws {
        #expect(try table.call("max", [x]).tensors.count == 1)
        #expect(try table.call("max", [x, .int(1)]).tensors.count == 2)
        #expect(try table.call("max", [x, x]).tensors[0].shape == [2, 3])
        #expect(try table.call("var", [x, .bool(false)]).tensors[0].shape == [])
        #expect(try table.call("arange", [.int(2), .int(5)]).tensors[0].toArray() == [2, 3, 4])
        #expect(try table.call("arange", [.int(3)]).tensors[0].toArray() == [0, 1, 2])
    }

    @Test("A wrong call is refused in PyTorch's words")
    func badArguments() {
        func message(_ name: String, _ arguments: [OperatorValue], _ named: [String: OperatorValue] = [:]) -> String {
            do {
                _ = try table.call(name, arguments, named)
                return "accepted"
            } catch { return "\(error)" }
        }
        #expect(
            message("frobnicate", [x]).hasPrefix("there is no operator 'frobnicate'; operators go by PyTorch's names"))
        #expect(message("add", [x]).hasSuffix("add() missing required argument: 'other' (pos 2)"))
        #expect(message("add", []).hasSuffix("add() missing required argument: 'input' (pos 1)"))
        #expect(message("sin", [x], ["foo": .int(1)]).hasSuffix("sin() got an unexpected keyword argument 'foo'"))
        #expect(message("sin", [x, .int(1)]).hasSuffix("sin() takes 1 positional argument but 2 were given"))
        #expect(message("mm", [x, x], ["mat2": x]).hasSuffix("mm() got multiple values for argument 'mat2'"))
        #expect(message("mm", [x, .int(1)]).hasSuffix("mm(): argument 'mat2' (position 2) must be Tensor, not int"))
        #expect(message("softmax", [x, .string("a")]).hasSuffix("argument 'dim' (position 2) must be int, not str"))
        #expect(message("zeros", [.int(1)], ["device": .string("cuda")]).contains("no device 'cuda' here"))
        #expect(message("arange_", [.int(1)]).hasPrefix("there is no operator 'arange_'"))
        #expect(
            message("max", [x, .string("a")]).contains(
                "max() received an invalid combination of arguments - got (Tensor, str), but expected one of: (input"))
        #expect(message("div", [x, x], ["rounding_mode": .string("up")]).contains("found 'up'"))
        #expect(
            message("full", [.int(1), x]).contains("argument 'fill_value' (position 2) must be Number, not Tensor"))
    }

    @Test("Misuse inside a call is thrown, with the operator and its operands")
    func misuse() {
        let error = #expect(throws: OperatorError.self) { try table.call("mm", [x, x]) }
        #expect(
            error?.description
                == "mm(float32[2, 3], float32[2, 3]): mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)")
        // And the next call is none the worse for it.
        #expect(throws: Never.self) { try table.call("add", [x, x]) }
    }

    @Test("A trailing underscore overwrites the operand and hands it back")
    func inPlace() throws {
        let tensor = Tensor([1.0, -2.0])
        let result = try table.call("abs_", [.tensor(tensor)]).tensors[0]
        #expect(result === tensor)
        #expect(tensor.toArray() == [1.0, 2.0])
        let wrong = #expect(throws: OperatorError.self) {
            try table.call("add_", [.tensor(tensor), .tensor(Tensor.ones(3, 2))])
        }
        #expect(wrong?.message == "output with shape [2] doesn't match the broadcast shape [3, 2]")
        #expect(tensor.shape == [2] && tensor.toArray() == [1.0, 2.0])
        #expect(throws: OperatorError.self) { try table.call("exp_", [.tensor(Tensor([1, 2]))]) }
    }

    @Test(
        "`out` receives the result, resized and converted",
        arguments: ["sin", "square", "add", "sum", "cumsum", "stack"])
    func out(_ name: String) throws {
        let arguments: [OperatorValue] =
            switch name {
            case "add": [x, x]
            case "cumsum": [x, .int(1)]
            case "stack": [.list([x, x])]
            default: [x]
            }
        let expected = try table.call(name, arguments).tensors[0]
        let out = Tensor.zeros([0], dtype: .float64)
        let result = try table.call(name, arguments, ["out": .tensor(out)])
        #expect(result.tensors[0] === out)
        #expect(out.dtype == .float64 && out.shape == expected.shape)
        #expect(out.to(.float32).equal(expected))
        let error = #expect(throws: OperatorError.self) {
            try table.call(name, arguments, ["out": .tensor(Tensor.zeros([0], dtype: .int64))])
        }
        #expect(error?.message == "result type Float can't be cast to the desired output type Long")
        let tracked = Tensor([[1.0, 2.0]], requiresGrad: true)
        let refused = #expect(throws: OperatorError.self) {
            try table.call("sin", [.tensor(tracked)], ["out": .tensor(Tensor.zeros(1, 2))])
        }
        #expect(refused?.message.contains("don't support automatic differentiation") == true)
    }

    @Test("Random rows draw the shape and type asked for, and PyTorch's range")
    func random() throws {
        let size = OperatorValue.list([.int(2), .int(3)])
        let calls: [(String, [OperatorValue], DType)] = [
            ("rand", [.int(2), .int(3)], .float32), ("randn", [size], .float32), ("randint", [.int(5), size], .int64),
            ("randint", [.int(-2), .int(5), size], .int64), ("rand_like", [x], .float32), ("randn_like", [x], .float32),
            ("uniform_", [.tensor(Tensor.zeros(2, 3)), .double(1), .double(2)], .float32),
            ("normal_", [.tensor(Tensor.zeros(2, 3))], .float32),
            ("random_", [.tensor(Tensor.zeros(2, 3)), .int(4)], .float32),
            ("bernoulli", [.tensor(Tensor.full([2, 3], 0.5))], .float32),
            ("exponential_", [.tensor(Tensor.zeros(2, 3))], .float32),
            ("geometric_", [.tensor(Tensor.zeros(2, 3)), .double(0.5)], .float32),
            ("cauchy_", [.tensor(Tensor.zeros(2, 3))], .float32),
            ("log_normal_", [.tensor(Tensor.zeros(2, 3))], .float32),
            ("normal", [.tensor(Tensor.zeros(2, 3)), .double(2)], .float32),
            ("poisson", [.tensor(Tensor.ones(2, 3))], .float32),
            ("multinomial", [.tensor(Tensor.ones(2, 5)), .int(3)], .int64),
            ("randint_like", [.tensor(Tensor.zeros(2, 3)), .int(5)], .float32),
            ("nn.functional.dropout", [.tensor(Tensor.ones(2, 3))], .float32),
            ("nn.functional.alpha_dropout", [.tensor(Tensor.ones(2, 3)), .double(0.5), .bool(true)], .float32),
        ]
        for (name, arguments, type) in calls {
            let result = try table.call(name, arguments).tensors[0]
            #expect(result.shape == [2, 3] && result.dtype == type, "\(name)")
        }
        let order: [Int] = try table.call("randperm", [.int(10)]).tensors[0].toArray()
        #expect(order.sorted() == Array(0..<10))
        for name in ["svd_lowrank", "pca_lowrank"] {
            let shapes = try table.call(name, [x], ["q": .int(2)]).tensors.map(\.shape)
            #expect(shapes == [[2, 2], [2], [3, 2]], "\(name)")
        }
        let images = OperatorValue.tensor(Tensor.ones(2, 3, 2, 2))
        for (name, dimensions) in [
            ("nn.functional.dropout1d", 3), ("nn.functional.dropout2d", 4), ("nn.functional.dropout3d", 4),
            ("nn.functional.feature_alpha_dropout", 4),
        ] {
            let x = dimensions == 3 ? OperatorValue.tensor(Tensor.ones(2, 3, 4)) : images
            let result = try table.call(name, [x, .double(0.5), .bool(true)]).tensors[0]
            #expect(result.shape == x.tensors[0].shape, "\(name)")
        }
        let channels = ["dropout1d", "dropout2d", "dropout3d", "feature_alpha_dropout"].map { "nn.functional.\($0)" }
        let named = Set(calls.map(\.0) + channels + ["randperm", "svd_lowrank", "pca_lowrank"])
        for row in table.rows where row.family == .random { #expect(named.contains(row.name), "\(row.name)") }
    }

    @Test("Results on the meta device have PyTorch's shape and type and no numbers")
    func meta() throws {
        let device = OperatorValue.device(.meta)
        let a = try table.call("zeros", [.int(2), .int(3)], ["device": device])
        let sum = try table.call("sum", [try table.call("mul", [a, .double(2)])], ["dim": .int(0)]).tensors[0]
        #expect(sum.device == .meta && sum.shape == [3] && sum.dtype == .float32)
    }
}
