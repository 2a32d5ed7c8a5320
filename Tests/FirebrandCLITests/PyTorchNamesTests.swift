import Firebrand
import FirebrandTestSupport
import Foundation
import Testing

/// The article "Coming from PyTorch" against the code that is compiled (PyTorchNames.swift, and the chapters with NumPy and
/// with figures) and what the library does.
@Suite("Coming from PyTorch")
struct PyTorchNamesTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../..")

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    private static func article() throws -> String {
        try text("Sources/Firebrand/Firebrand.docc/Coming-from-PyTorch.md")
    }

    /// The compiled lines, without their margin and what only keeps the compiler quiet.
    private static func compiledLines() throws -> Set<String> {
        let files = [
            "Tests/FirebrandCLITests/PyTorchNames.swift", "Examples/01-tensors/main.swift",
            "Examples/02-data/main.swift",
        ]
        return Set(
            try files.flatMap { try text($0).split(separator: "\n") }.map { line in
                let line = line.trimmingCharacters(in: .whitespaces)
                return line.hasPrefix("_ = ") ? String(line.dropFirst(4)) : line
            })
    }

    @Test("Every Swift cell of the tables is a line that compiles")
    func tables() throws {
        let lines = try Self.compiledLines()
        var count = 0
        for row in try Self.article().split(separator: "\n")
        where row.hasPrefix("| ") && row != "| PyTorch | Firebrand |" {
            let cells = row.components(separatedBy: " | ")
            try #require(cells.count == 2, "\(row)")
            let swift = cells[1].replacing(" |", with: "").trimmingCharacters(in: ["`"])
            #expect(lines.contains(swift), "no compiled line \(swift)")
            count += 1
        }
        #expect(count > 100)
    }

    @Test("Every example is compiled as it stands")
    func examples() throws {
        let lines = try Self.text("Tests/FirebrandCLITests/PyTorchNames.swift").split(separator: "\n")
            .map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "\n")
        let parts = try Self.article().components(separatedBy: "```")
        #expect(parts.count >= 3)
        for index in stride(from: 1, to: parts.count, by: 2) {
            let code = parts[index].split(separator: "\n").dropFirst().map { $0.trimmingCharacters(in: .whitespaces) }
                .joined(separator: "\n")
            #expect(lines.contains(code), "\(code)")
        }
    }

    @Test("The compiled lines run")
    func run() throws {
        let folder = try TemporaryFolder()
        try seeded(0) {
            pyTorchNamesOfTensors()
            pyTorchNamesOfAutograd()
            try pyTorchNamesOfTraining(folder: folder.path)
            try folder.write("class/image.png", [])
            try pyTorchNamesOfImages(folder: folder.path)
        }
        pyTorchMistakes()
    }

    @Test("Numbers and types behave as the article says")
    func numbers() {
        #expect(Tensor([1, 2]).dtype == .int64)
        #expect(Tensor([1.0, 2.0]).dtype == .float32)
        #expect(Tensor([true]).dtype == .bool)
        #expect(Tensor([Float(1)]).dtype == .float32 && Tensor([Double(1)]).dtype == .float32)
        #expect((Tensor([1]) / Tensor([2])).dtype == .float32)
        #expect(Tensor.zeros(2, 3).count == 6)
        #expect("\(Tensor(5))" == "tensor(5)")
        #expect("\(Tensor([1]).dtype)" == "int64" && "\(Tensor.zeros(2).shape)" == "Size([2])")
    }

    @Test("References behave as the article says")
    func references() {
        let x = Tensor.zeros(2, 2)
        let y = x
        y.add_(1)
        #expect(x.sum().item() == 4.0)
        let copy = x.clone()
        copy.add_(1)
        #expect(x.sum().item() == 4.0)
        x[0].add_(1)
        #expect(x.sum().item() == 6.0)
        x[Tensor([0])].add_(1)
        #expect(x.sum().item() == 6.0)
        x[Tensor([0])] = Tensor([[0.0, 0.0]])
        #expect(x.sum().item() == 2.0)
        var z = x
        z += 1
        #expect(x.sum().item() == 6.0 && z === x)
        #expect(x.grad == nil)
    }

    @Test("A device that is not there throws, and an operator can be called by name")
    func devicesAndCalls() throws {
        #expect(throws: FirebrandError.self) { try Device("cuda") }
        #expect(((try? Device("cuda")) ?? .cpu) == .cpu)
        let result = try operators.call("view_as", [.tensor(Tensor.ones(4)), .tensor(Tensor.ones(2, 2))])
        #expect(result.tensors.first?.shape == [2, 2])
    }

    @Test("A plain tensor field is neither parameter nor buffer; layers in collections are found")
    func fields() {
        final class Mixed: Module {
            let plain = Tensor.ones(3)
            let maybe: Linear? = Linear(1, 1)
            let several = [Linear(1, 1, bias: false)]
            let named = ["a": Linear(1, 1, bias: false)]
            func forward(_ x: Tensor) -> Tensor { x }
        }
        let names = Mixed().namedParameters().map(\.name)
        #expect(names == ["maybe.weight", "maybe.bias", "several.0.weight", "named.a.weight"])
    }

    @Test("A parameter keeps its identity when its module is moved or loaded")
    func identity() throws {
        let layer = Linear(2, 2)
        let before = layer.parameters()
        let state = Linear(2, 2).stateDict()
        layer.to(.float64)
        try layer.loadStateDict(state)
        #expect(zip(before, layer.parameters()).allSatisfy { $0 === $1 })
        #expect(before[0].dtype == .float64)
    }
}
