import FirebrandTensor

/// Numbers that a plot can show: arrays of numbers, ranges of integers, tensors.
public protocol PlotData {
    /// The numbers; NaN leaves a gap.
    var plotValues: [Double] { get }
}

/// A number that a plot can show.
public protocol PlotNumber {
    /// The number.
    var plotNumber: Double { get }
}

extension Double: PlotNumber {
    /// The number itself.
    public var plotNumber: Double { self }
}

extension Float: PlotNumber {
    /// The number, widened.
    public var plotNumber: Double { Double(self) }
}

extension Int: PlotNumber {
    /// The number, as a floating-point one.
    public var plotNumber: Double { Double(self) }
}

extension Array: PlotData where Element: PlotNumber {
    /// The numbers.
    public var plotValues: [Double] { map(\.plotNumber) }
}

extension Range<Int>: PlotData {
    /// All integers of the range.
    public var plotValues: [Double] { map(Double.init) }
}

extension ClosedRange<Int>: PlotData {
    /// All integers of the range.
    public var plotValues: [Double] { map(Double.init) }
}

extension Tensor: PlotData {
    /// All elements in row-major order.
    public var plotValues: [Double] { detach().to(.float64).toArray(Double.self) }
}
