import FirebrandTensor

/// Where the random numbers of an epoch's samples come from.
///
/// Each sample's start from a seed of its own, made of the epoch's and its place in the order, so they are the same whichever
/// worker loads it. Its place and not its position in the dataset, because a sampler with replacement visits some twice.
struct Draws: Sendable {
    /// What was drawn from the loader's generator, and how often the loader has started with it.
    let baseSeed: Int
    let epoch: Int
    /// Whether the base seed is that of all epochs, as it is with persistent workers.
    let isLasting: Bool

    /// Starts the `place`-th sample of the epoch, which is at `index` in the dataset.
    func begin(sample index: Int, place: Int) {
        LoadingScope.current?.restart(seed: seed(2 &* place), sample: index)
    }

    /// Starts what is done to a batch as a whole; `place` is that of its first sample.
    func begin(batchAt place: Int) {
        LoadingScope.current?.restart(seed: seed(2 &* place &+ 1), sample: nil)
    }

    /// What a worker starts from, as PyTorch counts; another one in later epochs of persistent workers.
    func workerSeed(_ worker: Int) -> Int { (isLasting && epoch > 0 ? seed(-1) : baseSeed) &+ worker }

    private func seed(_ number: Int) -> Int {
        let epochSeed = mix(mix(UInt64(bitPattern: Int64(baseSeed))) &+ UInt64(bitPattern: Int64(epoch)))
        return Int(Int64(bitPattern: mix(epochSeed &+ UInt64(bitPattern: Int64(number)))))
    }

    // SplitMix64's step: seeds next to each other become ones that have nothing in common, in the lower half too, which is
    // all that mt19937 is seeded with. (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014.)
    private func mix(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
