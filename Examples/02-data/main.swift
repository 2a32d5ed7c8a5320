// Chapter 2: Datasets and data loaders
//
// A `Dataset` holds samples and their labels; a `DataLoader` hands them out in batches, shuffled and made ahead by
// worker threads. Code that reads data stays apart from code that trains.
import Firebrand
import FirebrandCSV
import Foundation

manualSeed(0)

// MARK: - Loading a dataset

// Fashion-MNIST: 60,000 training and 10,000 test images of 28 x 28 pixels in ten classes. `root` is where the files
// are, `download` fetches those that are missing, `transform` is applied to each image.
let trainingData = try FashionMNIST(root: "data", train: true, download: true, transform: ToTensor())
let testData = try FashionMNIST(root: "data", train: false, download: true, transform: ToTensor())

// MARK: - Iterating and visualizing the dataset

// A dataset is indexed like an array. `Figure` draws plots and images without Python: into a PNG or SVG file, or with
// `show()` into the terminal. (matplotlib itself can be driven too, with `import FirebrandPython`.)
let labelsMap = [
    0: "T-Shirt",
    1: "Trouser",
    2: "Pullover",
    3: "Dress",
    4: "Coat",
    5: "Sandal",
    6: "Shirt",
    7: "Sneaker",
    8: "Bag",
    9: "Ankle Boot",
]
let figure = Figure(figsize: (8, 8))
let (columns, rows) = (3, 3)
var titles: [String] = []
for i in 1...columns * rows {
    let sampleIndex: Int = Tensor.randint(trainingData.count, size: [1]).item()
    let (image, label) = try trainingData[sampleIndex]
    let axes = figure.addSubplot(rows, columns, i)
    axes.title = labelsMap[label]!
    axes.showsAxis = false
    axes.imshow(image.squeeze())
    titles.append(axes.title)
}
try figure.savefig("samples.png")
print(titles.joined(separator: ", "))

// MARK: - Creating a custom dataset for your files

// Yours to write are a `count` and a `subscript`. This one reads images from a folder, and their names and labels from
// a file of lines such as `tshirt1.jpg, 0`.
struct CustomImageDataset: Dataset {
    let imageLabels: CSVTable
    let imageFolder: String
    let transform: (@Sendable (Tensor) throws -> Tensor)?
    let targetTransform: (@Sendable (Int) throws -> Int)?

    init(
        annotationsFile: String, imageFolder: String, transform: (@Sendable (Tensor) throws -> Tensor)? = nil,
        targetTransform: (@Sendable (Int) throws -> Int)? = nil
    ) throws {
        imageLabels = try readCSV(annotationsFile, header: false)
        self.imageFolder = imageFolder
        self.transform = transform
        self.targetTransform = targetTransform
    }

    var count: Int { imageLabels.count }

    subscript(index: Int) -> (Tensor, Int) {
        get throws {
            var image = try readImage(imageFolder + "/" + imageLabels[index, 0])
            var label: Int = try imageLabels.value(index, 1)
            if let transform { image = try transform(image) }
            if let targetTransform { label = try targetTransform(label) }
            return (image, label)
        }
    }
}

// To try it out, ten of the images above as JPEG files in a temporary folder, with their labels beside them.
let folder = NSTemporaryDirectory() + UUID().uuidString
try FileManager.default.createDirectory(atPath: folder + "/images", withIntermediateDirectories: true)
var lines = ""
for index in 0..<10 {
    let (image, label) = try trainingData[index]
    try writeImage((image * 255).to(.uint8), to: "\(folder)/images/\(index).jpg")
    lines += "\(index).jpg, \(label)\n"
}
try lines.write(toFile: folder + "/labels.csv", atomically: true, encoding: .utf8)

// The samples are tensors of bytes, as they are in the files; `transform` could make numbers of them.
let custom = try CustomImageDataset(annotationsFile: folder + "/labels.csv", imageFolder: folder + "/images")
print(custom.count)
for (images, labels) in DataLoader(custom, batchSize: 5) {
    print(images.shape, images.dtype, labels)
}
try FileManager.default.removeItem(atPath: folder)

// MARK: - Preparing your data for training with data loaders

// Batches of 64, in another random order each epoch. `numWorkers: 2` would make them ahead on two threads.
let trainDataloader = DataLoader(trainingData, batchSize: 64, shuffle: true)
let testDataloader = DataLoader(testData, batchSize: 64, shuffle: true)

// MARK: - Iterating through the data loader

// A loader is a sequence of batches: `for (features, labels) in trainDataloader` visits them all, an iterator one by one.
var batches = trainDataloader.makeIterator()
let (trainFeatures, trainLabels) = batches.next()!
print("Feature batch shape: \(trainFeatures.size())")
print("Labels batch shape: \(trainLabels.size())")

// One image of the batch.
let image = trainFeatures[0].squeeze()
let label: Int = trainLabels[0].item()
let picture = Figure()
picture.addSubplot().imshow(image)
try picture.savefig("batch.png")
print("Label: \(label)")
