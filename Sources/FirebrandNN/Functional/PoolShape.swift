import FirebrandTensor

/// The arguments of a pooling operator for each of its dimensions, and the lengths they give.
struct PoolShape {
    let kernel, stride, padding, dilation: [Int]
    /// The lengths of the result's last dimensions.
    let lengths: [Int]

    /// Checks the arguments of `name` (such as `max_pool2d`) against the input, in PyTorch's words.
    init(
        _ name: String, _ input: Tensor, _ count: Int, kernel: any PerDimension, stride: (any PerDimension)?,
        padding: any PerDimension, dilation: any PerDimension = 1, ceilMode: Bool
    ) throws(Misuse) {
        func numbers(_ label: String, _ sizes: any PerDimension, orOmitted: Bool = false) throws(Misuse) -> [Int] {
            if let numbers = sizes.numbers(count) { return numbers }
            if count == 1 {
                throw Misuse(
                    "\(name)() argument '\(label)' should contain one int (got \(sizes.perDimension.count))")
            }
            let omitted = orOmitted ? "be omitted, a single int, or a tuple" : "be a single int, or a tuple"
            throw Misuse("\(name): \(label) must either \(omitted) of \(["two", "three"][count - 2]) ints")
        }
        self.kernel = try numbers("kernel_size", kernel)
        self.stride =
            try stride.map { (stride) throws(Misuse) in try numbers("stride", stride, orOmitted: true) }
            ?? self.kernel
        self.padding = try numbers("padding", padding)
        self.dilation = try numbers("dilation", dilation)
        if count == 1, name == "max_pool1d" {
            try PoolShape.checkSignal(self.kernel[0], self.stride[0], self.padding[0], self.dilation[0])
        }
        let own = Array(input.shape.suffix(count))
        var lengths: [Int] = []
        for index in 0..<count {
            lengths.append(
                try PoolShape.length(
                    own[index], self.kernel[index], self.stride[index], self.padding[index], self.dilation[index],
                    ceilMode))
        }
        self.lengths = lengths
        guard self.kernel.allSatisfy({ $0 > 0 }) else {
            throw Misuse("kernel size should be greater than zero, but got \(PoolShape.named("k", self.kernel))")
        }
        guard self.dilation.allSatisfy({ $0 > 0 }) else {
            throw Misuse(
                "dilation should be greater than zero, but got \(PoolShape.named("dilation", self.dilation))")
        }
        guard lengths.allSatisfy({ $0 > 0 }) else {
            if name == "max_pool1d" { throw Misuse("max_pool1d() Invalid computed output size: \(lengths[0])") }
            let planes = input.dim > count ? input.shape[input.dim - count - 1] : 1
            func text(_ lengths: [Int]) -> String {
                "(" + ([planes] + (count == 1 ? [1] : []) + lengths).map(String.init).joined(separator: "x") + ")"
            }
            throw Misuse(
                "Given input size: \(text(own)). Calculated output size: \(text(lengths)). Output size is too small")
        }
    }

    private static func named(_ prefix: String, _ values: [Int]) -> String {
        zip(["T", "H", "W"].suffix(values.count), values).map { "\(prefix)\($0): \($1)" }.joined(separator: " ")
    }

    private static func checkSignal(_ kernel: Int, _ stride: Int, _ padding: Int, _ dilation: Int) throws(Misuse) {
        guard kernel > 0 else { throw Misuse("max_pool1d() kernel_size must be greater than zero, but got \(kernel)") }
        guard stride > 0 else { throw Misuse("max_pool1d() stride must be greater than zero, but got \(stride)") }
        guard padding >= 0 else { throw Misuse("max_pool1d() padding must be non-negative, but got \(padding)") }
        guard padding <= kernel / 2 else {
            throw Misuse(
                "max_pool1d() padding should be at most half of kernel size, but got padding=\(padding) and "
                    + "kernel_size=\(kernel)")
        }
        guard dilation > 0 else {
            throw Misuse("max_pool1d() dilation must be greater than zero, but got \(dilation)")
        }
    }

    /// The number of windows along a dimension.
    private static func length(
        _ own: Int, _ kernel: Int, _ stride: Int, _ padding: Int, _ dilation: Int, _ ceilMode: Bool
    ) throws(Misuse) -> Int {
        guard stride != 0 else { throw Misuse("stride should not be zero") }
        guard padding >= 0 else { throw Misuse("pad must be non-negative, but got pad: \(padding)") }
        guard padding <= ((kernel - 1) * dilation + 1) / 2 else {
            throw Misuse(
                "pad should be at most half of effective kernel size, but got pad=\(padding), kernel_size=\(kernel) and "
                    + "dilation=\(dilation)")
        }
        let room = own + 2 * padding - dilation * (kernel - 1) - 1 + (ceilMode ? stride - 1 : 0)
        // Rounded down, also below zero.
        let steps = room >= 0 ? room / stride : -((stride - 1 - room) / stride)
        // The last window must begin inside the input or the padding before it.
        return ceilMode && steps * stride >= own + padding ? steps : steps + 1
    }

    /// Depth, height and width for the kernels.
    var windows: PoolWindows {
        func volume(_ values: [Int], _ filling: Int) -> [Int] {
            Array(repeating: filling, count: 3 - values.count) + values
        }
        return PoolWindows(
            kernel: volume(kernel, 1), stride: volume(stride, 1), padding: volume(padding, 0),
            dilation: volume(dilation, 1))
    }

    /// The elements of each window, without the padding.
    func imageWindows(_ input: Tensor) -> [ImageWindows] {
        let count = kernel.count
        let one = ImageWindows(starts: [0], ends: [1])
        return Array(repeating: one, count: 3 - count)
            + (0..<count).map { index in
                let own = input.shape[input.dim - count + index]
                var (starts, ends): ([Int], [Int]) = ([], [])
                for position in 0..<lengths[index] {
                    let start = position * stride[index] - padding[index]
                    ends.append(Swift.min(start + (kernel[index] - 1) * dilation[index] + 1, own))
                    let outside = start < 0 ? (-start + dilation[index] - 1) / dilation[index] : 0
                    starts.append(start + outside * dilation[index])
                }
                return ImageWindows(starts: starts, ends: ends, step: dilation[index])
            }
    }
}
