/// A failure of the outside world: a file, the network, a device, or something the user typed.
///
/// Says what went wrong (`message`), where (`path`) and what to do about it (`remedy`). Misuse of an operator is not
/// reported this way: see ``OperatorError`` and ``recovering(_:)``.
public struct FirebrandError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure this is; new kinds may be added, so a `switch` needs a default.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The kind's name, as printed.
        public let description: String
        /// No file or directory there.
        public static let notFound = Code(description: "not found")
        /// The system refused access.
        public static let permissionDenied = Code(description: "permission denied")
        /// No space left where the file goes.
        public static let diskFull = Code(description: "disk full")
        /// Any other failure of the system while reading or writing.
        public static let inputOutput = Code(description: "input/output error")
        /// The content contradicts its format, or is cut short.
        public static let corruptFile = Code(description: "corrupt file")
        /// The content is sound but of a kind that is not supported.
        public static let unsupportedFormat = Code(description: "unsupported format")
        /// A checksum differs from the expected one.
        public static let checksumMismatch = Code(description: "checksum mismatch")
        /// A download failed.
        public static let network = Code(description: "network error")
        /// An argument that cannot be used (a name, a size, a device).
        public static let invalidArgument = Code(description: "invalid argument")
        /// A state dictionary does not fit the module it is loaded into.
        public static let stateMismatch = Code(description: "state mismatch")
        /// Something optional is not there: a library, a device.
        public static let unavailable = Code(description: "unavailable")
    }

    /// The kind of failure.
    public var code: Code
    /// What went wrong, in one sentence without a full stop.
    public var message: String
    /// The file concerned, if any.
    public var path: String?
    /// What the user can do, if anything.
    public var remedy: String?

    /// Creates an error.
    public init(_ code: Code, _ message: String, path: String? = nil, remedy: String? = nil) {
        self.code = code
        self.message = message
        self.path = path
        self.remedy = remedy
    }

    /// `path: message; remedy`, on one line.
    public var description: String {
        (path.map { "\($0): " } ?? "") + message + (remedy.map { "; \($0)" } ?? "")
    }
}
