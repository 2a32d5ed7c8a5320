import FirebrandNN
import FirebrandReplay
import FirebrandTensor
import FirebrandTestSupport
import Foundation

/// One call of an operator to try things on.
struct OperatorSample {
    var source: String
    var name: String
    var positional: [OperatorValue]
    var named: [String: OperatorValue]
}

/// Calls to check gradients with: those of the fixtures, and some of our own for operators the fixtures leave out.
enum OperatorSamples {
    /// The operators under test.
    static let table = OperatorTable(tensorOperators + nnOperators)

    /// All samples by the name of the row they call.
    static let byRow: [String: [OperatorSample]] = {
        var result: [String: [OperatorSample]] = [:]
        let all = [
            own, layers, losses, normalisations, pooling, sequences, complexNumbers, convolutions, fourier, selection,
            views,
            linearAlgebra, pointwise, fixtures,
        ]
        for sample in all.joined() {
            guard let row = table.find(sample.name)?.row else { continue }
            result[row.name, default: []].append(sample)
        }
        return result
    }()

    private static var fixtures: [OperatorSample] {
        let folder = OperatorReplayTests.folder
        return OperatorReplayTests.stems.flatMap { stem -> [OperatorSample] in
            guard let file = try? ReplayFile(folder.appendingPathComponent("\(stem).json").path) else { return [] }
            return file.cases.compactMap { run in
                guard let inputs = try? ReplayInputs(file, run, recordsGradients: true) else { return nil }
                return OperatorSample(
                    source: "\(stem)/\(run.id)", name: run.name, positional: inputs.positional, named: inputs.named)
            }
        }
    }

    /// Numbers away from kinks and from where functions end: 0.3 … 2.1 in no order, all different.
    static func numbers(_ shape: Int..., from: Double = 0.3, to: Double = 2.1) -> OperatorValue {
        let count = shape.reduce(1, *)
        let values = (0..<count).map {
            from + (to - from) * Double(($0 * 7 + 3) % max(count, 1)) / Double(max(count, 1))
        }
        return .tensor(Tensor(elements: values, shape: shape).requiresGrad_())
    }

    static func sample(
        _ name: String, _ positional: [OperatorValue], _ named: [String: OperatorValue] = [:]
    ) -> OperatorSample { OperatorSample(source: "own", name: name, positional: positional, named: named) }

    private static var own: [OperatorSample] {
        let x = numbers(2, 3)
        let integers = OperatorValue.tensor(Tensor([[1, 0, 2], [3, 1, 0]]))
        var samples = ["tan", "log2", "log10"].map { sample($0, [x]) }
        samples += [
            sample("rsub", [x, numbers(3)]), sample("rsub", [x, .int(2)], ["alpha": .double(0.5)]),
            sample("remainder", [numbers(2, 3, from: 3, to: 5), numbers(3, from: 0.7, to: 1)]),
            sample("remainder", [x, .double(0.7)]),
            sample("pow", [x, numbers(3)]), sample("pow", [.double(1.5), x]),
            sample("div", [.double(1.5), x]), sample("sub", [.int(2), x]), sample("mul", [.int(2), x]),
            sample("add", [x, numbers(3)], ["alpha": .double(1.5)]),
            sample("floor_divide", [x, .double(0.5)]),
            sample("T", [x]), sample("mT", [numbers(2, 3, 2)]),
            sample("movedim", [numbers(2, 3, 2), .int(0), .int(2)]),
            sample("flip", [x, .int(0), .int(1)]), sample("unbind", [x], ["dim": .int(1)]),
            sample("split_with_sizes", [numbers(5), .list([.int(2), .int(3)])]),
            sample("reshape_as", [x, .tensor(Tensor.zeros(3, 2))]), sample("view_as", [x, .tensor(Tensor.zeros(6))]),
            sample("type_as", [x, .tensor(Tensor.zeros([], dtype: .float64))]), sample("double", [x]),
            sample("float", [x]), sample("half", [x]), sample("bfloat16", [x]),
            sample("fill", [x, .double(2)]), sample("detach", [x]), sample("to", [x, .dtype(.float64)]),
            sample("equal", [x, x]),
            sample("allclose", [x, x]),
            sample("copy_", [.tensor(Tensor.zeros([2, 3], dtype: .float64)), numbers(3)]),
            sample("zero_", [.tensor(Tensor.ones([2, 3], dtype: .float64))]), sample("item", [numbers()]),
            sample("nonzero", [integers]), sample("index_put", [x, .list([integersOf([1, 0])]), numbers(2, 3)]),
            sample("index_put", [x, .list([integersOf([1, 1])]), numbers(2, 3)], ["accumulate": .bool(true)]),
            sample("clamp", [numbers(4), .double(0.5), .double(1.5)]),
            sample("clamp", [numbers(4), numbers(4, from: 0.5, to: 0.9), numbers(4, from: 1.1, to: 1.4)]),
            sample("masked_fill", [x, .tensor(Tensor([true, false, true])), numbers(from: 1, to: 1)]),
            sample("where", [.tensor(Tensor([true, false, true])), x, .double(1)]),
            sample("std", [x], ["dim": .int(1), "correction": .double(0.5)]),
            sample("tensor", [.list([.list([.int(1), .double(2)])])]), sample("empty", [.int(2), .int(3)]),
            sample("empty_like", [x]),
            sample("random_", [.tensor(Tensor.zeros(2, 3)), .int(4)]), sample("poisson", [.tensor(Tensor.ones(2, 3))]),
            sample("randperm", [.int(5)]), sample("rand", [.int(2), .int(3)]),
            sample("nn.functional.dropout1d", [.tensor(Tensor.ones(2, 3, 4))]),
        ]
        samples += ["bool", "byte", "char", "short", "int", "long"].map { sample($0, [x]) }
        return samples
    }

    private static func integersOf(_ values: [Int]) -> OperatorValue { .tensor(Tensor(values)) }
}
