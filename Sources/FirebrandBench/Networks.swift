import Firebrand

/// The networks of the benchmark, layer by layer those of bench/torch_networks.py.
final class BasicBlock: Module {
    let conv1: Conv2d
    let bn1: BatchNorm2d
    let relu = ReLU(inplace: true)
    let conv2: Conv2d
    let bn2: BatchNorm2d
    let downsample: Sequential?

    init(_ inputs: Int, _ outputs: Int, stride: Int) {
        conv1 = Conv2d(inputs, outputs, 3, stride: stride, padding: 1, bias: false)
        bn1 = BatchNorm2d(outputs)
        conv2 = Conv2d(outputs, outputs, 3, padding: 1, bias: false)
        bn2 = BatchNorm2d(outputs)
        let isSame = stride == 1 && inputs == outputs
        downsample =
            isSame
            ? nil
            : Sequential {
                Conv2d(inputs, outputs, 1, stride: stride, bias: false)
                BatchNorm2d(outputs)
            }
    }

    func forward(_ x: Tensor) -> Tensor {
        let y = bn2(conv2(relu(bn1(conv1(x)))))
        return relu(y + (downsample?(x) ?? x))
    }
}

enum Networks {
    static func resnet18() -> Sequential {
        var inputs = 64
        return Sequential {
            Conv2d(3, 64, 7, stride: 2, padding: 3, bias: false)
            BatchNorm2d(64)
            ReLU(inplace: true)
            MaxPool2d(3, stride: 2, padding: 1)
            for (outputs, stride) in [(64, 1), (128, 2), (256, 2), (512, 2)] {
                BasicBlock(inputs, outputs, stride: stride)
                BasicBlock(outputs, outputs, stride: 1)
                let _ = inputs = outputs
            }
            AdaptiveAvgPool2d(1)
            Flatten()
            Linear(512, 1000)
        }
    }

    static func vgg16() -> Sequential {
        var layers: [any Layer] = []
        var inputs = 3
        for width in [64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0] {
            if width == 0 {
                layers.append(MaxPool2d(2, stride: 2))
            } else {
                layers += [Conv2d(inputs, width, 3, padding: 1), ReLU(inplace: true)]
                inputs = width
            }
        }
        layers += [
            Flatten(), Linear(512 * 49, 4096), ReLU(inplace: true), Linear(4096, 4096), ReLU(inplace: true),
            Linear(4096, 1000),
        ]
        return Sequential(layers)
    }
}
