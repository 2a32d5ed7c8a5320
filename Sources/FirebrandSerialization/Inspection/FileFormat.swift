import FirebrandTensor

/// The formats of files that hold tensors.
package enum FileFormat: String, CaseIterable, Sendable {
    case torch, legacyTorch, safetensors, safetensorsIndex, npy, npz

    /// The format's name, for people.
    package var name: String {
        switch self {
        case .torch: "PyTorch"
        case .legacyTorch: "PyTorch, from before version 1.6"
        case .safetensors: "safetensors"
        case .safetensorsIndex: "index of safetensors files"
        case .npy: "NumPy array"
        case .npz: "NumPy archive"
        }
    }

    /// The format that the content of a file shows.
    package init(of file: MappedFile) throws {
        let bytes = file.bytes
        func startsWith(_ prefix: [UInt8], at offset: Int = 0) -> Bool { bytes.dropFirst(offset).starts(with: prefix) }
        if startsWith([0x50, 0x4b]) {
            let zip = try ZipReader(bytes, path: file.path, owner: file)
            let isNumPy = zip.records.allSatisfy { $0.name.hasSuffix(".npy") }
            self = isNumPy && (!zip.records.isEmpty || file.path.hasSuffix(".npz")) ? .npz : .torch
        } else if startsWith(NumPyHeader.magic) {
            self = .npy
        } else if startsWith([0x80]) && !startsWith([UInt8(ascii: "{")], at: 8) {
            self = .legacyTorch
        } else if startsWith([UInt8(ascii: "{")], at: 8) && bytes.littleEndian(at: 0, as: UInt64.self) <= bytes.count {
            self = .safetensors
        } else if bytes.first(where: { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }) == UInt8(ascii: "{") {
            self = .safetensorsIndex
        } else {
            throw FirebrandError(
                bytes.isEmpty ? .corruptFile : .unsupportedFormat,
                bytes.isEmpty ? "is empty" : "is in none of the formats that are known", path: file.path,
                remedy: "known are PyTorch's .pth, safetensors and its index, NumPy's .npy and .npz")
        }
    }

    /// The format that a name asks for.
    package init(named path: String) throws {
        let endings: [(String, FileFormat)] = [
            (".pth", .torch), (".pt", .torch), (".bin", .torch), (".ckpt", .torch), (".safetensors", .safetensors),
            (".safetensors.index.json", .safetensorsIndex), (".npy", .npy), (".npz", .npz),
        ]
        guard let format = endings.first(where: { path.hasSuffix($0.0) })?.1 else {
            throw FirebrandError(
                .invalidArgument, "has a name that says no format", path: path,
                remedy: "name it .pth, .safetensors, .safetensors.index.json, .npy or .npz")
        }
        self = format
    }
}
