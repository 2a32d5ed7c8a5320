import Firebrand
import FirebrandTestSupport

// The Swift side of the article "Coming from PyTorch": what stands in its tables and examples is a line here, or in one of
// the tutorial's chapters, so that it compiles, and runs.

private struct Squares: Dataset {
    let count = 10
    subscript(index: Int) -> (Tensor, Int) { (Tensor(Double(index)), index * index) }
}

private final class Scale: Module {
    let layer = Linear(4, 4)
    @Parameter var weight = Tensor.ones(4)
    @Buffer var mean = Tensor.zeros(4)

    func forward(_ x: Tensor) -> Tensor { layer((x - mean) * weight) }
}

func pyTorchNamesOfTensors() {
    // Making them
    _ = Tensor([[1, 2], [3, 4]])
    _ = Tensor([1, 2], dtype: .float32)
    _ = Tensor.zeros(2, 3)
    _ = Tensor.zeros([2, 3])
    _ = Tensor.full([2, 3], 7.0)
    _ = Tensor.arange(0, 10, 2)
    var x = Tensor.randn(4, 4)
    _ = Tensor.zerosLike(x)
    _ = Tensor.fullLike(x, 7)
    _ = Tensor.randint(10, size: [2, 3])
    manualSeed(0)

    // What they are
    _ = x.shape
    _ = x.size(0)
    _ = x.shape[0]
    _ = x.numel()
    _ = x.dtype == .float32
    _ = x.to(.float64)
    _ = x.to(.cpu)
    let value: Float = x.sum().item()
    _ = x.toArray(Float.self)
    _ = value

    // Parts
    _ = x[0]
    _ = x[.all, 1]
    _ = x[..., -1]
    _ = x[1..<3]
    _ = x[..<2]
    _ = x[.range(step: 2)]
    _ = x[nil]
    _ = x[x .> 0]
    x[.all, 1] = 0

    // Arithmetic
    let y = Tensor.ones(4, 4)
    _ = x.to(y.dtype)
    _ = x.view(y.shape)
    _ = x.reshape(y.shape)
    _ = x.split([1, 3])
    _ = x.matmul(y)
    _ = x.pow(2)
    _ = x .== y
    _ = x .> 0
    _ = x.equal(y)
    x += 1
    x.add_(1)
    _ = x.sum(dim: 1, keepdim: true)
    let (values, indices) = x.max(dim: 1)
    mul(x, y, out: x)
    _ = (values, indices)

    // Functions of several
    _ = cat([x, y], dim: 1)
    _ = stack([x, y])
    _ = `where`(x .> 0, x, y)
    _ = einsum("ij,jk->ik", x, y)
    _ = Functional.relu(x)
    _ = Linalg.norm(x)
    _ = FFT.rfft(x)
    _ = Special.erfcx(x)
}

func pyTorchNamesOfAutograd() {
    let x = Tensor.ones(3, requiresGrad: true)
    x.requiresGrad_()
    let loss = (x * x).sum()
    loss.backward()
    x.grad!.zero_()
    noGrad {
        _ = x * 2
    }
    _ = x.detach()
    _ = x.clone()
    let y = (x * x).sum()
    _ = grad(outputs: [y], inputs: [x])
}

func pyTorchNamesOfTraining(folder: String) throws {
    let file = folder + "/model.pth"
    // Modules
    let layers = Sequential {
        Linear(4, 2)
        ReLU()
    }
    _ = layers
    _ = ModuleList([Linear(4, 4), Linear(4, 2)])
    let model = Scale()
    model.train()
    model.eval()
    _ = model.isTraining
    _ = model.parameters()
    _ = model.namedParameters()
    model.to(.float64)
    model.to(.float32)
    Init.xavierUniform_(model.layer.weight)

    // Optimizers
    let optimizer = SGD(model.parameters(), lr: 1e-3, momentum: 0.9)
    let scheduler = StepLR(optimizer, stepSize: 10)
    CrossEntropyLoss()(model(Tensor.randn(2, 4)), Tensor([0, 3])).backward()
    clipGradNorm_(model.parameters(), maxNorm: 1)
    optimizer.step()
    optimizer.zeroGrad()
    scheduler.step()

    // Data
    let loader = DataLoader(Squares(), batchSize: 4, shuffle: true, numWorkers: 2)
    for (x, y) in loader { _ = (x, y) }
    var batches = loader.makeIterator()
    let batch = batches.next()!
    _ = loader.count
    _ = batch
    let transform = Compose {
        ToTensor()
        Lambda { (x: Tensor) in x * 2 }
    }
    _ = transform

    // Files
    try save(model.stateDict(), to: file)
    try model.loadStateDict(loadStateDict(file))
    try save(optimizer.stateDict(), to: file)
    try saveSafetensors(model.stateDict(), to: file)
    let tensors = try loadSafetensors(file)
    try saveNPY(model.weight, to: file)
    let array = try loadNPY(file)
    try saveNPZ(model.stateDict(), to: file, compressed: true)
    _ = (tensors, array)

    // Whole models and checkpoints
    try save(layers, to: file)
    let whole = try load(file, as: Sequential.self)
    let some = try load(file, as: (any Layer).self)
    _ = (whole, some)
    registerModule(Scale.self, name: "__main__.Scale") { Scale() }
    try saveCheckpoint(to: file, model: model, optimizer: optimizer, scheduler: scheduler, loader: loader, epoch: 3)
    let checkpoint = try loadCheckpoint(file, model: model, optimizer: optimizer, scheduler: scheduler, loader: loader)
    _ = checkpoint.epoch
    let values = try load(file)
    _ = values
}

func pyTorchNamesOfImages(folder: String) throws {
    let (file, images) = (folder + "/class/image.png", Tensor.zeros([3, 40, 60], dtype: .uint8))
    try writeImage(images, to: file)
    let image = try readImage(file, mode: .rgb)
    try writePNG(image, to: file)
    try writeJPEG(image, to: folder + "/image.jpg", quality: 90)
    let dataset = try ImageFolder(root: folder, transform: Resize([32, 32]))
    _ = dataset
    let grid = makeGrid([image, image], nrow: 2)
    _ = grid
    let preprocess = Compose {
        Resize(36)
        CenterCrop(32)
        ConvertImageDtype(.float32)
        Normalize(mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225])
    }
    _ = try preprocess(image)
    _ = VGG16Weights.imagenet1kV1.transforms()
    let figure = Figure(figsize: (8, 8))
    let axes = figure.addSubplot(1, 2, 1)
    axes.title = "Boot"
    axes.showsAxis = false
    axes.imshow(image)
    axes.plot([0.5, 0.25])
}

/// Compiled and not run: the one prints many lines, the other's file has 528 MB.
func pyTorchNamesNotRun(figure: Figure) throws {
    figure.show()
    let model = try vgg16(weights: .imagenet1kV1)
    let classes = VGG16Weights.imagenet1kV1.classes!
    _ = (model, classes)
}

func pyTorchMistakes() {
    do {
        try recovering {
            print(Tensor.ones(2, 3) + Tensor.ones(4))
        }
    } catch {
        print(error)
    }
}
