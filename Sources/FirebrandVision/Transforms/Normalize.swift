import FirebrandTensor

/// Each channel less its mean, over its standard deviation. PyTorch: `transforms.Normalize`.
///
/// For floating-point images (…, channels, height, width); as many numbers as channels, or one for all.
/// ```swift
/// Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
/// ```
public struct Normalize: Transform {
    private let mean: [Double]
    private let std: [Double]

    /// With a mean and a standard deviation for each channel.
    public init(_ mean: [Double], _ std: [Double]) {
        self.mean = mean
        self.std = std
    }

    /// The same with the arguments named.
    public init(mean: [Double], std: [Double]) { self.init(mean, std) }

    /// Normalises an image.
    public func callAsFunction(_ image: Tensor) -> Tensor {
        guarded("Normalize", [image]) { () throws(Misuse) in
            guard image.dtype.isFloatingPoint else {
                throw Misuse("Input tensor should be a float tensor. Got torch.\(image.dtype).")
            }
            guard image.dim >= 3 else {
                throw Misuse(
                    "Expected tensor to be a tensor image of size (..., C, H, W). Got tensor.size() = "
                        + "torch.Size(\(image.shape.list))")
            }
            func channels(_ numbers: [Double]) -> Tensor {
                Tensor(elements: numbers, shape: [numbers.count, 1, 1]).to(image.device, image.dtype)
            }
            // Looked at on the CPU, whatever device the image is on.
            let isZero: Bool = noGrad { Tensor(elements: std, shape: [std.count]).to(image.dtype).eq(0).any().item() }
            guard !isZero else {
                throw Misuse(
                    "std evaluated to zero after conversion to torch.\(image.dtype), leading to division by zero.")
            }
            let (means, deviations) = noGrad { (channels(mean), channels(std)) }
            return image.sub(means).div(deviations)
        }
    }
}
