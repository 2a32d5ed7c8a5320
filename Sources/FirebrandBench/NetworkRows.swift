import Firebrand

/// The network rows: what bench/network_rows.py names and bench/torch_networks.py does with PyTorch.
enum NetworkRows {
    /// The call of a row, its modules and inputs made from seed 0; nil where there is no such row.
    static func call(_ name: String) -> (() -> Tensor)? {
        manualSeed(0)
        let words = name.split(separator: " ").map(String.init)
        guard let way = words.last else { return nil }
        guard way == "forward" || way == "forward+backward" else { return whole(name) }
        let isTraining = way == "forward+backward"
        switch words[0] {
        case "cross_entropy":
            let lengths = words[1].split(separator: "x").compactMap { Int($0) }
            return crossEntropy(lengths[0], lengths[1], isTraining)
        case "embedding_bag": return embeddingBag(isTraining)
        default: break
        }
        guard let (module, inputs) = layer(words.dropLast().joined(separator: " ")) else { return nil }
        return isTraining ? training(module, inputs) : { noGrad { module.run(inputs) } }
    }

    /// A module and how it is called.
    private struct Callable {
        var parameters: [Tensor]
        var run: ([Tensor]) -> Tensor

        init(_ layer: some Layer) {
            parameters = layer.parameters()
            run = { layer($0[0]) }
        }

        init(_ module: ModuleBase? = nil, _ run: @escaping ([Tensor]) -> Tensor) {
            parameters = module?.parameters() ?? []
            self.run = run
        }
    }

    private static func layer(_ name: String) -> (Callable, [Tensor])? {
        switch name {
        case "conv2d 3x3": return (Callable(Conv2d(64, 64, 3, padding: 1)), [Tensor.rand(8, 64, 56, 56)])
        case "conv2d depthwise":
            return (Callable(Conv2d(128, 128, 3, padding: 1, groups: 128)), [Tensor.rand(8, 128, 28, 28)])
        case "conv2d 1x1": return (Callable(Conv2d(256, 64, 1)), [Tensor.rand(8, 256, 28, 28)])
        case "conv1d": return (Callable(Conv1d(64, 128, 5, padding: 2)), [Tensor.rand(32, 64, 256)])
        case "conv_transpose2d":
            return (Callable(ConvTranspose2d(64, 32, 4, stride: 2, padding: 1)), [Tensor.rand(8, 64, 28, 28)])
        case "max_pool2d": return (Callable(MaxPool2d(3, stride: 2, padding: 1)), [Tensor.rand(8, 64, 56, 56)])
        case "batch_norm2d": return (Callable(BatchNorm2d(64)), [Tensor.rand(8, 64, 56, 56)])
        case "layer_norm": return (Callable(LayerNorm(512)), [Tensor.rand(4096, 512)])
        case "group_norm": return (Callable(GroupNorm(32, 64)), [Tensor.rand(8, 64, 56, 56)])
        case "attention":
            let heads = (0..<3).map { _ in Tensor.rand(8, 8, 128, 64) }
            return (Callable { Functional.scaledDotProductAttention($0[0], $0[1], $0[2]) }, heads)
        case "multihead_attention":
            let attention = MultiheadAttention(512, 8, batchFirst: true)
            return (
                Callable(attention) { attention($0[0], $0[0], $0[0], needWeights: false).0 }, [Tensor.rand(8, 128, 512)]
            )
        case "lstm":
            let network = LSTM(128, 256)
            return (Callable(network) { network($0[0]).0 }, [Tensor.rand(64, 32, 128)])
        case "gru":
            let network = GRU(128, 256)
            return (Callable(network) { network($0[0]).0 }, [Tensor.rand(64, 32, 128)])
        default: return nil
        }
    }

    private static func training(_ module: Callable, _ inputs: [Tensor]) -> () -> Tensor {
        let inputs = inputs.map { $0.requiresGrad_() }
        // Not a constant one: the gradient of a normalisation would be nothing but rounding.
        let cotangent = Tensor.rand(module.run(inputs).shape)
        let leaves = inputs + module.parameters
        return {
            module.run(inputs).backward(cotangent)
            let grad = inputs[0].grad!
            for leaf in leaves { leaf.grad = nil }
            return grad
        }
    }

    private static func crossEntropy(_ rows: Int, _ classes: Int, _ isTraining: Bool) -> () -> Tensor {
        let (scores, labels) = (Tensor.rand(rows, classes), (Tensor.arange(rows) * 7).remainder(classes))
        guard isTraining else { return { Functional.crossEntropy(scores, labels) } }
        scores.requiresGrad_()
        return {
            Functional.crossEntropy(scores, labels).backward()
            let grad = scores.grad!
            scores.grad = nil
            return grad
        }
    }

    private static func embeddingBag(_ isTraining: Bool) -> () -> Tensor {
        let table = EmbeddingBag(10000, 64, mode: .sum)
        let indices = (Tensor.arange(512 * 20) * 7919).remainder(10000).view(512, 20)
        guard isTraining else { return { noGrad { table(indices) } } }
        let cotangent = Tensor.full([512, 64], 0.5)
        return {
            table(indices).backward(cotangent)
            let grad = table.weight.grad!
            table.weight.grad = nil
            return grad
        }
    }

    // MARK: Whole networks

    private static func whole(_ name: String) -> (() -> Tensor)? {
        switch name {
        case "encoder_layer step":
            let layer = TransformerEncoderLayer(512, 8, dimFeedforward: 2048, dropout: 0, batchFirst: true)
            let x = Tensor.rand(8, 128, 512)
            return step(layer.parameters()) { layer(x).square().mean() }
        case "resnet18 step":
            let network = Networks.resnet18()
            let (x, labels) = (Tensor.rand(16, 3, 64, 64), Tensor.arange(16))
            return step(network.parameters()) { Functional.crossEntropy(network(x), labels) }
        case "adamw 25M":
            let parameters = (0..<10).map { _ in Tensor.full([2500, 1000], 0.5).requiresGrad_() }
            for parameter in parameters { parameter.grad = Tensor.full([2500, 1000], 0.25) }
            let optimizer = AdamW(parameters, lr: 1e-6)
            return {
                optimizer.step()
                return parameters[0].detach()[0]
            }
        case "vgg16 inference 1", "vgg16 inference 8":
            let network = Networks.vgg16().eval()
            let x = Tensor.rand(name.hasSuffix("1") ? 1 : 8, 3, 224, 224)
            return { noGrad { network(x) } }
        default: return nil
        }
    }

    private static func step(_ parameters: [Tensor], _ loss: @escaping () -> Tensor) -> () -> Tensor {
        let optimizer = SGD(parameters, lr: 1e-4)
        return {
            optimizer.zeroGrad()
            let value = loss()
            value.backward()
            optimizer.step()
            return value.detach()
        }
    }
}
