import FirebrandNN
import FirebrandTensor
import FirebrandTestSupport
import FirebrandVision
import Testing

private let images = Dictionary(
    uniqueKeysWithValues: Row.all("images", of: "transforms", in: .module).map {
        ($0.text("name"), bytes($0.text("values"), $0.ints("shape")))
    })

private func bytes(_ digits: String, _ shape: [Int]) -> Tensor {
    let text = Array(digits.utf8)
    func digit(_ index: Int) -> UInt8 { UInt8(String(UnicodeScalar(text[index])), radix: 16)! }
    return Tensor(
        elements: stride(from: 0, to: text.count, by: 2).map { digit($0) << 4 | digit($0 + 1) }, shape: Size(shape))
}

/// Numbers of a result, from hexadecimal bytes or bits of float32.
private func numbers(_ result: Row) -> [Double] {
    let text = result.text("values")
    if result.text("dtype") == "uint8" { return bytes(text, [text.utf8.count / 2]).toArray(Double.self) }
    return text.split(separator: " ").map { Double(Float(bitPattern: UInt32($0, radix: 16)!)) }
}

private func compare(
    _ result: Tensor, _ wanted: Row, within tolerance: Double, _ location: SourceLocation = #_sourceLocation
) {
    #expect(Array(result.shape) == wanted.ints("shape"), sourceLocation: location)
    #expect(result.dtype == wanted.dtype, sourceLocation: location)
    let (own, other) = (result.toArray(Double.self), numbers(wanted))
    guard own.count == other.count else { return }
    let worst = zip(own, other).map { abs($0 - $1) }.max() ?? 0
    #expect(worst <= tolerance, "differs by \(worst)", sourceLocation: location)
}

/// Equal integers; or floats that agree to the digits that Foundation's reader of JSON keeps.
private func equal(_ result: Tensor, _ wanted: [Double]) -> Bool {
    let tolerance = result.dtype.isFloatingPoint ? 1e-14 : 0
    return zip(result.toArray(Double.self), wanted).allSatisfy { abs($0 - $1) <= tolerance * abs($1) }
}

extension Row {
    fileprivate func mode(_ name: String = "mode") -> InterpolationMode { InterpolationMode(rawValue: text(name))! }
    fileprivate func range(_ name: String) -> ClosedRange<Double> { doubles(name)[0]...doubles(name)[1] }

    /// The transform a case names, with its settings.
    fileprivate var made: (Tensor) throws -> Tensor {
        let settings = row("settings")
        func ints(_ name: String) -> [Int] { settings.ints(name) }
        switch text("transform") {
        case "Resize":
            let maxSize = settings.has("max") ? settings.int("max") : nil
            let resize = Resize(
                ints("size"), interpolation: settings.mode(), maxSize: maxSize, antialias: !settings.flag("plain"))
            return { resize($0) }
        case "CenterCrop": return { CenterCrop(ints("size"))($0) }
        case "Pad":
            let mode = Pad.Mode(rawValue: settings.text("mode"))!
            return { Pad(ints("padding"), fill: settings.double("fill"), paddingMode: mode)($0) }
        case "Normalize": return { Normalize(settings.doubles("mean"), settings.doubles("std"))($0) }
        case "ToTensor": return { ToTensor()($0) }
        case "Grayscale": return { Grayscale(numOutputChannels: settings.int("channels"))($0) }
        case "ImageClassification":
            return { ImageClassification(cropSize: settings.int("crop"), resizeSize: settings.int("resize"))($0) }
        case "RandomHorizontalFlip": return { RandomHorizontalFlip(p: settings.double("p"))($0) }
        case "RandomVerticalFlip": return { RandomVerticalFlip(p: settings.double("p"))($0) }
        case "RandomGrayscale": return { RandomGrayscale(p: settings.double("p"))($0) }
        case "RandomCrop":
            let padding = settings.has("padding") ? ints("padding") : nil
            return { RandomCrop(ints("size"), padding: padding, padIfNeeded: settings.flag("ifNeeded"))($0) }
        case "RandomResizedCrop":
            guard settings.has("scale") else { return { RandomResizedCrop(ints("size"))($0) } }
            return {
                RandomResizedCrop(ints("size"), scale: settings.range("scale"), ratio: settings.range("ratio"))($0)
            }
        case "ColorJitter":
            let jitter = ColorJitter(
                brightness: settings.double("brightness"), contrast: settings.double("contrast"),
                saturation: settings.double("saturation"), hue: settings.double("hue"))
            return { jitter($0) }
        default:
            let center = settings.has("center") ? settings.doubles("center") : nil
            let rotation = RandomRotation(
                settings.double("degrees"), interpolation: settings.mode(), expand: settings.flag("expand"),
                center: center, fill: settings.double("fill"))
            return { rotation($0) }
        }
    }
}

@Suite("Transforms of images")
struct ImageTransformTests {
    @Test(
        "Every transform gives torchvision's numbers and draws as much",
        arguments: Row.all("cases", of: "transforms", in: .module))
    func cases(_ row: Row) throws {
        let whole = images[row.text("image")]!
        let image = row.flag("float") ? whole.to(.float32).div(255) : whole
        let result: Tensor
        if row.has("seed") {
            var next = Float.nan
            result = try seeded(row.int("seed")) {
                let result = try row.made(image)
                next = Tensor.rand(1).item()
                return result
            }
            #expect(next == Float(row.double("next")))
        } else {
            result = try row.made(image)
        }
        // Floats differ by the order of their sums; so do bytes that lie exactly between two.
        let isRounded = row.text("transform").hasSuffix("Resize") && result.dtype == .uint8
        compare(result, row.row("result"), within: isRounded ? 1 : result.dtype == .uint8 ? 0 : 5e-6)
        guard isRounded else { return }
        let exact = try row.made(image.to(.float64)).toArray(Double.self)
        for (own, (other, value)) in zip(result.toArray(Double.self), zip(numbers(row.row("result")), exact))
        where own != other {
            #expect(abs(abs(value - value.rounded(.down)) - 0.5) < 1e-5, "\(own), \(other) for \(value)")
        }
    }

    @Test(
        "Types are converted with and without their ranges",
        arguments: Row.all("conversions", of: "transforms", in: .module))
    func conversions(_ row: Row) throws {
        func dtype(_ name: String) -> DType { DType.allCases.first { $0.description == row.text(name) }! }
        let image = Tensor(elements: row.doubles("input"), shape: [1, 1, row.doubles("input").count]).to(dtype("from"))
        let plain = ToDtype(dtype("to"))(image)
        #expect(plain.dtype == dtype("to") && equal(plain, row.doubles("plain")), "\(plain)")
        if row.has("error") {
            let error = failure { _ = ConvertImageDtype(dtype("to"))(image) }
            #expect(error?.message == row.text("error"))
        } else {
            for scaled in [ConvertImageDtype(dtype("to"))(image), ToDtype(dtype("to"), scale: true)(image)] {
                #expect(
                    scaled.dtype == dtype("to") && equal(scaled, row.doubles("scaled")), "\(scaled)")
            }
        }
    }

    @Test("A batch is transformed as its images are, and one without channels too")
    func batches() {
        let batch = Tensor.randint(0, 256, [4, 3, 9, 12], generator: Generator(seed: 1), dtype: .uint8)
        for transform in [Resize(5), Resize([20, 6], interpolation: .bicubic), Resize(4, interpolation: .nearest)] {
            let together = transform(batch)
            for index in 0..<4 { #expect(together[index].eq(transform(batch[index])).all().item()) }
            #expect(transform(batch[0, 0]).eq(together[0, 0]).all().item())
        }
        let normalised = Normalize([0.1, 0.2, 0.3], [1, 2, 3])(ToTensor()(batch))
        #expect(normalised[2].allclose(Normalize([0.1, 0.2, 0.3], [1, 2, 3])(ToTensor()(batch[2]))))
    }

    @Test("Gradients flow through what is smooth")
    func gradients() {
        let image = Tensor.rand([3, 6, 8], generator: Generator(seed: 0)).requiresGrad_()
        let result = Normalize([0.5], [0.5])(CenterCrop(3)(Resize(4)(image)))
        result.sum().backward()
        #expect(image.grad?.shape == image.shape && image.grad!.abs().sum().item() > Float(0))
    }

    @Test("Misuse is said in torchvision's words")
    func misuses() {
        let image = Tensor.zeros([3, 4, 6])
        #expect(
            failure { _ = Normalize([0], [1])(image.to(.uint8)) }?.message
                == "Input tensor should be a float tensor. Got torch.uint8.")
        #expect(
            failure { _ = Normalize([0], [0])(image) }?.message
                == "std evaluated to zero after conversion to torch.float32, leading to division by zero.")
        #expect(
            failure { _ = RandomCrop(5)(image) }?.message
                == "Required crop size (5, 5) is larger than input image size (4, 6)")
        #expect(
            failure { _ = Resize(4, maxSize: 4)(image) }?.message
                == "max_size = 4 must be strictly greater than the requested size for the smaller edge size = [4]")
        for wrong in [
            { _ = Resize(0)(image) }, { _ = Resize([1, 2, 3])(image) }, { _ = CenterCrop([1, 2, 3])(image) },
            { _ = Pad([1, 2, 3])(image) }, { _ = Resize(4, interpolation: .area)(image) },
            { _ = Grayscale()(Tensor.zeros([2, 4, 4])) }, { _ = ToTensor()(image) },
        ] {
            #expect(failure(wrong) != nil)
        }
    }

    @Test("A chain may begin with an image or its pixels; ToTensor stands behind transforms of tensors")
    func chains() throws {
        let chain = Compose {
            Resize(20)
            CenterCrop(16)
            ToTensor()
            Normalize([0.5], [0.5])
        }
        let data = try Digits(train: false, transform: chain)
        let (image, _) = try data[0]
        #expect(Array(image.shape) == [1, 16, 16] && image.dtype == .float32)
        #expect(image.min().item() >= Float(-1) && image.max().item() <= Float(1))
        let plain = try Digits(train: false, transform: Lambda { (pixels: Tensor) in pixels })
        #expect(try plain[0].0.dtype == .uint8)
    }
}

@Suite("Grids of images")
struct MakeGridTests {
    let folder = try! TemporaryFolder()

    @Test("Grids are torchvision's, and so are the files", arguments: Row.all("grids", of: "transforms", in: .module))
    func grids(_ row: Row) throws {
        let (settings, input) = (row.row("settings"), row.row("input"))
        let images = Tensor(elements: input.doubles("values"), shape: Size(input.ints("shape")))
            .to(row.flag("uint8") ? .uint8 : .float32)
        let (nrow, padding) = (
            settings.has("nrow") ? settings.int("nrow") : 8, settings.has("padding") ? settings.int("padding") : 2
        )
        let range =
            settings.has("value_range") ? settings.doubles("value_range")[0]...settings.doubles("value_range")[1] : nil
        let padValue = settings.has("pad_value") ? settings.double("pad_value") : 0
        let grid = makeGrid(
            images, nrow: nrow, padding: padding, normalize: settings.flag("normalize"), valueRange: range,
            scaleEach: settings.flag("scale_each"), padValue: padValue)
        compare(grid, row.row("result"), within: 1e-7)
        if images.dim == 4 {
            let list = makeGrid(
                (0..<images.shape[0]).map { images[$0] }, nrow: nrow, padding: padding,
                normalize: settings.flag("normalize"),
                valueRange: range, scaleEach: settings.flag("scale_each"), padValue: padValue)
            #expect(list.eq(grid).all().item())
        }
        guard row.has("saved") else { return }
        let path = folder.file("grid.png")
        try saveImage(
            images, to: path, nrow: nrow, padding: padding, normalize: settings.flag("normalize"), valueRange: range,
            scaleEach: settings.flag("scale_each"), padValue: padValue)
        #expect(try readImage(path).permute(1, 2, 0).toArray(Int.self) == row.ints("saved"))
    }

    @Test("What is no image is refused")
    func refusals() {
        #expect(failure { _ = makeGrid(Tensor.zeros([0, 3, 2, 2])) } != nil)
        #expect(throws: OperatorError.self) { try saveImage(Tensor.zeros(4), to: folder.file("a.png")) }
        #expect(folder.content.isEmpty)
    }
}
