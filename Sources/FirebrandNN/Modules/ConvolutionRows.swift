import FirebrandTensor

// The rows of convolution layers.

extension Arguments {
    fileprivate var channels: (Int, Int) {
        get throws(Misuse) { (try int("in_channels"), try int("out_channels")) }
    }

    fileprivate func paddingMode() throws(Misuse) -> ConvolutionPaddingMode {
        let name = try string("padding_mode")
        guard let mode = ConvolutionPaddingMode(rawValue: name) else {
            throw Misuse(
                "padding_mode must be one of {'zeros', 'reflect', 'replicate', 'circular'}, but got padding_mode='\(name)'"
            )
        }
        return mode
    }
}

private let ending = "device=None, dtype=None"
private let plain = "kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, padding_mode='zeros', \(ending)"
private let transposed =
    "kernel_size, stride=1, padding=0, output_padding=0, groups=1, bias=True, dilation=1, padding_mode='zeros', "
    + ending

let convolutionModules: [ModuleRow] = [
    ModuleRow("nn.Conv1d", "in_channels, out_channels, \(plain)") {
        Conv1d(
            try $0.channels.0, try $0.channels.1, try $0.perDimension("kernel_size"),
            stride: try $0.perDimension("stride"),
            padding: try $0.convolutionPadding(), dilation: try $0.perDimension("dilation"),
            groups: try $0.int("groups"), bias: try $0.bool("bias"), paddingMode: try $0.paddingMode(),
            device: try $0.device(), dtype: try $0.dtype())
    },
    ModuleRow("nn.Conv2d", "in_channels, out_channels, \(plain)") {
        Conv2d(
            try $0.channels.0, try $0.channels.1, try $0.perDimension("kernel_size"),
            stride: try $0.perDimension("stride"),
            padding: try $0.convolutionPadding(), dilation: try $0.perDimension("dilation"),
            groups: try $0.int("groups"), bias: try $0.bool("bias"), paddingMode: try $0.paddingMode(),
            device: try $0.device(), dtype: try $0.dtype())
    },
    ModuleRow("nn.Conv3d", "in_channels, out_channels, \(plain)") {
        Conv3d(
            try $0.channels.0, try $0.channels.1, try $0.perDimension("kernel_size"),
            stride: try $0.perDimension("stride"),
            padding: try $0.convolutionPadding(), dilation: try $0.perDimension("dilation"),
            groups: try $0.int("groups"), bias: try $0.bool("bias"), paddingMode: try $0.paddingMode(),
            device: try $0.device(), dtype: try $0.dtype())
    },
    ModuleRow("nn.LazyConv1d", "out_channels, \(plain)") {
        LazyConv1d(
            try $0.int("out_channels"), try $0.perDimension("kernel_size"), stride: try $0.perDimension("stride"),
            padding: try $0.convolutionPadding(), dilation: try $0.perDimension("dilation"),
            groups: try $0.int("groups"), bias: try $0.bool("bias"), paddingMode: try $0.paddingMode(),
            device: try $0.device(), dtype: try $0.dtype())
    },
    ModuleRow("nn.LazyConv2d", "out_channels, \(plain)") {
        LazyConv2d(
            try $0.int("out_channels"), try $0.perDimension("kernel_size"), stride: try $0.perDimension("stride"),
            padding: try $0.convolutionPadding(), dilation: try $0.perDimension("dilation"),
            groups: try $0.int("groups"), bias: try $0.bool("bias"), paddingMode: try $0.paddingMode(),
            device: try $0.device(), dtype: try $0.dtype())
    },
    ModuleRow("nn.LazyConv3d", "out_channels, \(plain)") {
        LazyConv3d(
            try $0.int("out_channels"), try $0.perDimension("kernel_size"), stride: try $0.perDimension("stride"),
            padding: try $0.convolutionPadding(), dilation: try $0.perDimension("dilation"),
            groups: try $0.int("groups"), bias: try $0.bool("bias"), paddingMode: try $0.paddingMode(),
            device: try $0.device(), dtype: try $0.dtype())
    },
]

let transposedConvolutionModules: [ModuleRow] = [
    ModuleRow("nn.ConvTranspose1d", "in_channels, out_channels, \(transposed)", forward: "input, output_size=None") {
        ConvTranspose1d(
            try $0.channels.0, try $0.channels.1, try $0.perDimension("kernel_size"),
            stride: try $0.perDimension("stride"),
            padding: try $0.perDimension("padding"), outputPadding: try $0.perDimension("output_padding"),
            groups: try $0.int("groups"), bias: try $0.bool("bias"), dilation: try $0.perDimension("dilation"),
            paddingMode: try $0.paddingMode(), device: try $0.device(), dtype: try $0.dtype())
    } call: {
        $0(try $1.input, outputSize: try $1.has("output_size") ? $1.ints("output_size") : nil)
    },
    ModuleRow("nn.ConvTranspose2d", "in_channels, out_channels, \(transposed)", forward: "input, output_size=None") {
        ConvTranspose2d(
            try $0.channels.0, try $0.channels.1, try $0.perDimension("kernel_size"),
            stride: try $0.perDimension("stride"),
            padding: try $0.perDimension("padding"), outputPadding: try $0.perDimension("output_padding"),
            groups: try $0.int("groups"), bias: try $0.bool("bias"), dilation: try $0.perDimension("dilation"),
            paddingMode: try $0.paddingMode(), device: try $0.device(), dtype: try $0.dtype())
    } call: {
        $0(try $1.input, outputSize: try $1.has("output_size") ? $1.ints("output_size") : nil)
    },
    ModuleRow("nn.ConvTranspose3d", "in_channels, out_channels, \(transposed)", forward: "input, output_size=None") {
        ConvTranspose3d(
            try $0.channels.0, try $0.channels.1, try $0.perDimension("kernel_size"),
            stride: try $0.perDimension("stride"),
            padding: try $0.perDimension("padding"), outputPadding: try $0.perDimension("output_padding"),
            groups: try $0.int("groups"), bias: try $0.bool("bias"), dilation: try $0.perDimension("dilation"),
            paddingMode: try $0.paddingMode(), device: try $0.device(), dtype: try $0.dtype())
    } call: {
        $0(try $1.input, outputSize: try $1.has("output_size") ? $1.ints("output_size") : nil)
    },
    ModuleRow("nn.LazyConvTranspose1d", "out_channels, \(transposed)", forward: "input, output_size=None") {
        LazyConvTranspose1d(
            try $0.int("out_channels"), try $0.perDimension("kernel_size"), stride: try $0.perDimension("stride"),
            padding: try $0.perDimension("padding"), outputPadding: try $0.perDimension("output_padding"),
            groups: try $0.int("groups"), bias: try $0.bool("bias"), dilation: try $0.perDimension("dilation"),
            paddingMode: try $0.paddingMode(), device: try $0.device(), dtype: try $0.dtype())
    } call: {
        $0(try $1.input, outputSize: try $1.has("output_size") ? $1.ints("output_size") : nil)
    },
    ModuleRow("nn.LazyConvTranspose2d", "out_channels, \(transposed)", forward: "input, output_size=None") {
        LazyConvTranspose2d(
            try $0.int("out_channels"), try $0.perDimension("kernel_size"), stride: try $0.perDimension("stride"),
            padding: try $0.perDimension("padding"), outputPadding: try $0.perDimension("output_padding"),
            groups: try $0.int("groups"), bias: try $0.bool("bias"), dilation: try $0.perDimension("dilation"),
            paddingMode: try $0.paddingMode(), device: try $0.device(), dtype: try $0.dtype())
    } call: {
        $0(try $1.input, outputSize: try $1.has("output_size") ? $1.ints("output_size") : nil)
    },
    ModuleRow("nn.LazyConvTranspose3d", "out_channels, \(transposed)", forward: "input, output_size=None") {
        LazyConvTranspose3d(
            try $0.int("out_channels"), try $0.perDimension("kernel_size"), stride: try $0.perDimension("stride"),
            padding: try $0.perDimension("padding"), outputPadding: try $0.perDimension("output_padding"),
            groups: try $0.int("groups"), bias: try $0.bool("bias"), dilation: try $0.perDimension("dilation"),
            paddingMode: try $0.paddingMode(), device: try $0.device(), dtype: try $0.dtype())
    } call: {
        $0(try $1.input, outputSize: try $1.has("output_size") ? $1.ints("output_size") : nil)
    },
]
