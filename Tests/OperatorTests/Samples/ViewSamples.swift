import FirebrandTensor

extension OperatorSamples {
    /// Calls of operators on views that PyTorch's database has none of, or none the fixtures can hold.
    static var views: [OperatorSample] {
        func ints(_ values: Int...) -> OperatorValue { .list(values.map { .int($0) }) }
        func sample(
            _ name: String, _ positional: [OperatorValue], _ named: [String: OperatorValue] = [:]
        ) -> OperatorSample { OperatorSample(source: "views", name: name, positional: positional, named: named) }
        let (x, v) = (numbers(3, 4), numbers(6))
        return [
            sample("H", [x]), sample("mH", [numbers(2, 3, 2)]), sample("adjoint", [x]), sample("ravel", [x]),
            sample("unfold", [v, .int(0), .int(3), .int(1)]), sample("unfold", [x, .int(1), .int(2), .int(2)]),
            sample("unfold", [numbers(), .int(0), .int(1), .int(1)]),
            sample("as_strided", [v, ints(2, 3), ints(1, 1), .int(1)]),
            sample("as_strided", [x, ints(2, 2), ints(1, 5), .int(2)]),
            sample("as_strided_scatter", [v, numbers(2, 2), ints(2, 2), ints(1, 3), .int(1)]),
            sample("roll", [x, ints(1, -1), ints(0, 1)]), sample("roll", [x, .int(5)]),
            sample("repeat", [x, .int(2), .int(1), .int(3)]), sample("tile", [v, .int(2)]),
            sample("repeat_interleave", [v, .int(2)]),
            sample("repeat_interleave", [x, .tensor(Tensor([1, 0, 2])), .int(0)]),
            sample("rot90", [x], ["k": .int(-1)]), sample("flip", [x, .int(1)]),
            sample("diagonal_scatter", [x, numbers(3)]), sample("select_scatter", [x, numbers(4), .int(0), .int(1)]),
            sample("slice_scatter", [x, numbers(3, 2), .int(1), .int(0), .int(4), .int(2)]),
            sample("block_diag", [x, numbers(2), numbers()]), sample("combinations", [v, .int(3)]),
            sample("cartesian_prod", [numbers(2), numbers(3)]),
            sample("unbind", [x], ["dim": .int(1)]), sample("split", [v, .int(4)]),
            sample("split", [v, ints(1, 0, 5)]),
            sample("unsafe_split", [v, .int(4)]), sample("unsafe_split_with_sizes", [v, ints(2, 4)]),
            sample("unsafe_chunk", [v, .int(4)]), sample("tensor_split", [v, .int(4)]),
            sample("tensor_split", [x, ints(1, 3), .int(1)]), sample("dsplit", [numbers(2, 1, 4), .int(2)]),
            sample("hsplit", [x, .int(2)]), sample("vsplit", [x, ints(1)]),
            sample("narrow_copy", [x, .int(1), .int(1), .int(2)]),
            sample("flipud", [x]), sample("fliplr", [x]),
            sample("contiguous", [numbers(1, 2, 2, 2)], ["memory_format": .memoryFormat("channels_last")]),
            sample("clone", [numbers(1, 2, 2, 2)], ["memory_format": .memoryFormat("channels_last")]),
        ]
    }
}
