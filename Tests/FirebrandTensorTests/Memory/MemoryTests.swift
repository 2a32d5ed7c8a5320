import CRuntime
import FirebrandTensor
import FirebrandTestSupport
import Foundation
import Testing

/// The process's memory in use, from the system.
private func residentBytes() throws -> Int {
    let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")[1]
    return Int(pages)! * sysconf(Int32(_SC_PAGESIZE))
}

// Serialized: the counters of large blocks are the process's, and other suites allocate few of those.
@Suite("Memory", .serialized)
struct MemoryTests {
    @Test(
        "Blocks are aligned, writable to their last byte, and apart from each other",
        arguments: [
            1, 63, 64, 65, 1023, 1024, 1025, 4096, 9000, 16_384, 16_385, 100_000, 1 << 20, (4 << 20) + 1,
        ])
    func blocks(_ size: Int) {
        let blocks = (0..<8).map { _ in fb_allocate(size)! }
        #expect(blocks.allSatisfy { UInt(bitPattern: $0) % 64 == 0 })
        for (index, block) in blocks.enumerated() { memset(block, Int32(index), size) }
        for (index, block) in blocks.enumerated() {
            let bytes = UnsafeRawBufferPointer(start: block, count: size)
            #expect(bytes.first == UInt8(index) && bytes.last == UInt8(index))
        }
        for block in blocks { fb_deallocate(block, size) }
    }

    @Test("A freed block is given out again", arguments: [64, 1000, 10_000, 100_000, 3_000_000])
    func reuse(_ size: Int) {
        let first = fb_allocate(size)!
        fb_deallocate(first, size)
        let second = fb_allocate(size)!
        #expect(first == second)
        fb_deallocate(second, size)
    }

    @Test("Nothing takes no memory, and too much is refused rather than wrapped around")
    func extremes() {
        let empty = fb_allocate(0)
        #expect(empty != nil)
        fb_deallocate(empty, 0)
        #expect(fb_allocate(Int.max) == nil)
        #expect(Tensor.zeros(0, 5).count == 0)
    }

    @Test("Large blocks are counted while in use and while cached, and the cache can be emptied")
    func counters() {
        // A size of its own, so that what other tests do meanwhile changes little.
        let size = 96 << 20
        let before = fb_bytes_in_use()
        var tensor: Tensor? = Tensor.empty([size], dtype: .uint8)
        let during = fb_bytes_in_use()
        #expect(during >= before + size * 3 / 4)
        withExtendedLifetime(tensor) {}
        tensor = nil
        #expect(fb_bytes_in_use() < during)
        #expect(fb_bytes_cached() >= size)
        fb_empty_cache()
        #expect(fb_bytes_cached() < size)
    }

    @Test("A large block that comes back is kept, in the place of what has lain unused for longer")
    func eviction() async {
        // In a process of its own: other tests empty the cache.
        await #expect(processExitsWith: .success) {
            let (old, new) = (333 << 20, 431 << 20)
            fb_deallocate(fb_allocate(old), old)
            let block = fb_allocate(new)
            fb_deallocate(block, new)
            precondition(fb_bytes_cached() >= new && fb_bytes_cached() < old + new)
            precondition(fb_allocate(new) == block)
        }
    }

    @Test("10,000 small training steps do not grow the process")
    func steps() throws {
        let generator = Generator(seed: 0)
        let w = Tensor.randn(20, 10, generator: generator, requiresGrad: true)
        let b = Tensor.zeros(10, requiresGrad: true)
        let x = Tensor.randn(8, 20, generator: generator)
        func step() {
            let loss = (x.matmul(w) + b).relu().pow(2).mean()
            loss.backward()
            noGrad {
                for parameter in [w, b] {
                    parameter.sub_(parameter.grad! * 0.001)
                    parameter.grad = nil
                }
            }
        }
        for _ in 0..<500 { step() }
        let before = try residentBytes()
        for _ in 0..<10_000 { step() }
        // Other suites run meanwhile; a leak of one small tensor a step would be more than this.
        #expect(try residentBytes() - before < 48 << 20)
    }

    @Test("Steps that fail do not grow the process either")
    func failingSteps() throws {
        let x = Tensor.ones(100, requiresGrad: true)
        func step() {
            _ = failure {
                let y = x * 2
                let z = (y * y).sum()
                y.detach().add_(1)
                z.backward()
            }
        }
        for _ in 0..<200 { step() }
        let before = try residentBytes()
        for _ in 0..<5000 { step() }
        #expect(try residentBytes() - before < 48 << 20)
    }

    @Test("Threads allocate, pass on and free tensors of all sizes at once")
    func threads() async {
        let sums = await withTaskGroup(of: Int.self) { group in
            for thread in 0..<8 {
                group.addTask {
                    var kept: [Tensor] = []
                    for step in 0..<400 {
                        let size = [1, 10, 100, 1000, 5000, 40_000][(step + thread) % 6]
                        kept.append(Tensor.full([size], thread, dtype: .int64))
                        if kept.count > 20 { kept.removeFirst(10) }
                    }
                    // Freed on another thread than they were allocated on.
                    let tensors = kept
                    return await Task.detached { tensors.reduce(0) { $0 + ($1.max().item() as Int) } }.value
                        - thread * tensors.count
                }
            }
            return await group.reduce(0, +)
        }
        #expect(sums == 0)
    }

    @Test("Memory of another owner is used in place and given back")
    func foreign() {
        final class Owner {
            let bytes = UnsafeMutableRawPointer.allocate(byteCount: 16, alignment: 8)
            deinit { bytes.deallocate() }
        }
        weak var owner: Owner?
        var view: Tensor?
        do {
            let own = Owner()
            owner = own
            own.bytes.storeBytes(of: 1, as: Int.self)
            own.bytes.storeBytes(of: 2, toByteOffset: 8, as: Int.self)
            let storage = Storage(pointer: own.bytes, byteCount: 16, owner: own)
            let tensor = Tensor(storage: storage, dtype: .int64, shape: [2], strides: [1], offset: 0)
            tensor.add_(10)
            #expect(own.bytes.load(as: Int.self) == 11)
            view = tensor[1...]
        }
        #expect(owner != nil && view!.item() == 12)
        view = nil
        #expect(owner == nil)
    }
}
