import CKernels

// Rows in order. A row is short (ranks are counted), middling (one thread sorts it by radix) or long (all threads do).

/// Elements from which all threads share one row.
private let longRow = 65_536

/// The rows of a tensor along one dimension: `outer` blocks of `length` by `inner` elements.
private struct Rows {
    let length: Int, inner: Int, outer: Int

    init(_ tensor: Tensor, _ dim: Int) {
        let shape = tensor.shape
        var (outer, inner) = (1, 1)
        for axis in 0..<shape.count where axis != dim {
            if axis < dim { outer *= shape[axis] } else { inner *= shape[axis] }
        }
        (self.outer, self.inner) = (outer, inner)
        length = tensor.dim == 0 ? 1 : shape[dim]
    }

    var count: Int { outer * inner }
    /// How many rows make a share that is worth a thread.
    var grain: Int { Swift.max(1, 16_384 / Swift.max(length, 1)) }
    func offset(_ row: Int, _ length: Int) -> Int { row / inner * length * inner + row % inner }
}

/// Memory that is released with the scope.
private func withScratch<R>(_ byteCount: Int, _ body: (UnsafeMutableRawPointer) -> R) -> R {
    withUnsafeTemporaryAllocation(byteCount: Swift.max(byteCount, 1), alignment: 64) { body($0.baseAddress!) }
}

extension CPUBackend {
    package func sort(_ a: Tensor, dim: Int, descending: Bool, values: Tensor?, indices: Tensor?) {
        guard a.count > 0 else { return }
        let source = a.isContiguous ? a : a.contiguousClone()
        let rows = Rows(source, dim)
        if rows.inner > 1 {
            sortColumns(source, rows, descending, values, indices)
        } else if rows.outer == 1, rows.length >= longRow, threadCount() > 1 {
            sortLongRow(source, descending, values, indices)
        } else {
            sortRows(source, rows, descending, values, indices)
        }
    }

    private func sortRows(_ a: Tensor, _ rows: Rows, _ descending: Bool, _ values: Tensor?, _ indices: Tensor?) {
        let (dtype, itemSize, length) = (a.dtype.rawValue, a.elementSize, rows.length)
        let positions = indices?.pointer.assumingMemoryBound(to: Int64.self)
        let (from, to) = (a.pointer, values?.pointer)
        parallelFor(rows.outer, grain: rows.grain) { begin, end in
            withScratch(length <= 128 ? 0 : 2 * length * Int(fb_entry_size(dtype))) { scratch in
                for row in begin..<end {
                    let at = row * length
                    fb_sort_row(
                        dtype, descending, from + at * itemSize, itemSize, length, to.map { $0 + at * itemSize },
                        itemSize, positions.map { $0 + at }, 8, scratch)
                }
            }
        }
    }

    /// Columns are laid out as rows, a few at a time, so that every line of memory is read and written once.
    private func sortColumns(_ a: Tensor, _ rows: Rows, _ descending: Bool, _ values: Tensor?, _ indices: Tensor?) {
        let (dtype, itemSize, length, inner) = (a.dtype.rawValue, a.elementSize, rows.length, rows.inner)
        let width = Swift.min(16, inner)
        let groups = (inner + width - 1) / width
        let positions = indices?.pointer
        let (from, to) = (a.pointer, values?.pointer)
        let entries = length <= 128 ? 0 : 2 * length * Int(fb_entry_size(dtype))
        parallelFor(rows.outer * groups, grain: Swift.max(1, 16_384 / (width * length))) { begin, end in
            let tile = width * length
            withScratch(entries + tile * (2 * itemSize + 8)) { scratch in
                let tilePositions = scratch + entries
                let tileValues = tilePositions + tile * 8
                let tileElements = tileValues + tile * itemSize
                for group in begin..<end {
                    let column = group % groups * width
                    let columns = Swift.min(width, inner - column)
                    let at = group / groups * length * inner + column
                    fb_transpose(
                        tileElements, itemSize, length * itemSize, from + at * itemSize, inner * itemSize, itemSize,
                        length, columns, Int32(itemSize))
                    for row in 0..<columns {
                        fb_sort_row(
                            dtype, descending, tileElements + row * length * itemSize, itemSize, length,
                            tileValues + row * length * itemSize, itemSize,
                            (tilePositions + row * length * 8).assumingMemoryBound(to: Int64.self), 8, scratch)
                    }
                    if let to {
                        fb_transpose(
                            to + at * itemSize, itemSize, inner * itemSize, tileValues, length * itemSize, itemSize,
                            columns, length, Int32(itemSize))
                    }
                    if let positions {
                        fb_transpose(
                            positions + at * 8, 8, inner * 8, tilePositions, length * 8, 8, columns, length, 8)
                    }
                }
            }
        }
    }

    /// Each pass counts digits and moves entries share by share: the order within a digit is that of the shares.
    private func sortLongRow(_ a: Tensor, _ descending: Bool, _ values: Tensor?, _ indices: Tensor?) {
        let (dtype, itemSize, length) = (a.dtype.rawValue, a.elementSize, a.count)
        let shares = threadCount()
        let entrySize = Int(fb_entry_size(dtype))
        func bounds(_ share: Int) -> Range<Int> { length * share / shares..<length * (share + 1) / shares }
        func eachShare(_ body: (Int, Range<Int>) -> Void) {
            parallelFor(shares, grain: 1) { begin, end in
                for share in begin..<end { body(share, bounds(share)) }
            }
        }
        let memory = Tensor(emptyOf: [2 * length * entrySize], .uint8)
        var (entries, other) = (memory.pointer, memory.pointer + length * entrySize)
        let isExact = SharedBuffer(UnsafeMutablePointer<Bool>.allocate(capacity: shares))
        let counts = SharedBuffer(UnsafeMutablePointer<Int64>.allocate(capacity: shares * 256))
        defer {
            isExact.pointer.deallocate()
            counts.pointer.deallocate()
        }
        let from = a.pointer
        eachShare { share, range in
            isExact.pointer[share] = fb_make_entries(
                dtype, descending, from + range.lowerBound * itemSize, itemSize, range.count, Int64(range.lowerBound),
                entries + range.lowerBound * entrySize)
        }
        for digit in 0..<itemSize {
            eachShare { share, range in
                let own = counts.pointer + share * 256
                own.update(repeating: 0, count: 256)
                fb_count_digits(dtype, entries + range.lowerBound * entrySize, range.count, Int32(digit), own)
            }
            var at: Int64 = 0
            var isConstant = false
            for value in 0..<256 {
                let before = at
                for share in 0..<shares {
                    let count = counts.pointer[share * 256 + value]
                    counts.pointer[share * 256 + value] = at
                    at += count
                }
                if at - before == Int64(length) { isConstant = true }
            }
            if isConstant { continue }
            eachShare { share, range in
                fb_move_by_digit(
                    dtype, entries + range.lowerBound * entrySize, range.count, Int32(digit),
                    counts.pointer + share * 256, other)
            }
            swap(&entries, &other)
        }
        let source = (0..<shares).allSatisfy { isExact.pointer[$0] } ? nil : from
        let positions = indices?.pointer.assumingMemoryBound(to: Int64.self)
        let to = values?.pointer
        eachShare { _, range in
            let start = range.lowerBound
            fb_write_entries(
                dtype, descending, entries + start * entrySize, range.count, source, itemSize,
                to.map { $0 + start * itemSize }, itemSize, positions.map { $0 + start }, 8)
        }
    }

    package func firstSorted(_ a: Tensor, dim: Int, descending: Bool, values: Tensor, indices: Tensor) {
        guard values.count > 0 else { return }
        let source = a.isContiguous ? a : a.contiguousClone()
        let rows = Rows(source, dim)
        let wanted = values.dim == 0 ? 1 : values.shape[dim]
        let (dtype, itemSize, length) = (source.dtype.rawValue, source.elementSize, rows.length)
        let entrySize = Int(fb_entry_size(dtype))
        let (from, to) = (source.pointer, values.pointer)
        let positions = indices.pointer.assumingMemoryBound(to: Int64.self)
        let step = rows.inner * itemSize
        let isSorted = wanted > length / 8  // then sorting all costs less than selecting
        let room = isSorted ? length : 2 * wanted + 1024
        if !isSorted, rows.count == 1, length >= longRow, threadCount() > 1 {
            // The best of each share, and the best of those.
            let shares = threadCount()
            withScratch((shares * room + 2 * shares * wanted) * entrySize) { scratch in
                let best = scratch + shares * room * entrySize
                parallelFor(shares, grain: 1) { begin, end in
                    for share in begin..<end {
                        let start = length * share / shares
                        let own = scratch + share * room * entrySize
                        fb_first_entries(
                            dtype, descending, from + start * itemSize, itemSize,
                            length * (share + 1) / shares - start, Int64(start), wanted, own)
                        (best + share * wanted * entrySize).copyMemory(from: own, byteCount: wanted * entrySize)
                    }
                }
                let sorted = fb_sort_shuffled_entries(
                    dtype, best, best + shares * wanted * entrySize, shares * wanted)
                fb_write_entries(
                    dtype, descending, sorted, wanted, from, itemSize, to, itemSize, positions, 8)
            }
            return
        }
        if length <= Int(FB_SHORT_ROW), wanted * 64 > length {
            parallelFor(rows.count, grain: rows.grain) { begin, end in
                for row in begin..<end {
                    let at = rows.offset(row, wanted)
                    fb_first_of_short_row(
                        dtype, descending, from + rows.offset(row, length) * itemSize, step, length, wanted,
                        to + at * itemSize, step, positions + at, rows.inner * 8)
                }
            }
            return
        }
        parallelFor(rows.count, grain: rows.grain) { begin, end in
            withScratch((room + Swift.max(length, wanted)) * entrySize) { scratch in
                for row in begin..<end {
                    let start = from + rows.offset(row, length) * itemSize
                    let at = rows.offset(row, wanted)
                    let sorted: UnsafeMutableRawPointer?
                    if isSorted {
                        fb_make_entries(dtype, descending, start, step, length, 0, scratch)
                        sorted = fb_sort_entries(dtype, scratch, scratch + room * entrySize, length)
                    } else {
                        fb_first_entries(dtype, descending, start, step, length, 0, wanted, scratch)
                        sorted = fb_sort_shuffled_entries(dtype, scratch, scratch + room * entrySize, wanted)
                    }
                    fb_write_entries(
                        dtype, descending, sorted, wanted, start, step, to + at * itemSize, step, positions + at,
                        rows.inner * 8)
                }
            }
        }
    }

    package func positionOfRank(_ rank: Rank, _ a: Tensor, dim: Int, into indices: Tensor) {
        guard indices.count > 0 else { return }
        let source = a.isContiguous ? a : a.contiguousClone()
        let rows = Rows(source, dim)
        let (dtype, itemSize, length) = (source.dtype.rawValue, source.elementSize, rows.length)
        let from = source.pointer
        let positions = indices.pointer.assumingMemoryBound(to: Int64.self)
        let step = rows.inner * itemSize
        if rows.count == 1, length >= longRow, threadCount() > 1 {
            if case .mode = rank {
            } else {
                positions.pointee = positionInLongRow(rank, source)
                return
            }
        }
        let entrySize = Int(fb_entry_size(dtype))
        parallelFor(rows.count, grain: rows.grain) { begin, end in
            withScratch(length * 2 * entrySize) { scratch in
                for row in begin..<end {
                    let start = from + rows.offset(row, length) * itemSize
                    if case .mode = rank {
                        fb_make_entries(dtype, false, start, step, length, 0, scratch)
                        let sorted = fb_sort_entries(dtype, scratch, scratch + length * entrySize, length)
                        positions[row] = fb_position_of_mode(dtype, sorted, length)
                        continue
                    }
                    var nanCount: Int64 = 0
                    let firstNaN = fb_first_nan(dtype, start, step, length, &nanCount)
                    if case .median = rank, firstNaN >= 0 {
                        positions[row] = firstNaN
                        continue
                    }
                    let (place, isMedian) = rank.place(length, Int(nanCount))
                    positions[row] = fb_position_of_rank(dtype, start, step, length, place, isMedian, scratch)
                }
            }
        }
    }

    /// The first of equals, by sorting all: what threads can share.
    private func positionInLongRow(_ rank: Rank, _ a: Tensor) -> Int64 {
        let order = Tensor(emptyOf: [a.count], .int64)
        sort(a.alias(), dim: a.dim == 0 ? 0 : a.dim - 1, descending: false, values: nil, indices: order)
        var nanCount: Int64 = 0
        let firstNaN = fb_first_nan(a.dtype.rawValue, a.pointer, a.elementSize, a.count, &nanCount)
        if case .median = rank, firstNaN >= 0 { return firstNaN }
        return order.pointer.assumingMemoryBound(to: Int64.self)[rank.place(a.count, Int(nanCount)).place]
    }

    package func searchSorted(_ sequence: Tensor, sorter: Tensor?, _ values: Tensor, right: Bool, into out: Tensor) {
        guard values.count > 0 else { return }
        let (dtype, itemSize) = (values.dtype.rawValue, values.elementSize)
        let length = sequence.dim == 0 ? 1 : sequence.shape[sequence.dim - 1]
        // Values of one row share a sequence, and with one sequence all do.
        let isShared = sequence.dim <= 1
        let width = isShared ? values.count : values.shape[values.dim - 1]
        let (base, from) = (sequence.pointer, values.pointer)
        let order = sorter.map { UnsafePointer($0.pointer.assumingMemoryBound(to: Int64.self)) }
        let to = out.pointer.assumingMemoryBound(to: Int64.self)
        parallelFor(values.count, grain: 2048) { begin, end in
            var at = begin
            while at < end {
                let row = at / width
                let stop = Swift.min(end, (row + 1) * width)
                fb_search_sorted(
                    dtype, base + row * length * itemSize, order.map { $0 + row * length }, length,
                    from + at * itemSize, stop - at, right, to + at)
                at = stop
            }
        }
    }
}

extension Rank {
    /// The place in the order, and whether PyTorch finds it as it finds a median.
    fileprivate func place(_ count: Int, _ nanCount: Int) -> (place: Int, isMedian: Bool) {
        switch self {
        case .kth(let place): (place, false)
        case .medianOfNumbers: (Swift.max(count - nanCount - 1, 0) / 2, true)
        case .median, .mode: ((count - 1) / 2, true)
        }
    }
}
