import FirebrandData
import FirebrandTensor
import FirebrandTestSupport
import FirebrandVision
import Foundation
import Testing

/// `$FIREBRAND_DATA`, where it holds the four files of Fashion-MNIST.
private let root: String? = ProcessInfo.processInfo.environment["FIREBRAND_DATA"].flatMap { root in
    MNISTFiles.fashionMNIST.missing(in: root).isEmpty ? root : nil
}

@Suite("Fashion-MNIST as a dataset", .enabled("needs FIREBRAND_DATA with Fashion-MNIST in it") { root != nil })
struct FashionMNISTTests {
    static let parts = Row.all("parts", of: "fashion", in: .module)

    private func dataset(_ part: Row) throws -> FashionMNIST<Tensor, Int> {
        try FashionMNIST(root: root!, train: part.flag("train"), transform: ToTensor())
    }

    private func sum(_ tensor: Tensor) -> Double { tensor.to(.float64).sum().item() }

    @Test("reads the images and classes torchvision reads", arguments: parts)
    func content(_ part: Row) throws {
        let data = try dataset(part)
        #expect(data.count == part.int("count"))
        #expect(data.classes == part.fields["classes"] as? [String])
        #expect(data.data.shape == [part.int("count"), 28, 28] && data.data.dtype == .uint8)
        #expect(data.data.to(.int64).sum().item() == part.int("pixels"))
        #expect(data.targets.dtype == .int64 && data.targets.count == part.int("count"))
        let labels = try (0..<20).map { try data[$0].1 }
        #expect(labels == part.ints("labels") && data.targets[0..<20].toArray(Int.self) == labels)
        for (index, wanted) in part.doubles("sums").enumerated() {
            let image = try data[index].0
            #expect(image.shape == [1, 28, 28] && image.dtype == .float32)
            // Foundation's reader of JSON may miss a double's last digit.
            #expect(abs(sum(image) - wanted) < 1e-9)
        }
        #expect(try data[0].0[0, 14].bitText == part.text("row"))
    }

    @Test("a batch made at once is the samples one by one, bit for bit", arguments: parts)
    func batches(_ part: Row) throws {
        let data = try dataset(part)
        let order = RandomSampler(data, numSamples: 300, generator: Generator(seed: 4)).indices()
        for indices in [ArraySlice(0..<64), order[...], order[17..<18], order[0..<0]] {
            let (images, labels) = try #require(try data.batch(at: indices))
            #expect(images.shape == [indices.count, 1, 28, 28])
            guard !indices.isEmpty else { continue }
            let samples = try indices.map { try data[$0] }
            #expect(images.toArray(Float.self) == stack(samples.map(\.0)).toArray(Float.self))
            #expect(labels.toArray(Int.self) == samples.map(\.1))
        }
        // A loader may not be able to tell the two apart: here by a transform it does not know to be the same.
        let slow = try FashionMNIST(
            root: root!, train: part.flag("train"), transform: Lambda { (image: Image) in ToTensor()(image) })
        #expect(try slow.batch(at: [0]) == nil)
        let fastLoader = DataLoader(
            Subset(data, order), batchSize: 64, shuffle: true, numWorkers: 2, generator: Generator(seed: 1))
        let slowLoader = DataLoader(Subset(slow, order), batchSize: 64, shuffle: true, generator: Generator(seed: 1))
        for ((x, y), (wantedX, wantedY)) in zip(fastLoader, slowLoader) {
            #expect(x.toArray(Float.self) == wantedX.toArray(Float.self))
            #expect(y.toArray(Int.self) == wantedY.toArray(Int.self))
        }
    }

    /// In a process of its own: the default generator is one for all tests.
    @Test("a shuffled loader's first batch is torchvision's")
    func shuffled() async {
        await #expect(processExitsWith: .success) {
            for part in FashionMNISTTests.parts {
                let data = try FashionMNIST(root: root!, train: part.flag("train"), transform: ToTensor())
                manualSeed(0)
                let loader = DataLoader(data, batchSize: 64, shuffle: true)
                for (images, labels) in loader {
                    let wanted = part.row("shuffled")
                    #expect(labels.toArray(Int.self) == wanted.ints("labels"))
                    let sums: [Double] = (0..<8).map { images[$0].to(.float64).sum().item() }
                    #expect(zip(sums, wanted.doubles("sums")).allSatisfy { abs($0 - $1) < 1e-9 })
                    break
                }
            }
        }
    }

    @Test("the tutorial's one-hot target transform gives its tensor", arguments: parts)
    func oneHot(_ part: Row) throws {
        let data = try FashionMNIST(
            root: root!, train: part.flag("train"), transform: ToTensor(),
            targetTransform: Lambda { (y: Int) in Tensor.zeros(10, dtype: .float32).scatter_(0, Tensor([y]), value: 1) }
        )
        #expect(try data[0].1.toArray(Double.self) == part.doubles("one_hot"))
        #expect(try data.batch(at: [0, 1]) == nil)
        let loader = DataLoader(Subset(data, [0, 1, 2]), batchSize: 3)
        for (x, y) in loader {
            #expect(x.shape == [3, 1, 28, 28] && y.shape == [3, 10])
            #expect(y.argmax(dim: 1).toArray(Int.self) == Array(part.ints("labels").prefix(3)))
        }
    }

    @Test("without a transform samples are images")
    func images() throws {
        let data = try FashionMNIST(root: root!, train: false)
        let (image, label) = try data[0]
        #expect((image.width, image.height, image.channels) == (28, 28, 1))
        #expect(image.pixels.toArray(UInt8.self) == data.data[0].toArray(UInt8.self) && label == 9)
    }

    @Test("a position outside the dataset is an error that says so")
    func outside() throws {
        let data = try dataset(FashionMNISTTests.parts[1])
        for index in [-1, 10_000] {
            #expect { _ = try data[index] } throws: { "\($0)".contains("sample \(index) of a dataset of 10000") }
        }
        let error = failure { for _ in DataLoader(Subset(data, [0, 10_000]), batchSize: 2) {} }
        #expect(error?.message.contains("sample 10000 of a dataset of 10000") == true)
    }
}

@Suite struct TransformTests {
    private let image = Image(Tensor(elements: (0..<12).map { UInt8($0 * 20) }, shape: [3, 2, 2]))

    @Test("ToTensor divides every byte by 255, whatever the layout")
    func toTensor() {
        let all = Image(Tensor(elements: (0...255).map { UInt8($0) }, shape: [1, 16, 16]))
        let wanted = (0...255).map { Float($0) / 255 }
        let tensor = ToTensor()(all)
        #expect(tensor.shape == [1, 16, 16] && tensor.dtype == .float32 && tensor.toArray() == wanted)
        let turned = ToTensor()(Image(all.pixels.transpose(1, 2)))
        #expect(turned.transpose(1, 2).contiguous().toArray() == wanted)
        #expect(ToTensor()(image).shape == [3, 2, 2])
        #expect(ToTensor()(image).toArray(Float.self) == (0..<12).map { Float($0 * 20) / 255 })
    }

    @Test("ToTensor gives float32 pixels, which nothing but the image holds")
    func ownMemory() {
        let pixels = Tensor(elements: [UInt8](repeating: 51, count: 4), shape: [1, 2, 2])
        let tensor = ToTensor()(Image(pixels))
        pixels.fill_(0)
        #expect(tensor.toArray(Float.self) == [0.2, 0.2, 0.2, 0.2])
    }

    @Test("Compose applies its steps in turn and carries their types")
    func compose() throws {
        let normalize = Compose {
            ToTensor()
            Lambda { (x: Tensor) in (x - 0.5) / 0.5 }
            Lambda { (x: Tensor) -> Double in x.sum().item() }
        }
        // 0 + 20 + … + 220 = 1320 over twelve pixels.
        let wanted = (1320.0 / 255 - 6) / 0.5
        let got = try normalize(image)
        #expect(abs(got - wanted) < 1e-5)
        #expect(try Compose { ToTensor() }(image).shape == [3, 2, 2])
    }

    @Test("what a transform throws names the sample when it is loaded")
    func failing() async throws {
        struct Unreadable: Error {}
        let data = try Digits(
            train: false, transform: Compose { Lambda { (image: Image) throws -> Tensor in throw Unreadable() } })
        do {
            for try await _ in DataLoader(data, batchSize: 4, numWorkers: 2) {}
            Issue.record("nothing was thrown")
        } catch { #expect((error as? SampleError)?.index == 0) }
    }

    @Test("an image that is not uint8 of three dimensions is misuse")
    func notAnImage() {
        #expect(failure { _ = Image(Tensor.zeros([1, 2, 2])) }?.message.contains("uint8") == true)
        #expect(failure { _ = Image(Tensor(elements: [UInt8(1)], shape: [1])) } != nil)
    }
}

@Suite struct DigitsTests {
    @Test("the digits that come with the library load like any other set")
    func digits() throws {
        let (train, test) = (
            try Digits(train: true, transform: ToTensor()), try Digits(train: false, transform: ToTensor())
        )
        #expect(train.count == 1500 && test.count == 297)
        #expect(train.classes == (0...9).map(String.init))
        let (image, label) = try test[0]
        #expect(image.shape == [1, 28, 28] && (0...9).contains(label))
        let pixels: Float = image.max().item()
        #expect(pixels <= 1 && pixels > 0.5)
        var seen = 0
        let loader = DataLoader(test, batchSize: 100, numWorkers: 1)
        for (x, y) in loader {
            #expect(
                x.toArray(Float.self) == stack(try (seen..<seen + y.count).map { try test[$0].0 }).toArray(Float.self))
            seen += y.count
        }
        #expect(seen == 297)
    }
}
