import FirebrandPython
import FirebrandTensor
import FirebrandTestSupport
import FirebrandVision
import Foundation
import Testing

extension Bridge {
    @Suite("matplotlib", .enabled(if: TestPython.hasMatplotlib, "no Python with matplotlib was found"))
    struct MatplotlibTests {
        @Test("chapter 2's figure of nine samples becomes a PNG")
        func figure() throws {
            try Python.import("matplotlib").use("Agg")
            let plt = try Python.import("matplotlib.pyplot")
            let trainingData = try Digits(transform: ToTensor())
            let folder = try TemporaryFolder()
            let path = folder.file("figure.png")

            let figure = try plt.figure(figsize: PythonTuple(8, 8))
            let (cols, rows) = (3, 3)
            for i in 1...(cols * rows) {
                let sampleIdx = Tensor.randint(trainingData.count, size: [1]).item() as Int
                let (img, label) = try trainingData[sampleIdx]
                try figure.add_subplot(rows, cols, i)
                try plt.title(trainingData.classes[label])
                try plt.axis("off")
                try plt.imshow(img.squeeze(), cmap: "gray")
            }
            try plt.savefig(path, dpi: 50)
            #expect(try Int(Python.len(figure.axes)) == 9)
            // Each subplot holds its image.
            let drawn = try Tensor(
                numpy: Python.import("numpy").ascontiguousarray(figure.axes[0].images[0].get_array().data))
            #expect(drawn.shape == [28, 28])
            try plt.close(figure)

            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            #expect(bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]))
            let decoded = try Tensor(numpy: plt.imread(path))
            #expect(decoded.shape == [400, 400, 4] && decoded.dtype == .float32)
            // White around, black and grey in the nine images.
            #expect(decoded[0, 0].equal(Tensor([1.0, 1, 1, 1])))
            #expect(decoded.amin().item() as Double == 0 && decoded.std().item() as Double > 0.1)
        }

        @Test("a line plot takes tensors and arrays of Swift")
        func lines() throws {
            try Python.import("matplotlib").use("Agg")
            let plt = try Python.import("matplotlib.pyplot")
            let x = Tensor.linspace(0, 1, 5)
            let figure = try plt.figure()
            let line = try plt.plot(x, x * x, label: "loss")[0]
            try plt.plot([0.0, 1], [1.0, 0])
            try plt.legend()
            #expect(try [Double](line.get_ydata()) == (x * x).toArray(Float.self).map(Double.init))
            let file = try Python.import("io").BytesIO()
            try figure.savefig(file, format: "svg")
            #expect(try String(file.getvalue().decode("utf-8")).contains("</svg>"))
            try plt.close(figure)
        }
    }
}
