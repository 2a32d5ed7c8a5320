/// Where a tensor's elements are, and who computes with them. PyTorch: `torch.device`.
public struct Device: Hashable, Sendable, CustomStringConvertible {
    /// The kinds of device.
    public enum Kind: UInt8, Hashable, Sendable {
        /// The processor and its memory.
        case cpu
        /// No memory at all: shapes and types only.
        case meta
    }

    /// The kind.
    public let kind: Kind

    /// The processor.
    public static let cpu = Device(kind: .cpu)
    /// Shapes and types without numbers.
    public static let meta = Device(kind: .meta)

    private init(kind: Kind) { self.kind = kind }

    /// The device PyTorch calls `name`; throws when there is no such device here.
    public init(_ name: String) throws {
        switch name {
        case "cpu", "cpu:0": self = .cpu
        case "meta": self = .meta
        default:
            throw FirebrandError(
                .unavailable, "no device '\(name)' here", remedy: "the available devices are 'cpu' and 'meta'")
        }
    }

    /// PyTorch's name.
    public var description: String {
        switch kind {
        case .cpu: "cpu"
        case .meta: "meta"
        }
    }

    /// The code that computes on this device.
    @inline(__always)
    package var backend: any Backend {
        switch kind {
        case .cpu: CPUBackend()
        case .meta: MetaBackend()
        }
    }
}

/// The number of threads an operator may use; all processor cores unless set. PyTorch: `get_num_threads`.
public func numThreads() -> Int { threadCount() }

/// Sets the number of threads operators may use, for every thread of the program. PyTorch: `set_num_threads`.
public func setNumThreads(_ count: Int) { setThreadCount(count) }
