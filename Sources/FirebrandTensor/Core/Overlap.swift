// Memory that is written to and read by one operator: what would come out depends on the order of the elements, so it is
// refused, as PyTorch refuses it.

/// Refuses operands that share some but not all of their elements' places with the tensor that is written to.
///
/// The same places in the same order are fine: that is an in-place operator. Layouts with gaps are not looked into, as
/// they are not in PyTorch.
@inline(__always)
package func checkPartialOverlap(_ written: Tensor, _ read: Tensor) throws(Misuse) {
    if written === read || written.storage !== read.storage { return }
    try checkSharedMemory(written, read)
}

@inline(never)
private func checkSharedMemory(_ written: Tensor, _ read: Tensor) throws(Misuse) {
    guard written.count > 0, read.count > 0, written.isDense, read.isDense else { return }
    let (begin, end) = (written.byteOffset, written.byteOffset + written.count * written.elementSize)
    let (otherBegin, otherEnd) = (read.byteOffset, read.byteOffset + read.count * read.elementSize)
    guard begin < otherEnd, otherBegin < end else { return }
    if begin == otherBegin, end == otherEnd, written.strides == read.strides { return }
    throw Misuse(
        "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory "
            + "location. Please clone() the tensor before performing the operation.")
}

extension Tensor {
    fileprivate var byteOffset: Int { storageOffset * elementSize }

    /// Whether a step of 0 shows an element several times. Other ways of doing so are not looked for.
    package var hasRepeatedElements: Bool {
        if isContiguous { return false }
        for index in 0..<dim where shape[index] > 1 && strides[index] == 0 { return true }
        return false
    }
}
