// The parts of matrices above and below a diagonal.

extension Tensor {
    /// The upper triangle of each matrix, zeros below. PyTorch: `torch.triu`.
    ///
    /// - Parameter diagonal: where the triangle begins: 0 is the main diagonal, positive ones lie above it.
    ///
    /// Shape: (…, rows, columns). Gradient: the same triangle of it.
    public func triu(diagonal: Int = 0) -> Tensor {
        triangle("triu", "TriuBackward0", diagonal, outside: { $0.lt($1) }) { $0.triu(diagonal: diagonal) }
    }

    /// The lower triangle of each matrix, zeros above. PyTorch: `torch.tril`.
    ///
    /// - Parameter diagonal: where the triangle ends: 0 is the main diagonal, positive ones lie above it.
    ///
    /// Shape: (…, rows, columns). Gradient: the same triangle of it.
    public func tril(diagonal: Int = 0) -> Tensor {
        triangle("tril", "TrilBackward0", diagonal, outside: { $0.gt($1) }) { $0.tril(diagonal: diagonal) }
    }

    /// ``triu(diagonal:)`` in place. PyTorch: `triu_`.
    @discardableResult
    public func triu_(diagonal: Int = 0) -> Tensor { overwrite("triu_") { $0.triu(diagonal: diagonal) } }
    /// ``tril(diagonal:)`` in place. PyTorch: `tril_`.
    @discardableResult
    public func tril_(diagonal: Int = 0) -> Tensor { overwrite("tril_") { $0.tril(diagonal: diagonal) } }

    private func triangle(
        _ name: StaticString, _ backward: StaticString, _ diagonal: Int, outside: (Tensor, Int) -> Tensor,
        _ rule: @escaping (Tensor) -> Tensor
    ) -> Tensor {
        guarded(name, [self]) { () throws(Misuse) in
            guard dim >= 2 else { throw Misuse("\(name): input tensor must have at least 2 dimensions") }
            let result = noGrad { () -> Tensor in
                // How far right of the main diagonal each element lies.
                let offset = Tensor.arange(shape[dim - 1], device: device)
                    .sub(Tensor.arange(shape[dim - 2], device: device).unsqueeze(1))
                return maskedFill(outside(offset, diagonal), 0)
            }
            result.record(backward, self) { _ in { _, grad in Gradients(rule(grad)) } }
            return result
        }
    }
}

// MARK: - Rows

let triangleOperators: [OperatorRow] = [
    OperatorRow(
        "triu", .shape, "input, diagonal=0, *, out=None",
        inPlace: { try $0.input.triu_(diagonal: try $0.int("diagonal")) }
    ) { try $0.input.triu(diagonal: try $0.int("diagonal")) },
    OperatorRow(
        "tril", .shape, "input, diagonal=0, *, out=None",
        inPlace: { try $0.input.tril_(diagonal: try $0.int("diagonal")) }
    ) { try $0.input.tril(diagonal: try $0.int("diagonal")) },
]
