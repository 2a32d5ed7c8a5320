import FirebrandTensor

/// What is in a file, as a tree of names: read from its headers, without the tensors' elements.
package struct FileTree: Sendable {
    /// A line of the tree.
    package struct Node: Sendable {
        package var name: String
        /// What a value is or says, where it is no tensor.
        package var text = ""
        package var tensor: TensorSummary?
        package var children: [Node] = []

        package init(_ name: String, _ text: String = "", tensor: TensorSummary? = nil, children: [Node] = []) {
            self.name = name
            self.text = text
            self.tensor = tensor
            self.children = children
        }
    }

    /// A tensor as its file describes it.
    package struct TensorSummary: Sendable {
        package var dtype: String
        package var shape: [Int]
        /// Bytes of its elements, were they written out.
        package var byteCount: Int
        /// What it is a view of, if the file says so.
        package var storage: String?
    }

    package var format: FileFormat
    package var fileSize: Int
    package var nodes: [Node]
    /// Tensors, each counted once however often it is named.
    package var tensorCount = 0
    package var elementCount = 0
    /// The bytes that hold them in the file.
    package var byteCount = 0

    /// Reads the headers of a file.
    package init(_ path: String) throws {
        let file = try MappedFile(path)
        format = try FileFormat(of: file)
        fileSize = file.bytes.count
        nodes = []
        switch format {
        case .torch, .legacyTorch:
            // Nothing that a pickle names is run, so here any name may be shown.
            let source = try openTorchFile(file, isAllowed: { _ in true })
            var reader = PickleTree(source, try source.document())
            nodes = reader.readRoot()
            (tensorCount, elementCount, byteCount) = (reader.tensorCount, reader.elementCount, reader.byteCount)
        case .safetensors:
            let opened = try SafetensorsFile(file.bytes, path: path, owner: file)
            add(opened, name: nil)
        case .safetensorsIndex:
            let index = try SafetensorsIndex(file.bytes, path: path)
            for name in index.fileNames {
                let opened = try SafetensorsFile(index.path(of: name))
                add(opened, name: name)
            }
        case .npy:
            let array = try NumPyArray(file.bytes, path: path)
            add(array, name: "array")
        case .npz:
            for (name, array, _) in try NumPyArchive(file.bytes, path: path, owner: file).summaries() {
                add(array, name: name)
            }
        }
    }

    private mutating func add(_ file: SafetensorsFile, name: String?) {
        var tensors: [(String, Node)] = []
        for (name, type, shape, byteCount) in file.summaries {
            let dtype = SafetensorsFile.types[type]?.description ?? type
            count(shape, byteCount)
            tensors.append((name, Node("", tensor: TensorSummary(dtype: dtype, shape: shape, byteCount: byteCount))))
        }
        var children = Node.tree(tensors)
        if !file.metadata.isEmpty {
            let texts = file.metadata.sorted { $0.key < $1.key }.map { Node($0.key, jsonQuoted($0.value)) }
            children.insert(Node("__metadata__", children: texts), at: 0)
        }
        if let name { nodes.append(Node(name, children: children)) } else { nodes += children }
    }

    private mutating func add(_ array: NumPyArray, name: String) {
        let byteCount = array.shape.reduce(array.dtype?.itemSize ?? 0, *)
        count(array.shape, byteCount)
        let summary = TensorSummary(
            dtype: array.dtype?.description ?? array.type, shape: array.shape, byteCount: byteCount)
        nodes.append(Node(name, tensor: summary))
    }

    private mutating func count(_ shape: [Int], _ bytes: Int) {
        tensorCount += 1
        elementCount = elementCount.saturatingSum(shape.reduce(1, *))
        byteCount = byteCount.saturatingSum(bytes)
    }
}

extension Int {
    /// The sum, or the largest number where the files claim more.
    func saturatingSum(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}

extension FileTree.Node {
    /// Names with dots as the tree of modules that they come from; nodes of one parent stay in order.
    static func tree(_ entries: [(name: String, node: FileTree.Node)]) -> [FileTree.Node] {
        var root = FileTree.Node("")
        for (name, node) in entries {
            let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            // A name that is no path, or one too long to be, stays as it is.
            let isPath = !parts.contains("") && parts.count <= 32
            root.insert(node, at: isPath ? parts[...] : [name])
        }
        return root.children
    }

    private mutating func insert(_ node: FileTree.Node, at path: ArraySlice<String>) {
        guard let first = path.first else { return }
        guard path.count > 1 else {
            var node = node
            node.name = first
            children.append(node)
            return
        }
        // Only the last child can be continued, so that the order of the file stays.
        if children.last?.name != first || children.last?.tensor != nil { children.append(FileTree.Node(first)) }
        children[children.count - 1].insert(node, at: path.dropFirst())
    }
}
