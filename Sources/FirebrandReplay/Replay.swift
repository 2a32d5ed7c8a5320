import FirebrandNN
import FirebrandSerialization
import FirebrandTensor

/// Runs conformance cases through an operator table and compares what comes out with what PyTorch gave.
public struct Replay: Sendable {
    /// How a case went.
    public enum Outcome: Sendable {
        case passed
        /// What was wanted and what came.
        case failed(String)
        /// The operator, or a value it needs, does not exist here.
        case unsupported(String)
    }

    private let table: OperatorTable
    let moduleTable: ModuleTable
    /// A file that each module is saved to and loaded from before it is called.
    let modelFile: String?

    /// Replays through these tables; modules also through a file of a whole model, where one is named.
    public init(_ table: OperatorTable, modules: ModuleTable = ModuleTable([]), modelFile: String? = nil) {
        self.table = table
        moduleTable = modules
        self.modelFile = modelFile
    }

    /// Runs one case: the call, its gradients, what it wrote to, and its in-place form.
    ///
    /// What it draws comes from seed 0, as where the cases were made, and not from anybody else's generator.
    public func run(_ run: ReplayCase, in file: ReplayFile) -> Outcome {
        LoadingScope(seed: 0).run { outcome(run, file) }
    }

    private func outcome(_ run: ReplayCase, _ file: ReplayFile) -> Outcome {
        if let module = run.module { return runModule(module, run, in: file) }
        guard table.find(run.name) != nil else { return .unsupported("no operator \(run.name)") }
        do {
            let inputs = try ReplayInputs(file, run, recordsGradients: true)
            let result = try table.call(run.name, inputs.positional, inputs.named)
            if let difference = try compare(result, run.outputs, file, run) { return .failed(difference) }
            for (input, wanted) in run.mutated.sorted(by: { $0.key < $1.key }) {
                guard let tensor = inputs.tensors[input] else { continue }
                if let difference = try compare(tensor, wanted, file, run) { return .failed("\(input): \(difference)") }
            }
            if !run.cotangents.isEmpty,
                let difference = try compareGradients(result, file, run, leaf: { inputs.tensors[$0] })
            {
                return .failed(difference)
            }
            if let name = run.inPlace, let difference = try compareInPlace(name, file, run) {
                return .failed("\(name): \(difference)")
            }
            return .passed
        } catch let error as ReplayInputs.Unsupported {
            return .unsupported(error.description)
        } catch {
            return .failed("\(error)")
        }
    }

    // MARK: Parts of a case

    func compareGradients(
        _ result: OperatorValue, _ file: ReplayFile, _ run: ReplayCase, leaf: (String) -> Tensor?
    ) throws -> String? {
        var outputs: [Tensor] = []
        var cotangents: [Tensor] = []
        for (position, output) in result.tensors.enumerated() {
            guard let name = run.cotangents["out\(position)"] else { continue }
            let cotangent = try file.tensor(run, name)
            guard output.requiresGrad else { return "out\(position) does not require a gradient" }
            outputs.append(output)
            cotangents.append(cotangent)
        }
        let wanted = run.gradients.sorted { $0.key < $1.key }
        let leaves = wanted.compactMap { leaf($0.key) }
        guard leaves.count == wanted.count else { return "there is not every one of \(wanted.map(\.key))" }
        let gradients = try recovering {
            grad(outputs: outputs, inputs: leaves, gradOutputs: cotangents, allowUnused: true)
        }
        for ((input, name), gradient) in zip(wanted, gradients) {
            guard let name else {
                if let gradient { return "grad of \(input): wanted none, got \(gradient.signature)" }
                continue
            }
            guard let gradient else { return "grad of \(input): wanted one, got none" }
            if let difference = try compare(gradient, name, file, run) { return "grad of \(input): \(difference)" }
        }
        return nil
    }

    private func compareInPlace(_ name: String, _ file: ReplayFile, _ run: ReplayCase) throws -> String? {
        guard let (row, _) = table.find(run.name), row.hasInPlace else { return "there is no in-place form" }
        // PyTorch refuses to write to an expanded tensor; such a case was made with a copy.
        let inputs = try ReplayInputs(file, run, recordsGradients: false) { name, tensor in
            name == "in0" && tensor.strides.contains(0) ? tensor.contiguous() : tensor
        }
        let result = try table.call(name, inputs.positional, inputs.named)
        guard let target = inputs.tensors["in0"] else { return "no in0" }
        if let difference = try compare(target, "out0", file, run) { return difference }
        return try compare(result, .object(["tensor": .string("out0")]), file, run)
    }

    // MARK: Comparison

    func compare(
        _ result: OperatorValue, _ wanted: JSONValue, _ file: ReplayFile, _ run: ReplayCase
    ) throws -> String? {
        if let name = wanted["tensor"]?.string {
            guard case .tensor(let tensor) = result else { return "wanted a tensor, got \(result.kindName)" }
            return try compare(tensor, name, file, run).map { "\(name): \($0)" }
        }
        guard let parts = wanted.array ?? wanted["tuple"]?.array else { return Replay.compareNumber(result, wanted) }
        let results: [OperatorValue]
        switch result {
        case .list(let values), .tuple(let values): results = values
        default: return "wanted \(parts.count) values, got \(result.kindName)"
        }
        guard results.count == parts.count else { return "wanted \(parts.count) values, got \(results.count)" }
        for (value, part) in zip(results, parts) {
            if let difference = try compare(value, part, file, run) { return difference }
        }
        return nil
    }

    private static func compareNumber(_ result: OperatorValue, _ wanted: JSONValue) -> String? {
        if case .none = result, wanted.isNull { return nil }
        var isSame: Bool
        switch (result, wanted) {
        case (.bool(let got), .bool(let expected)): isSame = got == expected
        case (.int(let got), .int(let expected)): isSame = got == expected
        case (.string(let got), .string(let expected)): isSame = got == expected
        case (.double(let got), .object(let object)):
            let expected = object["float"].flatMap(ReplayInputs.number) ?? .nan
            isSame =
                got == expected || got.isNaN && expected.isNaN || abs(got - expected) <= 1e-6 + 1e-5 * abs(expected)
        case (.complex(let real, let imag), .object(let object)):
            let parts = object["complex"]?.array ?? []
            guard parts.count == 2 else { return "wanted \(wanted), got \(result)" }
            return compareNumber(.double(real), .object(["float": parts[0]]))
                ?? compareNumber(.double(imag), .object(["float": parts[1]]))
        case (.dtype(let got), .object(let object)): isSame = got.description == object["dtype"]?.string
        default: isSame = false
        }
        return isSame ? nil : "wanted \(wanted), got \(result)"
    }

    /// What is different between a tensor and the stored one of this name; nil where nothing is.
    func compare(_ got: Tensor, _ name: String, _ file: ReplayFile, _ run: ReplayCase) throws -> String? {
        guard let description = run.descriptions[name] else { return "the case does not describe \(name)" }
        guard got.dtype.description == description.dtype, got.shape == description.shape else {
            return "wanted \(description.dtype)\(description.shape), got \(got.signature)"
        }
        if description.check == "meta" { return nil }
        let wanted = try file.tensor(run, name)
        if got.dtype.isComplex { return Replay.compareComplex(got, wanted, description) }
        guard got.dtype.isFloatingPoint else {
            let (a, b): ([Int], [Int]) = (got.toArray(), wanted.toArray())
            return a == b ? nil : "wanted \(b.prefix(12)), got \(a.prefix(12))"
        }
        var (a, b): ([Double], [Double]) = (got.detach().toArray(), wanted.toArray())
        if description.check == "abs" { (a, b) = (a.map(abs), b.map(abs)) }
        if description.check == "unordered" { (a, b) = (Replay.sortedRows(a, got), Replay.sortedRows(b, got)) }
        for (position, (value, expected)) in zip(a, b).enumerated() {
            if value.isNaN, expected.isNaN { continue }
            if value == expected { continue }
            let isClose =
                value.isFinite && expected.isFinite
                && abs(value - expected) <= description.absolute + description.relative * abs(expected)
            if !isClose { return "element \(position): wanted \(expected), got \(value)" }
        }
        return nil
    }

    /// Complex numbers are close where the distance between them is small; infinite parts must agree.
    private static func compareComplex(
        _ got: Tensor, _ wanted: Tensor, _ description: ReplayCase.Description
    ) -> String? {
        var (a, b): ([Complex<Double>], [Complex<Double>]) = (got.detach().toArray(), wanted.toArray())
        func size(_ z: Complex<Double>) -> Double { (z.real * z.real + z.imag * z.imag).squareRoot() }
        if description.check == "abs" { (a, b) = (a.map { Complex(size($0)) }, b.map { Complex(size($0)) }) }
        if description.check == "unordered" {
            // Each wanted value takes the nearest of those left in its row.
            let length = max(1, got.shape.last ?? 1)
            for start in stride(from: 0, to: a.count, by: length) {
                var left = Array(a[start..<min(start + length, a.count)])
                for position in start..<min(start + length, a.count) {
                    let nearest = left.indices.min { first, second in
                        distance(left[first], b[position]) < distance(left[second], b[position])
                    }!
                    a[position] = left.remove(at: nearest)
                }
            }
        }
        func distance(_ x: Complex<Double>, _ y: Complex<Double>) -> Double {
            size(Complex(x.real - y.real, x.imag - y.imag))
        }
        for (position, (value, expected)) in zip(a, b).enumerated() {
            func agrees(_ x: Double, _ y: Double) -> Bool { x == y || x.isNaN && y.isNaN }
            if agrees(value.real, expected.real), agrees(value.imag, expected.imag) { continue }
            let tolerance = description.absolute + description.relative * size(expected)
            // A part that is not finite must be met; the other one is compared alone.
            let isFinite = expected.real.isFinite && expected.imag.isFinite
            let parts = [(value.real, expected.real), (value.imag, expected.imag)]
            let isClose =
                isFinite
                ? distance(value, expected) <= tolerance
                : parts.allSatisfy { got, wanted in
                    agrees(got, wanted)
                        || wanted.isFinite
                            && abs(got - wanted) <= description.absolute + description.relative * abs(wanted)
                }
            if !isClose { return "element \(position): wanted \(expected), got \(value)" }
        }
        return nil
    }

    private static func sortedRows(_ values: [Double], _ tensor: Tensor) -> [Double] {
        let length = max(1, tensor.shape.last ?? 1)
        return stride(from: 0, to: values.count, by: length).flatMap {
            values[$0..<min($0 + length, values.count)].sorted()
        }
    }
}
