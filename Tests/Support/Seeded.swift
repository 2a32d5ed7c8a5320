import FirebrandTensor

/// Runs `body` with a default generator of its own that starts from `seed`: other tests draw from theirs at the same time.
public func seeded<Result>(_ seed: Int, _ body: () throws -> Result) rethrows -> Result {
    try LoadingScope(seed: seed).run(body)
}
