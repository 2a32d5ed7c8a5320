import ArgumentParser
import Firebrand
import FirebrandTutorial

/// The networks that the command line trains.
enum NetworkChoice: String, CaseIterable, ExpressibleByArgument {
    /// The tutorial's: two hidden layers of 512.
    case mlp
    /// Three convolutional blocks.
    case cnn

    /// The network that weights belong to, by their keys.
    init(fitting state: StateDict) {
        self = state.keys.contains { $0.hasPrefix("features.") } ? .cnn : .mlp
    }

    func make() -> any Layer {
        switch self {
        case .mlp: NeuralNetwork()
        case .cnn: ConvolutionalNetwork()
        }
    }

    var epochs: Int { self == .mlp ? 10 : ConvolutionalNetwork.Recipe.epochs }
    var batchSize: Int { self == .mlp ? 64 : ConvolutionalNetwork.Recipe.batchSize }

    /// The tutorial's stochastic gradient descent; for the convolutional network AdamW with a learning rate that goes up and
    /// down once.
    func optimizer(_ parameters: [Tensor], lr: Double, steps: Int) -> (Optimizer, LRScheduler?) {
        switch self {
        case .mlp: return (SGD(parameters, lr: lr), nil)
        case .cnn:
            let optimizer = AdamW(parameters, lr: lr, weightDecay: ConvolutionalNetwork.Recipe.weightDecay)
            return (optimizer, steps > 0 ? OneCycleLR(optimizer, maxLr: lr, totalSteps: steps) : nil)
        }
    }
}
