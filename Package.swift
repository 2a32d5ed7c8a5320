// swift-tools-version: 6.2
import PackageDescription

// Each layer imports only those above it in this list; CI builds with
// `--explicit-target-dependency-import-check error` to hold that line.
let package = Package(
    name: "Firebrand",
    products: [
        .library(name: "Firebrand", targets: ["Firebrand"]),
        .library(name: "FirebrandPython", targets: ["FirebrandPython"]),
        .library(name: "FirebrandCSV", targets: ["FirebrandCSV"]),
        .executable(name: "firebrand", targets: ["FirebrandCLI"]),
        .executable(name: "firebrand-bench", targets: ["FirebrandBench"]),
        .executable(name: "firebrand-fuzz", targets: ["FirebrandFuzz"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/swiftcsv/SwiftCSV", from: "0.10.0"),
    ],
    targets: [
        // System libraries and C.
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CPNG", providers: [.apt(["libpng-dev"])]),
        .target(name: "CCurl"),
        .target(name: "CFiles"),
        .target(name: "CImageFiles", linkerSettings: [.linkedLibrary("jpeg"), .linkedLibrary("png")]),
        .target(name: "CLAPACK"),
        .target(name: "CPython"),
        .target(
            name: "CRuntime",
            linkerSettings: [.linkedLibrary(":libgomp.so.1", .when(platforms: [.linux]))]),
        .target(name: "CKernels", linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]),
        .target(name: "CFFT", linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]),
        .target(
            name: "COneDNN", dependencies: ["CRuntime"],
            linkerSettings: [.linkedLibrary("dnnl")]),

        // The library, bottom to top.
        .target(name: "FirebrandTensor", dependencies: ["CRuntime", "CKernels", "CFFT", "COneDNN", "CLAPACK"]),
        .target(name: "FirebrandNN", dependencies: ["FirebrandTensor"]),
        .target(name: "FirebrandOptim", dependencies: ["FirebrandTensor", "FirebrandNN"]),
        .target(name: "FirebrandData", dependencies: ["FirebrandTensor", "FirebrandNN"]),
        .target(
            name: "FirebrandSerialization",
            dependencies: ["CZlib", "CFiles", "FirebrandTensor", "FirebrandNN", "FirebrandOptim", "FirebrandData"]),
        .target(
            name: "FirebrandVision",
            dependencies: [
                "CZlib", "CPNG", "CCurl", "CImageFiles", "CKernels",
                "FirebrandTensor", "FirebrandNN", "FirebrandData", "FirebrandSerialization",
            ],
            exclude: ["Resources/LICENSE-digits.md"],
            // Compiled in, so that a program finds them wherever it is moved to.
            resources: [
                .embedInCode("Resources/digits-images-idx3-ubyte.gz"),
                .embedInCode("Resources/digits-labels-idx1-ubyte.gz"),
                .embedInCode("Resources/imagenet-classes.txt"),
            ]),
        .target(
            name: "Firebrand",
            dependencies: [
                "FirebrandTensor", "FirebrandNN", "FirebrandOptim", "FirebrandData",
                "FirebrandSerialization", "FirebrandVision",
            ]),
        // NumPy, matplotlib and whatever else a Python has; not part of the umbrella.
        .target(name: "FirebrandPython", dependencies: ["CPython", "FirebrandTensor"]),
        // Apart, because the library it stands on brings Foundation with it, which every start of a program would pay for.
        .target(
            name: "FirebrandCSV",
            dependencies: [
                "FirebrandTensor", "FirebrandSerialization", .product(name: "SwiftCSV", package: "SwiftCSV"),
            ]),
        .target(
            name: "FirebrandReplay", dependencies: ["FirebrandTensor", "FirebrandNN", "FirebrandSerialization"]),
        .target(name: "FirebrandTutorial", dependencies: ["Firebrand"]),
        .executableTarget(name: "FirebrandBench", dependencies: ["Firebrand", "FirebrandTutorial"]),
        .executableTarget(
            name: "FirebrandCLI",
            dependencies: [
                "Firebrand", "FirebrandTensor", "FirebrandReplay", "FirebrandSerialization", "FirebrandTutorial",
                "FirebrandVision",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        // Damaged files through every reader, and saves to be killed.
        .executableTarget(
            name: "FirebrandFuzz",
            dependencies: [
                "CZlib", "FirebrandTensor", "FirebrandNN", "FirebrandData", "FirebrandOptim", "FirebrandSerialization",
                "FirebrandVision", "FirebrandCSV",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        // The chapters of the tutorial: `swift run 01-tensors`.
        .executableTarget(
            name: "01-tensors", dependencies: ["Firebrand", "FirebrandPython"], path: "Examples/01-tensors"),
        .executableTarget(name: "02-data", dependencies: ["Firebrand", "FirebrandCSV"], path: "Examples/02-data"),
        .executableTarget(name: "03-transforms", dependencies: ["Firebrand"], path: "Examples/03-transforms"),
        .executableTarget(name: "04-network", dependencies: ["Firebrand"], path: "Examples/04-network"),
        .executableTarget(name: "05-autograd", dependencies: ["Firebrand"], path: "Examples/05-autograd"),
        .executableTarget(name: "06-optimization", dependencies: ["Firebrand"], path: "Examples/06-optimization"),
        .executableTarget(name: "07-quickstart", dependencies: ["Firebrand"], path: "Examples/07-quickstart"),
        .executableTarget(name: "08-save-load", dependencies: ["Firebrand"], path: "Examples/08-save-load"),

        // Tests.
        .target(name: "FirebrandTestSupport", dependencies: ["CZlib", "FirebrandTensor"], path: "Tests/Support"),
        .testTarget(
            name: "FirebrandTensorTests",
            dependencies: ["CRuntime", "FirebrandTensor", "FirebrandReplay", "FirebrandTestSupport"],
            resources: [.copy("Fixtures")]),
        // What the whole table of operators is put through: replay, gradients, types.
        .testTarget(
            name: "OperatorTests",
            dependencies: ["FirebrandTensor", "FirebrandNN", "FirebrandReplay", "FirebrandTestSupport"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "FirebrandNNTests",
            dependencies: ["FirebrandTensor", "FirebrandNN", "FirebrandReplay", "FirebrandTestSupport"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "FirebrandOptimTests",
            dependencies: ["FirebrandTensor", "FirebrandNN", "FirebrandOptim", "FirebrandTestSupport"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "FirebrandDataTests",
            dependencies: ["FirebrandTensor", "FirebrandNN", "FirebrandData", "FirebrandTestSupport"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "FirebrandSerializationTests",
            dependencies: [
                "CZlib", "FirebrandTensor", "FirebrandNN", "FirebrandData", "FirebrandOptim", "FirebrandSerialization",
                "FirebrandTestSupport", "FirebrandFuzz",
            ],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "FirebrandVisionTests",
            dependencies: [
                "CZlib", "FirebrandTensor", "FirebrandNN", "FirebrandData", "FirebrandSerialization", "FirebrandVision",
                "FirebrandCSV", "FirebrandTestSupport",
            ],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "FirebrandPythonTests",
            dependencies: [
                "FirebrandTensor", "FirebrandNN", "FirebrandVision", "FirebrandPython", "FirebrandTestSupport",
            ]),
        .testTarget(
            name: "FirebrandCLITests",
            dependencies: ["Firebrand", "FirebrandTutorial", "FirebrandTestSupport", "FirebrandCLI"],
            resources: [.copy("Fixtures")]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu17
)
