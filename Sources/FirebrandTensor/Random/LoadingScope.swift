import CRuntime

/// What a data loader is loading on a thread: which sample, and where its random numbers come from.
///
/// Inside ``run(_:)`` the default generator is this scope's. It starts from the seed last given, but only when something is
/// drawn: seeding takes longer than loading a small sample does.
package final class LoadingScope {
    /// The position of the sample being loaded; nil while a batch is put together.
    package var sample: Int?
    /// What the layer of data keeps here, such as which worker this is.
    package var context: (any Sendable)?
    private var seed: Int
    private var isSeeded = false
    private lazy var ownGenerator = Generator(seed: 0)

    package init(seed: Int = 0) { self.seed = seed }

    /// The scope the calling thread is in.
    package static var current: LoadingScope? {
        fb_thread().pointee.loadingScope.map { Unmanaged<LoadingScope>.fromOpaque($0).takeUnretainedValue() }
    }

    /// What is drawn next starts from this seed.
    package func restart(seed: Int, sample: Int?) {
        self.seed = seed
        self.sample = sample
        isSeeded = false
    }

    var generator: Generator {
        if !isSeeded {
            ownGenerator.manualSeed(seed)
            isSeeded = true
        }
        return ownGenerator
    }

    /// Runs `body` with this as the thread's scope. Scopes nest, as loaders inside datasets do.
    package func run<Result>(_ body: () throws -> Result) rethrows -> Result {
        let thread = fb_thread()!
        let outer = thread.pointee.loadingScope
        if context == nil { context = LoadingScope.current?.context }
        thread.pointee.loadingScope = Unmanaged.passUnretained(self).toOpaque()
        defer { thread.pointee.loadingScope = outer }
        return try withExtendedLifetime(self) { try body() }
    }
}
