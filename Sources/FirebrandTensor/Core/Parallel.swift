import CRuntime

/// Elements below which a second thread does not pay.
package let pointwiseGrain = 32_768

/// Runs `body(begin, end)` over `0..<count`, split among the team of threads where each share is at least `grain` long.
@inline(__always)
package func parallelFor(_ count: Int, grain: Int, _ body: (Int, Int) -> Void) {
    if count <= grain {
        if count > 0 { body(0, count) }
        return
    }
    _ = fb_thread_count()  // a thread that has not started a team yet learns the chosen size here
    withoutActuallyEscaping(body) { escapable in
        var task = ParallelTask(body: escapable)
        withUnsafeMutablePointer(to: &task) { pointer in
            fb_parallel_for(
                count, grain,
                { context, begin, end in
                    context!.assumingMemoryBound(to: ParallelTask.self).pointee.body(begin, end)
                }, pointer)
        }
    }
}

private struct ParallelTask {
    let body: (Int, Int) -> Void
}

func threadCount() -> Int { Int(fb_thread_count()) }
func setThreadCount(_ count: Int) { fb_set_thread_count(Int32(clamping: count)) }

/// Makes the calling thread run operators by itself: a loader's worker must not start a team of its own.
package func useSingleThread() { fb_use_single_thread() }
