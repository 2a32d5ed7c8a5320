// Chapter 3: Transforms
//
// Data rarely comes as a network wants it. A dataset takes two transforms: `transform` for the features and
// `targetTransform` for the labels.
import Firebrand

// MARK: - Features and labels

// Images become tensors with values from 0 to 1, and each class a vector that is 1 at the class and 0 elsewhere.
let dataset = try FashionMNIST(
    root: "data",
    train: true,
    download: true,
    transform: ToTensor(),
    targetTransform: Lambda { (y: Int) in
        Tensor.zeros(10, dtype: .float32).scatter_(0, Tensor([y]), value: 1)
    }
)

// MARK: - ToTensor()

// `ToTensor` makes a `float32` tensor (channels, height, width) of an image, its bytes divided by 255.
let (image, target) = try dataset[0]
print(image.shape, image.dtype, image.min(), image.max())

// MARK: - Lambda transforms

// `Lambda` makes a transform of any function of yours. Types are checked when the program is compiled.
let targetTransform = Lambda { (y: Int) in
    Tensor.zeros(10, dtype: .float32).scatter_(dim: 0, index: Tensor([y]), value: 1)
}
print(try targetTransform(9))
print(target)
