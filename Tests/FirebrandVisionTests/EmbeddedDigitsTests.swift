import FirebrandVision
import Testing

@Suite("Embedded digits")
struct EmbeddedDigitsTests {
    @Test("Both parts load, enlarged to 28x28")
    func loads() throws {
        let train = try EmbeddedDigits.load(train: true)
        let test = try EmbeddedDigits.load(train: false)
        #expect(train.count == 1500 && test.count == 297)
        #expect(train.pixels.count == 1500 * 784 && test.pixels.count == 297 * 784)
        #expect(train.labels.count == 1500 && test.labels.count == 297)
        #expect(Set(test.labels) == Set(0...9))
    }

    /// scripts/make-digits.py prints both digests, from NumPy; PyTorch's `interpolate` gives the same pixels.
    @Test("All pixels and labels are those the generator script computes")
    func matchesReference() throws {
        let train = try EmbeddedDigits.load(train: true)
        let test = try EmbeddedDigits.load(train: false)
        let pixels = (train.pixels + test.pixels).withUnsafeBytes { MD5.hex($0) }
        let labels = (train.labels + test.labels).withUnsafeBytes { MD5.hex($0) }
        #expect(pixels == "efc543e1833551bd74f84afaa2deab6c")
        #expect(labels == "96ecbac7ce6c9c7e9f9f82160cffba40")
    }

    @Test("At their own size the values are only scaled")
    func scales() throws {
        let test = try EmbeddedDigits.load(train: false, size: 8)
        let levels = Set((0...16).map { UInt8((Double($0) * 255 / 16).rounded()) })
        #expect(test.pixels.allSatisfy(levels.contains))
        #expect(test.pixels.contains(255) && test.pixels.contains(0))
    }
}
