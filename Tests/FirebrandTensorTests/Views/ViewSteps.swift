import FirebrandTensor
import FirebrandTestSupport
import Foundation

/// The tensor a row of views.json starts from: `arange(n).reshape(shape)`.
func base(_ row: Row, dtype: DType = .int64) -> Tensor {
    let shape = row.ints("base")
    return Tensor.arange(shape.reduce(1, *), dtype: dtype).reshape(shape)
}

/// The positions an index in views.json means; its form is described in scripts/fixtures/views.py.
func positions(_ items: [Any]) -> [TensorIndex] {
    items.map { item in
        switch item {
        case let number as NSNumber: .at(number.intValue)
        case is String: .ellipsis
        case let bounds as [Any]:
            .slice(
                (bounds[0] as? NSNumber)?.intValue, (bounds[1] as? NSNumber)?.intValue,
                (bounds[2] as? NSNumber)?.intValue ?? 1)
        case let tensor as [String: Any]:
            tensor["mask"].map { .tensor(nested($0, .bool)) } ?? .tensor(nested(tensor["tensor"]!, .int64))
        default: .newAxis
        }
    }
}

private func nested(_ value: Any, _ dtype: DType) -> Tensor {
    guard let list = value as? [Any] else { return Tensor((value as! NSNumber).intValue, dtype: dtype) }
    if list.isEmpty { return Tensor.zeros([0], dtype: dtype) }
    return stack(list.map { nested($0, dtype) })
}

extension Tensor {
    /// This tensor after one step of a row of views.json.
    func after(_ step: [Any]) -> Tensor {
        let arguments = Array(step.dropFirst())
        if step[0] as! String == "index" { return self[at: positions(arguments)] }
        if step[0] as! String == "unflatten" {
            return unflatten((arguments[0] as! NSNumber).intValue, (arguments[1] as! [NSNumber]).map(\.intValue))
        }
        let n = arguments.map { ($0 as! NSNumber).intValue }
        switch step[0] as! String {
        case "t": return t()
        case "T": return T
        case "mT": return mT
        case "transpose": return transpose(n[0], n[1])
        case "permute": return permute(n)
        case "movedim": return movedim(n[0], n[1])
        case "view": return view(n)
        case "reshape": return reshape(n)
        case "flatten": return flatten(startDim: n[0], endDim: n[1])
        case "squeeze": return squeeze(n.first)
        case "unsqueeze": return unsqueeze(n[0])
        case "expand": return expand(n)
        case "narrow": return narrow(n[0], n[1], n[2])
        case "select": return select(n[0], n[1])
        case "split": return split(n[0], dim: n[1])[n[2]]
        case "chunk": return chunk(n[0], dim: n[1])[n[2]]
        case "unbind": return unbind(dim: n[0])[n[1]]
        case "contiguous": return contiguous()
        case "clone": return clone()
        case "detach": return detach()
        case "x + 1": return self + 1
        default: fatalError("the test does not know \(step[0])")
        }
    }
}
