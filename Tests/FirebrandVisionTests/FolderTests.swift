import FirebrandCSV
import FirebrandData
import FirebrandTensor
import FirebrandTestSupport
import FirebrandVision
import Foundation
import Testing

@Suite("Images in folders")
struct FolderTests {
    let folder = try! TemporaryFolder()

    private func relative(_ path: String) -> String { String(path.dropFirst(folder.path.count + 1)) }

    @Test(
        "Classes and files are torchvision's, in its order",
        arguments: Row.all("folders", of: "transforms", in: .module))
    func listing(_ row: Row) throws {
        for name in row.fields["files"] as! [String] { try folder.write(name, []) }
        let data = try ImageFolder(root: folder.path)
        #expect(data.classes == row.fields["classes"] as? [String])
        #expect(data.classToIdx == row.fields["classToIdx"] as? [String: Int])
        #expect(data.samples.map { relative($0.path) } == row.fields["samples"] as? [String])
        #expect(data.targets == row.ints("targets") && data.count == data.targets.count)
        let error = #expect(throws: FirebrandError.self) { try data[0] }
        #expect(error?.path?.hasPrefix(folder.path) == true)
        #expect(throws: FirebrandError.self) { try data[data.count] }
    }

    /// Two classes of two images, one of them grey and one of 16 bits, as JPEG and PNG.
    private func writeImages() throws {
        try FileManager.default.createDirectory(atPath: folder.file("boot"), withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: folder.file("coat"), withIntermediateDirectories: true)
        for (index, name) in ["boot/1.png", "boot/2.jpg", "coat/1.png", "coat/2.png"].enumerated() {
            let channels = index == 2 ? 1 : 3
            let image = Tensor.full([channels, 8, 12], 40 * (index + 1), dtype: .uint8)
            try writeImage(image, to: folder.file(name))
        }
    }

    @Test("Images are read as RGB, transformed, and loaded in batches")
    func images() throws {
        try writeImages()
        let plain = try ImageFolder(root: folder.path)
        #expect(try (0..<4).map { try plain[$0].0.channels } == [3, 3, 3, 3])
        #expect(try plain[2].0.pixels.eq(120).all().item() && plain[2].1 == 1)
        let data = try ImageFolder(
            root: folder.path,
            transform: Compose {
                RandomHorizontalFlip()
                Resize([4, 6])
                ToTensor()
            })
        let loader = DataLoader(data, batchSize: 3, shuffle: true, numWorkers: 2, generator: Generator(seed: 0))
        var seen = [0, 0]
        for (images, labels) in loader {
            #expect(Array(images.shape) == [labels.count, 3, 4, 6] && images.dtype == .float32)
            for label in labels.toArray(Int.self) { seen[label] += 1 }
        }
        #expect(seen == [2, 2])
        let turned = try ImageFolder(
            root: folder.path, transform: ToTensor(), targetTransform: Lambda { (label: Int) in "class \(label)" })
        #expect(try turned[3].1 == "class 1")
    }

    @Test("Any files will do with a loader, extensions or a rule of one's own")
    func otherFiles() throws {
        for name in ["a/1.txt", "a/2.TXT", "b/3.txt", "b/4.md"] { try folder.write(name, Array(name.utf8)) }
        @Sendable func read(_ path: String) throws -> String { String(decoding: try contents(of: path), as: UTF8.self) }
        let texts = try DatasetFolder(root: folder.path, loader: read, extensions: [".txt"])
        #expect(try (0..<texts.count).map { try texts[$0].0 } == ["a/1.txt", "a/2.TXT", "b/3.txt"])
        let few = try DatasetFolder(
            root: folder.path, loader: read, transform: Lambda { (text: String) in text.count },
            isValidFile: { $0.hasSuffix("4.md") }, allowEmpty: true)
        #expect(few.count == 1 && few.classes == ["a", "b"] && few.targets == [1])
        #expect(try few[0].0 == 6)
        #expect(throws: FirebrandError.self) {
            try DatasetFolder(root: folder.path, loader: read, extensions: [".txt"], isValidFile: { _ in true })
        }
    }

    @Test("What is missing is said with what was found")
    func errors() throws {
        let nowhere = #expect(throws: FirebrandError.self) { try ImageFolder(root: folder.file("none")) }
        #expect(nowhere?.code == .notFound)
        let nothing = #expect(throws: FirebrandError.self) { try ImageFolder(root: folder.path) }
        #expect(nothing?.message == "Couldn't find any class folder; it holds nothing")
        try folder.write("1.png", [])
        let flat = #expect(throws: FirebrandError.self) { try ImageFolder(root: folder.path) }
        #expect(flat?.message == "Couldn't find any class folder; it holds 1 files: 1.png")
        #expect(flat?.remedy == "put the files of each class into a folder of its name")
        try folder.write("boot/a.png", [])
        try folder.write("coat/a.txt", [])
        let empty = #expect(throws: FirebrandError.self) { try ImageFolder(root: folder.path) }
        #expect(empty?.message.hasPrefix("Found no valid file for the classes coat (1 others, such as ") == true)
        #expect(empty?.remedy?.hasPrefix("supported extensions are .jpg, .jpeg, .png") == true)
        #expect(try ImageFolder(root: folder.path, allowEmpty: true).count == 1)
    }

    @Test("A link that leads back up does not go round for ever")
    func links() throws {
        try folder.write("boot/a.png", [])
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("boot/again"), withDestinationPath: folder.path + "/boot")
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("shoe"), withDestinationPath: folder.path + "/boot")
        let data = try ImageFolder(root: folder.path)
        #expect(
            data.classes == ["boot", "shoe"] && data.samples.map { relative($0.path) } == ["boot/a.png", "shoe/a.png"])
    }

    // MARK: The tutorial's dataset

    /// As the second chapter writes it.
    struct CustomImageDataset<T: Transform>: Dataset where T.Input == Tensor {
        let imageLabels: CSVTable
        let imageFolder: String
        let transform: T

        init(annotationsFile: String, imageFolder: String, transform: T) throws {
            imageLabels = try readCSV(annotationsFile)
            self.imageFolder = imageFolder
            self.transform = transform
        }

        var count: Int { imageLabels.count }

        subscript(index: Int) -> (T.Output, Int) {
            get throws {
                let image = try readImage(imageFolder + "/" + imageLabels[index, 0])
                return (try transform(image), try imageLabels.value(index, 1))
            }
        }
    }

    @Test("A table of labels and a folder of images make a dataset")
    func customDataset() throws {
        try writeImages()
        let labels = try folder.write(
            "labels.csv", Array("name, label\nboot/1.png, 9\nboot/2.jpg, 9\ncoat/2.png, 4\n".utf8))
        let data = try CustomImageDataset(
            annotationsFile: labels, imageFolder: folder.path, transform: ConvertImageDtype(.float32))
        let loader = DataLoader(data, batchSize: 3)
        for (images, labels) in loader {
            #expect(Array(images.shape) == [3, 3, 8, 12] && labels.toArray(Int.self) == [9, 9, 4])
            #expect(images[0].eq(Float(40) / 255).all().item())
        }
    }
}
