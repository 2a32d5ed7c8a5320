import CKernels

// What an optimizer asks of a device.

package typealias UpdateKernel = fb_update_op
package typealias UpdateNumbers = fb_update_numbers

/// One parameter's share of an optimizer's step. The tensors have one type, and their elements lie in memory in one order
/// without gaps.
package struct ParameterUpdate {
    package var parameter: Tensor
    package var gradient: Tensor
    package var state: (Tensor?, Tensor?, Tensor?)
    package var numbers: UpdateNumbers

    package init(
        _ parameter: Tensor, gradient: Tensor, state: (Tensor?, Tensor?, Tensor?) = (nil, nil, nil),
        _ numbers: UpdateNumbers
    ) {
        self.parameter = parameter
        self.gradient = gradient
        self.state = state
        self.numbers = numbers
    }
}

extension UpdateKernel {
    package static var sgd: Self { FB_UPDATE_SGD }
    package static var adam: Self { FB_UPDATE_ADAM }
    package static var adamax: Self { FB_UPDATE_ADAMAX }
    package static var nadam: Self { FB_UPDATE_NADAM }
    package static var radam: Self { FB_UPDATE_RADAM }
    package static var rmsprop: Self { FB_UPDATE_RMSPROP }
    package static var adagrad: Self { FB_UPDATE_ADAGRAD }
    package static var adadelta: Self { FB_UPDATE_ADADELTA }
    package static var asgd: Self { FB_UPDATE_ASGD }
    package static var rprop: Self { FB_UPDATE_RPROP }
    /// Moves `parameter` towards `gradient` by the part `scale` of the way.
    package static var average: Self { FB_UPDATE_AVERAGE }
}

extension UpdateNumbers {
    /// A step down the slope, without decay.
    package static var plain: Self {
        var numbers = fb_update_numbers()
        numbers.sign = 1
        numbers.shrink = 1
        return numbers
    }
}
