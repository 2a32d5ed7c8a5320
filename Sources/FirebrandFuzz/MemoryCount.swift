import Glibc

/// How much memory an input takes, counted where the address sanitizer tells of every block.
enum MemoryCount {
    // Touched by every allocation, so nothing here may allocate or be made on first use.
    nonisolated(unsafe) private static let counts = UnsafeMutablePointer<Int>.allocate(capacity: 2)
    nonisolated(unsafe) private static var sizeOf: @convention(c) (UnsafeRawPointer?) -> Int = { _ in 0 }
    private(set) nonisolated(unsafe) static var isCounting = false

    static func install() {
        typealias Install =
            @convention(c) (
                @convention(c) (UnsafeRawPointer?, Int) -> Void, @convention(c) (UnsafeRawPointer?) -> Void
            ) -> Int32
        guard let install = dlsym(nil, "__sanitizer_install_malloc_and_free_hooks"),
            let size = dlsym(nil, "__sanitizer_get_allocated_size")
        else { return }
        counts.initialize(repeating: 0, count: 2)
        sizeOf = unsafeBitCast(size, to: (@convention(c) (UnsafeRawPointer?) -> Int).self)
        let status = unsafeBitCast(install, to: Install.self)(
            { _, size in
                MemoryCount.counts[0] += size
                if MemoryCount.counts[0] > MemoryCount.counts[1] { MemoryCount.counts[1] = MemoryCount.counts[0] }
            },
            { pointer in if pointer != nil { MemoryCount.counts[0] -= MemoryCount.sizeOf(pointer) } })
        isCounting = status != 0
    }

    /// An input is about to be read.
    static func begin() {
        counts[0] = 0
        counts[1] = 0
    }

    /// The most bytes that were in use at once since then, beyond those in use before.
    static var peak: Int { isCounting ? counts[1] : 0 }
}
