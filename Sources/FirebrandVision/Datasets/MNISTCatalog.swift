// Names, classes, mirrors and checksums are those of torchvision (torchvision.datasets.MNIST, FashionMNIST), with
// further mirrors behind; every file is checked, wherever it comes from.
extension MNISTFiles {
    /// Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017; MIT licence): 60000 and 10000 images of articles of clothing.
    package static let fashionMNIST = MNISTFiles(
        name: "FashionMNIST",
        classes: [
            "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
        ],
        mirrors: [
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        ],
        train: part(
            "train", images: ("8d4fb7e6c68d591d4c3dfef9ec88bf0d", 26_421_880),
            labels: ("25c81989df183df01b3e8a0aad5dffbe", 29_515)),
        test: part(
            "t10k", images: ("bef4ecab320f06d8554ea6380940ec79", 4_422_102),
            labels: ("bb300cfdad3c16e7a12a480ee83cd310", 5_148)))

    /// MNIST (LeCun, Cortes and Burges, 1998): 60000 and 10000 images of handwritten digits.
    package static let mnist = MNISTFiles(
        name: "MNIST",
        classes: [
            "0 - zero", "1 - one", "2 - two", "3 - three", "4 - four", "5 - five", "6 - six", "7 - seven",
            "8 - eight", "9 - nine",
        ],
        mirrors: [
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
            "http://yann.lecun.com/exdb/mnist/",
        ],
        train: part(
            "train", images: ("f68b3c2dcbeaaa9fbdd348bbdeb94873", 9_912_422),
            labels: ("d53e105ee54ea40749a09fcbcd1e9432", 28_881)),
        test: part(
            "t10k", images: ("9fb629c4189551a2d022fa330f9573f3", 1_648_877),
            labels: ("ec29112dd5afa0611ce80d1b7f02629c", 4_542)))

    /// Every data set of this kind.
    package static let all = [fashionMNIST, mnist]

    private static func part(
        _ prefix: String, images: (md5: String, length: Int), labels: (md5: String, length: Int)
    ) -> Part {
        Part(
            images: Resource(name: "\(prefix)-images-idx3-ubyte", md5: images.md5, length: images.length),
            labels: Resource(name: "\(prefix)-labels-idx1-ubyte", md5: labels.md5, length: labels.length))
    }
}
