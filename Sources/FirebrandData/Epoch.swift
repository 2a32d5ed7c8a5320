import FirebrandTensor

/// One epoch of a loader: what it is drawn from, and how far it is. The consumer's; what ``DataLoader/stateDict()`` saves.
final class Epoch {
    /// Which epoch of the loader it is, from 0.
    let number: Int
    /// Where its samples' random numbers come from.
    let draws: Draws
    /// The states of the loader's generators when the order was drawn; nil until then.
    var statesAtStart: [Tensor]?
    /// How many batches there are; nil until the order is drawn, and for iterable datasets.
    var length: Int?
    /// How many batches were handed out.
    var position = 0
    /// Where batches may overtake each other, the numbers of those that were handed out.
    var taken: Set<Int> = []
    /// Of iterable datasets, how many batches were handed out of each worker's, and whose turn it is.
    var takenOfWorkers: [Int] = []
    var turn = 0
    /// Whether the end was reached.
    var isFinished = false

    init(number: Int, draws: Draws) {
        self.number = number
        self.draws = draws
    }
}

/// The order of an epoch's samples, and its batches as ranges of it.
struct EpochOrder: Sendable {
    var indices: [Int] = []
    var batches: [Range<Int>] = []
}
