import FirebrandNN
import FirebrandTensor
import FirebrandTestSupport
import Foundation
import Testing

@Suite struct LossTests {
    /// Calls a loss as a fixture's row says.
    static func call(_ row: Row, _ input: Tensor) -> Tensor {
        let target = row.tensor("target")
        func optional(_ name: String) -> Tensor? { row.has(name) ? row.tensor(name) : nil }
        let reduction = LossReduction(rawValue: row.text("reduction")) ?? .mean
        let ignoreIndex = row.has("ignore_index") ? row.int("ignore_index") : -100
        switch row.text("function") {
        case "cross_entropy":
            return Functional.crossEntropy(
                input, target, weight: optional("weight"), ignoreIndex: ignoreIndex, reduction: reduction,
                labelSmoothing: row.has("label_smoothing") ? row.double("label_smoothing") : 0)
        case "nll_loss":
            return Functional.nllLoss(
                input, target, weight: optional("weight"), ignoreIndex: ignoreIndex, reduction: reduction)
        case "mse_loss": return Functional.mseLoss(input, target, reduction: reduction)
        case "l1_loss": return Functional.l1Loss(input, target, reduction: reduction)
        default:
            return Functional.binaryCrossEntropyWithLogits(
                input, target, weight: optional("weight"), reduction: reduction, posWeight: optional("pos_weight"))
        }
    }

    @Test("gives PyTorch's value, gradient and name in the graph", arguments: Row.all("losses", of: "modules"))
    func values(_ row: Row) {
        let input = row.tensor("input").requiresGrad_()
        let result = LossTests.call(row, input)
        let wanted = row.tensor("result")
        #expect(result.shape == wanted.shape && result.dtype == wanted.dtype)
        #expect(differs(result, wanted) == nil)
        #expect(result.gradFn?.name.description == row.text("grad_fn"))
        let weights = Tensor.arange(1, result.count + 1).reshape(result.shape.map { $0 })
        (result * weights).sum().backward()
        #expect(input.grad?.shape == input.shape)
        #expect(differs(input.grad!, row.tensor("grad")) == nil)
    }

    private func differs(_ got: Tensor, _ wanted: Tensor) -> String? {
        firstDifference(got.detach().toArray(), wanted.toArray(), relative: 1e-5, absolute: 1e-6)
    }

    @Test("refuses what PyTorch refuses, in its words", arguments: Row.all("refusals", of: "modules"))
    func refusals(_ row: Row) {
        let error = failure { _ = LossTests.call(row, row.tensor("input")) }
        #expect(error?.message == row.text("message"))
        #expect(error?.operands.isEmpty == false)
    }

    @Test("prints the graph's name as PyTorch does")
    func printing() {
        let scores = Tensor([[1.0, 2.0]]).requiresGrad_()
        let other = Tensor([[0.0, 2.0]])
        #expect("\(CrossEntropyLoss()(scores, Tensor([1])))" == "tensor(0.3133, grad_fn=<NllLossBackward0>)")
        #expect("\(MSELoss()(scores, other))" == "tensor(0.5000, grad_fn=<MseLossBackward0>)")
        #expect(
            "\(BCEWithLogitsLoss(reduction: .sum)(scores, other))".hasSuffix(
                "grad_fn=<BinaryCrossEntropyWithLogitsBackward0>)"))
    }

    @Test("an unknown reduction is refused by name")
    func unknownReduction() {
        let x = OperatorValue.tensor(Tensor([1.0]))
        #expect {
            try OperatorTable(nnOperators).call("nn.functional.mse_loss", [x, x], ["reduction": .string("most")])
        } throws: { "\($0)".contains("most is not a valid value for reduction") }
    }

    @Test("weights are part of the state under PyTorch's keys")
    func state() {
        let weight = Tensor([1.0, 2.0])
        #expect(CrossEntropyLoss(weight: weight).stateDict().keys == ["weight"])
        #expect(CrossEntropyLoss().stateDict().keys == [])
        #expect(BCEWithLogitsLoss(weight: weight, posWeight: weight).stateDict().keys == ["weight", "pos_weight"])
        #expect(CrossEntropyLoss(weight: weight).parameters().isEmpty)
    }
}
