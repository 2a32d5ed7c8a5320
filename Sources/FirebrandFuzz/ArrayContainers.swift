import FirebrandSerialization

extension Container {
    /// A safetensors file: the header, then the bytes of all tensors.
    static let safetensors = Container(
        split: { file in
            guard file.count >= 8 else { return nil }
            let length = Field(0, 8).read(file)
            guard length <= UInt64(file.count - 8) else { return nil }
            return [
                Part(kind: .text, bytes: Array(file[8..<8 + Int(length)])),
                Part(bytes: Array(file[(8 + Int(length))...])),
            ]
        },
        join: { parts, _ in
            var file = Assembly()
            file.field(UInt64(parts.first?.bytes.count ?? 0))
            for part in parts { file.bytes += part.bytes }
            return file
        })

    /// A `.npy` file: its header, then its elements.
    static let npy = Container(
        split: { file in
            guard file.count > 12, (1...3).contains(file[6]) else { return nil }
            let field = Field(8, file[6] == 1 ? 2 : 4)
            let start = 8 + field.width
            guard field.read(file) <= UInt64(file.count - start) else { return nil }
            let end = start + Int(field.read(file))
            return [Part(kind: .text, bytes: Array(file[start..<end])), Part(bytes: Array(file[end...]))]
        },
        join: { parts, random in
            var file = Assembly(bytes: [0x93] + Array("NUMPY".utf8))
            let count = parts.first?.bytes.count ?? 0
            let isLong = count > Int(UInt16.max) || random.oneIn(4)
            file.field(isLong ? UInt8(2 + random.below(2)) : UInt8(1))
            file.field(UInt8(0))
            if isLong { file.field(UInt32(count)) } else { file.field(UInt16(count)) }
            for part in parts { file.bytes += part.bytes }
            return file
        })

    /// An IDX file: its type and lengths, which are big-endian, then its elements.
    static let idx = Container(
        split: { file in
            guard file.count >= 4, file.count >= 4 + 4 * Int(file[3]) else { return nil }
            let start = 4 + 4 * Int(file[3])
            var header = Part(bytes: Array(file[..<start]))
            header.fields = (0..<4).map { Field($0, 1) } + (0..<Int(file[3])).map { Field(4 + 4 * $0, 4, isBig: true) }
            return [header, Part(bytes: Array(file[start...]))]
        },
        join: { parts, _ in Assembly(bytes: parts.flatMap(\.bytes)) })

    /// Another format's file packed by gzip, damaged before it is packed.
    static func gzip(of inner: Container) -> Container {
        Container(
            split: { file in
                // 18: the fixed header, the checksum and the length; the seeds have no names in them.
                guard file.count > 18 else { return nil }
                let content = Array(file[10..<file.count - 8])
                return inflatedRaw(content).flatMap(inner.split)
            },
            join: { parts, random in
                let plain = inner.join(parts, &random).bytes
                // A file may be several packed ones, one behind the other.
                let cut = random.oneIn(4) ? random.below(plain.count + 1) : plain.count
                var file = Assembly(bytes: deflated(Array(plain[..<cut]), windowBits: 31))
                if cut < plain.count { file.bytes += deflated(Array(plain[cut...]), windowBits: 31) }
                file.fields =
                    (2..<10).map { Field($0, 1) } + [Field(file.bytes.count - 8, 4), Field(file.bytes.count - 4, 4)]
                return file
            })
    }

    /// A file that is one text.
    static let text = Container(
        split: { [Part(kind: .text, bytes: $0)] },
        join: { parts, _ in Assembly(bytes: parts.flatMap(\.bytes)) })

    /// PyTorch's old format: five pickles, then the storages.
    static let pickles = Container(
        split: { file in
            var parts: [Part] = []
            var position = 0
            while position < file.count, file[position] == 0x80, let end = PickleDamage.end(of: file, from: position) {
                parts.append(Part(kind: .pickle, bytes: Array(file[position..<end])))
                position = end
            }
            guard parts.count >= 5 else { return nil }
            // The fourth holds the value.
            parts.swapAt(0, 3)
            return parts + [Part(bytes: Array(file[position...]))]
        },
        join: { parts, _ in
            var parts = parts
            if parts.count > 3 { parts.swapAt(0, 3) }
            var file = Assembly()
            for part in parts {
                if part.kind == .bytes, part.bytes.count >= 8 { file.fields.append(Field(file.bytes.count, 8)) }
                file.bytes += part.bytes
            }
            return file
        })
}
