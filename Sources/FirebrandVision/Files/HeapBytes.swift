import FirebrandTensor
import Glibc

/// Bytes on the C heap that grow in place where the system can: large blocks move by remapping pages, not by copying,
/// and pages never written take no memory.
package final class HeapBytes: @unchecked Sendable {
    private var base: UnsafeMutableRawPointer?
    private var capacity = 0
    /// Bytes in use.
    package private(set) var count = 0

    /// An empty buffer.
    package init() {}

    deinit { free(base) }

    /// The bytes; valid until the next append, and only as long as the caller keeps this object alive.
    package var unownedBytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// Calls `body` with the bytes.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(self) { try body(unownedBytes) }
    }

    /// Offers `body` room for `wanted` bytes; keeps as many as it says it has written, and returns that.
    package func append(capacity wanted: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> Int) throws -> Int {
        if count + wanted > capacity { try resize(to: count + wanted) }
        let written = try body(UnsafeMutableRawBufferPointer(start: base! + count, count: wanted))
        precondition(written <= wanted)
        count += written
        return written
    }

    /// Gives back the memory not in use.
    package func shrinkToFit() { if capacity > count, count > 0 { try? resize(to: count) } }

    private func resize(to newCapacity: Int) throws {
        guard let moved = realloc(base, newCapacity) else {
            throw FirebrandError(.inputOutput, "no memory left for \(newCapacity) bytes")
        }
        base = moved
        capacity = newCapacity
    }
}
