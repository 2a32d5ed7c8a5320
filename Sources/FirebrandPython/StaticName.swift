/// Names that Python keeps pointers to and does not copy: of capsules and functions.
enum StaticName {
    nonisolated(unsafe) static let object = text("firebrand.object")
    nonisolated(unsafe) static let tensor = text("dltensor")
    nonisolated(unsafe) static let usedTensor = text("used_dltensor")
    nonisolated(unsafe) static let versionedTensor = text("dltensor_versioned")
    nonisolated(unsafe) static let usedVersionedTensor = text("used_dltensor_versioned")
    nonisolated(unsafe) static let export = text("_export")

    private static func text(_ name: StaticString) -> UnsafePointer<CChar> {
        UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
    }
}
