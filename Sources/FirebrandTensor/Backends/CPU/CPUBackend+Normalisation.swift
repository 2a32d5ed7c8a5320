import CKernels

// Normalisation: each kernel call takes a channel, a group or a share of the rows; sums of shares are joined here, in the
// same order for any number of threads.

extension CPUBackend {
    package func normaliseRows(
        _ x: Tensor, _ affine: Affine, eps: Double, centred: Bool, into out: Tensor, moments: NormMoments
    ) {
        if x.dtype == .float64 {
            rows(Double.self, x, affine, eps, centred, out, moments)
        } else {
            rows(Float.self, x, affine, eps, centred, out, moments)
        }
    }

    private func rows<T: NormElement>(
        _: T.Type, _ x: Tensor, _ affine: Affine, _ eps: Double, _ centred: Bool, _ out: Tensor, _ moments: NormMoments
    ) {
        let (rows, n) = (x.shape[0], x.shape[1])
        let (from, to) = (x.elements(T.self), out.elements(T.self))
        let (weight, bias) = (affine.weight?.elements(T.self), affine.bias?.elements(T.self))
        let (mean, rstd) = (moments.mean.elements(T.self), moments.rstd.elements(T.self))
        parallelFor(rows, grain: grain(n)) { begin, end in
            T.normRows(
                to + begin * n, from + begin * n, weight, bias, centred ? mean + begin : nil, rstd + begin,
                end - begin, n, eps, centred)
        }
    }

    package func normaliseRowsGradient(
        _ grad: Tensor, _ x: Tensor, weight: Tensor?, centred: Bool, moments: NormMoments, into out: NormGradients
    ) {
        if x.dtype == .float64 {
            rowsGradient(Double.self, grad, x, weight, centred, moments, out)
        } else {
            rowsGradient(Float.self, grad, x, weight, centred, moments, out)
        }
    }

    private func rowsGradient<T: NormElement>(
        _: T.Type, _ grad: Tensor, _ x: Tensor, _ weight: Tensor?, _ centred: Bool, _ moments: NormMoments,
        _ out: NormGradients
    ) {
        let (rows, n) = (x.shape[0], x.shape[1])
        // Each share of rows adds up the gradients of weight and bias for itself.
        let shares = out.weight == nil && out.bias == nil ? rows : Swift.max(1, Swift.min(32, rows / 32))
        let partial = Tensor.zeros([out.weight == nil && out.bias == nil ? 0 : shares, 2, n], dtype: x.dtype)
        let (from, g, w) = (x.elements(T.self), grad.elements(T.self), weight?.elements(T.self))
        let (mean, rstd) = (moments.mean.elements(T.self), moments.rstd.elements(T.self))
        let (to, sums) = (out.input?.elements(T.self), partial.elements(T.self))
        let (hasWeight, hasBias) = (out.weight != nil, out.bias != nil)
        parallelFor(shares, grain: Swift.max(1, grain(n) * shares / Swift.max(rows, 1))) { begin, end in
            for share in begin..<end {
                let (first, last) = (rows * share / shares, rows * (share + 1) / shares)
                T.normRowsGrad(
                    to.map { $0 + first * n }, hasWeight ? sums + 2 * share * n : nil,
                    hasBias ? sums + (2 * share + 1) * n : nil, g + first * n, from + first * n, w, mean + first,
                    rstd + first, last - first, n, centred)
            }
        }
        for (position, target) in [out.weight, out.bias].enumerated() {
            guard let target = target?.elements(T.self) else { continue }
            for i in 0..<n {
                var total = 0.0
                for share in 0..<shares { total += Double(sums[(2 * share + position) * n + i]) }
                target[i] = T(total)
            }
        }
    }

    /// Rows of so many elements from which a second thread pays.
    func grain(_ n: Int) -> Int { Swift.max(1, pointwiseGrain / 4 / Swift.max(n, 1)) }
}

// MARK: - Channels

extension CPUBackend {
    package func normaliseChannels(
        _ x: Tensor, _ layout: ChannelLayout, _ affine: Affine, eps: Double, variance: Tensor?, into out: Tensor,
        moments: NormMoments
    ) {
        if x.dtype == .float64 {
            channels(Double.self, x, layout, affine, eps, variance, out, moments)
        } else {
            channels(Float.self, x, layout, affine, eps, variance, out, moments)
        }
    }

    private func channels<T: NormElement>(
        _: T.Type, _ x: Tensor, _ layout: ChannelLayout, _ affine: Affine, _ eps: Double, _ variance: Tensor?,
        _ out: Tensor, _ moments: NormMoments
    ) {
        let (outer, channels, inner) = (layout.outer, layout.channels, layout.inner)
        let (from, to) = (x.elements(T.self), out.elements(T.self))
        let (weight, bias) = (affine.weight?.elements(T.self), affine.bias?.elements(T.self))
        let (mean, rstd) = (moments.mean.elements(T.self), moments.rstd.elements(T.self))
        let spread = variance?.elements(T.self)
        func keep(_ channel: Int, _ average: Double, _ squares: Double) {
            let value = squares / Double(outer * inner)
            mean[channel] = T(average)
            spread![channel] = T(value)
            rstd[channel] = T(1 / (value + eps).squareRoot())
        }
        if inner > 1 {
            parallelFor(channels, grain: grain(outer * inner)) { begin, end in
                for channel in begin..<end {
                    if spread != nil {
                        var (average, squares) = (0.0, 0.0)
                        T.planeMoments(
                            from + channel * inner, outer, channels * inner, inner, &average, &squares)
                        keep(channel, average, squares)
                    }
                    T.planeAffine(
                        to + channel * inner, from + channel * inner, outer, channels * inner, inner, mean[channel],
                        rstd[channel] * (weight?[channel] ?? 1), bias?[channel] ?? 0)
                }
            }
            return
        }
        if spread != nil {
            let (sums, squares) = byShares(outer, channels) {
                T.columnMoments(from + $0 * channels, $1, channels, $2, $3)
            } join: { total, count, more in
                // As the kernels join the moments of planes, for shares of different lengths.
                let delta = more.0 - total.0, all = Double(count.0 + count.1)
                return (
                    total.0 + delta * Double(count.1) / all,
                    total.1 + more.1 + delta * delta * Double(count.0) * Double(count.1) / all
                )
            }
            for channel in 0..<channels { keep(channel, sums[channel], squares[channel]) }
        }
        let scales = (0..<channels).map { rstd[$0] * (weight?[$0] ?? 1) }
        let shifts = (0..<channels).map { bias?[$0] ?? 0 }
        parallelFor(outer, grain: grain(channels)) { begin, end in
            T.columnAffine(
                to + begin * channels, from + begin * channels, end - begin, channels, mean, scales, shifts)
        }
    }

    package func normaliseChannelsGradient(
        _ grad: Tensor, _ x: Tensor, _ layout: ChannelLayout, weight: Tensor?, isTraining: Bool, moments: NormMoments,
        into out: NormGradients
    ) {
        if x.dtype == .float64 {
            channelsGradient(Double.self, grad, x, layout, weight, isTraining, moments, out)
        } else {
            channelsGradient(Float.self, grad, x, layout, weight, isTraining, moments, out)
        }
    }

    private func channelsGradient<T: NormElement>(
        _: T.Type, _ grad: Tensor, _ x: Tensor, _ layout: ChannelLayout, _ weight: Tensor?, _ isTraining: Bool,
        _ moments: NormMoments, _ out: NormGradients
    ) {
        let (outer, channels, inner) = (layout.outer, layout.channels, layout.inner)
        let (from, g, w) = (x.elements(T.self), grad.elements(T.self), weight?.elements(T.self))
        let (mean, rstd) = (moments.mean.elements(T.self), moments.rstd.elements(T.self))
        let (to, toWeight) = (out.input?.elements(T.self), out.weight?.elements(T.self))
        let toBias = out.bias?.elements(T.self)
        let needsSums = isTraining || toWeight != nil || toBias != nil
        let count = Double(outer * inner)
        /// Keeps what the sums are already, and gives the numbers a, b and c of the kernels.
        func factors(_ channel: Int, _ sum: Double, _ dot: Double) -> (T, T, T) {
            let scale = Double(rstd[channel]), weight = Double(w?[channel] ?? 1)
            toWeight?[channel] = T(dot * scale)
            toBias?[channel] = T(sum)
            guard isTraining else { return (T(scale * weight), 0, 0) }
            return (
                T(scale * weight), T(-scale * scale * scale * weight * dot / count), T(-scale * weight * sum / count)
            )
        }
        if inner > 1 {
            parallelFor(channels, grain: grain(outer * inner)) { begin, end in
                for channel in begin..<end {
                    let at = channel * inner, step = channels * inner
                    var (sum, dot) = (0.0, 0.0)
                    if needsSums { T.planeDots(g + at, from + at, outer, step, inner, mean[channel], &sum, &dot) }
                    let (a, b, c) = factors(channel, sum, dot)
                    if let to {
                        T.planeGrad(to + at, g + at, from + at, outer, step, inner, mean[channel], a, b, c)
                    }
                }
            }
            return
        }
        var (sums, dots) = ([Double](repeating: 0, count: channels), [Double](repeating: 0, count: channels))
        if needsSums {
            (sums, dots) = byShares(outer, channels) {
                T.columnDots(g + $0 * channels, from + $0 * channels, $1, channels, mean, $2, $3)
            } join: { total, _, more in
                (total.0 + more.0, total.1 + more.1)
            }
        }
        var (a, b, c) = ([T](repeating: 0, count: channels), [T](repeating: 0, count: channels), [T]())
        c = a
        for channel in 0..<channels {
            (a[channel], b[channel], c[channel]) = factors(channel, sums[channel], dots[channel])
        }
        guard let to else { return }
        parallelFor(outer, grain: grain(channels)) { [a, b, c] begin, end in
            T.columnGrad(
                to + begin * channels, g + begin * channels, from + begin * channels, end - begin, channels, mean, a, b,
                c)
        }
    }

    /// Two sums for each channel, of channels side by side: taken by shares of the rows, then joined.
    private func byShares(
        _ rows: Int, _ channels: Int,
        _ body: (_ first: Int, _ count: Int, UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>) -> Void,
        join: ((Double, Double), (Int, Int), (Double, Double)) -> (Double, Double)
    ) -> ([Double], [Double]) {
        let shares = Swift.max(1, Swift.min(32, rows / 128))
        var (first, second) = ([Double](repeating: 0, count: channels), [Double](repeating: 0, count: channels))
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * shares * channels) { memory in
            let sums = memory.baseAddress!
            parallelFor(shares, grain: Swift.max(1, grain(channels) * shares / Swift.max(rows, 1))) { begin, end in
                for share in begin..<end {
                    let from = rows * share / shares
                    let at = sums + 2 * share * channels
                    body(from, rows * (share + 1) / shares - from, at, at + channels)
                }
            }
            for share in 0..<shares {
                let from = rows * share / shares, at = sums + 2 * share * channels
                let count = (from, rows * (share + 1) / shares - from)
                for channel in 0..<channels {
                    let more = (at[channel], at[channels + channel])
                    (first[channel], second[channel]) =
                        share == 0 ? more : join((first[channel], second[channel]), count, more)
                }
            }
        }
        return (first, second)
    }
}

extension Tensor {
    @inline(__always)
    func elements<T>(_: T.Type) -> UnsafeMutablePointer<T> { pointer.assumingMemoryBound(to: T.self) }
}
