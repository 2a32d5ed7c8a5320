import FirebrandTensor

/// The failure that `body` ends in, or nil.
public func failure(_ body: () throws -> Void) -> OperatorError? {
    do {
        try recovering(body)
        return nil
    } catch {
        return error as? OperatorError
    }
}
