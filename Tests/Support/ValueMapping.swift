import FirebrandTensor

extension OperatorValue {
    /// The same value with every tensor replaced.
    public func mapTensors(_ transform: (Tensor) -> Tensor) -> OperatorValue {
        switch self {
        case .tensor(let tensor): .tensor(transform(tensor))
        case .list(let values): .list(values.map { $0.mapTensors(transform) })
        case .tuple(let values): .tuple(values.map { $0.mapTensors(transform) })
        default: self
        }
    }
}
