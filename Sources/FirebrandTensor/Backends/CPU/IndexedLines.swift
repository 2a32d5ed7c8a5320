import CKernels

/// Contiguous memory that elements are picked from, or put into, along one dimension: the dimensions outside of it count as
/// one, and so do those inside. Kernels take it as it lies, without the lists a ``StridedLoop`` needs.
struct IndexedLines {
    private let outer: Int
    private let inner: Int
    /// The length of the dimension, and how many of its elements are named for each outer index.
    private let limit: Int
    private let length: Int
    private let whole: UnsafeMutableRawPointer
    private let part: UnsafeMutableRawPointer
    private let index: UnsafePointer<Int64>
    /// One vector of indices serves all.
    private let isShared: Bool
    private let itemSize: Int
    private let dtype: Int32

    /// `part` is what is picked or put; nil where the memory lies otherwise, or lines would be too short for kernels.
    init?(_ whole: Tensor, dim: Int, _ part: Tensor, _ index: Tensor) {
        let rank = whole.dim
        guard rank > 0, part.dim == rank, part.count > 0, whole.isContiguous, part.isContiguous, index.isContiguous
        else { return nil }
        isShared = index.dim == 1
        guard isShared ? index.count == part.shape[dim] : index.shape == part.shape else { return nil }
        var (outer, inner) = (1, 1)
        for axis in 0..<rank where axis != dim {
            let length = whole.shape[axis]
            guard part.shape[axis] == length else { return nil }
            if axis < dim { outer *= length } else { inner *= length }
        }
        guard inner == 1 || inner >= 16 || part.count <= 2048 else { return nil }
        (self.outer, self.inner) = (outer, inner)
        (limit, length) = (whole.shape[dim], part.shape[dim])
        (self.whole, self.part) = (whole.pointer, part.pointer)
        self.index = UnsafePointer(index.pointer.assumingMemoryBound(to: Int64.self))
        (itemSize, dtype) = (whole.elementSize, whole.dtype.rawValue)
    }

    // Elements at random places cost more than those in a row.
    private var grain: Int { pointwiseGrain / 2 }

    /// Fills the part; false where an index is out of range.
    func pick() -> Bool {
        let rowSize = inner * itemSize
        return Flag.staysDown { isBad in
            if inner == 1, outer == 1 {
                parallelFor(length, grain: grain) { begin, end in
                    pickElements(part + begin * itemSize, whole, 0, index + begin, end - begin, isBad)
                }
            } else if inner == 1 {
                parallelFor(outer, grain: max(1, grain / length)) { begin, end in
                    for row in begin..<end {
                        pickElements(
                            part + row * length * itemSize, whole + row * limit * itemSize, 0,
                            isShared ? index : index + row * length, length, isBad)
                    }
                }
            } else {
                // Rows are copied as they are.
                let grain = isShared ? 4 * pointwiseGrain : grain
                parallelFor(outer * length, grain: max(1, grain / inner)) { begin, end in
                    for line in begin..<end {
                        let (to, from) = (part + line * rowSize, whole + line / length * limit * rowSize)
                        if isShared {
                            let position = Int(index[line % length])
                            guard position >= 0, position < limit else { return isBad.raise() }
                            to.copyMemory(from: from + position * rowSize, byteCount: rowSize)
                        } else {
                            pickElements(to, from, itemSize, index + line * inner, inner, isBad)
                        }
                    }
                }
            }
        }
    }

    /// Elements that lie `stride` bytes apart, at the places that indices name; places are as far apart as rows are long.
    private func pickElements(
        _ to: UnsafeMutableRawPointer, _ from: UnsafeMutableRawPointer, _ stride: Int, _ index: UnsafePointer<Int64>,
        _ count: Int, _ isBad: Flag
    ) {
        if !fb_gather(
            to, itemSize, from, stride, inner * itemSize, index, 8, count, Int64(limit), Int32(itemSize))
        {
            isBad.raise()
        }
    }

    /// Puts the part where the indices say; false where one is out of range. Nil, and nothing done, where threads cannot
    /// share the work so that none meets another in an element.
    func put(_ reduction: PutKernel) -> Bool? {
        let isSmall = outer * length * inner < pointwiseGrain
        if outer >= threadCount() || isSmall {
            return Flag.staysDown { isBad in
                parallelFor(outer, grain: isSmall ? outer : 1) { begin, end in
                    for group in begin..<end { put(reduction, group, 0..<limit, isBad) }
                }
            }
        }
        guard isShared else { return nil }
        // Each thread takes what goes to a stretch of places.
        return Flag.staysDown { isBad in
            parallelFor(limit, grain: 1) { begin, end in
                for group in 0..<outer { put(reduction, group, begin..<end, isBad) }
            }
        }
    }

    private func put(_ reduction: PutKernel, _ group: Int, _ range: Range<Int>, _ isBad: Flag) {
        let rowSize = inner * itemSize
        let (to, from) = (whole + group * limit * rowSize, part + group * length * rowSize)
        if inner == 1 {
            return putElements(reduction, to, 0, isShared ? index : index + group * length, from, length, range, isBad)
        }
        for line in 0..<length {
            let source = from + line * rowSize
            guard isShared else {
                let own = index + (group * length + line) * inner
                putElements(reduction, to, itemSize, own, source, inner, range, isBad)
                continue
            }
            let position = Int(index[line])
            guard position >= 0, position < limit else { return isBad.raise() }
            if !range.contains(position) { continue }
            if reduction == .replace {
                (to + position * rowSize).copyMemory(from: source, byteCount: rowSize)
            } else {
                fb_put_row(reduction, dtype, to + position * rowSize, itemSize, source, itemSize, inner)
            }
        }
    }

    private func putElements(
        _ reduction: PutKernel, _ to: UnsafeMutableRawPointer, _ stride: Int, _ index: UnsafePointer<Int64>,
        _ from: UnsafeMutableRawPointer, _ count: Int, _ range: Range<Int>, _ isBad: Flag
    ) {
        if !fb_scatter(
            reduction, dtype, itemSize, to, stride, inner * itemSize, index, 8, from, itemSize, count,
            Int64(range.lowerBound), Int64(range.upperBound), Int64(limit))
        {
            isBad.raise()
        }
    }
}

/// Raised by any thread, lowered by none.
struct Flag: @unchecked Sendable {
    private let pointer: UnsafeMutablePointer<Bool>

    /// Whether the body left the flag down.
    static func staysDown(_ body: (Flag) -> Void) -> Bool {
        var isRaised = false
        withUnsafeMutablePointer(to: &isRaised) { body(Flag(pointer: $0)) }
        return !isRaised
    }

    func raise() { fb_raise(pointer) }
}
