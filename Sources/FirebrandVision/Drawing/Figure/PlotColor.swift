/// A colour to draw with.
public struct PlotColor: Sendable, Hashable {
    /// Red, 0 to 255.
    public var red: UInt8
    /// Green, 0 to 255.
    public var green: UInt8
    /// Blue, 0 to 255.
    public var blue: UInt8

    /// From its parts.
    public init(red: UInt8, green: UInt8, blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    private init(_ hexadecimal: UInt32) {
        self.init(
            red: UInt8(hexadecimal >> 16 & 255), green: UInt8(hexadecimal >> 8 & 255), blue: UInt8(hexadecimal & 255))
    }

    /// Black.
    public static let black = PlotColor(0x000000)
    /// White.
    public static let white = PlotColor(0xffffff)
    /// matplotlib's `C0`.
    public static let blue = PlotColor(0x1f77b4)
    /// matplotlib's `C1`.
    public static let orange = PlotColor(0xff7f0e)
    /// matplotlib's `C2`.
    public static let green = PlotColor(0x2ca02c)
    /// matplotlib's `C3`.
    public static let red = PlotColor(0xd62728)
    /// matplotlib's `C4`.
    public static let purple = PlotColor(0x9467bd)
    /// matplotlib's `C5`.
    public static let brown = PlotColor(0x8c564b)
    /// matplotlib's `C6`.
    public static let pink = PlotColor(0xe377c2)
    /// matplotlib's `C7`.
    public static let gray = PlotColor(0x7f7f7f)
    /// matplotlib's `C8`.
    public static let olive = PlotColor(0xbcbd22)
    /// matplotlib's `C9`.
    public static let cyan = PlotColor(0x17becf)

    /// The colours series take in turn.
    public static let cycle = [blue, orange, green, red, purple, brown, pink, gray, olive, cyan]

    static let frame = PlotColor(0x444444)
    static let gridLine = PlotColor(0xdddddd)

    /// As SVG writes it: `#1f77b4`.
    var svg: String {
        "#"
            + [red, green, blue].map { part in
                let digits = String(part, radix: 16)
                return digits.count == 1 ? "0" + digits : digits
            }.joined()
    }
}
