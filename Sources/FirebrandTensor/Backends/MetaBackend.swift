/// The device without memory: every operation is done as soon as its shape and type are known.
package struct MetaBackend: Backend {
    package func unary(_ op: UnaryKernel, _ a: Tensor, into out: Tensor) {}
    package func binary(_ op: BinaryKernel, _ a: Tensor, _ b: Tensor, into out: Tensor) {}
    package func binary(_ op: BinaryKernel, _ a: Tensor, _ scalar: Scalar, scalarFirst: Bool, into out: Tensor) {}
    package func ternary(_ op: TernaryKernel, _ a: Tensor, _ b: Tensor, _ c: Tensor, value: Scalar, into out: Tensor) {}
    package func select(_ condition: Tensor, _ a: Tensor, _ b: Tensor, into out: Tensor) {}
    package func copy(_ a: Tensor, into out: Tensor) {}
    package func concatenate(_ parts: [Tensor], dim: Int, into out: Tensor) {}
    package func fill(_ out: Tensor, _ value: Scalar) {}
    package func arange(into out: Tensor, start: Scalar, step: Scalar) {}
    package func reduce(_ op: ReductionKernel, _ a: Tensor, into out: Tensor, second: Tensor?) {}
    package func scan(_ op: ScanKernel, _ a: Tensor, dim: Int, into out: Tensor, indices: Tensor?) {}
    package func recurrence(_ factors: Tensor, _ terms: Tensor, dim: Int, into out: Tensor) {}
    package func softmax(_ kind: SoftmaxKind, _ a: Tensor, dim: Int, into out: Tensor) {}
    package func softmaxGradient(_ kind: SoftmaxKind, grad: Tensor, y: Tensor, dim: Int, into out: Tensor) {}
    package func matmul(_ a: Tensor, _ b: Tensor, bias: Tensor?, into out: Tensor) {}
    package func convolve(
        _ wanted: ConvolutionOperand, _ windows: SlidingWindows, source: Tensor, weight: Tensor, bias: Tensor?,
        result: Tensor, keepsWeight: Bool
    ) {}
    package func gatherColumns(
        _ windows: SlidingWindows, kernel: Size, places: Size, of source: Tensor, into columns: Tensor
    ) {}
    package func addColumns(
        _ windows: SlidingWindows, kernel: Size, places: Size, _ columns: Tensor, into source: Tensor
    ) {}
    package func distances(_ a: Tensor, _ b: Tensor, p: Double, into out: Tensor) {}
    package func run(_ routine: MatrixRoutine, _ operands: [Tensor]) {}
    package func gather(_ a: Tensor, dim: Int, index: Tensor, into out: Tensor) -> Bool { true }
    package func fourierTransform(
        _ kind: FourierKind, _ a: Tensor, dim: Int, isInverse: Bool, scale: Double, into out: Tensor
    ) {}
    package func scatter(_ source: Tensor, dim: Int, index: Tensor, _ reduction: PutKernel, into out: Tensor) -> Bool {
        true
    }
    package func addOffsets(of index: Tensor, length: Int, stride: Int, into offsets: Tensor) -> Bool { true }
    package func truePlaces(_ mask: Tensor) -> Tensor { Tensor(emptyOf: [mask.dim, 0], .int64, on: .meta) }
    package func compress(_ a: Tensor, _ mask: Tensor) -> Tensor { Tensor(emptyOf: [0], a.dtype, on: .meta) }
    package func sort(_ a: Tensor, dim: Int, descending: Bool, values: Tensor?, indices: Tensor?) {}
    package func firstSorted(_ a: Tensor, dim: Int, descending: Bool, values: Tensor, indices: Tensor) {}
    package func positionOfRank(_ rank: Rank, _ a: Tensor, dim: Int, into indices: Tensor) {}
    package func searchSorted(_ sequence: Tensor, sorter: Tensor?, _ values: Tensor, right: Bool, into out: Tensor) {}
    package func anyNonzero(_ a: Tensor) -> Bool { false }
    package func scaleToUnit(_ a: Tensor, rows: ArraySlice<Int>, into out: Tensor) {}
    package func pick(_ a: Tensor, _ places: [ImagePlaces?], into out: Tensor) {}
    package func resample(_ a: Tensor, _ taps: [Taps?], into out: Tensor) {}
    package func windowMax(_ a: Tensor, _ windows: [ImageWindows], into out: Tensor, places: Tensor?) {}
    package func maxPool(_ a: Tensor, _ pool: PoolWindows, into out: Tensor, winners: Tensor?) {}
    package func maxPoolGradient(_ grad: Tensor, winners: Tensor, _ pool: PoolWindows, into out: Tensor) {}
    package func winnerPlaces(_ winners: Tensor, _ pool: PoolWindows, of a: Tensor, into places: Tensor) {}
    package func gridSample(_ a: Tensor, _ grid: Tensor, _ mode: GridMode, into out: Tensor) {}
    package func gridSampleGradient(
        _ grad: Tensor, _ a: Tensor, _ grid: Tensor, _ mode: GridMode, intoOperand: Tensor?, intoGrid: Tensor?
    ) {}
    package func update(_ op: UpdateKernel, _ updates: [ParameterUpdate]) {}
    package func update(_ update: AdafactorUpdate) {}
    package func attention(_ operands: AttentionOperands, into out: Tensor, logSums: Tensor) {}
    package func attentionGradient(
        _ operands: AttentionOperands, grad: Tensor, out: Tensor, logSums: Tensor, into gradients: [Tensor]
    ) {}
    package func run(_ pass: RecurrentPass) {}
    package func runBackward(_ pass: RecurrentPass, _ gradients: RecurrentGradients) {}
}
