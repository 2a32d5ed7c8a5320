import FirebrandPython
import FirebrandTensor
import FirebrandTestSupport
import Testing

/// The message of the misuse that `body` throws.
private func misuse(_ body: () throws -> Void) -> String {
    do {
        try body()
        return "nothing was thrown"
    } catch {
        return (error as? OperatorError)?.message ?? "\(error)"
    }
}

extension Bridge {
    @Suite("Buffers", .enabled(if: TestPython.isThere, "\(TestPython.noPython)"))
    struct BufferTests {
        @Test("a bytearray is shared, in whole and in part")
        func shared() throws {
            let bytes = try Python.bytearray([0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64])
            let tensor = try Tensor(buffer: bytes, dtype: .float32)
            #expect(tensor.equal(Tensor([1.0, 2, 3])))
            tensor.mul_(2)
            #expect(try Tensor(buffer: bytes, dtype: .float32, count: 1, offset: 8).equal(Tensor([6.0])))
            try bytes.setItem(3, to: 65)
            #expect(tensor[0].item() as Double == 8)
            #expect(try Tensor(buffer: bytes, dtype: .uint8, offset: 3, requiresGrad: false).shape == [9])
            #expect(try Tensor(buffer: bytes, dtype: .float32, count: -2, requiresGrad: true).requiresGrad)
            // The memory stays in place while a tensor uses it.
            #expect(throws: PythonError.self) { try bytes.extend(Python.bytes(100)) }
        }

        @Test("the object may change its size again when the tensor has gone")
        func released() throws {
            let bytes = try Python.bytearray(16)
            do { _ = try Tensor(buffer: bytes, dtype: .int32).sum() }
            try bytes.extend(Python.bytes(100))
            #expect(try Int(Python.len(bytes)) == 116)
        }

        @Test("array.array, memoryview and mmap are buffers")
        func others() throws {
            let array = try Python.import("array").array("h", [1, -2, 3])
            #expect(try Tensor(buffer: array, dtype: .int16).equal(Tensor([1, -2, 3]).to(.int16)))
            #expect(try Tensor(buffer: Python.memoryview(array), dtype: .int16, offset: 2).shape == [2])
            let map = try Python.import("mmap").mmap(-1, 4096)
            try Tensor(buffer: map, dtype: .int64).fill_(7)
            #expect(try Int(map[4088]) == 7)
        }

        @Test("bytes are shared, with one warning")
        func readOnly() throws {
            let bytes = try Python.bytes([1, 2, 3])
            let warnings = try Python.import("warnings")
            let count = try Python.with(warnings.catch_warnings(record: true)) { caught in
                try warnings.simplefilter("always")
                #expect(try Tensor(buffer: bytes, dtype: .uint8).toArray(UInt8.self) == [1, 2, 3])
                _ = try Tensor(buffer: bytes, dtype: .uint8)
                return try Int(Python.len(caught))
            }
            #expect(count == 1)
        }

        @Test("sizes that do not fit are refused in PyTorch's words")
        func refusals() throws {
            let bytes = try Python.bytearray(16)
            let cases: [(Int, Int, String)] = [
                (-1, 3, "buffer length (13 bytes) after offset (3 bytes) must be a multiple of element size (4)"),
                (-1, 16, "offset (16 bytes) must be non-negative and no greater than buffer length (16 bytes) minus 1"),
                (-1, -1, "offset (-1 bytes) must be non-negative and no greater than buffer length (16 bytes) minus 1"),
                (0, 0, "both buffer length (16) and count (0) must not be 0"),
                (
                    5, 0,
                    "requested buffer length (5 * 4 bytes) after offset (0 bytes) must not be greater than actual buffer length (16 bytes)"
                ),
                (
                    .max, 4,
                    "requested buffer length (9223372036854775807 * 4 bytes) after offset (4 bytes) must not be greater than actual buffer length (16 bytes)"
                ),
            ]
            for (count, offset, message) in cases {
                #expect(
                    misuse { _ = try Tensor(buffer: bytes, dtype: .float32, count: count, offset: offset) } == message)
            }
            #expect(
                misuse { _ = try Tensor(buffer: Python.bytearray(), dtype: .float32) }
                    == "both buffer length (0) and count (-1) must not be 0")
            #expect(
                misuse { _ = try Tensor(buffer: 3.toPython(), dtype: .float32) }
                    == "object does not implement Python buffer protocol.")
            #expect(
                misuse { _ = try Tensor(buffer: Python.memoryview(bytes)[Python.slice(nil, nil, 2)], dtype: .uint8) }
                    == "could not retrieve a contiguous buffer from the given object (non-contiguous buffers are not supported)"
            )
            #expect(
                misuse { _ = try Tensor(buffer: bytes, dtype: .int32, requiresGrad: true) }
                    == "Only Tensors of floating point and complex dtype can require gradients")
            #expect(
                misuse { _ = try Tensor(buffer: bytes, dtype: .float32, count: 2, offset: 3) }
                    .hasPrefix("the given memory is not aligned"))
        }
    }

    @Suite("DLPack", .enabled(if: TestPython.isThere, "\(TestPython.noPython)"))
    struct DLPackTests {
        @Test(
            "every element type goes through a capsule of either kind and back", arguments: DType.allCases,
            [false, true])
        func types(_ dtype: DType, _ versioned: Bool) throws {
            let tensor = Tensor([[0.0, 1, 2], [3, 4, 5]]).to(dtype).t()
            let capsule = try tensor.dlpack(versioned: versioned)
            let name = versioned ? "dltensor_versioned" : "dltensor"
            #expect("\(capsule)".hasPrefix("<capsule object \"\(name)\""))
            let back = try Tensor(dlpack: capsule)
            #expect("\(capsule)".hasPrefix("<capsule object \"used_\(name)\""))
            #expect(
                back.dtype == dtype && back.shape == [3, 2] && back.strides == [1, 3] && back.pointer == tensor.pointer)
            #expect(
                misuse { _ = try Tensor(dlpack: capsule) }
                    == "from_dlpack received an invalid capsule. Note that DLTensor capsules can be consumed only once, so you might have already constructed a tensor from it once."
            )
        }

        @Test("scalars, empty tensors and views")
        func shapes() throws {
            let scalar = Tensor(2.5)
            #expect(try Tensor(dlpack: scalar.dlpack()).item() as Double == 2.5)
            #expect(try Tensor(dlpack: Tensor.zeros([0, 3]).dlpack()).shape == [0, 3])
            let view = Tensor.arange(24).reshape([2, 3, 4])[1, 1..., .range(step: 2)]
            #expect(try Tensor(dlpack: view.dlpack(versioned: true)).equal(view))
            #expect(try Tensor(dlpack: view.dlpackExporter()).equal(view))
        }

        @Test("capsules nobody imports give the memory back")
        func unused() throws {
            weak var storage: Storage?
            do {
                let tensor = Tensor.ones([10])
                storage = tensor.storage
                for versioned in [false, true] { _ = try tensor.dlpack(versioned: versioned) }
                let exporter = try tensor.dlpackExporter()
                _ = try exporter.__dlpack__()
                _ = try exporter.__dlpack__(max_version: PythonTuple(1, 0))
            }
            #expect(storage == nil)
        }

        @Test("what cannot be exported or imported is refused")
        func refusals() throws {
            #expect(
                misuse { _ = try Tensor.ones([2]).requiresGrad_().dlpack() }
                    == "Can't export tensors that require gradient, use tensor.detach()")
            #expect(misuse { _ = try Tensor.ones([2], device: .meta).dlpack() } == "Cannot pack tensors on meta")
            #expect(
                misuse { _ = try Tensor(dlpack: 3.toPython()) }.hasPrefix("from_dlpack received an invalid capsule"))
            let exporter = try Tensor.ones([2]).dlpackExporter()
            #expect(throws: PythonError.self) { try exporter.__dlpack__(dl_device: PythonTuple(2, 0)) }
            #expect(throws: PythonError.self) { try exporter.__dlpack__(copy: true) }
        }

        @Test("NumPy and tensors exchange through it", .enabled(if: TestPython.hasNumPy, "\(TestPython.noNumPy)"))
        func numpy() throws {
            let np = try Python.import("numpy")
            let array = try np.arange(6.0).reshape(2, 3).T
            let tensor = try Tensor(dlpack: array)
            #expect(tensor.shape == [3, 2] && tensor.strides == [1, 3] && tensor.dtype == .float64)
            tensor.add_(1)
            #expect(try Double(array[0, 0]) == 1)
            let t = Tensor.zeros([2, 2])
            let imported = try np.from_dlpack(t.dlpackExporter())
            t.fill_(3)
            #expect(try Double(imported.sum()) == 12)
            #expect(
                misuse { _ = try Tensor(dlpack: np.ones(3, "u2")) }
                    == "Unsupported dtype in DLTensor (code 1, 16 bits, 1 lanes)")
            #expect(
                misuse { _ = try Tensor(dlpack: np.ones(3)[Python.slice(nil, nil, -1)]) }.hasPrefix(
                    "At least one stride"))
        }
    }

    @Suite("PyTorch", .enabled(if: TestPython.hasTorch, "FIREBRAND_PYTHON does not name a Python with PyTorch"))
    struct TorchTests {
        @Test("tensors are shared both ways, bfloat16 too", arguments: DType.allCases)
        func exchange(_ dtype: DType) throws {
            let torch = try Python.import("torch")
            let theirs = try torch.arange(6).reshape(2, 3).to(torch.getAttribute("\(dtype)")).t()
            let ours = try Tensor(dlpack: theirs)
            #expect(ours.dtype == dtype && ours.shape == [3, 2] && ours.strides == [1, 3])
            #expect(ours.equal(Tensor.arange(6).reshape([2, 3]).to(dtype).t()))
            ours[0, 0] = Tensor(1).to(dtype)
            #expect(try Bool(theirs[0, 0] .== 1))
            for back in [
                try torch.from_dlpack(ours.dlpack()), try torch.from_dlpack(ours.dlpack(versioned: true)),
                try torch.from_dlpack(ours.dlpackExporter()),
            ] {
                #expect(try Bool(torch.equal(back, theirs)) && Int(back.data_ptr()) == Int(bitPattern: ours.pointer))
            }
        }

        @Test("PyTorch calculates on our memory, and its errors are ours")
        func calculation() throws {
            let torch = try Python.import("torch")
            let x = Tensor.randn([64, 32])
            let w = Tensor.randn([32, 8])
            let product = try Tensor(
                dlpack: torch.from_dlpack(x.dlpackExporter()).matmul(torch.from_dlpack(w.dlpackExporter())))
            #expect(product.allclose(x.matmul(w), rtol: 1e-4, atol: 1e-5))
            do {
                try torch.ones(2, 3).matmul(torch.ones(2, 3))
                Issue.record("nothing was thrown")
            } catch let error as PythonError {
                #expect(
                    error.type == "RuntimeError" && error.message.contains("mat1 and mat2 shapes cannot be multiplied"))
            }
            #expect(throws: PythonError.self) { _ = try Tensor(dlpack: torch.ones(2, requires_grad: true)) }
        }
    }
}
