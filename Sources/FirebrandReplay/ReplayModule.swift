import FirebrandNN
import FirebrandSerialization
import FirebrandTensor

extension Replay {
    /// Makes the module of a case, loads its state, calls it, and compares results, gradients and changed buffers.
    func runModule(_ construction: ReplayCase.Construction, _ run: ReplayCase, in file: ReplayFile) -> Outcome {
        guard let row = moduleTable.find(run.name) else { return .unsupported("no module \(run.name)") }
        do {
            let inputs = try ReplayInputs(file, run, recordsGradients: true)
            var module = try row(
                try construction.arguments.map { try ReplayInputs.value($0, inputs.tensors) },
                try construction.named.mapValues { try ReplayInputs.value($0, inputs.tensors) })
            let state = try construction.state.sorted { $0.key < $1.key }.map {
                ($0.key, try file.tensor(run, $0.value))
            }
            try module.loadStateDict(StateDict(state))
            module.train(construction.isTraining)
            if let modelFile {
                try save(module, to: modelFile)
                module = try load(modelFile, as: ModuleBase.self)
            }
            // A lazy layer that has its shapes comes back as the layer it became.
            let caller = modelFile == nil ? row : moduleTable.find("nn.\(module.typeName)") ?? row
            let result = try caller.call(module, inputs.positional, inputs.named)
            if let difference = try compare(result, run.outputs, file, run) { return .failed(difference) }
            let parameters = Dictionary(module.namedParameters().map { ($0.name, $0.parameter) }) { first, _ in first }
            if !run.cotangents.isEmpty,
                let difference = try compareGradients(
                    result, file, run, leaf: { inputs.tensors[$0] ?? parameters[$0] })
            {
                return .failed(difference)
            }
            let after = module.stateDict()
            for (key, name) in construction.stateAfter.sorted(by: { $0.key < $1.key }) {
                guard let tensor = after[key] else { return .failed("there is no \(key) in the state") }
                if let difference = try compare(tensor, name, file, run) {
                    return .failed("\(key) afterwards: \(difference)")
                }
            }
            return .passed
        } catch let error as ReplayInputs.Unsupported {
            return .unsupported(error.description)
        } catch {
            return .failed("\(error)")
        }
    }
}
