import FirebrandTensor

/// A sample that could not be loaded.
public struct SampleError: Error, CustomStringConvertible {
    /// Its position in the dataset; of an ``IterableDataset``, how many samples came before it on its worker.
    public let index: Int
    /// What went wrong.
    public let underlying: any Error
    /// The position and the reason.
    public var description: String { "sample \(index) failed to load: \(underlying)" }
}

/// How batches are made, by the kind of dataset.
enum Feed<Batch>: Sendable {
    /// From positions: a part of the epoch's order, whose own indices are the samples' places in it.
    case indexed(@Sendable (ArraySlice<Int>, Draws) throws -> Batch)
    /// From an iterator. Called on the thread that uses it.
    case streamed(@Sendable (Draws) throws -> BatchStream<Batch>)
}

enum Loading {
    /// Loads samples one by one and collates them, unless the dataset can make the whole batch at once.
    static func indexed<Data: Dataset, Batch>(
        _ dataset: Data, whole: Bool, collate: @escaping @Sendable ([Data.Sample]) throws -> Batch
    ) -> Feed<Batch> {
        .indexed { indices, draws in
            if whole {
                draws.begin(batchAt: indices.startIndex)
                if let batch: Batch = try wholeBatch(dataset, indices) { return batch }
            }
            var samples: [Data.Sample] = []
            samples.reserveCapacity(indices.count)
            for place in indices.indices {
                let index = indices[place]
                draws.begin(sample: index, place: place)
                do { samples.append(try dataset[index]) } catch { throw SampleError(index: index, underlying: error) }
            }
            draws.begin(batchAt: indices.startIndex)
            return try collate(samples)
        }
    }

    static func streamed<Data: IterableDataset, Batch>(
        _ dataset: Data, _ batchSize: Int, _ dropLast: Bool,
        collate: @escaping @Sendable ([Data.Sample]) throws -> Batch
    ) -> Feed<Batch> {
        .streamed { draws in
            // What iterating draws goes on from sample to sample, from the worker's seed as PyTorch's does.
            let worker = getWorkerInfo()?.id ?? 0
            let scope = LoadingScope(seed: draws.workerSeed(worker))
            var place = 0
            var iterator: SampleIterator<Data.Sample>
            do { iterator = try scope.run { try dataset.makeIterator() } } catch {
                throw SampleError(index: 0, underlying: error)
            }
            func sample() throws -> Data.Sample? {
                scope.sample = place
                do {
                    let sample = try scope.run { try iterator.next() }
                    place += 1
                    return sample
                } catch { throw SampleError(index: place, underlying: error) }
            }
            return BatchStream {
                var samples: [Data.Sample] = []
                let first = place
                while samples.count < batchSize, let next = try sample() { samples.append(next) }
                if samples.isEmpty || dropLast && samples.count < batchSize { return nil }
                // Batches of different workers draw different numbers.
                draws.begin(batchAt: first &+ worker << 32)
                return try collate(samples)
            } skip: { batches in
                for _ in 0..<batches * batchSize {
                    guard try sample() != nil else { return }
                }
            }
        }
    }

    /// The batch from a dataset that can make it at once.
    static func wholeBatch<Batch>(_ dataset: some Dataset, _ indices: ArraySlice<Int>) throws -> Batch? {
        guard let batched = dataset as? any BatchedDataset else { return nil }
        return try batched.batch(at: indices) as? Batch
    }
}

/// The batches of an ``IterableDataset``, on one thread.
struct BatchStream<Batch> {
    /// The next batch; nil at the end.
    let next: () throws -> Batch?
    /// Passes over batches that were handed out before.
    let skip: (Int) throws -> Void
}
