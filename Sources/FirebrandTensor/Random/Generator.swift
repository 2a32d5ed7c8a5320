import CKernels

/// A source of random numbers: PyTorch's CPU generator, bit for bit (mt19937).
///
/// ```swift
/// let generator = Generator(seed: 42)
/// Tensor.rand(3, generator: generator)
/// ```
/// PyTorch: `torch.Generator`.
public final class Generator: @unchecked Sendable {
    private var engine = fb_mt19937()
    // The second number of a Box-Muller pair, kept for the next draw. PyTorch keeps one per precision.
    private var nextGaussian: Double?
    // A lock of pthread's, which the thread sanitizer knows.
    private let lock = RecursiveLock()

    /// A generator that starts from `seed`. PyTorch's own default is 67280421310721.
    public init(seed: Int = 67_280_421_310_721) { manualSeed(seed) }

    /// The generator operators use where none is given; differs from run to run until ``manualSeed(_:)`` is called.
    ///
    /// While a data loader loads a sample it is that sample's own, so that what is drawn does not depend on the workers.
    public static var `default`: Generator { LoadingScope.current?.generator ?? shared }
    private static let shared = Generator(seed: Int.random(in: 0 ... .max))

    /// Starts again from `seed`. PyTorch: `Generator.manual_seed`.
    @discardableResult
    public func manualSeed(_ seed: Int) -> Generator {
        lock.withLock {
            fb_mt19937_seed(&engine, UInt64(bitPattern: Int64(seed)))
            nextGaussian = nil
        }
        return self
    }

    /// The seed it was started from. PyTorch: `Generator.initial_seed`.
    public func initialSeed() -> Int { Int(bitPattern: UInt(engine.seed)) }

    /// 32 random bits.
    package func random() -> UInt32 { lock.withLock { fb_mt19937_next(&engine) } }

    /// 64 random bits.
    package func random64() -> UInt64 { lock.withLock { fb_mt19937_next64(&engine) } }

    func withEngine<Result>(_ body: (inout fb_mt19937) -> Result) -> Result {
        lock.withLock { body(&engine) }
    }

    var snapshot: (engine: fb_mt19937, gaussian: Double?) { lock.withLock { (engine, nextGaussian) } }

    func restore(_ engine: fb_mt19937, _ gaussian: Double?) {
        lock.withLock {
            self.engine = engine
            nextGaussian = gaussian
        }
    }

    /// One draw of the normal distribution in double precision, by Box and Muller's transform of two uniforms. The last
    /// step is fused, as it is in PyTorch's build.
    func gaussian(mean: Double, std: Double) -> Double {
        lock.withLock {
            if let cached = nextGaussian {
                nextGaussian = nil
                return mean.addingProduct(cached, std)
            }
            var (u1, u2) = (0.0, 0.0)
            fb_uniform_f64(&engine, &u1, 1, 0, 1)
            fb_uniform_f64(&engine, &u2, 1, 0, 1)
            let radius = (-2 * (-u2).logarithmOfOnePlus).squareRoot()
            let theta = 2 * Double.pi * u1
            nextGaussian = radius * theta.sine
            return mean.addingProduct(radius * theta.cosine, std)
        }
    }
}

/// Starts the default generator again from `seed`: what follows draws PyTorch's numbers. PyTorch: `torch.manual_seed`.
@discardableResult
public func manualSeed(_ seed: Int) -> Generator { Generator.default.manualSeed(seed) }
