import CKernels

// Random tensors. The stream is drawn one element after the other on one thread, in PyTorch's way for each type, so that
// the same seed gives PyTorch's numbers.

extension Tensor {
    /// Uniform numbers in [0, 1). PyTorch: `torch.rand`.
    public static func rand(
        _ shape: some Collection<Int>, generator: Generator = .default, dtype: DType? = nil, device: Device = .cpu,
        requiresGrad: Bool = false
    ) -> Tensor {
        let result = empty(shape, dtype: dtype, device: device).uniform_(generator: generator)
        return requiresGrad ? result.requiresGrad_() : result
    }

    /// Uniform numbers in [0, 1): `Tensor.rand(2, 3)`. PyTorch: `torch.rand`.
    public static func rand(
        _ shape: Int..., generator: Generator = .default, dtype: DType? = nil, device: Device = .cpu,
        requiresGrad: Bool = false
    ) -> Tensor { rand(shape, generator: generator, dtype: dtype, device: device, requiresGrad: requiresGrad) }

    /// Normal numbers of mean 0 and variance 1. PyTorch: `torch.randn`.
    public static func randn(
        _ shape: some Collection<Int>, generator: Generator = .default, dtype: DType? = nil, device: Device = .cpu,
        requiresGrad: Bool = false
    ) -> Tensor {
        let result = empty(shape, dtype: dtype, device: device).normal_(generator: generator)
        return requiresGrad ? result.requiresGrad_() : result
    }

    /// Normal numbers of mean 0 and variance 1: `Tensor.randn(5, 3)`. PyTorch: `torch.randn`.
    public static func randn(
        _ shape: Int..., generator: Generator = .default, dtype: DType? = nil, device: Device = .cpu,
        requiresGrad: Bool = false
    ) -> Tensor { randn(shape, generator: generator, dtype: dtype, device: device, requiresGrad: requiresGrad) }

    /// Uniform numbers of another's shape and type. PyTorch: `torch.rand_like`.
    public static func randLike(_ other: Tensor, generator: Generator = .default, dtype: DType? = nil) -> Tensor {
        rand(other.shape, generator: generator, dtype: dtype ?? other.dtype, device: other.device)
    }

    /// Normal numbers of another's shape and type. PyTorch: `torch.randn_like`.
    public static func randnLike(_ other: Tensor, generator: Generator = .default, dtype: DType? = nil) -> Tensor {
        randn(other.shape, generator: generator, dtype: dtype ?? other.dtype, device: other.device)
    }

    /// Integers in `low..<high`, as int64. PyTorch: `torch.randint`.
    public static func randint(
        _ low: Int, _ high: Int, _ shape: some Collection<Int>, generator: Generator = .default, dtype: DType = .int64,
        device: Device = .cpu
    ) -> Tensor {
        guarded("randint", []) { () throws(Misuse) in
            guard low < high else {
                throw Misuse("random_ expects 'from' to be less than 'to', but got from=\(low) >= to=\(high)")
            }
            return empty(shape, dtype: dtype, device: device).random_(low, high, generator: generator)
        }
    }

    /// Integers in `0..<high`, as int64: `Tensor.randint(10, size: [1])`. PyTorch: `torch.randint`.
    public static func randint(
        _ high: Int, size: some Collection<Int>, generator: Generator = .default, dtype: DType = .int64
    ) -> Tensor { randint(0, high, size, generator: generator, dtype: dtype) }

    /// Integers in `low..<high` of another's shape and type. PyTorch: `torch.randint_like`.
    public static func randintLike(
        _ other: Tensor, _ low: Int, _ high: Int, generator: Generator = .default, dtype: DType? = nil
    ) -> Tensor {
        randint(low, high, other.shape, generator: generator, dtype: dtype ?? other.dtype, device: other.device)
    }

    /// The integers `0..<n` in random order. PyTorch: `torch.randperm`.
    public static func randperm(_ n: Int, generator: Generator = .default, dtype: DType = .int64) -> Tensor {
        guarded("randperm", []) { () throws(Misuse) in
            guard n >= 0 else { throw Misuse("Trying to create tensor with negative dimension \(n): [\(n)]") }
            if dtype == .bool || dtype.isComplex {
                throw Misuse("\"randperm\" not implemented for '\(dtype.scalarTypeName)'")
            }
            let permutation = Permutation.random(n, generator: generator)
            let result = Tensor(elements: permutation, shape: [n])
            return dtype == .int64 ? result : result.to(dtype)
        }
    }

    // MARK: In place

    /// Calls `fill` with contiguous memory of type `dtype`, and takes the numbers over, in the order the elements have in
    /// this tensor's memory.
    func drawn(_ name: StaticString, _ dtype: DType, _ fill: (UnsafeMutableRawPointer, Int) -> Void) -> Tensor {
        guarded(name, [self]) { () throws(Misuse) in
            try willChangeInPlace(self)
            forgetHistory(name)
            if device.kind == .meta { return self }
            if isContiguous, self.dtype == dtype {
                fill(pointer, count)
            } else {
                let order = (0..<dim).sorted { strides[$0] > strides[$1] }
                let numbers = Tensor(emptyOf: Size(order.map { shape[$0] }), dtype)
                fill(numbers.pointer, count)
                backend.copy(numbers, into: permutedAlias(order))
            }
            return self
        }
    }

    /// Draws the parts of complex numbers, real and imaginary by turns.
    private func drawnAsParts(_ draw: (Tensor) -> Tensor) -> Tensor {
        let parts = noGrad { partsView() }
        _ = draw(parts)
        return self
    }

    /// Uniform numbers in [`from`, `to`). PyTorch: `uniform_`.
    @discardableResult
    public func uniform_(_ from: Double = 0, _ to: Double = 1, generator: Generator = .default) -> Tensor {
        guarded("uniform_", [self]) { () throws(Misuse) in
            if dtype.isComplex { return drawnAsParts { $0.uniform_(from, to, generator: generator) } }
            guard dtype.isFloatingPoint else { throw Misuse("not implemented for '\(dtype.scalarTypeName)'") }
            guard from <= to else {
                throw Misuse(
                    "uniform_ expects to return a [from, to) range, but found from=\(numberText(from)) > to=\(numberText(to))"
                )
            }
            return drawn("uniform_", dtype == .float64 ? .float64 : .float32) { memory, count in
                generator.withEngine { engine in
                    if dtype == .float64 {
                        fb_uniform_f64(&engine, memory.assumingMemoryBound(to: Double.self), count, from, to)
                    } else {
                        fb_uniform_f32(
                            &engine, memory.assumingMemoryBound(to: Float.self), count, Float(from), Float(to))
                    }
                }
            }
        }
    }

    /// Normal numbers. PyTorch: `normal_`.
    ///
    /// From 16 contiguous elements on, pairs (i, i + 8) of each 16 are transformed together; fewer are drawn singly.
    @discardableResult
    public func normal_(_ mean: Double = 0, _ std: Double = 1, generator: Generator = .default) -> Tensor {
        guarded("normal_", [self]) { () throws(Misuse) in
            // The variance of a complex number is the sum of its parts'.
            if dtype.isComplex { return drawnAsParts { $0.normal_(0, std / 2.0.squareRoot(), generator: generator) } }
            guard dtype.isFloatingPoint else { throw Misuse("not implemented for '\(dtype.scalarTypeName)'") }
            guard std >= 0 else { throw Misuse("normal expects std >= 0.0, but found std \(numberText(std))") }
            let computeType = dtype == .float64 ? DType.float64 : .float32
            return drawn("normal_", computeType) { memory, count in
                if count >= 16, isContiguous {
                    if computeType == .float64 {
                        let data = memory.assumingMemoryBound(to: Double.self)
                        Tensor.fillByPairs(
                            data, count,
                            uniform: { first, n in generator.withEngine { fb_uniform_f64(&$0, first, n, 0, 1) } },
                            transform: { data, n in
                                for start in stride(from: 0, to: n, by: 16) {
                                    fb_box_muller16_f64(data + start, mean, std)
                                }
                            })
                    } else {
                        let data = memory.assumingMemoryBound(to: Float.self)
                        Tensor.fillByPairs(
                            data, count,
                            uniform: { first, n in generator.withEngine { fb_uniform_f32(&$0, first, n, 0, 1) } },
                            transform: { fb_box_muller_f32($0, $1, Float(mean), Float(std)) })
                    }
                } else {
                    for index in 0..<count {
                        let value = generator.gaussian(mean: mean, std: std)
                        if computeType == .float64 {
                            memory.assumingMemoryBound(to: Double.self)[index] = value
                        } else {
                            memory.assumingMemoryBound(to: Float.self)[index] = Float(value)
                        }
                    }
                }
            }
        }
    }

    private static func fillByPairs<T>(
        _ data: UnsafeMutablePointer<T>, _ count: Int, uniform: (UnsafeMutablePointer<T>, Int) -> Void,
        transform: (UnsafeMutablePointer<T>, Int) -> Void
    ) {
        // Only the bits come one after the other. A stretch is transformed while the cache has it, by all threads.
        let whole = count / 16 * 16, stretch = 65_536
        for start in stride(from: 0, to: whole, by: stretch) {
            let size = Swift.min(stretch, whole - start)
            uniform(data + start, size)
            parallelFor(size / 16, grain: 1024) { begin, end in
                transform(data + start + 16 * begin, 16 * (end - begin))
            }
        }
        // What is left over is drawn, and drawn anew with the fifteen or fewer before it.
        if count % 16 != 0 {
            uniform(data + whole, count - whole)
            uniform(data + count - 16, 16)
            transform(data + count - 16, 16)
        }
    }

    /// Integers in `from..<to`. PyTorch: `random_`.
    @discardableResult
    public func random_(_ from: Int, _ to: Int, generator: Generator = .default) -> Tensor {
        guarded("random_", [self]) { () throws(Misuse) in
            if dtype.isComplex {
                throw Misuse("check_random_bounds handles only integral, floating-point and boolean types")
            }
            guard from < to else {
                throw Misuse("random_ expects 'from' to be less than 'to', but got from=\(from) >= to=\(to)")
            }
            let range = UInt64(bitPattern: Int64(to)) &- UInt64(bitPattern: Int64(from))
            return drawn("random_", .int64) { memory, count in
                let integers = memory.assumingMemoryBound(to: Int64.self)
                // Ranges that 32 bits cannot cover evenly enough take 64.
                for index in 0..<count {
                    let bits = range >= 1 << 28 ? generator.random64() : UInt64(generator.random())
                    integers[index] = Int64(bitPattern: bits % range &+ UInt64(bitPattern: Int64(from)))
                }
            }
        }
    }

    /// Integers from 0 up to the largest the type holds (exactly, for floats). PyTorch: `random_`.
    @discardableResult
    public func random_(generator: Generator = .default) -> Tensor {
        if dtype.isComplex {
            return guarded("random_", [self]) { () throws(Misuse) in
                throw Misuse("\"random_kernel_cpu\" not implemented for '\(dtype.scalarTypeName)'")
            }
        }
        return drawn("random_", .int64) { memory, count in
            let integers = memory.assumingMemoryBound(to: Int64.self)
            for index in 0..<count {
                integers[index] =
                    switch dtype {
                    case .bool: Int64(generator.random() & 1)
                    case .uint8: Int64(generator.random() % 256)
                    case .int8: Int64(generator.random() % 128)
                    case .int16: Int64(generator.random() % 32_768)
                    case .int32: Int64(generator.random() % 2_147_483_648)
                    case .int64: Int64(generator.random64() % (1 << 63))
                    case .float64: Int64(generator.random64() % ((1 << 53) + 1))
                    case .float32: Int64(generator.random() % ((1 << 24) + 1))
                    case .float16: Int64(generator.random() % ((1 << 11) + 1))
                    case .bfloat16: Int64(generator.random() % ((1 << 8) + 1))
                    case .complex64, .complex128: 0
                    }
            }
        }
    }
}

/// A number as C++ streams write it: 1, not 1.0.
func numberText(_ number: Double) -> String {
    Int(exactly: number).map(String.init) ?? "\(number)"
}

/// Orders drawn from a generator without making a tensor: what samplers use.
package enum Permutation {
    /// Fisher and Yates's shuffle of `0..<n`, drawing in PyTorch's order.
    package static func random(_ n: Int, generator: Generator) -> [Int] {
        var order = Array(0..<n)
        guard n > 1 else { return order }
        generator.withEngine { engine in
            for index in 0..<(n - 1) {
                let remaining = UInt64(n - index)
                let bits = n < Int(UInt32.max) / 20 ? UInt64(fb_mt19937_next(&engine)) : fb_mt19937_next64(&engine)
                order.swapAt(index, index + Int(bits % remaining))
            }
        }
        return order
    }
}

// MARK: - Rows

private let options =
    "generator=None, out=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False"
private let likeOptionsOnly =
    "generator=None, dtype=None, layout=None, device=None, requires_grad=False, memory_format=None"
private let likeOptions = "*, dtype=None, layout=None, device=None, requires_grad=False, memory_format=None"
private let randintSignatures = """
    high: int, size: ints, *, \(options)
    low: int, high: int, size: ints, *, \(options)
    """

let randomTensorOperators: [OperatorRow] = [
    OperatorRow("rand", .random, dtypes: .inexact, "*size, \(options)", isDifferentiable: false) {
        Tensor.rand(
            try $0.ints("size"), dtype: try $0.dtype(), device: try $0.device(), requiresGrad: try $0.requiresGrad)
    },
    OperatorRow("randn", .random, dtypes: .inexact, "*size, \(options)", isDifferentiable: false) {
        Tensor.randn(
            try $0.ints("size"), dtype: try $0.dtype(), device: try $0.device(), requiresGrad: try $0.requiresGrad)
    },
    OperatorRow("randint", .random, dtypes: .real, randintSignatures, isDifferentiable: false) {
        Tensor.randint(
            try $0.optionalInt("low") ?? 0, try $0.int("high"), try $0.ints("size"), dtype: try $0.dtype() ?? .int64,
            device: try $0.device())
    },
    OperatorRow("randperm", .random, dtypes: .realNumbers, "n, *, \(options)", isDifferentiable: false) {
        Tensor.randperm(try $0.int("n"), dtype: try $0.dtype() ?? .int64)
    },
    OperatorRow(
        "randint_like", .random, dtypes: .real,
        "input, high: int, *, \(likeOptionsOnly)\ninput, low: int, high: int, *, \(likeOptionsOnly)",
        isDifferentiable: false
    ) {
        Tensor.randintLike(
            try $0.input, try $0.optionalInt("low") ?? 0, try $0.int("high"), dtype: try $0.dtype())
    },
    OperatorRow("rand_like", .random, dtypes: .inexact, "input, \(likeOptions)", isDifferentiable: false) {
        Tensor.randLike(try $0.input, dtype: try $0.dtype())
    },
    OperatorRow("randn_like", .random, dtypes: .inexact, "input, \(likeOptions)", isDifferentiable: false) {
        Tensor.randnLike(try $0.input, dtype: try $0.dtype())
    },
]
