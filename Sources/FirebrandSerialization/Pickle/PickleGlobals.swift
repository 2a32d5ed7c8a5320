import FirebrandTensor

/// The classes and functions that a pickle may name: a closed list of harmless ones, `torch.load`'s own for
/// `weights_only=True`.
///
/// Firebrand runs none of them; a name that is not here is an error all the same, since a value whose meaning is
/// unknown must not pass for understood.
package enum PickleGlobals {
    /// Whether a pickle may name this.
    package static func isHarmless(_ global: PickleGlobal) -> Bool { harmless.contains(global) }

    /// The error for a name that is not on the list.
    static func refusal(_ global: PickleGlobal, path: String) -> FirebrandError {
        FirebrandError(
            .unsupportedFormat,
            "refers to \(global), which is not on the list of types that may be read from a file",
            path: path, remedy: "save tensors and plain containers only, such as a state dict")
    }

    static let orderedDict = PickleGlobal("collections", "OrderedDict")
    static let counter = PickleGlobal("collections", "Counter")
    static let encode = PickleGlobal("_codecs", "encode")
    static let untypedStorage = PickleGlobal("torch.storage", "UntypedStorage")
    static let rebuildTensor = PickleGlobal("torch._utils", "_rebuild_tensor")
    static let rebuildTensorV2 = PickleGlobal("torch._utils", "_rebuild_tensor_v2")
    static let rebuildTensorV3 = PickleGlobal("torch._utils", "_rebuild_tensor_v3")
    static let rebuildParameter = PickleGlobal("torch._utils", "_rebuild_parameter")
    static let rebuildParameterWithState = PickleGlobal("torch._utils", "_rebuild_parameter_with_state")
    static let rebuildFromType = PickleGlobal("torch._tensor", "_rebuild_from_type_v2")
    static let uninitializedParameter = PickleGlobal("torch.nn.parameter", "UninitializedParameter")
    static let uninitializedBuffer = PickleGlobal("torch.nn.parameter", "UninitializedBuffer")
    static let relu = PickleGlobal("torch.nn.functional", "relu")
    static let gelu = PickleGlobal("torch._C._nn", "gelu")
    static let attribute = PickleGlobal("__builtin__", "getattr")
    static let lossOptions = PickleGlobal(
        "torch.nn.modules.linear_cross_entropy_options", "LinearCrossEntropyOptions")
    package static let size = PickleGlobal("torch", "Size")
    package static let device = PickleGlobal("torch", "device")

    static let complex = PickleGlobal("__builtin__", "complex")

    static func isComplex(_ global: PickleGlobal) -> Bool {
        builtins.contains(global.module) && global.name == "complex"
    }

    /// The module of Python's built-in types goes by two names: protocols up to 2 use Python 2's.
    static let builtins: Set<String> = ["builtins", "__builtin__"]

    private static let harmless: Set<PickleGlobal> = {
        var all: Set<PickleGlobal> = [
            orderedDict, counter, encode, untypedStorage, size, device,
        ]
        for module in builtins {
            for name in ["set", "frozenset", "bytes", "bytearray", "complex"] { all.insert(PickleGlobal(module, name)) }
        }
        for name in [
            "_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_parameter",
            "_rebuild_parameter_with_state", "_rebuild_sparse_tensor", "_rebuild_qtensor",
            "_rebuild_meta_tensor_no_storage", "_rebuild_device_tensor_from_numpy",
            "_rebuild_device_tensor_from_cpu_tensor", "_rebuild_wrapper_subclass",
        ] {
            all.insert(PickleGlobal("torch._utils", name))
        }
        for (module, name) in [
            ("torch._tensor", "_rebuild_from_type_v2"), ("torch.nn.parameter", "Parameter"), ("torch", "Tensor"),
            ("torch.serialization", "_get_layout"), ("torch.storage", "TypedStorage"),
        ] {
            all.insert(PickleGlobal(module, name))
        }
        for dtype in TorchDType.all {
            all.insert(PickleGlobal("torch", dtype.name))
            guard let storage = dtype.storageClass else { continue }
            all.insert(PickleGlobal("torch", storage))
            all.insert(PickleGlobal("torch.cuda", storage))
        }
        for name in ["strided", "sparse_coo", "contiguous_format", "channels_last", "preserve_format"] {
            all.insert(PickleGlobal("torch", name))
        }
        return all
    }()
}
