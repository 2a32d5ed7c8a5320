import FirebrandTensor

/// Batches of a dataset's samples, in order or shuffled, prefetched by worker threads if wanted.
///
/// ```swift
/// let loader = DataLoader(trainingData, batchSize: 64, shuffle: true, numWorkers: 2)
/// for (x, y) in loader { … }
/// ```
/// Batches come in the same order with the same values whatever the number of workers, random transforms included: what a
/// dataset draws from the default generator is drawn anew for each sample and epoch. In a plain `for`, a sample that fails to
/// load is treated as misuse of an operator; `for try await` throws it. PyTorch: `torch.utils.data.DataLoader`.
public final class DataLoader<Data: SampleSource, Batch>: Sequence {
    /// The dataset.
    public let dataset: Data
    /// Samples in a batch; nil where a batch sampler decides, and where samples are handed out by themselves.
    public let batchSize: Int?
    /// How many threads make batches ahead.
    public let numWorkers: Int
    let settings: LoaderSettings
    let feed: Feed<Batch>
    private var lastingTeam: WorkerTeam?
    // What state dictionaries are made of.
    var epochCount = 0
    var current: Epoch?
    var resumption: Resumption?
    var lastingSeed: Int?

    init(
        _ dataset: Data, _ settings: LoaderSettings, whole: Bool,
        collate: @escaping @Sendable ([Data.Sample]) throws -> Batch
    ) {
        self.dataset = dataset
        self.settings = settings
        batchSize = settings.batchSampler == nil ? settings.batchSize : nil
        numWorkers = Swift.max(settings.numWorkers, 0)
        let stream = dataset as? any IterableDataset<Data.Sample>
        if let stream {
            feed = Loading.streamed(stream, settings.step, settings.dropLast, collate: collate)
        } else if let positions = dataset as? any Dataset<Data.Sample> {
            feed = Loading.indexed(positions, whole: whole, collate: collate)
        } else {
            feed = .indexed { _, _ in try collate([]) }
        }
        guarded("DataLoader", [], orElse: ()) { () throws(Misuse) in
            guard dataset is any Dataset || stream != nil else {
                throw Misuse("\(Data.self) is neither a Dataset nor an IterableDataset")
            }
            try settings.check(isIterable: stream != nil)
        }
    }

    // MARK: Size

    /// The number of batches in an epoch. PyTorch: `len(loader)`.
    ///
    /// Of an ``IterableDataset``, what follows from its own `count`, which says nothing about how workers divide it; misuse
    /// where it has none.
    public var count: Int {
        if case .streamed = feed {
            return guarded("DataLoader", [], orElse: 0) { () throws(Misuse) in
                guard let count = (dataset as? any IterableDataset)?.count else {
                    throw Misuse("object of type '\(Data.self)' has no len()")
                }
                return batchCount(count, settings.step, settings.dropLast)
            }
        }
        if let sampler = settings.batchSampler { return sampler.count }
        return batchCount(settings.sampler?.count ?? sampleCount, settings.step, settings.dropLast)
    }

    private var sampleCount: Int { (dataset as? any Dataset)?.count ?? 0 }

    // MARK: Epochs

    /// Starts an epoch.
    public func makeIterator() -> LoaderIterator<Batch> { LoaderIterator(source: startEpoch()) }

    /// Starts an epoch whose failures throw: `for try await batch in loader`.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source: startEpoch()) }

    private func startEpoch() -> any BatchSource<Batch> {
        if hasFailed { return EmptySource() }
        let resumed = resumption
        resumption = nil
        let epoch = resumed?.epoch ?? newEpoch()
        epochCount = epoch.number + 1
        current = epoch
        let plan = { self.plan(epoch, resumed) }
        guard numWorkers > 0 else {
            // PyTorch draws the order when the first batch is asked for.
            switch feed {
            case .indexed(let fetch): return InlineSource(epoch, plan: plan, fetch: fetch)
            case .streamed(let open): return InlineStream(epoch, open: open)
            }
        }
        let ahead = Swift.max(settings.prefetchFactor ?? 2, 1)
        switch feed {
        case .indexed(let fetch):
            let order = plan()
            let team = team(epoch, atMost: order.batches.count)
            // Where no thread could be started, or none is needed, batches are made here.
            if team.count == 0 { return InlineSource(epoch, plan: { order }, fetch: fetch) }
            return source(
                epoch, team,
                IndexedQueue(epoch, order, ahead: ahead * numWorkers, keepsOrder: settings.inOrder, fetch: fetch))
        case .streamed(let open):
            let team = team(epoch, atMost: numWorkers)
            // A part of the samples would be missing.
            guard team.count == numWorkers else {
                return FailingSource(
                    FirebrandError(
                        .unavailable, "only \(team.count) of \(numWorkers) worker threads could be started",
                        remedy: "use fewer workers"))
            }
            return source(
                epoch, team,
                StreamQueue(epoch, workers: numWorkers, ahead: ahead, keepsOrder: settings.inOrder, open: open))
        }
    }

    private func newEpoch() -> Epoch {
        // PyTorch draws a seed for its workers at this point, used or not: it moves the stream along. Workers that last
        // keep theirs.
        let seed = lastingSeed ?? drawSeed(settings.generator)
        if settings.persistentWorkers { lastingSeed = seed }
        return Epoch(
            number: epochCount,
            draws: Draws(baseSeed: seed, epoch: epochCount, isLasting: settings.persistentWorkers))
    }

    private func source(
        _ epoch: Epoch, _ team: WorkerTeam, _ queue: any BatchQueue<Batch>
    ) -> any BatchSource<Batch> {
        ThreadedSource(epoch, team, endsTeam: team !== lastingTeam, timeout: settings.timeout, queue)
    }

    /// The order of an epoch, drawn from where the generators are; of a resumed one, from where they were.
    private func plan(_ epoch: Epoch, _ resumed: Resumption?) -> EpochOrder {
        let generators = generators
        let states = generators.map { $0.getState() }
        if let earlier = resumed?.epoch.statesAtStart {
            for (generator, state) in zip(generators, earlier) { generator.setState(state) }
        } else {
            epoch.statesAtStart = states
        }
        let order = drawOrder()
        if resumed?.epoch.statesAtStart != nil {
            for (generator, state) in zip(generators, states) { generator.setState(state) }
        }
        epoch.length = order.batches.count
        return order
    }

    private func drawOrder() -> EpochOrder {
        if let sampler = settings.batchSampler {
            var order = EpochOrder()
            for batch in sampler.batches() {
                order.batches.append(order.indices.count..<order.indices.count + batch.count)
                order.indices += batch
            }
            return order
        }
        let sampler =
            settings.sampler
            ?? (settings.shuffle
                ? RandomSampler(sampleCount, generator: settings.generator) : SequentialSampler(sampleCount))
        let indices = sampler.indices()
        return EpochOrder(indices: indices, batches: cut(indices.count, settings.step, settings.dropLast))
    }

    /// All that orders and seeds are drawn from, each once.
    var generators: [Generator] {
        let all =
            [settings.generator ?? .default] + (settings.sampler?.generators ?? settings.batchSampler?.generators ?? [])
        var seen: Set<ObjectIdentifier> = []
        return all.filter { seen.insert(ObjectIdentifier($0)).inserted }
    }

    // MARK: Workers

    private func team(_ epoch: Epoch, atMost limit: Int) -> WorkerTeam {
        let setUp = setUp(epoch)
        guard settings.persistentWorkers else { return WorkerTeam(Swift.min(numWorkers, limit), setUp: setUp) }
        guard let team = lastingTeam, team.count > 0 else {
            let team = WorkerTeam(numWorkers, setUp: setUp)
            lastingTeam = team
            return team
        }
        // While an earlier epoch is not over, this one has threads of its own.
        return team.isBusy ? WorkerTeam(numWorkers, setUp: setUp) : team
    }

    private func setUp(_ epoch: Epoch) -> @Sendable (Int) throws -> Void {
        let (workers, workerInit, dataset) = (numWorkers, settings.workerInit, dataset)
        let base = epoch.draws.baseSeed
        return { worker in
            let info = WorkerInfo(id: worker, numWorkers: workers, seed: base &+ worker, dataset: dataset)
            LoadingScope.current?.context = info
            LoadingScope.current?.restart(seed: info.seed, sample: nil)
            try workerInit?(worker)
        }
    }
}

extension DataLoader: AsyncSequence {
    /// One epoch's batches, with errors thrown.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let source: any BatchSource<Batch>

        /// The next batch; nil at the end. Throws what went wrong, misuse of an operator while loading included.
        public mutating func next() async throws -> Batch? { try await next(isolation: #isolation) }

        /// The same, for a caller on an actor.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> Batch? {
            if hasFailed { return nil }
            await source.untilReady(isolation: actor)
            return try recovering { try source.next() }
        }
    }
}

/// One epoch's batches.
public struct LoaderIterator<Batch>: IteratorProtocol {
    let source: any BatchSource<Batch>

    /// The next batch; nil at the end. A sample that fails to load is misuse.
    public mutating func next() -> Batch? {
        if hasFailed { return nil }
        do {
            let batch = try source.next()
            return hasFailed ? nil : batch
        } catch let error as OperatorError {
            report(error)
            return nil
        } catch {
            report(Misuse("\(error)"), "DataLoader", [])
            return nil
        }
    }
}
