import FirebrandNN

/// The classes of `torch.nn.modules`: where Python keeps each, and the attributes it has beside tensors and modules.
///
/// Attributes are in the order in which Python's constructors set them. Each is the stored property of the same name in
/// Swift's spelling (`out_features`: `outFeatures`); of another name where one follows a colon; a constant where one
/// follows `=`; or, after `@`, something that ``LayerAttributes`` works out. A `^` marks what a constructor sets before it
/// makes the module one.
package enum LayerClasses {
    /// One class.
    struct Entry: Sendable {
        /// `torch.nn.modules.linear`.
        let module: String
        /// `Linear`.
        let name: String
        let attributes: [Attribute]
        var global: PickleGlobal { PickleGlobal(module, name) }
    }

    /// One attribute and where its value comes from.
    struct Attribute: Sendable {
        enum Source: Sendable {
            case property(String)
            case constant(SerializedConstant)
            case computed
        }
        let name: String
        let source: Source
        /// Whether it stands before what every module has.
        var isFirst = false
    }

    /// A plain value.
    enum SerializedConstant: Sendable {
        case none, bool(Bool), double(Double), string(String)

        var value: SerializedValue {
            switch self {
            case .none: .none
            case .bool(let flag): .bool(flag)
            case .double(let number): .double(number)
            case .string(let text): .string(text)
            }
        }
    }

    /// The class of a name without its module.
    static func named(_ name: String) -> Entry? { byName[name] }

    /// The class that a file names, wherever below `torch.nn` it says that the class is.
    static func find(_ global: PickleGlobal) -> Entry? {
        guard global.module == "torch.nn" || global.module.hasPrefix("torch.nn.modules.") else { return nil }
        return byName[global.name]
    }

    /// The names of all classes.
    package static var names: [String] { byName.keys.sorted() }

    private static let byName: [String: Entry] = {
        var result: [String: Entry] = [:]
        for (module, lines) in table {
            for line in lines.split(separator: "\n") {
                let parts = line.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
                result[parts[0]] = Entry(
                    module: "torch.nn.modules.\(module)", name: parts[0], attributes: parts.dropFirst().map(attribute))
            }
        }
        return result
    }()

    private static func attribute(_ text: String) -> Attribute {
        if text.hasPrefix("^") {
            var result = attribute(String(text.dropFirst()))
            result.isFirst = true
            return result
        }
        if text.hasPrefix("@") { return Attribute(name: String(text.dropFirst()), source: .computed) }
        if let place = text.firstIndex(of: "=") {
            let value = String(text[text.index(after: place)...])
            let constant: SerializedConstant =
                switch value {
                case "None": .none
                case "True": .bool(true)
                case "False": .bool(false)
                default: Double(value).map { .double($0) } ?? .string(value)
                }
            return Attribute(name: String(text[..<place]), source: .constant(constant))
        }
        let parts = text.split(separator: ":").map(String.init)
        return Attribute(name: parts[0], source: .property(parts.count == 2 ? parts[1] : swiftName(parts[0])))
    }

    /// `out_features` in Swift: `outFeatures`.
    static func swiftName(_ name: String) -> String {
        let parts = name.split(separator: "_")
        guard let first = parts.first else { return name }
        return String(first) + parts.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    /// `outFeatures` in Python: `out_features`.
    static func pythonName(_ name: String) -> String {
        var result = ""
        for character in name {
            if character.isUppercase, !result.isEmpty, result.last != "_" { result.append("_") }
            result += character.lowercased()
        }
        return result
    }

    private static let convolution =
        "@in_channels out_channels @kernel_size @stride @padding @dilation @transposed @output_padding groups padding_mode "
        + "@_reversed_padding_repeated_twice"
    private static let runningNorm = "num_features eps momentum affine track_running_stats"
    private static let averagePool = "ceil_mode count_include_pad"
    private static let maxPool = "kernel_size stride padding dilation return_indices ceil_mode"
    private static let window = "kernel_size stride ceil_mode"
    private static let fractional = "@kernel_size return_indices @output_size output_ratio"
    private static let recurrent =
        "input_size hidden_size num_layers bias batch_first dropout bidirectional proj_size @_flat_weights_names "
        + "@_all_weights @_flat_weights"

    private static func each(_ names: [String], _ attributes: String) -> String {
        names.map { "\($0) \(attributes)" }.joined(separator: "\n")
    }

    private static func sizes(_ name: String, _ attributes: String, _ sizes: ClosedRange<Int> = 1...3) -> String {
        each(sizes.map { "\(name)\($0)d" }, attributes)
    }

    private static let table: [(module: String, classes: String)] = [
        (
            "linear",
            """
            Identity
            Linear @in_features out_features
            LazyLinear @in_features out_features
            NonDynamicallyQuantizableLinear in_features out_features
            Bilinear @in1_features @in2_features @out_features
            """
        ),
        ("conv", sizes("Conv", convolution)), ("conv", sizes("LazyConv", convolution)),
        ("conv", sizes("ConvTranspose", convolution)), ("conv", sizes("LazyConvTranspose", convolution)),
        ("batchnorm", sizes("BatchNorm", runningNorm)), ("batchnorm", sizes("LazyBatchNorm", runningNorm)),
        ("instancenorm", sizes("InstanceNorm", runningNorm)), ("instancenorm", sizes("LazyInstanceNorm", runningNorm)),
        (
            "normalization",
            """
            LayerNorm @normalized_shape eps @elementwise_affine
            RMSNorm @normalized_shape eps @elementwise_affine
            GroupNorm num_groups num_channels eps @affine
            LocalResponseNorm size alpha beta k
            CrossMapLRN2d size alpha beta k
            """
        ),
        ("dropout", sizes("Dropout", "p inplace")), ("dropout", each(["Dropout"], "p inplace")),
        ("dropout", each(["AlphaDropout", "FeatureAlphaDropout"], "p inplace")),
        ("flatten", "Flatten start_dim end_dim\nUnflatten dim:dimension unflattened_size:sizes"),
        ("fold", "Fold output_size kernel_size dilation padding stride\nUnfold kernel_size dilation padding stride"),
        ("pixelshuffle", "PixelShuffle upscale_factor\nPixelUnshuffle downscale_factor"),
        ("channelshuffle", "ChannelShuffle groups"),
        (
            "distance",
            "CosineSimilarity dim eps\nPairwiseDistance norm:p eps keepdim"
        ),
        (
            "upsampling",
            """
            Upsample name=Upsample size @scale_factor mode align_corners recompute_scale_factor
            UpsamplingNearest2d name=UpsamplingNearest2d size @scale_factor mode=nearest align_corners=None \
            recompute_scale_factor=None
            UpsamplingBilinear2d name=UpsamplingBilinear2d size @scale_factor mode=bilinear align_corners=True \
            recompute_scale_factor=None
            """
        ),
        ("pooling", sizes("MaxPool", maxPool)), ("pooling", sizes("MaxUnpool", "@kernel_size @stride @padding")),
        ("pooling", "AvgPool1d @kernel_size @stride @padding \(averagePool)"),
        ("pooling", sizes("AvgPool", "kernel_size stride padding \(averagePool) divisor_override", 2...3)),
        ("pooling", sizes("LPPool", "norm_type \(window)")),
        ("pooling", sizes("AdaptiveAvgPool", "output_size")),
        ("pooling", sizes("AdaptiveMaxPool", "output_size return_indices")),
        ("pooling", sizes("FractionalMaxPool", fractional, 2...3)),
        ("padding", sizes("ConstantPad", "value padding")), ("padding", sizes("ZeroPad", "value=0.0 padding")),
        ("padding", sizes("ReflectionPad", "padding")), ("padding", sizes("ReplicationPad", "padding")),
        ("padding", sizes("CircularPad", "padding")),
        (
            "activation",
            """
            Threshold threshold value inplace
            ReLU inplace
            RReLU lower upper inplace
            Hardtanh min_val max_val inplace
            ReLU6 min_val=0.0 max_val=6.0 inplace
            Sigmoid
            Hardsigmoid inplace
            Tanh
            SiLU inplace
            Mish inplace
            Hardswish inplace
            ELU alpha inplace
            CELU alpha inplace
            SELU inplace
            GLU dim
            GELU approximate
            Hardshrink lambd
            LeakyReLU negative_slope inplace
            LogSigmoid
            Softplus beta threshold
            Softshrink lambd
            PReLU ^num_parameters init=0.25
            Softsign
            Tanhshrink
            Softmin dim
            Softmax dim
            Softmax2d
            LogSoftmax dim
            MultiheadAttention embed_dim kdim vdim @_qkv_same_embed_dim num_heads dropout batch_first @head_dim @bias_k \
            @bias_v add_zero_attn
            """
        ),
        (
            "sparse",
            """
            Embedding num_embeddings embedding_dim padding_idx max_norm norm_type scale_grad_by_freq sparse
            EmbeddingBag num_embeddings embedding_dim max_norm norm_type scale_grad_by_freq padding_idx mode sparse \
            include_last_offset
            """
        ),
        (
            "rnn",
            """
            RNN nonlinearity @mode \(recurrent)
            LSTM @mode \(recurrent)
            GRU @mode \(recurrent)
            RNNCell input_size hidden_size @bias nonlinearity
            LSTMCell input_size hidden_size @bias
            GRUCell input_size hidden_size @bias
            """
        ),
        (
            "transformer",
            """
            Transformer d_model nhead batch_first
            TransformerEncoder num_layers @norm enable_nested_tensor=True use_nested_tensor:usesNestedTensor mask_check
            TransformerDecoder num_layers @norm
            TransformerEncoderLayer norm_first @activation_relu_or_gelu @activation
            TransformerDecoderLayer norm_first @activation
            """
        ),
        (
            "loss",
            """
            \(each(["L1Loss", "MSELoss", "BCELoss", "BCEWithLogitsLoss", "SoftMarginLoss", "MultiLabelMarginLoss",
                "MultiLabelSoftMarginLoss"], "reduction"))
            NLLLoss reduction ignore_index
            CrossEntropyLoss reduction ignore_index label_smoothing
            PoissonNLLLoss reduction log_input full eps
            GaussianNLLLoss reduction full eps
            KLDivLoss reduction log_target
            HingeEmbeddingLoss reduction margin
            SmoothL1Loss reduction beta
            HuberLoss reduction delta
            CosineEmbeddingLoss reduction margin
            MarginRankingLoss reduction margin
            MultiMarginLoss reduction p margin
            TripletMarginLoss reduction margin p eps swap
            TripletMarginWithDistanceLoss reduction margin swap
            CTCLoss reduction blank zero_infinity
            LinearCrossEntropyLoss reduction num_classes:classCount out_features ignore_index label_smoothing @options
            """
        ),
        (
            "adaptive",
            """
            AdaptiveLogSoftmaxWithLoss @in_features n_classes:classCount @cutoffs div_value @head_bias @shortlist_size \
            @n_clusters @head_size
            """
        ),
        ("container", "Sequential\nModuleList\nModuleDict\nParameterList @_size\nParameterDict @_keys"),
    ]
}
