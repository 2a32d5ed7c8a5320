import FirebrandTensor

// Pooling and unpooling by PyTorch's names.

private let windows = "input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False"
private typealias Pooling = (
    Tensor, any PerDimension, (any PerDimension)?, any PerDimension, any PerDimension, Bool
) -> Tensor
private typealias PoolingWithIndices = (
    Tensor, any PerDimension, (any PerDimension)?, any PerDimension, any PerDimension, Bool
) -> (output: Tensor, indices: Tensor)

private func maxPooled(
    _ arguments: Arguments, _ pool: Pooling, _ withIndices: PoolingWithIndices
) throws(Misuse) -> OperatorValue {
    let (input, kernel) = (try arguments.input, try arguments.perDimension("kernel_size"))
    let stride = try arguments.optionalPerDimension("stride")
    let (padding, dilation) = (try arguments.perDimension("padding"), try arguments.perDimension("dilation"))
    let ceilMode = try arguments.bool("ceil_mode")
    guard try arguments.bool("return_indices") else {
        return pool(input, kernel, stride, padding, dilation, ceilMode).operatorValue
    }
    let (output, indices) = withIndices(input, kernel, stride, padding, dilation, ceilMode)
    return [output, indices].operatorValue
}

let maxPoolingOperators: [OperatorRow] = [
    OperatorRow("nn.functional.max_pool1d", .pooling, dtypes: .floating, windows, aliases: ["max_pool1d"]) {
        try maxPooled(
            $0, Functional.maxPool1d(_:_:stride:padding:dilation:ceilMode:),
            Functional.maxPool1dWithIndices(_:_:stride:padding:dilation:ceilMode:))
    },
    OperatorRow("nn.functional.max_pool2d", .pooling, dtypes: .realNumbers, windows, aliases: ["max_pool2d"]) {
        try maxPooled(
            $0, Functional.maxPool2d(_:_:stride:padding:dilation:ceilMode:),
            Functional.maxPool2dWithIndices(_:_:stride:padding:dilation:ceilMode:))
    },
    OperatorRow("nn.functional.max_pool3d", .pooling, dtypes: .realNumbers, windows, aliases: ["max_pool3d"]) {
        try maxPooled(
            $0, Functional.maxPool3d(_:_:stride:padding:dilation:ceilMode:),
            Functional.maxPool3dWithIndices(_:_:stride:padding:dilation:ceilMode:))
    },
    OperatorRow(
        "max_pool2d_with_indices_backward", .pooling, dtypes: .floating,
        "grad_output, self, kernel_size, stride, padding, dilation, ceil_mode, indices"
    ) {
        let grad = try $0.tensor("grad_output")
        guard grad.dtype.isFloatingPoint else {
            throw Misuse("\"max_pool2d_backward\" not implemented for '\(grad.dtype.scalarTypeName)'")
        }
        return grad.scattered(to: Array(try $0.tensor("self").shape.suffix(2)), try $0.tensor("indices"))
    },
    OperatorRow(
        "nn.functional.adaptive_max_pool1d", .pooling, dtypes: .floating, "input, output_size, return_indices=False"
    ) {
        let (output, indices) = Functional.adaptiveMaxPool1dWithIndices(
            try $0.input, try $0.perDimension("output_size"))
        return try $0.bool("return_indices") ? [output, indices].operatorValue : output.operatorValue
    },
    OperatorRow(
        "nn.functional.adaptive_max_pool2d", .pooling, dtypes: .floating, "input, output_size, return_indices=False"
    ) {
        let (output, indices) = Functional.adaptiveMaxPool2dWithIndices(
            try $0.input, try $0.sizesOrNone("output_size"))
        return try $0.bool("return_indices") ? [output, indices].operatorValue : output.operatorValue
    },
    OperatorRow(
        "nn.functional.adaptive_max_pool3d", .pooling, dtypes: .floating, "input, output_size, return_indices=False"
    ) {
        let (output, indices) = Functional.adaptiveMaxPool3dWithIndices(
            try $0.input, try $0.sizesOrNone("output_size"))
        return try $0.bool("return_indices") ? [output, indices].operatorValue : output.operatorValue
    },
    OperatorRow("adaptive_max_pool1d", .pooling, dtypes: .floating, "input, output_size") {
        let (output, indices) = Functional.adaptiveMaxPool1dWithIndices(
            try $0.input, try $0.perDimension("output_size"))
        return [output, indices]
    },
    OperatorRow(
        "nn.functional.fractional_max_pool2d", .pooling, dtypes: .floating,
        "input, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None"
    ) {
        let (output, indices) = Functional.fractionalMaxPool2dWithIndices(
            try $0.input, try $0.perDimension("kernel_size"), outputSize: try $0.optionalPerDimension("output_size"),
            outputRatio: try $0.optionalDoubles("output_ratio"),
            randomSamples: try $0.optionalTensor("_random_samples"))
        return try $0.bool("return_indices") ? [output, indices].operatorValue : output.operatorValue
    },
    OperatorRow(
        "nn.functional.fractional_max_pool3d", .pooling, dtypes: .floating,
        "input, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None"
    ) {
        let (output, indices) = Functional.fractionalMaxPool3dWithIndices(
            try $0.input, try $0.perDimension("kernel_size"), outputSize: try $0.optionalPerDimension("output_size"),
            outputRatio: try $0.optionalDoubles("output_ratio"),
            randomSamples: try $0.optionalTensor("_random_samples"))
        return try $0.bool("return_indices") ? [output, indices].operatorValue : output.operatorValue
    },
]

private let averagedTypes = DTypeSet.floating.union(.only(.int64))

let averagePoolingOperators: [OperatorRow] = [
    OperatorRow(
        "nn.functional.avg_pool1d", .pooling, dtypes: averagedTypes,
        "input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True", aliases: ["avg_pool1d"]
    ) {
        Functional.avgPool1d(
            try $0.input, try $0.perDimension("kernel_size"), stride: try $0.optionalPerDimension("stride"),
            padding: try $0.perDimension("padding"), ceilMode: try $0.bool("ceil_mode"),
            countIncludePad: try $0.bool("count_include_pad"))
    },
    OperatorRow(
        "nn.functional.avg_pool2d", .pooling, dtypes: averagedTypes,
        "input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None, *, out=None"
    ) {
        Functional.avgPool2d(
            try $0.input, try $0.perDimension("kernel_size"), stride: try $0.optionalPerDimension("stride"),
            padding: try $0.perDimension("padding"), ceilMode: try $0.bool("ceil_mode"),
            countIncludePad: try $0.bool("count_include_pad"), divisorOverride: try $0.optionalInt("divisor_override"))
    },
    OperatorRow(
        "nn.functional.avg_pool3d", .pooling, dtypes: .only(.float32, .float64, .int64),
        "input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None, *, out=None"
    ) {
        Functional.avgPool3d(
            try $0.input, try $0.perDimension("kernel_size"), stride: try $0.optionalPerDimension("stride"),
            padding: try $0.perDimension("padding"), ceilMode: try $0.bool("ceil_mode"),
            countIncludePad: try $0.bool("count_include_pad"), divisorOverride: try $0.optionalInt("divisor_override"))
    },
    OperatorRow(
        "nn.functional.adaptive_avg_pool1d", .pooling, dtypes: .floating, "input, output_size",
        aliases: ["adaptive_avg_pool1d"]
    ) { Functional.adaptiveAvgPool1d(try $0.input, try $0.perDimension("output_size")) },
    OperatorRow("nn.functional.adaptive_avg_pool2d", .pooling, dtypes: .floating, "input, output_size") {
        Functional.adaptiveAvgPool2d(try $0.input, try $0.sizesOrNone("output_size"))
    },
    OperatorRow("nn.functional.adaptive_avg_pool3d", .pooling, dtypes: .floating, "input, output_size") {
        Functional.adaptiveAvgPool3d(try $0.input, try $0.sizesOrNone("output_size"))
    },
    OperatorRow(
        "nn.functional.lp_pool1d", .pooling, dtypes: averagedTypes.union(.bool),
        "input, norm_type, kernel_size, stride=None, ceil_mode=False"
    ) {
        Functional.lpPool1d(
            try $0.input, try $0.scalar("norm_type"), try $0.int("kernel_size"),
            stride: try $0.optionalPerDimension("stride"), ceilMode: try $0.bool("ceil_mode"))
    },
    OperatorRow(
        "nn.functional.lp_pool2d", .pooling, dtypes: averagedTypes.union(.bool),
        "input, norm_type, kernel_size, stride=None, ceil_mode=False"
    ) {
        Functional.lpPool2d(
            try $0.input, try $0.scalar("norm_type"), try $0.perDimension("kernel_size"),
            stride: try $0.optionalPerDimension("stride"), ceilMode: try $0.bool("ceil_mode"))
    },
    OperatorRow(
        "nn.functional.lp_pool3d", .pooling, dtypes: .only(.float32, .float64, .int64, .bool),
        "input, norm_type, kernel_size, stride=None, ceil_mode=False"
    ) {
        Functional.lpPool3d(
            try $0.input, try $0.scalar("norm_type"), try $0.perDimension("kernel_size"),
            stride: try $0.optionalPerDimension("stride"), ceilMode: try $0.bool("ceil_mode"))
    },
]

private let unpooled = "input, indices, kernel_size, stride=None, padding=0, output_size=None"

let unpoolingOperators: [OperatorRow] = [
    OperatorRow("nn.functional.max_unpool1d", .pooling, dtypes: .floating, unpooled) {
        Functional.maxUnpool1d(
            try $0.input, try $0.tensor("indices"), try $0.perDimension("kernel_size"),
            stride: try $0.optionalPerDimension("stride"), padding: try $0.perDimension("padding"),
            outputSize: try $0.optionalInts("output_size"))
    },
    OperatorRow("nn.functional.max_unpool2d", .pooling, dtypes: .floating, unpooled) {
        Functional.maxUnpool2d(
            try $0.input, try $0.tensor("indices"), try $0.perDimension("kernel_size"),
            stride: try $0.optionalPerDimension("stride"), padding: try $0.perDimension("padding"),
            outputSize: try $0.optionalInts("output_size"))
    },
    OperatorRow("nn.functional.max_unpool3d", .pooling, dtypes: .floating, unpooled) {
        Functional.maxUnpool3d(
            try $0.input, try $0.tensor("indices"), try $0.perDimension("kernel_size"),
            stride: try $0.optionalPerDimension("stride"), padding: try $0.perDimension("padding"),
            outputSize: try $0.optionalInts("output_size"))
    },
]

extension Arguments {
    /// Numbers: one, or a sequence; nil for `None`.
    func optionalDoubles(_ name: String) throws(Misuse) -> [Double]? {
        switch value(name) {
        case nil: return nil
        case .list(let values), .tuple(let values):
            var result: [Double] = []
            for value in values {
                switch value {
                case .int(let number): result.append(Double(number))
                case .double(let number): result.append(number)
                default: throw Misuse("argument '\(name)' must be tuple of floats, not \(value.kindName)")
                }
            }
            return result
        default: return [try double(name)]
        }
    }
}
