import FirebrandNN
import FirebrandSerialization
import FirebrandTensor
import FirebrandTestSupport
import Testing

/// Whole models whose attributes somebody changed: an error or a model, never a crash or endless memory.
@Suite("Hostile whole models") struct HostileModelTests {
    private static let numbers: [PickleValue] = [
        .int(0), .int(-1), .int(1 << 30), .int(1 << 39), .int(.max), .double(.nan), .none, .string("same"),
    ]

    @Test("Every number of every layer, replaced by others", arguments: ["layers", "recurrent"])
    func numbers(_ name: String) throws {
        let folder = try TemporaryFolder()
        let layers = try load(fixture("models/\(name).pth"), as: ModuleList<ModuleBase>.self)
        var outcomes = (models: 0, errors: 0)
        for layer in layers {
            try save(layer, to: folder.file("layer.pth"))
            let source = try openTorchFile(MappedFile(folder.file("layer.pth"))) { _ in true }
            var document = try source.document()
            // Of the largest layers some: they are made of the others.
            let places = numberPlaces(document)
            for (node, item) in places.enumerated().filter({ $0.offset % (1 + places.count / 32) == 0 }).map(\.element)
            {
                let old = document.nodes[node].items[item]
                for value in Self.numbers where value != old {
                    document.nodes[node].items[item] = value
                    var decoder = ValueDecoder(source, document)
                    do {
                        _ = try decoder.decode()
                        outcomes.models += 1
                    } catch is FirebrandError {
                        outcomes.errors += 1
                    }
                }
                document.nodes[node].items[item] = old
            }
        }
        #expect(outcomes.models > 50 && outcomes.errors > 300, "\(outcomes)")
    }

    /// Numbers and texts below a module, but for those that describe tensors.
    private func numberPlaces(_ document: PickleDocument) -> [(node: Int, item: Int)] {
        var result: [(Int, Int)] = []
        var seen = Set<Int>()
        func visit(_ value: PickleValue) {
            guard case .node(let index) = value, seen.insert(index).inserted else { return }
            let node = document.nodes[index]
            if node.kind == .object {
                if let state = node.state { visit(state) }
                return
            }
            for (position, item) in node.items.enumerated() {
                let isKey = node.kind == .dictionary && position.isMultiple(of: 2)
                switch item {
                case .int, .double, .bool, .none: if !isKey { result.append((index, position)) }
                default: visit(item)
                }
            }
        }
        visit(document.root)
        return result
    }

    @Test("Modules within themselves and modules that are no modules are refused")
    func cycles() throws {
        let path = try fixture("models/tied.pth")
        let source = try openTorchFile(MappedFile(path)) { _ in true }
        var document = try source.document()
        guard case .node(let root) = document.root, case .node(let state)? = document.nodes[root].state,
            let position = document.nodes[state].items.firstIndex(of: .string("_modules")),
            case .node(let modules) = document.nodes[state].items[position + 1]
        else {
            Issue.record("not a Sequential")
            return
        }
        for value in [document.root, .int(1), .none, .node(state)] {
            document.nodes[modules].items[1] = value
            var decoder = ValueDecoder(source, document)
            #expect(throws: FirebrandError.self) { try decoder.decode() }
        }
    }
}
