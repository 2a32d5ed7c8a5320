import FirebrandTensor

extension GroupedOptimizer {
    func packedState() -> OptimizerState {
        var result = OptimizerState(state: packAll(), groups: [])
        var position = 0
        for (index, group) in groups.enumerated() {
            var fields = settings(ofGroup: index)
            fields["params"] = .list(group.parameters.indices.map { .int(position + $0) })
            result.groups.append(fields)
            position += group.parameters.count
        }
        return result
    }

    func load(_ saved: OptimizerState) throws {
        guard saved.groups.count == groups.count else {
            throw OptimizerState.mismatch("loaded state dict has a different number of parameter groups")
        }
        // Settled in full before anything changes.
        var loadedGroups = groups
        // The numbers in the file are only names; ours count the parameters in the order of the groups.
        var positions: [Int: Int] = [:]
        for (index, fields) in saved.groups.enumerated() {
            let numbers = fields["params"]?.elements?.compactMap(\.integer) ?? []
            guard numbers.count == groups[index].parameters.count else {
                throw OptimizerState.mismatch(
                    "loaded state dict contains a parameter group that doesn't match the size of optimizer's group")
            }
            for number in numbers { positions[number] = positions.count }
            try GroupedOptimizer.assign(fields, to: &loadedGroups[index])
        }
        guard positions.count == groups.reduce(0, { $0 + $1.parameters.count }) else {
            throw OptimizerState.mismatch("a parameter is in two groups")
        }
        try unpackAll(saved.state.compactMap { entry in positions[entry.parameter].map { ($0, entry.fields) } })
        groups = loadedGroups
    }

    private static func assign(_ fields: StateFields, to group: inout ParameterGroup<Options>) throws {
        group.extras = StateFields()
        for (name, value) in fields where name != "params" {
            if name == "param_names" {
                group.names = value.elements?.compactMap(\.text) ?? group.names
            } else if let setting = Options.settings.first(where: { $0.name == name }) {
                guard setting.set(&group.options, value) else {
                    throw OptimizerState.mismatch("the setting '\(name)' cannot be \(value.pythonText)")
                }
                if setting.isUnused { group.extras[name] = value }
            } else {
                group.extras[name] = value
            }
        }
    }
}

extension GroupedOptimizer {
    /// A parameter's state by PyTorch's names.
    static func packed(_ state: ParameterState, _ fields: [StateField]) -> StateFields {
        var result = StateFields()
        var (tensors, numbers) = (state.tensors[...], state.numbers[...])
        guard tensors.contains(where: { $0 != nil }) else { return result }
        for field in fields {
            switch field {
            case .step: result["step"] = .tensor(scalar(state.step))
            case .number(let name):
                if let number = numbers.removeFirst() { result[name] = .tensor(scalar(number)) }
            case .tensor(let name):
                if let tensor = tensors.removeFirst() { result[name] = .tensor(tensor) }
            }
        }
        return result
    }

    static func scalar(_ number: Double) -> Tensor { Tensor(elements: [number], shape: []).to(.float32) }

    /// The state that fields by PyTorch's names describe.
    func unpacked(_ fields: StateFields, _ position: Int, _ parameter: Tensor) throws -> ParameterState {
        let result = ParameterState(parameter, Self.stateFields)
        var (tensorIndex, numberIndex) = (0, 0)
        func problem(_ name: String) -> FirebrandError {
            OptimizerState.mismatch("'\(name)' of parameter \(position) is of the wrong kind")
        }
        for field in Self.stateFields {
            let value = fields[field.name]
            switch field {
            case .step:
                guard let step = value?.number else { throw problem("step") }
                result.step = step
            case .number(let name):
                guard let number = value?.number else { throw problem(name) }
                result.numbers[numberIndex] = number
                numberIndex += 1
            case .tensor(let name):
                switch value {
                case nil, .some(.none): break
                case .tensor(let tensor)?:
                    let shape = shape(ofState: tensorIndex, parameter)
                    guard tensor.shape == shape else {
                        throw OptimizerState.mismatch(
                            "'\(name)' of parameter \(position) has the shape \(tensor.shape.list), not \(shape.list)")
                    }
                    result.tensors[tensorIndex] = noGrad {
                        tensor.detach().to(parameter.device, parameter.dtype).clone()
                    }
                default: throw problem(name)
                }
                tensorIndex += 1
            }
        }
        return result
    }
}
