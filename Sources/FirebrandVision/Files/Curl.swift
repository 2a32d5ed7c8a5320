import CCurl
import FirebrandTensor

/// libcurl, loaded on first use (CCurl.h says why it is not linked).
package struct Curl: @unchecked Sendable {
    /// Its functions; never freed.
    let functions: OpaquePointer

    /// The names under which distributions ship it.
    package static let libraryNames = ["libcurl.so.4", "libcurl-gnutls.so.4"]

    private static let loaded = Result { () throws(FirebrandError) in try Curl(libraryNames: libraryNames) }

    /// The library of this process; an error of kind `.unavailable` where there is none.
    package static func shared() throws(FirebrandError) -> Curl { try loaded.get() }

    /// Loads the first library that is there.
    package init(libraryNames: [String]) throws(FirebrandError) {
        for name in libraryNames {
            if let functions = firebrand_curl_open(name) {
                self.functions = functions
                return
            }
        }
        throw FirebrandError(
            .unavailable,
            "downloading needs the library libcurl (\(libraryNames.joined(separator: " or "))), not found",
            remedy: "install it (Debian, Ubuntu: apt install libcurl4) or fetch the files yourself")
    }
}

/// One transfer of libcurl; the first call that fails is kept, and those after it do nothing.
struct CurlTransfer: ~Copyable {
    private let functions: OpaquePointer
    private let handle: UnsafeMutableRawPointer
    /// Where libcurl explains a failure.
    private let errorText: UnsafeMutablePointer<CChar>
    /// libcurl's code for the first failure, or `FIREBRAND_CURL_OK`.
    private(set) var status = FIREBRAND_CURL_OK

    init(_ curl: Curl) throws(FirebrandError) {
        functions = curl.functions
        guard let handle = firebrand_curl_init(functions) else {
            throw FirebrandError(.unavailable, "libcurl cannot start a transfer")
        }
        self.handle = handle
        errorText = .allocate(capacity: FIREBRAND_CURL_ERROR_SIZE)
        errorText.initialize(repeating: 0, count: FIREBRAND_CURL_ERROR_SIZE)
        keep(firebrand_curl_set_pointer(functions, handle, FIREBRAND_CURL_ERRORBUFFER, errorText))
    }

    deinit {
        firebrand_curl_cleanup(functions, handle)
        errorText.deallocate()
    }

    private mutating func keep(_ code: Int) { if status == FIREBRAND_CURL_OK { status = code } }

    mutating func set(_ option: Int, _ value: Int) {
        keep(firebrand_curl_set_long(functions, handle, option, value))
    }

    /// Sets an option that an older library may not know.
    mutating func setIfKnown(_ option: Int, _ value: Int) {
        _ = firebrand_curl_set_long(functions, handle, option, value)
    }

    mutating func set(_ option: Int, _ value: String) {
        keep(firebrand_curl_set_string(functions, handle, option, value))
    }

    /// Calls `write` with the bytes that come in and `progress` about once a second, both with `context`.
    mutating func setCallbacks(
        write: @escaping FirebrandCurlWrite, progress: @escaping FirebrandCurlProgress, context: UnsafeMutableRawPointer
    ) {
        keep(firebrand_curl_set_pointer(functions, handle, FIREBRAND_CURL_WRITEDATA, context))
        keep(firebrand_curl_set_pointer(functions, handle, FIREBRAND_CURL_XFERINFODATA, context))
        keep(firebrand_curl_set_write(functions, handle, write))
        keep(firebrand_curl_set_progress(functions, handle, progress))
        set(FIREBRAND_CURL_NOPROGRESS, 0)
    }

    /// Runs the transfer to its end.
    mutating func perform() {
        if status == FIREBRAND_CURL_OK { keep(firebrand_curl_perform(functions, handle)) }
    }

    /// The status of the server's answer, 0 if there was none.
    var httpStatus: Int {
        var value = 0
        _ = firebrand_curl_get_long(functions, handle, FIREBRAND_CURL_RESPONSE_CODE, &value)
        return value
    }

    /// libcurl's own words for the failure, on one line.
    var explanation: String {
        let text = String(cString: errorText)
        guard text.isEmpty else { return text.split(whereSeparator: \.isNewline).joined(separator: " ") }
        return firebrand_curl_error_text(functions, status).map { String(cString: $0) } ?? "error \(status) of libcurl"
    }
}
