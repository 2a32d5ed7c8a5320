import FirebrandData
import FirebrandTensor
import FirebrandTestSupport
import Foundation
import Testing

/// A dataset whose samples a function makes.
struct Samples<Sample>: Dataset {
    let count: Int
    let make: @Sendable (Int) throws -> Sample

    init(_ count: Int, _ make: @escaping @Sendable (Int) throws -> Sample) {
        self.count = count
        self.make = make
    }

    subscript(index: Int) -> Sample { get throws { try make(index) } }
}

/// The numbers below `end`, one after the other; split among workers if wanted.
struct Counter: IterableDataset {
    let end: Int
    var split = false
    var count: Int? { end }

    func makeIterator() -> SampleIterator<Int> {
        SampleIterator(split ? getWorkerInfo()?.share(of: 0..<end) ?? 0..<end : 0..<end)
    }
}

/// The threads of this program. Those of other tests come and go.
func threadCount() -> Int { (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count) ?? 0 }

/// The numbers 0, 1, 2, … as the fixtures' orders are over.
func numbers(_ count: Int) -> Samples<Int> { Samples(count) { $0 } }

/// What a sample of a test fails with.
struct Broken: Error, CustomStringConvertible {
    let description = "the file is torn"
}

extension DataLoader where Batch == Tensor {
    /// The batches of one epoch as plain numbers.
    var batches: [[Int]] { map { $0.toArray() } }
}
