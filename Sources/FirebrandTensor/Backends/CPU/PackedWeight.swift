import COneDNN
import Synchronization

/// A convolution's weight in the order in which oneDNN reads it, kept with the storage it was made from, so that inference
/// reorders once. A change in place shows in the storage's version.
final class PackedWeight: @unchecked Sendable {
    let pointer: OpaquePointer
    private let version, offset: Int

    private init(_ pointer: OpaquePointer, _ weight: Tensor) {
        self.pointer = pointer
        version = weight.storage.version
        offset = weight.storageOffset
    }

    deinit { fb_onednn_free_packed(pointer) }

    // Held for looking and swapping only: several threads may run one frozen network.
    private static let lock = Mutex(())

    /// The weight as this convolution reads it, packed now where it is not yet; nil where it is read as it is.
    static func find(_ weight: Tensor, _ shape: inout fb_convolution_shape) -> PackedWeight? {
        let storage = weight.storage
        // Whoever else uses the memory changes it without the version telling.
        if storage.isShared { return nil }
        let kept = lock.withLock { _ in storage.packedWeight }
        if let kept, kept.version == storage.version, kept.offset == weight.storageOffset,
            fb_onednn_reads_packed(&shape, kept.pointer)
        {
            return kept
        }
        guard let pointer = fb_onednn_pack(&shape, weight.pointer) else { return nil }
        let packed = PackedWeight(pointer, weight)
        let previous = lock.withLock { _ in
            let previous = storage.packedWeight
            storage.packedWeight = packed
            return previous
        }
        withExtendedLifetime(previous) {}
        return packed
    }
}
