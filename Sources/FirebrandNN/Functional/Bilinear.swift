import FirebrandTensor

extension Functional {
    /// A bilinear form for each output: `x1ᵀ W x2 + b`. PyTorch: `F.bilinear`.
    ///
    /// Shapes: input1 (…, I), input2 (…, J), weight (out, I, J), bias (out), result (…, out).
    public static func bilinear(
        _ input1: Tensor, _ input2: Tensor, _ weight: Tensor, _ bias: Tensor? = nil
    ) -> Tensor {
        guarded("bilinear", [input1, input2, weight] + (bias.map { [$0] } ?? [])) { () throws(Misuse) in
            guard input1.dim == input2.dim else {
                throw Misuse("bilinear(): input dimensions do not match: got \(input1.dim) and \(input2.dim)")
            }
            guard input1.dim >= 1 else { throw Misuse("bilinear(): inputs must have at least one dimension") }
            for dimension in 0..<(input1.dim - 1) where input1.shape[dimension] != input2.shape[dimension] {
                throw Misuse(
                    "bilinear(): input batch dimensions do not match at dim \(dimension): got "
                        + "\(input1.shape[dimension]) and \(input2.shape[dimension])")
            }
            try checkWeight(input1, input2, weight, bias)
            // One product of matrices with all products of pairs; the weight is read as it lies.
            let (outputs, pairs) = (weight.shape[0], weight.shape[1] * weight.shape[2])
            let products = input1.unsqueeze(-1).mul(input2.unsqueeze(-2))
            let batch = Array(input1.shape.dropLast())
            let rows = batch.reduce(1, *)
            return products.reshape([rows, pairs]).linear(weight.reshape([outputs, pairs]), bias)
                .reshape(batch + [outputs])
        }
    }

    private static func checkWeight(
        _ input1: Tensor, _ input2: Tensor, _ weight: Tensor, _ bias: Tensor?
    ) throws(Misuse) {
        guard input1.dtype == input2.dtype, input1.dtype == weight.dtype else {
            throw Misuse(
                "All tensors must have the same dtype, got input1: \(input1.dtype.cName), input2: \(input2.dtype.cName), "
                    + "weight: \(weight.dtype.cName)")
        }
        guard input1.dtype != .bool else { throw Misuse("\"bmm\" not implemented for 'Bool'") }
        func check(_ input: Tensor, _ place: Int, _ name: String) throws(Misuse) {
            let length = place < weight.dim ? weight.shape[place] : 1
            guard input.shape[input.dim - 1] == length else {
                throw Misuse(
                    "bilinear(): \(name) size does not match weight size: got \(input.shape[input.dim - 1]) but expected "
                        + "\(length)")
            }
        }
        try check(input1, 1, "input1")
        try check(input2, 2, "input2")
        guard weight.dim == 3 else {
            throw Misuse("bilinear(): weight must have three dimensions, got \(weight.dim)")
        }
        if let bias, bias.shape != [weight.shape[0]] {
            throw Misuse(
                "bilinear(): bias size does not match weight size: got \(bias.shape.first ?? 1) but expected "
                    + "\(weight.shape[0])")
        }
    }
}

// MARK: - Rows

let bilinearOperators: [OperatorRow] = [
    OperatorRow(
        "nn.functional.bilinear", .linear, dtypes: .numbers, "input1, input2, weight, bias=None", aliases: ["bilinear"]
    ) {
        Functional.bilinear(
            try $0.tensor("input1"), try $0.tensor("input2"), try $0.tensor("weight"), try $0.optionalTensor("bias"))
    }
]
