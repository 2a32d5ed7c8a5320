// Chapter 2: Datasets and data loaders
//
// A `Dataset` holds samples and their labels; a `DataLoader` hands them out in batches, shuffled and made ahead by
// worker threads. Code that reads data stays apart from code that trains.
import Firebrand

manualSeed(0)

// MARK: - Loading a dataset

// Fashion-MNIST: 60,000 training and 10,000 test images of 28 x 28 pixels in ten classes. `root` is where the files
// are, `download` fetches those that are missing, `transform` is applied to each image.
let trainingData = try FashionMNIST(root: "data", train: true, download: true, transform: ToTensor())
let testData = try FashionMNIST(root: "data", train: false, download: true, transform: ToTensor())

// MARK: - Iterating and visualizing the dataset

// A dataset is indexed like an array. `ImageGrid` draws images with titles, to a file or into the terminal.
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
var figure = ImageGrid(columns: 3)
for _ in 1...9 {
    let index: Int = Tensor.randint(trainingData.count, size: [1]).item()
    let (image, label) = try trainingData[index]
    let pixels = (image.squeeze() * 255).to(.uint8).toArray(UInt8.self)
    figure.append(pixels, width: 28, height: 28, title: labelsMap[label]!)
}
try figure.write(to: "samples.png")
print(figure.cells.map(\.title).joined(separator: ", "))

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
var picture = ImageGrid(columns: 1)
picture.append((image * 255).to(.uint8).toArray(UInt8.self), width: 28, height: 28)
try picture.write(to: "batch.png")
print("Label: \(label)")
