import FirebrandTensor

extension OperatorSamples {
    /// Indexing and order, small enough for differences.
    static var selection: [OperatorSample] {
        func sample(
            _ name: String, _ positional: [OperatorValue], _ named: [String: OperatorValue] = [:]
        ) -> OperatorSample { OperatorSample(source: "own", name: name, positional: positional, named: named) }
        let x = numbers(3, 4)
        let mask = OperatorValue.tensor(Tensor([true, false, true, true]))
        func integers(_ values: [Int]) -> OperatorValue { .tensor(Tensor(values)) }
        let grid = OperatorValue.tensor(Tensor([[0, 2], [1, 1], [2, 0]]))
        var samples = [
            sample("__getitem__", [x, .tuple([integers([2, 0, 2]), .slice(1, nil, 2)])]),
            sample("__getitem__", [x, .tuple([.ellipsis, .none, mask])]),
            sample("__getitem__", [x, .tuple([integers([1, 1]), integers([0, 3])])]),
            sample("sort", [x]), sample("sort", [x, .int(0), .bool(true)]), sample("msort", [x]),
            sample("topk", [x, .int(2)], ["dim": .int(0)]), sample("kthvalue", [x, .int(2)]),
            sample("median", [x, .int(1)]), sample("nanmedian", [x]), sample("mode", [x]),
            sample("quantile", [x, numbers(2, from: 0.2, to: 0.7)], ["dim": .int(0), "keepdim": .bool(true)]),
            sample("nanquantile", [x, .double(0.4)], ["interpolation": .string("midpoint")]),
            sample("gather", [x, .int(1), grid]), sample("take", [x, integers([-1, 0, 0])]),
            sample("put", [x, integers([1, -2]), numbers(2)]),
            sample("put", [x, integers([1, 1]), numbers(2)], ["accumulate": .bool(true)]),
            sample("take_along_dim", [x, .tensor(Tensor([[1], [0], [2]])), .int(1)]),
            sample("index_select", [x, .int(1), integers([3, 3, 0])]),
            sample("index_add", [x, .int(0), integers([2, 2]), numbers(2, 4)], ["alpha": .double(0.5)]),
            sample("index_copy", [x, .int(1), integers([2, 0]), numbers(3, 2)]),
            sample("index_fill", [x, .int(1), integers([2, 0, 2]), numbers(from: 1, to: 1)]),
            sample("masked_select", [x, mask]),
            sample("masked_scatter", [x, mask, numbers(10)]),
            sample("scatter", [x, .int(1), .tensor(Tensor([[0, 2], [1, 3], [2, 0]])), numbers(3, 3)]),
            sample("scatter", [x, .int(1), grid], ["value": .double(2)]),
            sample("scatter_add", [x, .int(0), grid, numbers(3, 2)]),
        ]
        for reduce in ["prod", "mean", "amax", "amin"] {
            for includesSelf in [false, true] {
                let named = ["include_self": OperatorValue.bool(includesSelf)]
                samples.append(sample("scatter_reduce", [x, .int(0), grid, numbers(3, 2), .string(reduce)], named))
                samples.append(
                    sample(
                        "index_reduce",
                        [x, .int(0), integers([2, 2]), numbers(2, 4, from: 0.33, to: 2.2), .string(reduce)], named))
            }
        }
        let points = OperatorValue.tensor(Tensor([[0.5, 1], [2, 0], [1, 1]]))
        let vector = OperatorValue.tensor(Tensor([0.5, 1, 1, 3]))
        samples += [
            sample("unravel_index", [integers([5, 1]), .list([.int(2), .int(3)])]), sample("argwhere", [points]),
            sample("nonzero_static", [points], ["size": .int(7)]), sample("argsort", [x]),
            sample("unique", [vector], ["return_counts": .bool(true)]), sample("unique_consecutive", [vector]),
            sample("searchsorted", [vector, points]), sample("bucketize", [points, vector]),
            sample("isin", [points, vector]), sample("bincount", [integers([1, 0, 1])]),
            sample("histc", [vector], ["bins": .int(3)]), sample("histogram", [vector, .int(3)]),
            sample("histogramdd", [points, .list([.int(2), .int(3)])]),
        ]
        return samples
    }
}
