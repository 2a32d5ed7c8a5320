import FirebrandTensor

let activationModules: [ModuleRow] = hardActivationModules + smoothActivationModules + softmaxModules

private let hardActivationModules: [ModuleRow] = [
    ModuleRow("nn.ReLU", "inplace=False") { ReLU(inplace: try $0.bool("inplace")) },
    ModuleRow("nn.ReLU6", "inplace=False") { ReLU6(inplace: try $0.bool("inplace")) },
    ModuleRow("nn.Hardswish", "inplace=False") { Hardswish(inplace: try $0.bool("inplace")) },
    ModuleRow("nn.Hardsigmoid", "inplace=False") { Hardsigmoid(inplace: try $0.bool("inplace")) },
    ModuleRow("nn.Threshold", "threshold, value, inplace=False") {
        Threshold(try $0.double("threshold"), try $0.double("value"), inplace: try $0.bool("inplace"))
    },
    // The last two are older names of the first.
    ModuleRow("nn.Hardtanh", "min_val=-1.0, max_val=1.0, inplace=False, min_value=None, max_value=None") {
        Hardtanh(
            try $0.double($0.has("min_value") ? "min_value" : "min_val"),
            try $0.double($0.has("max_value") ? "max_value" : "max_val"), inplace: try $0.bool("inplace"))
    },
    ModuleRow("nn.Hardshrink", "lambd=0.5") { Hardshrink(try $0.double("lambd")) },
    ModuleRow("nn.Softshrink", "lambd=0.5") { Softshrink(try $0.double("lambd")) },
    ModuleRow("nn.LeakyReLU", "negative_slope=0.01, inplace=False") {
        LeakyReLU(try $0.double("negative_slope"), inplace: try $0.bool("inplace"))
    },
    ModuleRow("nn.PReLU", "num_parameters=1, init=0.25, device=None, dtype=None") {
        PReLU(
            try $0.int("num_parameters"), initial: try $0.double("init"), device: try $0.device(), dtype: try $0.dtype()
        )
    },
    ModuleRow("nn.RReLU", "lower=0.125, upper=0.3333333333333333, inplace=False") {
        RReLU(try $0.double("lower"), try $0.double("upper"), inplace: try $0.bool("inplace"))
    },
]

private let smoothActivationModules: [ModuleRow] = [
    ModuleRow("nn.Sigmoid") { _ in Sigmoid() },
    ModuleRow("nn.Tanh") { _ in Tanh() },
    ModuleRow("nn.LogSigmoid") { _ in LogSigmoid() },
    ModuleRow("nn.Softsign") { _ in Softsign() },
    ModuleRow("nn.Tanhshrink") { _ in Tanhshrink() },
    ModuleRow("nn.SELU", "inplace=False") { SELU(inplace: try $0.bool("inplace")) },
    ModuleRow("nn.SiLU", "inplace=False") { SiLU(inplace: try $0.bool("inplace")) },
    ModuleRow("nn.Mish", "inplace=False") { Mish(inplace: try $0.bool("inplace")) },
    ModuleRow("nn.ELU", "alpha=1.0, inplace=False") { ELU(try $0.double("alpha"), inplace: try $0.bool("inplace")) },
    ModuleRow("nn.CELU", "alpha=1.0, inplace=False") { CELU(try $0.double("alpha"), inplace: try $0.bool("inplace")) },
    ModuleRow("nn.Softplus", "beta=1.0, threshold=20.0") {
        Softplus(try $0.double("beta"), try $0.double("threshold"))
    },
    ModuleRow("nn.GELU", "approximate='none'") { GELU(approximate: try geluApproximation($0)) },
]

private let softmaxModules: [ModuleRow] = [
    ModuleRow("nn.Softmax", "dim=None") { Softmax(dim: try $0.optionalInt("dim")) },
    ModuleRow("nn.LogSoftmax", "dim=None") { LogSoftmax(dim: try $0.optionalInt("dim")) },
    ModuleRow("nn.Softmin", "dim=None") { Softmin(dim: try $0.optionalInt("dim")) },
    ModuleRow("nn.Softmax2d") { _ in Softmax2d() },
    ModuleRow("nn.GLU", "dim=-1") { GLU(try $0.int("dim")) },
]
