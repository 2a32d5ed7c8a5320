// Chapter 5: Automatic differentiation
//
// Training follows the gradient of the loss with respect to each parameter. Autograd computes it: it records what
// happens to tensors while it happens, and goes back along the record.
import Firebrand

manualSeed(0)

// MARK: - A network of one layer

// `w` and `b` are what is to be optimized: they say so with `requiresGrad`, when they are made or later by
// `requiresGrad_()`.
let x = Tensor.ones(5)  // the input
let y = Tensor.zeros(3)  // the expected output
let w = Tensor.randn(5, 3, requiresGrad: true)
let b = Tensor.randn(3, requiresGrad: true)
var z = matmul(x, w) + b
let loss = Functional.binaryCrossEntropyWithLogits(z, y)

// MARK: - Tensors, functions and the graph

// `gradFn` is the recorded function that made a tensor; it knows its derivative.
print("Gradient function for z = \(z.gradFn!)")
print("Gradient function for loss = \(loss.gradFn!)")

// MARK: - Computing gradients

// `backward()` puts the derivatives of the loss into `grad` of the leaves that require them. A graph is freed by it;
// `retainGraph: true` keeps it for another call.
loss.backward()
print(w.grad!)
print(b.grad!)

// MARK: - Disabling gradient tracking

// Inside `noGrad` nothing is recorded, which is faster and right for predictions.
z = matmul(x, w) + b
print(z.requiresGrad)

noGrad {
    z = matmul(x, w) + b
}
print(z.requiresGrad)

// `detach()` gives the same numbers without their history.
z = matmul(x, w) + b
let detached = z.detach()
print(detached.requiresGrad)

// MARK: - Tensor gradients and Jacobian products

// The output need not be one number: `backward(v)` computes the product of `v` with the Jacobian. Gradients add up
// until they are set to zero, which an optimizer's `zeroGrad()` does in training.
let input = Tensor.eye(4, 5, requiresGrad: true)
let output = (input + 1).pow(2).t()
output.backward(Tensor.onesLike(output), retainGraph: true)
print("First call\n\(input.grad!)")
output.backward(Tensor.onesLike(output), retainGraph: true)
print("\nSecond call\n\(input.grad!)")
input.grad!.zero_()
output.backward(Tensor.onesLike(output), retainGraph: true)
print("\nCall after zeroing gradients\n\(input.grad!)")
