import FirebrandTensor
import class FirebrandTestSupport.TemporaryFolder
import Testing

import FirebrandSerialization

@Suite struct SafetensorsTests {
    private let folder = try! TemporaryFolder()

    private func file(_ header: String, _ data: [UInt8], length: Int? = nil) throws -> String {
        let text = Array(header.utf8)
        let prefix = (0..<8).map { UInt8(truncatingIfNeeded: (length ?? text.count) >> ($0 * 8)) }
        return try folder.write("test.safetensors", prefix + text + data)
    }

    @Test("reads tensors of several types by name")
    func reading() throws {
        let path = try file(
            #"{"__metadata__":{"format":"pt"},"b":{"dtype":"I16","shape":[2],"data_offsets":[8,12]},"#
                + #""a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"e":{"dtype":"F64","shape":[0,3],"#
                + #""data_offsets":[12,12]},"s":{"dtype":"BOOL","shape":[],"data_offsets":[12,13]}}"#,
            [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 1, 0, 0xff, 0xff, 1])
        let opened = try SafetensorsFile(path)
        #expect(opened.names == ["a", "b", "e", "s"] && opened.metadata == ["format": "pt"])
        #expect(try opened.tensor("a").equal(Tensor([[1.0, -2.0]])))
        #expect(try opened.tensor("b").equal(Tensor([1, -1]).to(.int16)))
        #expect(try opened.tensor("e").shape == [0, 3])
        #expect(try opened.tensor("s").item() == true)
        #expect(opened.contains("a") && !opened.contains("c"))
        #expect(try failure { _ = try opened.tensor("c") }.message == "holds no tensor 'c'")
    }

    @Test(
        "refuses headers that contradict the file",
        arguments: [
            ("[]", "the header is no JSON object"), ("{", "is not valid JSON"),
            (#"{"a":{"dtype":"F32","shape":[1]}}"#, "the entry of 'a' is incomplete"),
            (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}"#, "the tensor 'a' lies beyond the file"),
            (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}"#, "the tensor 'a' lies beyond the file"),
            (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, "the tensor 'a' lies beyond the file"),
            (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, "has 4 bytes, not those of"),
            (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, "has the impossible shape"),
            (
                #"{"a":{"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,4]}}"#,
                "has the impossible shape"
            ),
            // Any number of large tensors could be made of a small file.
            (
                #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}"#,
                "two of its tensors overlap"
            ),
        ])
    func refusals(_ header: String, _ reason: String) throws {
        let path = try file(header, [0, 0, 0, 0])
        let error = try failure { _ = try SafetensorsFile(path) }
        #expect(error.code == .corruptFile && error.message.contains(reason), "\(error)")
    }

    @Test("refuses a header's length beyond the file, and a file without one")
    func lengths() throws {
        for length in [3, 1 << 40, -1] {
            let path = try file("{}", [], length: length)
            #expect(try failure { _ = try SafetensorsFile(path) }.message == "the header ends beyond the file")
        }
        let path = try folder.write("short.safetensors", [1, 2, 3])
        #expect(try failure { _ = try SafetensorsFile(path) }.message == "is too short for a safetensors file")
        #expect(try failure { _ = try SafetensorsFile(folder.file("absent")) }.code == .notFound)
    }

    @Test("opens a file with a type it does not know, and refuses that tensor alone")
    func unknownTypes() throws {
        let path = try file(
            #"{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}"#,
            [0, 0, 0, 0, 1, 2, 3, 4])
        let opened = try SafetensorsFile(path)
        #expect(try opened.tensor("b").sum().item() == 10)
        #expect(try failure { _ = try opened.tensor("a") }.code == .unsupportedFormat)
    }
}
