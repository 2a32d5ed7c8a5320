import FirebrandTestSupport
import Foundation
import Testing

extension CommandLineTests {
    @Suite("Replay")
    struct Replay {
        let folder = try! TemporaryFolder()

        /// One call of `name` on [1, 2] and [3, 5] whose result should be `wanted`.
        private func write(_ stem: String, _ name: String, wanted: [Float], tier: Int = 1) throws {
            let json = """
                {"op":"\(stem)","family":"pointwise_binary","tier":\(tier),"cases":[
                {"id":"f000","name":"\(name)","args":[{"tensor":"in0"},{"tensor":"in1"}],"kwargs":{},
                "tensors":{"in0":{"dtype":"float32","shape":[2],"requires_grad":true},
                "in1":{"dtype":"float32","shape":[2]},
                "out0":{"dtype":"float32","shape":[2],"rtol":1e-5,"atol":1e-6},
                "cot0":{"dtype":"float32","shape":[2]},
                "grad0":{"dtype":"float32","shape":[2],"rtol":1e-5,"atol":1e-6}},
                "outputs":{"tensor":"out0"},"cotangents":{"out0":"cot0"},"grads":{"in0":"grad0"}}]}
                """
            let tensors: [(String, [Float])] = [
                ("in0", [1, 2]), ("in1", [3, 5]), ("out0", wanted), ("cot0", [1, 10]), ("grad0", [3, 50]),
            ]
            let entries = tensors.enumerated().map { position, tensor in
                "\"f000/\(tensor.0)\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[\(position * 8),\(position * 8 + 8)]}"
            }
            let header = Array("{\(entries.joined(separator: ","))}".utf8)
            var bytes = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> ($0 * 8)) } + header
            for value in tensors.flatMap(\.1) { withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 } }
            try folder.write("cases/\(stem).json", Array(json.utf8))
            try folder.write("cases/\(stem).safetensors", bytes)
        }

        @Test("counts what agrees, what differs and what is not there, and fails where a case failed")
        func counts() throws {
            try write("mul", "torch.mul", wanted: [3, 10])
            try write("multiply", "torch.mul", wanted: [3, 11], tier: 2)
            try write("nonsense", "torch.nonsense", wanted: [3, 10])
            let good = try Program.run(["replay", "cases/mul.json", "cases/mul.safetensors"], in: folder)
            #expect(good.status == 0)
            #expect(
                good.output == """
                    mul: 1 passed, 0 failed, 0 unsupported
                    total: 1 passed, 0 failed, 0 unsupported

                    """)
            let all = try Program.run(["replay", "--json", "cases"], in: folder)
            #expect(all.status == 1)
            #expect(
                all.output == """
                    {"stem":"mul","tier":1,"passed":1,"failed":0,"unsupported":0}
                    {"stem":"multiply","tier":2,"passed":0,"failed":1,"unsupported":0}
                    {"stem":"nonsense","tier":1,"passed":0,"failed":0,"unsupported":1}

                    """)
            let verbose = try Program.run(["replay", "--verbose", "cases/"], in: folder)
            #expect(verbose.output.contains("failed: multiply/f000 torch.mul: out0: element 1: wanted 11.0, got 10.0"))
            #expect(verbose.output.contains("unsupported: nonsense/f000 torch.nonsense: no operator torch.nonsense"))
        }

        @Test("compares gradients too")
        func gradients() throws {
            try write("add", "torch.add", wanted: [4, 7])
            let outcome = try Program.run(["replay", "--verbose", "cases/add.json"], in: folder)
            #expect(outcome.status == 1)
            #expect(outcome.output.contains("grad of in0: element 0: wanted 3.0, got 1.0"))
        }

        @Test("refuses files that are not there or are no cases")
        func refusals() throws {
            expectFailure(
                try Program.run(["replay", "absent.json"], in: folder), "absent.safetensors: cannot open the file",
                status: 1)
            try folder.write("other.txt", [1])
            expectFailure(try Program.run(["replay", "other.txt"], in: folder), "is neither", status: 1)
            expectFailure(try Program.run(["replay", "."], in: folder), ".: holds no .json files", status: 1)
            expectFailure(try Program.run(["replay"], in: folder), "Missing expected argument", status: 64)
        }
    }
}
