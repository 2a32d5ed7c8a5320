import FirebrandTensor

/// One plot of a ``Figure``: lines and points, or an image. matplotlib: `Axes`.
public final class Axes {
    /// How values are laid out along an axis.
    public enum Scale: Sendable {
        /// Evenly.
        case linear
        /// By their logarithm; what is not positive is left out.
        case log
    }

    /// How the points of a series are connected.
    public enum LineStyle: Sendable {
        /// By a line.
        case solid
        /// By dashes.
        case dashed
        /// By dots.
        case dotted
        /// Not at all.
        case none
    }

    /// What stands at the points of a series.
    public enum Marker: Sendable {
        /// Nothing.
        case none
        /// A small point.
        case point
        /// A circle.
        case circle
    }

    struct Series {
        let x: [Double]
        let y: [Double]
        let label: String?
        let color: PlotColor
        let lineStyle: LineStyle
        let marker: Marker
        let lineWidth: Double
    }

    /// Pixels of red, green and blue.
    struct Picture {
        let pixels: [UInt8]
        let width: Int
        let height: Int
    }

    /// Above the plot; several lines are separated by `\n`.
    public var title = ""
    /// Below the plot.
    public var xlabel = ""
    /// Beside the plot.
    public var ylabel = ""
    /// How values are laid out from left to right.
    public var xscale = Scale.linear
    /// How values are laid out from bottom to top.
    public var yscale = Scale.linear
    /// What is shown from left to right; else all there is.
    public var xlim: ClosedRange<Double>?
    /// What is shown from bottom to top; else all there is.
    public var ylim: ClosedRange<Double>?
    /// Whether lines go from the numbers at the axes through the plot.
    public var grid = false
    /// Whether the frame, the numbers and the labels are shown. matplotlib: `axis("off")`.
    public var showsAxis = true
    private(set) var showsLegend = false
    private(set) var series: [Series] = []
    private(set) var picture: Picture?

    init() {}

    /// Adds a series of points connected by a line, at 0, 1, 2 and so on from left to right.
    ///
    /// Colours follow one another as in matplotlib unless `color` is given; `label` is for ``legend()``.
    /// ```swift
    /// axes.plot(losses, label: "training")
    /// ```
    public func plot(
        _ y: some PlotData, label: String? = nil, color: PlotColor? = nil, lineStyle: LineStyle = .solid,
        marker: Marker = .none, lineWidth: Double = 1.5
    ) {
        let values = y.plotValues
        add(values.indices.map(Double.init), values, label, color, lineStyle, marker, lineWidth)
    }

    /// Adds a series of points `(x, y)` connected by a line. Where one has more numbers, those do not count.
    public func plot(
        _ x: some PlotData, _ y: some PlotData, label: String? = nil, color: PlotColor? = nil,
        lineStyle: LineStyle = .solid, marker: Marker = .none, lineWidth: Double = 1.5
    ) { add(x.plotValues, y.plotValues, label, color, lineStyle, marker, lineWidth) }

    /// Adds points that are not connected.
    public func scatter(_ x: some PlotData, _ y: some PlotData, label: String? = nil, color: PlotColor? = nil) {
        add(x.plotValues, y.plotValues, label, color, .none, .circle, 1.5)
    }

    private func add(
        _ x: [Double], _ y: [Double], _ label: String?, _ color: PlotColor?, _ lineStyle: LineStyle, _ marker: Marker,
        _ lineWidth: Double
    ) {
        let count = min(x.count, y.count)
        series.append(
            Series(
                x: Array(x[..<count]), y: Array(y[..<count]), label: label,
                color: color ?? PlotColor.cycle[series.count % PlotColor.cycle.count], lineStyle: lineStyle,
                marker: marker,
                lineWidth: lineWidth))
    }

    /// Shows the names of the series, in the corner where they hide least.
    public func legend() { showsLegend = true }

    /// Shows an image: (height, width), or (1 or 3, height, width).
    ///
    /// Colours are uint8, or numbers between 0 and 1; grey goes from black, the smallest value, to white, the largest,
    /// as matplotlib's `cmap="gray"`.
    public func imshow(_ image: Tensor) {
        guarded("imshow", [image], orElse: ()) { () throws(Misuse) in picture = try Picture(image, stretching: true) }
    }
}

extension Axes.Picture {
    /// An image as pixels; grey ones are stretched from black to white if wanted.
    init(_ image: Tensor, stretching: Bool) throws(Misuse) {
        let isColor = image.dim == 3 && image.shape[0] == 3
        guard image.dim == 2 || isColor || image.dim == 3 && image.shape[0] == 1, image.count > 0,
            !image.dtype.isComplex
        else {
            throw Misuse("an image to show is (height, width), or (1 or 3, height, width)")
        }
        let (width, height) = (image.shape[image.dim - 1], image.shape[image.dim - 2])
        (self.width, self.height) = (width, height)
        pixels = noGrad {
            var shown = image.detach()
            if !isColor {
                shown = shown.reshape(1, height, width)
                if stretching {
                    shown = shown.to(.float64)
                    let low: Double = shown.min().item(), high: Double = shown.max().item()
                    shown = high > low ? shown.sub(low).div(high - low) : Tensor.zerosLike(shown)
                }
            }
            if shown.dtype != .uint8 {
                shown = shown.dtype.isFloatingPoint ? shown.mul(255).round() : shown
                shown = shown.nanToNum(nan: 0).clamp(min: 0, max: 255).to(.uint8)
            }
            return shown.expand(3, height, width).permute(1, 2, 0).contiguous().toArray(UInt8.self)
        }
    }
}
