import FirebrandNN
import FirebrandTensor

/// The epoch that a loaded state goes on with.
struct Resumption {
    let epoch: Epoch
}

extension DataLoader {
    /// Where the loader is: the epoch, how many of its batches were handed out, and the states of the generators it draws from.
    ///
    /// Taken inside the loop, it counts the batch that the body has, and not those prefetched. It speaks of the epoch started
    /// last. The default generator's state is part of it, unless the loader has its own.
    /// ```swift
    /// for (step, batch) in loader.enumerated() {
    ///     …
    ///     if step % 1000 == 0 { try save(loader.stateDict(), to: "loader.pth") }
    /// }
    /// ```
    /// torchdata: `StatefulDataLoader.state_dict`.
    public func stateDict() -> StateDict {
        let running = current.flatMap { $0.isFinished ? nil : $0 }
        var state = StateDict()
        state["epoch"] = number(running?.number ?? epochCount)
        state["generators"] = stack(generators.map { $0.getState() })
        if let seed = running?.draws.baseSeed ?? lastingSeed { state["base_seed"] = number(seed) }
        guard let running else { return state }
        state["position"] = number(running.position)
        if let length = running.length { state["length"] = number(length) }
        if let states = running.statesAtStart { state["generators_at_start"] = stack(states) }
        if !running.taken.isEmpty { state["taken"] = numbers(running.taken.sorted()) }
        if !running.takenOfWorkers.isEmpty {
            state["taken_of_workers"] = numbers(running.takenOfWorkers)
            state["turn"] = number(running.turn)
        }
        return state
    }

    /// Goes on from a state: the next epoch started is the rest of that one, and everything after follows as it would have.
    ///
    /// Order and random transforms are those of the uninterrupted loader; the number of workers may differ, except for an
    /// ``IterableDataset``, whose samples they divide. What an iterable dataset gave before is read again and passed over. Sets
    /// the generators, the default one included unless the loader has its own, to where they were.
    /// - Throws: ``FirebrandError`` if the state is not this loader's; nothing was changed then.
    ///
    /// torchdata: `StatefulDataLoader.load_state_dict`.
    public func loadStateDict(_ state: StateDict) throws {
        let saved = SavedState(state)
        let (number, generators) = (try saved.number("epoch"), generators)
        let states = try saved.generatorStates("generators", generators.count)
        var epoch: Epoch?
        if saved.has("position") {
            let draws = Draws(
                baseSeed: try saved.number("base_seed"), epoch: number, isLasting: settings.persistentWorkers)
            let running = Epoch(number: number, draws: draws)
            running.position = try saved.number("position")
            if saved.has("generators_at_start") {
                running.statesAtStart = try saved.generatorStates("generators_at_start", generators.count)
            }
            try loadPlaces(saved, running)
            epoch = running
        }
        let seed = saved.has("base_seed") ? try saved.number("base_seed") : nil
        for (generator, state) in zip(generators, states) { generator.setState(state) }
        if settings.persistentWorkers { lastingSeed = seed }
        epochCount = number
        current = epoch
        resumption = epoch.map(Resumption.init)
    }

    private func loadPlaces(_ saved: SavedState, _ epoch: Epoch) throws {
        guard case .indexed = feed else {
            epoch.takenOfWorkers = try saved.numbers("taken_of_workers")
            epoch.turn = try saved.number("turn")
            let workers = Swift.max(numWorkers, 1)
            guard epoch.takenOfWorkers.count == workers || epoch.takenOfWorkers.isEmpty, epoch.turn >= 0,
                epoch.takenOfWorkers.allSatisfy({ $0 >= 0 })
            else { throw saved.misfit("it is of \(epoch.takenOfWorkers.count) workers, and the loader has \(workers)") }
            epoch.turn %= workers
            return
        }
        if saved.has("taken") { epoch.taken = Set(try saved.numbers("taken")) }
        let length = saved.has("length") ? try saved.number("length") : count
        guard length == count, 0...length ~= epoch.position else {
            throw saved.misfit("it is at batch \(epoch.position) of \(length), and an epoch has \(count) batches here")
        }
        epoch.length = length
    }
}

private func number(_ value: Int) -> Tensor { Tensor(elements: [value], shape: []) }
private func numbers(_ values: [Int]) -> Tensor { Tensor(elements: values, shape: [values.count]) }

/// A loader's state, read with every value checked.
private struct SavedState {
    private let state: StateDict

    init(_ state: StateDict) { self.state = state }

    func misfit(_ reason: String) -> FirebrandError {
        FirebrandError(.stateMismatch, "the state does not fit the DataLoader: \(reason)")
    }

    func has(_ key: String) -> Bool { state[key] != nil }

    func numbers(_ key: String) throws -> [Int] {
        guard let tensor = state[key] else { throw misfit("it has no \"\(key)\"") }
        guard tensor.dtype == .int64, tensor.dim <= 1 else { throw misfit("\"\(key)\" is \(tensor.signature)") }
        return tensor.toArray()
    }

    func number(_ key: String) throws -> Int {
        let values = try numbers(key)
        guard let value = values.first, values.count == 1 else { throw misfit("\"\(key)\" has \(values.count) values") }
        return value
    }

    /// The states of so many generators, each tried on one that nobody uses.
    func generatorStates(_ key: String, _ count: Int) throws -> [Tensor] {
        guard let tensor = state[key] else { throw misfit("it has no \"\(key)\"") }
        guard tensor.dim == 2, tensor.shape[0] == count else {
            throw misfit("\"\(key)\" is \(tensor.signature), and the loader has \(count) generators")
        }
        let states = (0..<count).map { tensor.select(0, $0).clone() }
        do { try recovering { for state in states { Generator().setState(state) } } } catch {
            throw misfit("\"\(key)\": \(error)")
        }
        return states
    }
}
