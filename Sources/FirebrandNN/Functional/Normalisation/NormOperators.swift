import FirebrandTensor

private let batchNormSignatures =
    "input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5"

extension OperatorRow {
    fileprivate static let channelNorms: [OperatorRow] = [
        OperatorRow("nn.functional.batch_norm", .normalisation, dtypes: .floating, batchNormSignatures) {
            Functional.batchNorm(
                try $0.input, try $0.optionalTensor("running_mean"), try $0.optionalTensor("running_var"),
                weight: try $0.optionalTensor("weight"), bias: try $0.optionalTensor("bias"),
                training: try $0.bool("training"), momentum: try $0.double("momentum"), eps: try $0.double("eps"))
        },
        // Here weight and bias come before the moments, and nothing has a default.
        OperatorRow(
            "batch_norm", .normalisation, dtypes: .floating,
            "input, weight, bias, running_mean, running_var, training, momentum, eps, cudnn_enabled"
        ) {
            Functional.batchNorm(
                try $0.input, try $0.optionalTensor("running_mean"), try $0.optionalTensor("running_var"),
                weight: try $0.optionalTensor("weight"), bias: try $0.optionalTensor("bias"),
                training: try $0.bool("training"), momentum: try $0.double("momentum"), eps: try $0.double("eps"))
        },
        OperatorRow(
            "nn.functional.instance_norm", .normalisation, dtypes: .floating,
            "input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, momentum=0.1, "
                + "eps=1e-5"
        ) {
            Functional.instanceNorm(
                try $0.input, runningMean: try $0.optionalTensor("running_mean"),
                runningVar: try $0.optionalTensor("running_var"), weight: try $0.optionalTensor("weight"),
                bias: try $0.optionalTensor("bias"), useInputStats: try $0.bool("use_input_stats"),
                momentum: try $0.double("momentum"), eps: try $0.double("eps"))
        },
        OperatorRow(
            "nn.functional.group_norm", .normalisation, dtypes: .floating,
            "input, num_groups, weight=None, bias=None, eps=1e-5\n"
                + "input, num_groups, weight=None, bias=None, eps=1e-5, cudnn_enabled=True",
            aliases: ["group_norm"]
        ) {
            Functional.groupNorm(
                try $0.input, try $0.int("num_groups"), weight: try $0.optionalTensor("weight"),
                bias: try $0.optionalTensor("bias"), eps: try $0.double("eps"))
        },
    ]

    fileprivate static let rowNorms: [OperatorRow] = [
        OperatorRow(
            "nn.functional.layer_norm", .normalisation, dtypes: .floating,
            "input, normalized_shape, weight=None, bias=None, eps=1e-5\n"
                + "input, normalized_shape, weight=None, bias=None, eps=1e-5, cudnn_enable=True",
            aliases: ["layer_norm"]
        ) {
            Functional.layerNorm(
                try $0.input, try $0.ints("normalized_shape"), weight: try $0.optionalTensor("weight"),
                bias: try $0.optionalTensor("bias"), eps: try $0.double("eps"))
        },
        OperatorRow(
            "nn.functional.rms_norm", .normalisation, dtypes: .inexact,
            "input, normalized_shape, weight=None, eps=None", aliases: ["rms_norm"]
        ) {
            Functional.rmsNorm(
                try $0.input, try $0.ints("normalized_shape"), weight: try $0.optionalTensor("weight"),
                eps: try $0.optionalScalar("eps")?.doubleValue)
        },
        OperatorRow(
            "nn.functional.local_response_norm", .normalisation, dtypes: .all,
            "input, size, alpha=0.0001, beta=0.75, k=1.0"
        ) {
            Functional.localResponseNorm(
                try $0.input, try $0.int("size"), alpha: try $0.double("alpha"), beta: try $0.double("beta"),
                k: try $0.double("k"))
        },
        OperatorRow(
            "nn.functional.normalize", .normalisation, dtypes: .inexact, "input, p=2.0, dim=1, eps=1e-12, out=None"
        ) {
            Functional.normalize(
                try $0.input, p: try $0.double("p"), dim: try $0.ints("dim"), eps: try $0.double("eps"))
        },
        OperatorRow(
            "renorm", .normalisation, dtypes: .inexact, "input, p, dim, maxnorm, *, out=None",
            inPlace: { arguments in
                let (p, dim, limit) = (
                    try arguments.double("p"), try arguments.int("dim"), try arguments.double("maxnorm")
                )
                return try arguments.input.overwrite("renorm_") {
                    Functional.renorm($0, p: p, dim: dim, maxNorm: limit)
                }
            }
        ) {
            Functional.renorm(
                try $0.input, p: try $0.double("p"), dim: try $0.int("dim"), maxNorm: try $0.double("maxnorm"))
        },
    ]
}

let normalisationOperators: [OperatorRow] = OperatorRow.channelNorms + OperatorRow.rowNorms
