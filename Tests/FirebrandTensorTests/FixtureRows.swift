import FirebrandTensor
import FirebrandTestSupport

extension Row {
    /// The rows of one list in a fixture of this target.
    static func all(_ list: String, of fixture: String) -> [Row] { all(list, of: fixture, in: .module) }
}

extension OperatorTable {
    /// The operators of the layer under test.
    static let ofTensors = OperatorTable(tensorOperators)
}
