// Complex numbers have no order: what compares, sorts or rounds refuses them, each in PyTorch's words of its own.

extension Tensor {
    /// Refuses complex elements with PyTorch's name of its kernel.
    func refuseComplex(kernel: @autoclosure () -> String) throws(Misuse) {
        if dtype.isComplex { throw Misuse("\"\(kernel())\" not implemented for '\(dtype.scalarTypeName)'") }
    }

    /// Refuses complex elements in a sentence.
    func refuseComplex(saying words: @autoclosure () -> String) throws(Misuse) {
        if dtype.isComplex { throw Misuse(words()) }
    }
}

/// Refuses pairs one of which is complex, by the name of the operator.
func refuseComplexPair(_ name: StaticString, _ type: DType) throws(Misuse) {
    guard type.isComplex else { return }
    switch name.description {
    case "fmax", "fmin": throw Misuse("\(name) not implemented for complex tensors.")
    case "heaviside": throw Misuse("heaviside is not yet implemented for complex tensors.")
    default: throw notImplemented(name, type)
    }
}
