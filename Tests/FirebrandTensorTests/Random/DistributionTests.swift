import FirebrandTensor
import FirebrandTestSupport
import Foundation
import Testing

/// Distributions beyond uniform and normal: PyTorch's numbers, bit for bit; and dropout, which draws from them.
@Suite("Distributions")
struct DistributionTests {
    @Test("Every stream of draws is PyTorch's", arguments: Row.all("distributions", of: "random"))
    func stream(_ row: Row) {
        let generator = Generator(seed: row.int("seed"))
        for (index, draw) in row.rows("draws").enumerated() {
            let place = "draw \(index) of \(row.testDescription): \(draw.text("op"))"
            let drawn = make(draw, generator)
            #expect(drawn.shape == draw.ints("shape") && drawn.dtype == draw.dtype, "\(place)")
            guard draw.has("bits") else {
                #expect(drawn.toArray(Int.self) == (draw.fields["values"] as! [NSNumber]).map(\.intValue), "\(place)")
                continue
            }
            #expect(drawn.bitText == draw.text("bits"), "\(place)")
        }
    }

    private func make(_ draw: Row, _ generator: Generator) -> Tensor {
        let (shape, dtype) = (draw.ints("shape"), draw.dtype)
        func given(_ name: String) -> Tensor {
            func shape(_ value: Any) -> [Int] {
                guard let list = value as? [Any] else { return [] }
                return [list.count] + (list.first.map(shape) ?? [])
            }
            func flat(_ value: Any) -> [Double] {
                (value as? [Any])?.flatMap(flat) ?? [(value as! NSNumber).doubleValue]
            }
            let values = draw.fields[name]!
            return Tensor(elements: flat(values), shape: shape(values)).to(.float32)
        }
        func type(_ name: String) -> DType { draw.text(name) == "float64" ? .float64 : .float32 }
        func empty() -> Tensor { Tensor.empty(shape, dtype: dtype) }
        let numbers = draw.has("arguments") ? draw.doubles("arguments") : []
        switch draw.text("op") {
        case "cauchy_":
            return numbers.isEmpty
                ? empty().cauchy_(generator: generator) : empty().cauchy_(numbers[0], numbers[1], generator: generator)
        case "log_normal_":
            return numbers.isEmpty
                ? empty().logNormal_(generator: generator)
                : empty().logNormal_(numbers[0], numbers[1], generator: generator)
        case "geometric_": return empty().geometric_(numbers[0], generator: generator)
        case "exponential_": return empty().exponential_(numbers[0], generator: generator)
        case "poisson":
            return Tensor(elements: draw.doubles("rates"), shape: shape).to(dtype).poisson(generator: generator)
        case "multinomial":
            let values = draw.fields["weights"] as! [Any]
            let rows = values.map { ($0 as? [NSNumber])?.map(\.doubleValue) ?? [($0 as! NSNumber).doubleValue] }
            let weights = Tensor(
                elements: rows.flatMap { $0 }, shape: rows[0].count == 1 ? [rows.count] : [rows.count, 3])
            return weights.to(type("weightsType")).multinomial(
                draw.int("count"), replacement: true, generator: generator)
        case "bernoulli_ of tensor":
            let p = Tensor(elements: draw.doubles("probabilities"), shape: shape).to(type("probabilitiesType"))
            return empty().bernoulli_(p, generator: generator)
        case "normal":
            switch (draw.fields["mean"] is [Any], draw.fields["std"] is [Any]) {
            case (true, true): return Tensor.normal(given("mean"), given("std"), generator: generator)
            case (true, false): return Tensor.normal(given("mean"), draw.double("std"), generator: generator)
            default: return Tensor.normal(draw.double("mean"), given("std"), generator: generator)
            }
        default: return Tensor.rand(shape, generator: generator, dtype: dtype)
        }
    }

    @Test("Drawing without replacement takes each position once, never one of weight 0")
    func withoutReplacement() {
        let weights = Tensor([[0.5, 0.0, 0.2, 0.3], [1.0, 1.0, 1.0, 0.0]])
        for seed in 0..<20 {
            let drawn = weights.multinomial(3, generator: Generator(seed: seed))
            for row in 0..<2 {
                let positions: [Int] = drawn[row].toArray()
                #expect(Set(positions) == (row == 0 ? [0, 2, 3] : [0, 1, 2]))
            }
        }
        // Each first with its own probability.
        let first = weights[0].expand(4000, 4).multinomial(1, generator: Generator(seed: 1))
        let share: Double = first.eq(0).double().mean().item()
        #expect(abs(share - 0.5) < 0.03)
    }

    // MARK: Dropout

    @Test("Dropout keeps what PyTorch without MKL keeps, scaled up, and hands the same on to the gradient")
    func dropout() {
        let x = Tensor.ones([4, 5], requiresGrad: true)
        let y = x.dropout(p: 0.3, generator: Generator(seed: 7))
        let kept = Tensor.rand([4, 5], generator: Generator(seed: 7), dtype: .float64).lt(0.7).float().div(0.7)
        #expect(y.toArray(Float.self) == kept.toArray(Float.self))
        y.sum().backward()
        #expect(x.grad!.toArray(Float.self) == kept.toArray(Float.self))
        let z = Tensor.ones(4, 5)
        #expect(z.dropout(p: 0.3, inplace: true, generator: Generator(seed: 7)) === z)
        #expect(z.toArray(Float.self) == kept.toArray(Float.self))
        #expect(x.dropout(p: 0.3, training: false) === x && x.dropout(p: 0) === x)
        #expect(x.dropout(p: 1).toArray(Float.self).allSatisfy { $0 == 0 })
    }

    @Test("Channel dropout takes whole channels", arguments: [1, 2, 3])
    func channels(_ spatial: Int) {
        let shape = [6, 8] + Array(repeating: 3, count: spatial)
        let x = Tensor.ones(shape)
        let generator = Generator(seed: 3)
        let y =
            switch spatial {
            case 1: x.dropout1d(generator: generator)
            case 2: x.dropout2d(generator: generator)
            default: x.dropout3d(generator: generator)
            }
        let channels = y.reshape(48, -1)
        #expect(channels.amin(dim: [1]).toArray(Float.self) == channels.amax(dim: [1]).toArray(Float.self))
        #expect(Set(y.toArray(Float.self)) == [0, 2])
        let single = Tensor.ones([8, 3]).dropout1d(generator: Generator(seed: 3))
        #expect(single.shape == [8, 3] && Set(single.amax(dim: [1]).toArray(Float.self)) == [0, 2])
    }

    @Test("Alpha dropout keeps mean and variance")
    func alpha() {
        let x = Tensor.randn([200, 500], generator: Generator(seed: 1), dtype: .float64)
        for y in [
            x.alphaDropout(p: 0.4, training: true, generator: Generator(seed: 2)),
            x.reshape(200, 500, 1).featureAlphaDropout(p: 0.4, training: true, generator: Generator(seed: 2)),
        ] {
            #expect(abs(y.mean().item() as Double) < 0.02)
            #expect(abs((y.std().item() as Double) - 1) < 0.02)
        }
        #expect(x.alphaDropout(p: 0.4) === x)
    }
}
