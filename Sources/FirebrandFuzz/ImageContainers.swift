extension Container {
    /// A PNG file, a part for each chunk, whose checksums are made right again.
    static let png = Container(
        split: { file in
            guard file.count > 8 else { return nil }
            var parts: [Part] = []
            var position = 8
            while position + 12 <= file.count {
                let length = Int(Field(position, 4, isBig: true).read(file))
                guard length <= file.count - position - 12 else { break }
                let name = Array(file[position + 4..<position + 8])
                let content = Array(file[position + 8..<position + 8 + length])
                var part = Part(name: name, kind: name == Array("IDAT".utf8) ? .packed : .bytes, bytes: content)
                if name == Array("IHDR".utf8), content.count >= 13 {
                    // Width and height; depth, colour type, packing, filter and interlacing.
                    part.fields = [Field(0, 4, isBig: true), Field(4, 4, isBig: true)] + (8..<13).map { Field($0, 1) }
                }
                parts.append(part)
                position += 12 + length
            }
            return parts
        },
        join: { parts, _ in
            var file = Assembly(bytes: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
            for part in parts {
                file.field(UInt32(part.bytes.count), isBig: true)
                let chunk = part.name + part.bytes
                file.bytes += chunk
                let sum = checksum(chunk)
                file.bytes += [UInt8(sum >> 24), UInt8(sum >> 16 & 255), UInt8(sum >> 8 & 255), UInt8(sum & 255)]
            }
            return file
        })

    /// A JPEG file, a part for each segment with its marker as name; the compressed pixels belong to the scan's header.
    static let jpeg = Container(
        split: { file in
            guard file.starts(with: [0xff, 0xd8]) else { return nil }
            var parts: [Part] = []
            var position = 2
            while position + 4 <= file.count, file[position] == 0xff {
                let marker = file[position + 1]
                let length = Int(Field(position + 2, 2, isBig: true).read(file))
                var end = position + 2 + length
                guard length >= 2, end <= file.count else { break }
                if marker == 0xda {
                    // Up to the next marker that is no restart and no stuffed byte.
                    while end + 1 < file.count, file[end] != 0xff || file[end + 1] == 0 || file[end + 1] & 0xf8 == 0xd0
                    {
                        end += 1
                    }
                }
                parts.append(Part(name: [marker], bytes: Array(file[position + 4..<min(end, file.count)])))
                if marker == 0xda { parts[parts.count - 1].name.append(UInt8(length & 255)) }
                position = end
            }
            // What counts is the frame: sizes, components, sampling.
            if let frame = parts.firstIndex(where: { $0.name.first.map { 0xc0...0xc2 ~= $0 } ?? false }) {
                parts.swapAt(0, frame)
            }
            return parts
        },
        join: { parts, _ in
            var parts = parts
            let frame = parts.first?.name.first ?? 0
            // Applications' segments come first, then tables; the frame goes back before the scan.
            if 0xc0...0xc2 ~= frame, let scan = parts.firstIndex(where: { $0.name.first == 0xda }) {
                parts.insert(parts[0], at: scan)
                parts.removeFirst()
            }
            var file = Assembly(bytes: [0xff, 0xd8])
            for part in parts {
                file.bytes += [0xff, part.name.first ?? 0]
                let length = part.name.count > 1 ? Int(part.name[1]) : part.bytes.count + 2
                file.field(UInt16(truncatingIfNeeded: length), isBig: true)
                if let marker = part.name.first, 0xc0...0xc2 ~= marker, part.bytes.count >= 6 {
                    let start = file.bytes.count
                    file.fields += [
                        Field(start, 1), Field(start + 1, 2, isBig: true), Field(start + 3, 2, isBig: true),
                        Field(start + 5, 1),
                    ]
                }
                file.bytes += part.bytes
            }
            file.bytes += [0xff, 0xd9]
            return file
        })
}
