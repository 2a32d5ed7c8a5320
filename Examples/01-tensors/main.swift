// Chapter 1: Tensors
//
// A tensor is an array of numbers with any number of dimensions. Inputs, outputs and parameters of a model are tensors;
// they share memory with NumPy's arrays where you want that, and they know how to be differentiated.
import Firebrand
import FirebrandPython

manualSeed(0)

// MARK: - Directly from data

// Nested arrays become a tensor; the element type follows from theirs: integers make `int64`, floating-point numbers
// the default type, `float32`.
let data = [[1, 2], [3, 4]]
let xData = Tensor(data)

// MARK: - From a NumPy array

// NumPy is the real one, in a Python that is found when the program runs. Where there is none, the error says what to
// install, and the program goes on without the sections that need it.
var numPy: PythonObject?
do {
    numPy = try Python.import("numpy")
} catch {
    print("Without NumPy: \(error)")
}

// A tensor from a NumPy array, and the other way round (see below); both share the array's memory.
if let np = numPy {
    let npArray = try np.array(data)
    let xNp = try Tensor(numpy: npArray)
    print(xNp)
}

// MARK: - From another tensor

// The new tensor has the shape and type of the other one, unless you say otherwise.
let xOnes = Tensor.onesLike(xData)  // keeps int64
print("Ones Tensor: \n \(xOnes) \n")

let xRand = Tensor.randLike(xData, dtype: .float32)  // another type
print("Random Tensor: \n \(xRand) \n")

// MARK: - With random or constant values

// A shape is an array of lengths; `Tensor.rand(2, 3)` works too.
let shape = [2, 3]
let randTensor = Tensor.rand(shape)
let onesTensor = Tensor.ones(shape)
let zerosTensor = Tensor.zeros(shape)

print("Random Tensor: \n \(randTensor) \n")
print("Ones Tensor: \n \(onesTensor) \n")
print("Zeros Tensor: \n \(zerosTensor)")

// MARK: - Attributes of a tensor

// Shape, element type, and the device that holds it.
var tensor = Tensor.rand(3, 4)

print("Shape of tensor: \(tensor.shape)")
print("Datatype of tensor: \(tensor.dtype)")
print("Device tensor is stored on: \(tensor.device)")

// MARK: - Operations on tensors

// `to` moves a tensor to another device. A device that is not there throws, so `try?` asks whether it is.
if let gpu = try? Device("cuda") {
    tensor = tensor.to(gpu)
}

// MARK: - Indexing and slicing

// `.all` is Python's `:`, and `...` its ellipsis; negative indices count from the end. Assignment goes through views.
tensor = Tensor.ones(4, 4)
print("First row: \(tensor[0])")
print("First column: \(tensor[.all, 0])")
print("Last column: \(tensor[..., -1])")
tensor[.all, 1] = 0
print(tensor)

// MARK: - Joining tensors

// `cat` joins along a dimension that is there, `stack` along a new one.
let t1 = cat([tensor, tensor, tensor], dim: 1)
print(t1)

// MARK: - Arithmetic operations

// The matrix product, three times: the methods return a new tensor, `out:` writes into yours. (Swift has no `@`
// operator.)
let y1 = tensor.matmul(tensor.T)
let y2 = matmul(tensor, tensor.T)

let y3 = Tensor.randLike(y1)
matmul(tensor, tensor.T, out: y3)

// The product of the elements, three times.
let z1 = tensor * tensor
let z2 = tensor.mul(tensor)

let z3 = Tensor.randLike(tensor)
mul(tensor, tensor, out: z3)
print(z3)

// MARK: - Single-element tensors

// `item()` gives the number in a tensor of one element, in the type the context asks for.
let agg = tensor.sum()
let aggItem: Float = agg.item()
print(aggItem, type(of: aggItem))

// MARK: - In-place operations

// A trailing underscore says that an operator changes its tensor; `tensor += 5` does the same. It saves memory but
// loses what was there before, which derivatives may need.
print("\(tensor) \n")
tensor.add_(5)
print(tensor)

// MARK: - Tensor to NumPy array

// A tensor and its array share memory: a change of the tensor shows in the array.
if numPy != nil {
    let t = Tensor.ones(5)
    print("t: \(t)")
    let n = try t.numpy()
    print("n: \(n)")

    t.add_(1)
    print("t: \(t)")
    print("n: \(n)")
}

// MARK: - NumPy array to tensor

// And a change of the array shows in the tensor.
if let np = numPy {
    let n = try np.ones(5)
    let t = try Tensor(numpy: n)

    try np.add(n, 1, out: n)
    print("t: \(t)")
    print("n: \(n)")
}
