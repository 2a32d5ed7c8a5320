import FirebrandTensor
import Testing

/// Strides of results: those PyTorch 2.15 gives.
@Suite("Memory formats and layouts")
struct LayoutTests {
    private let image = Tensor.arange(120, dtype: .float32).reshape(2, 3, 4, 5)

    @Test("A memory format changes strides, never elements")
    func formats() {
        let last = image.to(memoryFormat: .channelsLast)
        #expect(last.strides == [60, 1, 15, 3] && last.equal(image))
        #expect(last.isContiguous(memoryFormat: .channelsLast) && !last.isContiguous)
        #expect(last.contiguous(memoryFormat: .channelsLast) === last && last.contiguous().strides == [60, 20, 5, 1])
        #expect(last.clone().strides == last.strides && last.double().strides == last.strides)
        #expect(last.clone(memoryFormat: .contiguous).isContiguous)
        #expect(Tensor.emptyLike(last).strides == last.strides && Tensor.zerosLike(last).strides == last.strides)
        #expect(Tensor.onesLike(last, memoryFormat: .contiguous).isContiguous)
        #expect(Tensor.empty([2, 3, 4, 5], memoryFormat: .channelsLast).strides == last.strides)
        let volume = Tensor.zeros(2, 3, 4, 5, 6).contiguous(memoryFormat: .channelsLast3d)
        #expect(volume.strides == [360, 1, 90, 18, 3] && volume.isContiguous(memoryFormat: .channelsLast3d))
        #expect(Tensor.zeros(2, 1, 4, 4).isContiguous(memoryFormat: .channelsLast))
        #expect(Tensor.zeros(2, 3, 1, 1).isContiguous(memoryFormat: .channelsLast))
        #expect(!Tensor.zeros(1, 3, 4, 4).isContiguous(memoryFormat: .channelsLast))
        #expect(!Tensor.zeros(2, 3).isContiguous(memoryFormat: .channelsLast))
        #expect(cat([last, last], dim: 1).strides == [120, 1, 30, 6])
        #expect(cat([last, last], dim: 1).equal(cat([image, image], dim: 1)))
    }

    @Test("Results lie as their operands do")
    func results() {
        let last = image.to(memoryFormat: .channelsLast)
        let turned = Tensor.zeros(2, 3, 4).permute(1, 2, 0)
        let cases: [(Tensor, [Int])] = [
            (last + image, [60, 1, 15, 3]), (image + last, [60, 20, 5, 1]), (last.sin(), [60, 1, 15, 3]),
            (last + Tensor.zeros(3, 1, 1), [60, 1, 15, 3]), (last * 2, [60, 1, 15, 3]),
            (`where`(last.gt(0), image, last), [60, 1, 15, 3]), (last.gt(0), [60, 1, 15, 3]),
            (turned + Tensor.zeros(3, 4, 2), [4, 1, 12]), (Tensor.zeros(3, 4, 2) + turned, [8, 2, 1]),
            (turned + Tensor.zeros(2), [4, 1, 12]), (turned[.all, .range(step: 2)] + 1, [2, 1, 6]),
            (turned[.all, .range(step: 2)].sin(), [2, 1, 6]), (turned[.all, .range(step: 2)].clone(), [2, 1, 6]),
            (turned[.all, .range(step: 2)].double(), [2, 1, 6]),
            (turned.long() + Tensor.zeros(3, 4, 2), [4, 1, 12]),
            (Tensor.emptyLike(Tensor.zeros(2, 3, 4).permute(2, 0, 1)[.range(step: 2)]), [1, 6, 2]),
            (Tensor.zerosLike(Tensor.zeros(3, 1).expand(3, 4)), [4, 1]),
            (Tensor.zerosLike(Tensor.zeros(2, 1, 4).expand(2, 3, 4).permute(2, 0, 1)), [3, 12, 1]),
            (Tensor.zeros(2, 3, 4)[.ellipsis, .range(step: 2)].clone(), [6, 2, 1]),
        ]
        for (index, (result, strides)) in cases.enumerated() { #expect(result.strides == strides, "case \(index)") }
    }

    @Test("New memory has the strides asked for")
    func newMemory() {
        #expect(Tensor.emptyStrided([2, 3], [1, 2]).strides == [1, 2])
        #expect(Tensor.emptyPermuted([2, 3, 4], [2, 0, 1]).strides == [3, 1, 6])
        #expect(image.double().newEmptyStrided([2, 3], [1, 2]).dtype == .float64)
        let spread = Tensor.emptyStrided([2, 2], [5, 2]).fill_(3)
        #expect(spread.sum().item() as Double == 12)
        let meta = Tensor.emptyStrided([2, 3], [1, 2], device: .meta)
        #expect((meta + 1).strides == [1, 2] && meta.unfold(1, 2, 1).shape == [2, 2, 2])
    }

    @Test("Resizing keeps what is in memory, and every view of it")
    func resizing() {
        let x = Tensor.arange(6)
        let view = x[2...]
        x.resize_(2, 2)
        #expect(x.toArray(Int.self) == [0, 1, 2, 3] && x.storage === view.storage)
        x.resize_(1000)
        #expect(x[..<6].toArray(Int.self) == Array(0..<6) && view.toArray(Int.self) == [2, 3, 4, 5])
        x.fill_(7)
        #expect(view.toArray(Int.self) == [7, 7, 7, 7])
        #expect(x.resizeAs_(image).shape == [2, 3, 4, 5])
        #expect(x.resize_([2, 3, 4, 5], memoryFormat: .channelsLast).strides == [60, 1, 15, 3])
        let last = image.to(memoryFormat: .channelsLast)
        #expect(Tensor.zeros(1).resizeAs_(last, memoryFormat: .preserve).strides == last.strides)
    }

    @Test("Elements of another type over the same memory")
    func types() {
        let x = Tensor([[1.0, 2.0], [3.0, 4.0]])
        #expect(x.view(.int32).toArray(Int.self) == [0x3F80_0000, 0x4000_0000, 0x4040_0000, 0x4080_0000])
        #expect(x.view(.float64).shape == [2, 1] && x.view(.int16).strides == [4, 1])
        #expect(
            x[1].view(.uint8).storageOffset == 8
                && x[1].view(.uint8).toArray(Int.self) == [0, 0, 64, 64, 0, 0, 128, 64])
        x.view(.int32).fill_(0)
        #expect(x.sum().item() as Double == 0)
        #expect(x.view(.float32).isSetTo(x) && x.t().H.isSetTo(x))
        #expect(!Tensor.ones([2], requiresGrad: true).view(.int32).requiresGrad)
    }

    @Test("A tensor changes its own shape in place, and keeps its place in the graph")
    func inPlace() {
        let x = Tensor.arange(6, dtype: .float64).reshape(1, 2, 3).requiresGrad_()
        let y = x * 1
        y.squeeze_(0).t_().unsqueeze_(1).transpose_(0, 1).asStrided_([3], [1])
        #expect(y.shape == [3] && y.storage === y.storage)
        y.backward(Tensor([1.0, 2, 3], dtype: .float64))
        #expect(x.grad!.toArray(Int.self) == [1, 2, 3, 0, 0, 0])
    }

    @Test("Gradients of windows and strides add up where elements stand several times")
    func repeated() {
        let x = Tensor.arange(5, dtype: .float64).requiresGrad_()
        x.unfold(0, 3, 1).sum().backward()
        #expect(x.grad!.toArray(Int.self) == [1, 2, 3, 2, 1])
        x.grad = nil
        x.asStrided([2, 3], [1, 1], storageOffset: 1).sum().backward()
        #expect(x.grad!.toArray(Int.self) == [0, 1, 2, 2, 1])
        // An expanded operand: the gradient is shared by the places the element stands in.
        let z = Tensor.ones([1], dtype: .float64).requiresGrad_()
        z.expand(3).asStrided([2], [0]).sum().backward()
        #expect(z.grad!.toArray(Double.self) == [2])
    }

    @Test("Parts bring their gradients back in one piece, unused ones as zeros")
    func parts() {
        let x = Tensor.arange(6, dtype: .float64).requiresGrad_()
        let (pieces, singles) = (x.split([1, 2, 3]), x.unbind())
        #expect(pieces[0].gradFn?.description == "<SplitWithSizesBackward0>")
        #expect(singles[0].gradFn?.description == "<UnbindBackward0>" && pieces[1].storage === x.storage)
        (pieces[1].sum() + singles[5] * 3).backward()
        #expect(x.grad!.toArray(Int.self) == [0, 1, 1, 0, 0, 3])
    }
}
