import CKernels

extension CPUBackend {
    package func update(_ op: UpdateKernel, _ updates: [ParameterUpdate]) throws(Misuse) {
        var total = 0
        var list: [fb_update] = []
        list.reserveCapacity(updates.count)
        for update in updates {
            let parameter = update.parameter
            // A complex number counts as two real ones.
            let dtype = parameter.dtype.realType
            guard fb_has_update(op, dtype.rawValue) else { throw CPUBackend.unsupported(parameter.dtype) }
            let count = parameter.dtype.isComplex ? 2 * parameter.count : parameter.count
            total += count
            list.append(
                fb_update(
                    op: op, dtype: dtype.rawValue, parameter: parameter.pointer, gradient: update.gradient.pointer,
                    state: (update.state.0?.pointer, update.state.1?.pointer, update.state.2?.pointer), count: count,
                    numbers: update.numbers))
        }
        list.withUnsafeBufferPointer { list in
            // An update touches several streams of memory and takes a root and a quotient for each element.
            parallelFor(total, grain: pointwiseGrain / 4) { begin, end in fb_run_updates(list.baseAddress, begin, end) }
        }
    }
}
