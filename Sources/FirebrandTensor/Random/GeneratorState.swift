import CKernels

// A generator's state as bytes, laid out as PyTorch's CPUGeneratorImplState is, so that states move both ways:
//   0  seed (8 bytes), 8  left (4), 12  seeded (4), 16  next (8), 24  624 words of 32 bits in 8 each,
//   5016  three doubles of which the second is the cached Gaussian, 5040  whether there is one (4), 5048  unused.
extension Generator {
    private static let stateSize = 5056

    /// All that decides the numbers to come, as a tensor of bytes in PyTorch's layout. PyTorch: `Generator.get_state`.
    /// ```swift
    /// let state = generator.getState()
    /// generator.setState(state)          // draws the same numbers again
    /// ```
    public func getState() -> Tensor {
        let (engine, gaussian) = snapshot
        let state = Tensor.zeros([Generator.stateSize], dtype: .uint8)
        if state.count != Generator.stateSize { return state }  // a failed scope of `recovering`
        let bytes = state.pointer
        bytes.storeBytes(of: engine.seed.littleEndian, as: UInt64.self)
        bytes.storeBytes(of: engine.left.littleEndian, toByteOffset: 8, as: Int32.self)
        bytes.storeBytes(of: Int32(1).littleEndian, toByteOffset: 12, as: Int32.self)
        bytes.storeBytes(of: UInt64(engine.next).littleEndian, toByteOffset: 16, as: UInt64.self)
        withUnsafeBytes(of: engine.state) { words in
            for (index, word) in words.bindMemory(to: UInt32.self).enumerated() {
                bytes.storeBytes(of: UInt64(word).littleEndian, toByteOffset: 24 + 8 * index, as: UInt64.self)
            }
        }
        bytes.storeBytes(of: (gaussian ?? 0).bitPattern.littleEndian, toByteOffset: 5024, as: UInt64.self)
        bytes.storeBytes(of: Int32(gaussian == nil ? 0 : 1).littleEndian, toByteOffset: 5040, as: Int32.self)
        return state
    }

    /// Goes on from a state that ``getState()``, or PyTorch, gave. Bytes of another length or that no generator can have
    /// are misuse. PyTorch: `Generator.set_state`.
    public func setState(_ state: Tensor) {
        guarded("set_state", [state], orElse: ()) { () throws(Misuse) in
            guard state.dtype == .uint8, state.device == .cpu else {
                throw Misuse("RNG state must be a torch.ByteTensor")
            }
            guard state.count == Generator.stateSize else {
                throw Misuse(
                    "Expected a CPUGeneratorImplState of size \(Generator.stateSize) but found the input RNG state size to "
                        + "be \(state.count)")
            }
            let contiguous = state.contiguous()
            let bytes = contiguous.pointer
            func word<Word: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _: Word.Type) -> Word {
                Word(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Word.self))
            }
            var engine = fb_mt19937()
            engine.seed = word(0, UInt64.self)
            engine.left = word(8, Int32.self)
            let next = word(16, UInt64.self)
            guard word(12, Int32.self) == 1, 1...624 ~= engine.left, next <= 624, next + UInt64(engine.left) <= 625
            else {
                throw Misuse("Invalid mt19937 state")
            }
            engine.next = UInt32(next)
            withUnsafeMutableBytes(of: &engine.state) { words in
                for index in 0..<624 {
                    let value = UInt32(truncatingIfNeeded: word(24 + 8 * index, UInt64.self))
                    words.storeBytes(of: value, toByteOffset: 4 * index, as: UInt32.self)
                }
            }
            let gaussian = Double(bitPattern: word(5024, UInt64.self))
            restore(engine, word(5040, Int32.self) == 0 ? nil : gaussian)
            withExtendedLifetime(contiguous) {}
        }
    }
}
