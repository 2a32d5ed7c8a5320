import FirebrandNN
import FirebrandPython
import FirebrandTensor
import FirebrandTestSupport
import Testing

extension Bridge {
    @Suite("NumPy", .enabled(if: TestPython.hasNumPy, "\(TestPython.noNumPy)"))
    struct NumPyTests {
        let np = try! Python.import("numpy")

        static let names: [(DType, String)] = [
            (.bool, "bool"), (.uint8, "uint8"), (.int8, "int8"), (.int16, "int16"), (.int32, "int32"),
            (.int64, "int64"),
            (.float16, "float16"), (.float32, "float32"), (.float64, "float64"), (.complex64, "complex64"),
            (.complex128, "complex128"),
        ]

        /// The message of the misuse that `body` throws.
        private func misuse(_ body: () throws -> Void) -> String {
            do {
                try body()
                return "nothing was thrown"
            } catch {
                return (error as? OperatorError)?.message ?? "\(error)"
            }
        }

        @Test("a change in the tensor shows in the array, as in chapter 1")
        func tensorToArray() throws {
            let t = Tensor.ones([5])
            let n = try t.numpy()
            #expect("\(t)" == "tensor([1., 1., 1., 1., 1.])")
            #expect("\(n)" == "[1. 1. 1. 1. 1.]")
            t.add_(1)
            #expect("\(t)" == "tensor([2., 2., 2., 2., 2.])")
            #expect("\(n)" == "[2. 2. 2. 2. 2.]")
        }

        @Test("a change in the array shows in the tensor, as in chapter 1")
        func arrayToTensor() throws {
            let n = try np.ones(5)
            let t = try Tensor.fromNumPy(n)
            try np.add(n, 1, out: n)
            #expect("\(t)" == "tensor([2., 2., 2., 2., 2.], dtype=float64)")
            #expect("\(n)" == "[2. 2. 2. 2. 2.]")
            t.mul_(3)
            #expect("\(n)" == "[6. 6. 6. 6. 6.]")
        }

        @Test("element types go both ways", arguments: names)
        func types(_ dtype: DType, _ name: String) throws {
            let values = Tensor([[0.0, 1, 2], [3, 4, 5]]).to(dtype)
            let array = try values.numpy()
            #expect(try String(array.dtype.name) == name)
            let expected = try np.arange(6).reshape(2, 3).astype(name)
            #expect(try Bool(np.array_equal(array, expected)))
            let back = try Tensor(numpy: expected)
            #expect(back.dtype == dtype && back.shape == [2, 3] && back.equal(values))
            // Both share: what Python writes, both see.
            try array.setItem(0, 1, to: 0)
            try expected.setItem(0, 1, to: 0)
            #expect(values[0, 1].to(.float64).item() as Double == 0)
            #expect(back.equal(values))
            #expect(try Int(array.ctypes.data) == Int(bitPattern: values.pointer))
            #expect(try Int(expected.ctypes.data) == Int(bitPattern: back.pointer))
        }

        @Test("complex numbers keep their parts")
        func complex() throws {
            let t = Tensor([Complex<Float>(1, 2), Complex(0, -1)])
            #expect(try "\(t.numpy())" == "[1.+2.j 0.-1.j]")
            // The real part is a view with a gap between its elements.
            let real = try t.real.numpy()
            #expect(try [Int](real.strides) == [8])
            try real.setItem(0, to: 7)
            let first: Complex<Double> = t[0].item()
            #expect(first == Complex(7, 2))
            let z = try np.array([Complex<Double>(1, 1), Complex<Double>(2, -3)])
            #expect(try Tensor(numpy: z).conj().equal(Tensor([Complex<Double>(1, -1), Complex(2, 3)])))
        }

        @Test("strides and offsets are kept, both ways")
        func strides() throws {
            let t = Tensor.arange(24).reshape([2, 3, 4])
            let cases: [(Tensor, [Int])] = [
                (t.permute(2, 0, 1), [8, 96, 32]), (t[1, 1...], [32, 8]),
                (t[.ellipsis, .range(step: 2)], [96, 32, 16]),
                (t.select(2, 3).t(), [32, 96]),
            ]
            for (view, bytes) in cases {
                let array = try view.numpy()
                #expect(try [Int](array.strides) == bytes)
                #expect(try [Int](array.flatten()) == view.reshape([-1]).toArray(Int.self))
                let back = try Tensor(numpy: array)
                #expect(back.strides == view.strides && back.shape == view.shape && back.equal(view))
                #expect(back.pointer == view.pointer)
            }
            let broadcast = try Tensor([1.0, 2]).reshape([2, 1]).expand([2, 3]).numpy()
            #expect(try [Int](broadcast.strides) == [4, 0] && [Double](broadcast[1]) == [2, 2, 2])
            let fortran = try np.asfortranarray(np.arange(6).reshape(2, 3))
            #expect(try Tensor(numpy: fortran).strides == [1, 2])
            #expect(try Tensor(numpy: np.broadcast_to(np.ones(1), PythonTuple(3))).strides == [0])
        }

        @Test("scalars and empty arrays")
        func small() throws {
            let scalar = Tensor(3.5)
            let array = try scalar.numpy()
            #expect(try Int(array.ndim) == 0 && Double(array) == 3.5)
            try array.fill(4)
            #expect(scalar.item() as Double == 4)
            let back = try Tensor(numpy: np.array(2.5))
            #expect(back.shape == [] && back.item() as Double == 2.5)
            for shape: [Int] in [[0], [0, 3], [3, 0, 2]] {
                let empty = Tensor.zeros(shape)
                #expect(try [Int](empty.numpy().shape) == shape)
                let tensor = try Tensor(numpy: np.zeros(shape))
                #expect(tensor.shape == Size(shape) && tensor.dtype == .float64 && tensor.count == 0)
                #expect(tensor.sum().item() as Double == 0)
            }
        }

        @Test("what cannot be an array is refused in PyTorch's words")
        func refusals() throws {
            let x = Tensor.ones([2, 3]).requiresGrad_()
            let text = "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
            #expect(misuse { _ = try x.numpy() } == text)
            #expect(misuse { _ = try (x * 2).numpy() } == text)
            #expect(try [Int](x.detach().numpy().shape) == [2, 3])
            #expect(try [Int](x.numpy(force: true).shape) == [2, 3])
            #expect(try [Int](noGrad { try x.numpy() }.shape) == [2, 3])
            let meta = Tensor.ones([2], device: .meta)
            #expect(
                misuse { _ = try meta.numpy() }
                    == "can't convert meta device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first."
            )
            #expect(misuse { _ = try meta.numpy(force: true) } == "Cannot copy out of meta tensor; no data!")
            #expect(misuse { _ = try Tensor.ones([2]).bfloat16().numpy() } == "Got unsupported ScalarType BFloat16")
            let t = Tensor.ones([2])
            let n = try t.numpy()
            #expect(failure { t.resize_(100) }?.message == "Trying to resize storage that is not resizable")
            t.resize_(1)
            #expect(try [Double](n) == [1, 1])
        }

        @Test("what cannot be a tensor is refused in PyTorch's words")
        func arrayRefusals() throws {
            let supported =
                "The only supported types are: float64, float32, float16, complex64, complex128, int64, int32, int16, int8, uint8, and bool."
            for (type, name) in [
                ("O", "object_"), ("U3", "str_"), ("S2", "bytes_"), ("u2", "uint16"), ("u4", "uint32"),
                ("u8", "uint64"),
                ("M8[s]", "datetime64"), ("V4", "void"), ("f16", "longdouble"),
            ] {
                let message = misuse { _ = try Tensor(numpy: np.zeros(3, type)) }
                #expect(
                    message == "can't convert np.ndarray of type numpy.\(name). \(supported)"
                        // Before NumPy 2 the long types were named by their size.
                        || (type == "f16" && message.hasPrefix("can't convert np.ndarray of type numpy.float128. ")))
            }
            #expect(
                misuse { _ = try Tensor(numpy: np.ones(PythonTuple(2, 3))[Python.slice(nil, nil, -1)]) }
                    == "At least one stride in the given numpy array is negative, and tensors with negative strides are not "
                    + "currently supported. (You can probably work around this by making a copy of your array  with "
                    + "array.copy().) ")
            #expect(
                misuse { _ = try Tensor(numpy: np.ones(3, ">f4")) }
                    == "given numpy array has byte order different from the native byte order. Conversion between byte orders is "
                    + "currently not supported.")
            let fields = try np.zeros(3, [PythonTuple("a", "f4"), PythonTuple("b", "i1")].map { try $0.toPython() })
            #expect(
                misuse { _ = try Tensor(numpy: fields["a"]) }
                    == "given numpy array strides not a multiple of the element byte size. Copy the numpy array to reallocate the "
                    + "memory.")
            let odd = try np.frombuffer(Python.bytearray(17), dtype: "u1")[1...].view("f8")
            #expect(misuse { _ = try Tensor(numpy: odd) }.hasPrefix("the given memory is not aligned"))
            #expect(misuse { _ = try Tensor(numpy: Python.list([1, 2])) } == "expected np.ndarray (got list)")
            #expect(misuse { _ = try Tensor(numpy: np.float32(3)) } == "expected np.ndarray (got float32)")
        }

        @Test("read-only arrays are shared, with one warning")
        func readOnly() async {
            // In a process of its own, because another test may have had the warning.
            await #expect(processExitsWith: .success) {
                _ = TestPython.program
                let array = try Python.import("numpy").arange(3.0)
                try array.flags.setAttribute("writeable", to: false)
                let warnings = try Python.import("warnings")
                try Python.with(warnings.catch_warnings(record: true)) { caught in
                    try warnings.simplefilter("always")
                    let tensor = try Tensor(numpy: array)
                    _ = try Tensor(numpy: array)
                    let texts = try Python.elements(of: caught).map { try "\($0.message)" }
                    precondition(texts.count == 1 && texts[0].hasPrefix("The given NumPy array is not writable"))
                    precondition(tensor.equal(Tensor([0.0, 1, 2]).double()))
                }
            }
        }

        @Test("a convolution sees what NumPy does to its weight")
        func packedWeights() throws {
            let image = Tensor.ones([1, 16, 32, 32])
            let weight = Tensor.ones([32, 16, 3, 3])
            try noGrad {
                // Twice, so that it is kept as the convolution reads it.
                let before = Functional.conv2d(image, weight)
                #expect(Functional.conv2d(image, weight).equal(before))
                let array = try weight.numpy()
                try np.multiply(array, 2, out: array)
                #expect(Functional.conv2d(image, weight).equal(before * 2))
                try np.multiply(array, 2, out: array)
                #expect(Functional.conv2d(image, weight).equal(before * 4))
            }
        }
    }
}
