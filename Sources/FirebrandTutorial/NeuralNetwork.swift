import Firebrand

/// The network of the tutorial "Learn the Basics": 784 pixels, two hidden layers of 512, ten classes.
package final class NeuralNetwork: Module {
    private let flatten = Flatten()
    @Key("linear_relu_stack") private var stack = Sequential {
        Linear(28 * 28, 512)
        ReLU()
        Linear(512, 512)
        ReLU()
        Linear(512, 10)
    }

    package override init() {}

    package func forward(_ x: Tensor) -> Tensor { stack(flatten(x)) }
}
