import FirebrandTensor
import FirebrandTestSupport
import Foundation
import Testing

/// PyTorch's text of tensors: see scripts/fixtures/printing.py for the recipes.
@Suite("Printing")
struct PrintingTests {
    // The losses, of which there are three rows, are the layer above's, whose tests look at what they print.
    static let rows = Row.all("tensors", of: "printing").filter { !$0.has("then") || steps[$0.text("then")] != nil }

    @Test("A tensor prints as PyTorch prints it", arguments: rows)
    func text(_ row: Row) {
        #expect(tensor(row).description == row.text("text"))
    }

    @Test("Options change the text as they do in PyTorch", arguments: Row.all("options", of: "printing"))
    func options(_ row: Row) {
        let chosen = row.row("options")
        var options = PrintOptions()
        if chosen.has("precision") { options.precision = chosen.int("precision") }
        if chosen.has("threshold") { options.threshold = chosen.int("threshold") }
        if chosen.has("edgeitems") { options.edgeItems = chosen.int("edgeitems") }
        if chosen.has("linewidth") { options.lineWidth = chosen.int("linewidth") }
        if chosen.has("sci_mode") { options.sciMode = chosen.int("sci_mode") != 0 }
        #expect(tensor(row).text(options) == row.text("text"))
    }

    @Test("A tensor without memory prints its shape", arguments: Row.all("meta", of: "printing"))
    func meta(_ row: Row) {
        #expect("\(Tensor.empty(row.ints("shape"), dtype: row.dtype, device: .meta))" == row.text("text"))
    }

    private func tensor(_ row: Row) -> Tensor {
        let dtype = row.dtype
        var x: Tensor
        if row.has("values") {
            x = Self.tensor(row.fields["values"] as! [Any], dtype).reshape(row.ints("shape"))
        } else if row.has("arange") {
            x = Tensor.arange(row.int("arange"), dtype: dtype).reshape(row.ints("shape"))
        } else {
            let generator = Generator(seed: row.int("seed"))
            x =
                row.has("rand")
                ? Tensor.rand(row.ints("rand"), generator: generator, dtype: dtype)
                : Tensor.randn(row.ints("randn"), generator: generator, dtype: dtype)
        }
        if row.has("scale") { x = x * row.double("scale") }
        if row.has("offset") { x = x + row.double("offset") }
        if row.has("requires_grad") { x.requiresGrad_() }
        guard row.has("then") else { return x }
        let y = Tensor.arange(6, dtype: dtype).reshape(3, 2)
        return Self.steps[row.text("then")]!(x, y)
    }

    /// The values as they are in the file: integers must not go through Double.
    private static func tensor(_ values: [Any], _ dtype: DType) -> Tensor {
        switch dtype {
        case .bool: Tensor(values.map { ($0 as! NSNumber).boolValue }, dtype: dtype)
        case _ where dtype.isFloatingPoint: Tensor(Row(["v": values]).doubles("v"), dtype: dtype)
        default: Tensor(values.map { ($0 as! NSNumber).intValue }, dtype: dtype)
        }
    }

    private static let steps: [String: @Sendable (Tensor, Tensor) -> Tensor] = [
        "x + 1": { x, _ in x + 1 },
        "x - 1": { x, _ in x - 1 },
        "x * 2": { x, _ in x * 2 },
        "x / 2": { x, _ in x / 2 },
        "-x": { x, _ in -x },
        "x ** 2": { x, _ in x.pow(2) },
        "x.exp()": { x, _ in x.exp() },
        "x.log()": { x, _ in x.log() },
        "x.sqrt()": { x, _ in x.sqrt() },
        "x.abs()": { x, _ in x.abs() },
        "x.tanh()": { x, _ in x.tanh() },
        "x.sigmoid()": { x, _ in x.sigmoid() },
        "x.clamp(0, 3)": { x, _ in x.clamp(min: 0, max: 3) },
        "x.view(3, 2)": { x, _ in x.view(3, 2) },
        "x.reshape(6)": { x, _ in x.reshape(6) },
        "x.flatten()": { x, _ in x.flatten() },
        "x.t()": { x, _ in x.t() },
        "x.transpose(0, 1)": { x, _ in x.transpose(0, 1) },
        "x.permute(1, 0)": { x, _ in x.permute(1, 0) },
        "x.unsqueeze(0)": { x, _ in x.unsqueeze(0) },
        "x.squeeze()": { x, _ in x.squeeze() },
        "x.expand(2, 2, 3)": { x, _ in x.expand(2, 2, 3) },
        "x.contiguous()": { x, _ in x.contiguous() },
        "x.clone()": { x, _ in x.clone() },
        "x.detach()": { x, _ in x.detach() },
        "x.to(float64)": { x, _ in x.to(.float64) },
        "x[0]": { x, _ in x[0] },
        "x[:, 1]": { x, _ in x[.all, 1] },
        "x[0:1]": { x, _ in x[0..<1] },
        "x[0, 1:]": { x, _ in x[0, 1...] },
        "x[[1, 0]]": { x, _ in x[[1, 0]] },
        "x.sum()": { x, _ in x.sum() },
        "x.sum(dim: 1)": { x, _ in x.sum(dim: 1) },
        "x.mean()": { x, _ in x.mean() },
        "x.mean(dim: 0)": { x, _ in x.mean(dim: 0) },
        "x.max()": { x, _ in x.max() },
        "x.amax(dim: 0)": { x, _ in x.amax(dim: [0]) },
        "x.std()": { x, _ in x.std() },
        "x.var()": { x, _ in x.var() },
        "x.prod()": { x, _ in x.prod() },
        "x.argmax()": { x, _ in x.argmax() },
        "x.softmax(dim: 1)": { x, _ in x.softmax(dim: 1) },
        "x.log_softmax(dim: 1)": { x, _ in x.logSoftmax(dim: 1) },
        "x.logsumexp(dim: 1)": { x, _ in x.logsumexp(dim: [1]) },
        "x @ y": { x, y in x.matmul(y) },
        "x.mm(y)": { x, y in x.mm(y) },
        "x @ y[:, 0]": { x, y in x.matmul(y[.all, 0]) },
        "cat([x, x])": { x, _ in cat([x, x]) },
        "stack([x, x])": { x, _ in stack([x, x]) },
        "where(x > 2, x, 0)": { x, _ in `where`(x .> 2, x, Tensor(0.0)) },
        "relu(x)": { x, _ in x.relu() },
        "linear(x, y.t())": { x, y in x.linear(y.t()) },
        "linear(x, y.t(), y[0])": { x, y in x.linear(y.t(), y[0]) },
        "x > 2": { x, _ in x .> 2 },
    ]
}
