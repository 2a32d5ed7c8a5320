import FirebrandTensor

private let runningOptions =
    "eps=1e-5, momentum=0.1, affine=True, track_running_stats=True, device=None, dtype=None, *, bias=True"

private let batchNormModules: [ModuleRow] = [
    ModuleRow("nn.BatchNorm1d", "num_features, \(runningOptions)") {
        BatchNorm1d(
            try $0.int("num_features"), eps: try $0.double("eps"),
            momentum: try $0.optionalScalar("momentum")?.doubleValue,
            affine: try $0.bool("affine"), trackRunningStats: try $0.bool("track_running_stats"),
            bias: try $0.bool("bias"), device: try $0.device(), dtype: try $0.dtype())
    },
    ModuleRow("nn.BatchNorm2d", "num_features, \(runningOptions)") {
        BatchNorm2d(
            try $0.int("num_features"), eps: try $0.double("eps"),
            momentum: try $0.optionalScalar("momentum")?.doubleValue,
            affine: try $0.bool("affine"), trackRunningStats: try $0.bool("track_running_stats"),
            bias: try $0.bool("bias"), device: try $0.device(), dtype: try $0.dtype())
    },
    ModuleRow("nn.BatchNorm3d", "num_features, \(runningOptions)") {
        BatchNorm3d(
            try $0.int("num_features"), eps: try $0.double("eps"),
            momentum: try $0.optionalScalar("momentum")?.doubleValue,
            affine: try $0.bool("affine"), trackRunningStats: try $0.bool("track_running_stats"),
            bias: try $0.bool("bias"), device: try $0.device(), dtype: try $0.dtype())
    },
    ModuleRow("nn.LazyBatchNorm1d", runningOptions) {
        LazyBatchNorm1d(
            eps: try $0.double("eps"), momentum: try $0.optionalScalar("momentum")?.doubleValue,
            affine: try $0.bool("affine"), trackRunningStats: try $0.bool("track_running_stats"),
            bias: try $0.bool("bias"), device: try $0.device(), dtype: try $0.dtype())
    },
    ModuleRow("nn.LazyBatchNorm2d", runningOptions) {
        LazyBatchNorm2d(
            eps: try $0.double("eps"), momentum: try $0.optionalScalar("momentum")?.doubleValue,
            affine: try $0.bool("affine"), trackRunningStats: try $0.bool("track_running_stats"),
            bias: try $0.bool("bias"), device: try $0.device(), dtype: try $0.dtype())
    },
    ModuleRow("nn.LazyBatchNorm3d", runningOptions) {
        LazyBatchNorm3d(
            eps: try $0.double("eps"), momentum: try $0.optionalScalar("momentum")?.doubleValue,
            affine: try $0.bool("affine"), trackRunningStats: try $0.bool("track_running_stats"),
            bias: try $0.bool("bias"), device: try $0.device(), dtype: try $0.dtype())
    },
]

private let instanceOptions =
    "num_features, eps=1e-5, momentum=0.1, affine=False, track_running_stats=False, device=None, dtype=None, *, bias=True"

private let instanceNormModules: [ModuleRow] = [
    ModuleRow("nn.InstanceNorm1d", instanceOptions) {
        InstanceNorm1d(
            try $0.int("num_features"), eps: try $0.double("eps"), momentum: try $0.double("momentum"),
            affine: try $0.bool("affine"), trackRunningStats: try $0.bool("track_running_stats"),
            bias: try $0.bool("bias"), device: try $0.device(), dtype: try $0.dtype())
    },
    ModuleRow("nn.InstanceNorm2d", instanceOptions) {
        InstanceNorm2d(
            try $0.int("num_features"), eps: try $0.double("eps"), momentum: try $0.double("momentum"),
            affine: try $0.bool("affine"), trackRunningStats: try $0.bool("track_running_stats"),
            bias: try $0.bool("bias"), device: try $0.device(), dtype: try $0.dtype())
    },
    ModuleRow("nn.InstanceNorm3d", instanceOptions) {
        InstanceNorm3d(
            try $0.int("num_features"), eps: try $0.double("eps"), momentum: try $0.double("momentum"),
            affine: try $0.bool("affine"), trackRunningStats: try $0.bool("track_running_stats"),
            bias: try $0.bool("bias"), device: try $0.device(), dtype: try $0.dtype())
    },
    ModuleRow("nn.LazyInstanceNorm1d", runningOptions) {
        LazyInstanceNorm1d(
            eps: try $0.double("eps"), momentum: try $0.double("momentum"),
            affine: try $0.bool("affine"), trackRunningStats: try $0.bool("track_running_stats"),
            bias: try $0.bool("bias"), device: try $0.device(), dtype: try $0.dtype())
    },
    ModuleRow("nn.LazyInstanceNorm2d", runningOptions) {
        LazyInstanceNorm2d(
            eps: try $0.double("eps"), momentum: try $0.double("momentum"),
            affine: try $0.bool("affine"), trackRunningStats: try $0.bool("track_running_stats"),
            bias: try $0.bool("bias"), device: try $0.device(), dtype: try $0.dtype())
    },
    ModuleRow("nn.LazyInstanceNorm3d", runningOptions) {
        LazyInstanceNorm3d(
            eps: try $0.double("eps"), momentum: try $0.double("momentum"),
            affine: try $0.bool("affine"), trackRunningStats: try $0.bool("track_running_stats"),
            bias: try $0.bool("bias"), device: try $0.device(), dtype: try $0.dtype())
    },
]

private let sampleNormModules: [ModuleRow] = [
    ModuleRow(
        "nn.LayerNorm", "normalized_shape, eps=1e-5, elementwise_affine=True, bias=True, device=None, dtype=None"
    ) {
        LayerNorm(
            try $0.ints("normalized_shape"), eps: try $0.double("eps"),
            elementwiseAffine: try $0.bool("elementwise_affine"), bias: try $0.bool("bias"),
            device: try $0.device(), dtype: try $0.dtype())
    },
    ModuleRow("nn.RMSNorm", "normalized_shape, eps=None, elementwise_affine=True, device=None, dtype=None") {
        RMSNorm(
            try $0.ints("normalized_shape"), eps: try $0.optionalScalar("eps")?.doubleValue,
            elementwiseAffine: try $0.bool("elementwise_affine"), device: try $0.device(), dtype: try $0.dtype())
    },
    ModuleRow(
        "nn.GroupNorm", "num_groups, num_channels, eps=1e-5, affine=True, device=None, dtype=None, *, bias=True"
    ) {
        GroupNorm(
            try $0.int("num_groups"), try $0.int("num_channels"), eps: try $0.double("eps"),
            affine: try $0.bool("affine"), bias: try $0.bool("bias"), device: try $0.device(), dtype: try $0.dtype())
    },
    ModuleRow("nn.LocalResponseNorm", "size, alpha=0.0001, beta=0.75, k=1.0") {
        LocalResponseNorm(
            try $0.int("size"), alpha: try $0.double("alpha"), beta: try $0.double("beta"), k: try $0.double("k"))
    },
    ModuleRow("nn.CrossMapLRN2d", "size, alpha=0.0001, beta=0.75, k=1") {
        CrossMapLRN2d(
            try $0.int("size"), alpha: try $0.double("alpha"), beta: try $0.double("beta"), k: try $0.double("k"))
    },
]

let normalisationModules: [ModuleRow] = batchNormModules + instanceNormModules + sampleNormModules
