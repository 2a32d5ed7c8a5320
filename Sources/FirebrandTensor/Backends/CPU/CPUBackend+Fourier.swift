import CFFT
import Synchronization

/// A length's roots of unity, made once.
private final class FourierPlan: @unchecked Sendable {
    let pointer: OpaquePointer

    private struct Key: Hashable {
        var length: Int
        var isDouble: Bool
    }

    private static let capacity = 64
    private static let plans = Mutex<[Key: FourierPlan]>([:])

    private init?(_ key: Key) {
        guard let pointer = fb_fft_make(key.length, key.isDouble) else { return nil }
        self.pointer = pointer
    }

    deinit { fb_fft_free(pointer) }

    static func plan(_ length: Int, isDouble: Bool) throws(Misuse) -> FourierPlan {
        let key = Key(length: length, isDouble: isDouble)
        if let known = plans.withLock({ $0[key] }) { return known }
        guard let plan = FourierPlan(key) else {
            throw Misuse("not enough memory for a Fourier transform of length \(length)")
        }
        plans.withLock {
            // A program uses few lengths; one that uses very many must not keep them all.
            if $0.count >= capacity { $0.removeAll() }
            $0[key] = plan
        }
        return plan
    }
}

extension CPUBackend {
    package func fourierTransform(
        _ kind: FourierKind, _ a: Tensor, dim: Int, isInverse: Bool, scale: Double, into out: Tensor
    ) throws(Misuse) {
        guard out.count > 0 else { return }
        let (inLength, outLength) = (a.shape[dim], out.shape[dim])
        let length = kind == .toReal ? outLength : inLength
        let inner = Size(out.shape.dropFirst(dim + 1)).elementCount
        let outer = out.count / (outLength * inner)
        let plan = try FourierPlan.plan(length, isDouble: out.dtype.realType == .float64)
        // Transforms side by side keep the vector units busy; so many that they stay in the cache.
        let side = inner > 1 ? min(inner, 16) : length <= 4096 ? min(outer, 8) : 1
        let blocks = inner > 1 ? (inner + side - 1) / side : 1
        let tasks = inner > 1 ? outer * blocks : (outer + side - 1) / side
        let (from, to, itemIn, itemOut) = (a.pointer, out.pointer, a.elementSize, out.elementSize)
        let workspaceSize = fb_fft_workspace(plan.pointer, side)
        parallelFor(tasks, grain: max(1, pointwiseGrain / (8 * length * side))) { begin, end in
            let workspace = Storage(byteCount: workspaceSize)
            for task in begin..<end {
                let (group, first) = inner > 1 ? (task / blocks, task % blocks * side) : (task * side, 0)
                let start = (in: group * inLength * inner + first, out: group * outLength * inner + first)
                var block = fb_fft_block(
                    kind: kind.code, inverse: isInverse, scale: scale,
                    columns: min(side, inner > 1 ? inner - first : outer - group),
                    in: from + start.in * itemIn, in_step: inner, in_column: inner > 1 ? 1 : inLength,
                    out: to + start.out * itemOut, out_step: inner, out_column: inner > 1 ? 1 : outLength)
                fb_fft_run(plan.pointer, &block, workspace.pointer)
            }
        }
    }
}

extension FourierKind {
    fileprivate var code: fb_fft_kind {
        switch self {
        case .complex: FB_FFT_COMPLEX
        case .fromReal: FB_FFT_FROM_REAL
        case .toReal: FB_FFT_TO_REAL
        }
    }
}
