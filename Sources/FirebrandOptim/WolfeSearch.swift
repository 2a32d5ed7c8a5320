import FirebrandTensor

/// Looks along a direction for a length where the loss has fallen enough and the slope is flat enough: the strong Wolfe
/// conditions. Nocedal and Wright, "Numerical Optimization", algorithms 3.5 and 3.6, with cubic interpolation.
struct WolfeSearch {
    /// A length that was tried, with the loss, its gradient and the slope along the direction there.
    struct Point {
        var length: Double
        var loss: Double
        var gradient: Tensor
        var slope: Double
    }

    private let direction: Tensor
    private let toleranceChange: Double
    private let evaluate: (Double) -> (loss: Double, gradient: Tensor)
    /// How much of the fall that the first slope promises is enough, and how flat the slope must be relative to it.
    private let enough = 1e-4
    private let flat = 0.9
    /// The most points tried.
    var limit = 25
    private(set) var evaluations = 0

    init(
        direction: Tensor, _ options: LBFGS.Options, _ evaluate: @escaping (Double) -> (loss: Double, gradient: Tensor)
    ) {
        self.direction = direction
        toleranceChange = options.toleranceChange
        self.evaluate = evaluate
    }

    private mutating func point(at length: Double) -> Point {
        let (loss, gradient) = evaluate(length)
        evaluations += 1
        return Point(length: length, loss: loss, gradient: gradient, slope: number(gradient.dot(direction)))
    }

    private func number(_ tensor: Tensor) -> Double { tensor.to(.float64).item() }

    /// The point found, from a first guess of the length and the loss, gradient and slope at 0.
    mutating func run(_ guess: Double, _ loss: Double, _ gradient: Tensor, _ slope: Double) -> Point {
        let origin = Point(length: 0, loss: loss, gradient: gradient, slope: slope)
        let extent = number(direction.abs().max())
        var last = origin
        var new = point(at: guess)
        var count = 0
        // First a bracket: two lengths between which there is a point that will do.
        var bracket: (Point, Point)?
        while count < limit {
            if new.loss > loss + enough * new.length * slope || (count > 1 && new.loss >= last.loss) {
                bracket = (last, new)
                break
            }
            if abs(new.slope) <= -flat * slope { return new }
            if new.slope >= 0 {
                bracket = (last, new)
                break
            }
            let bounds = (new.length + 0.01 * (new.length - last.length), new.length * 10)
            let next = WolfeSearch.interpolated(last, new, bounds)
            last = new
            new = point(at: next)
            count += 1
        }
        var (first, second) = bracket ?? (origin, new)
        // Then the bracket shrinks; `low` is its end with the smaller loss.
        var isFirstLow = first.loss <= second.loss
        var isStuck = false
        while count < limit {
            if abs(second.length - first.length) * extent < toleranceChange { break }
            var length = WolfeSearch.interpolated(first, second, nil)
            let (least, most) = (min(first.length, second.length), max(first.length, second.length))
            let margin = 0.1 * (most - least)
            if min(most - length, length - least) < margin {
                if isStuck || length >= most || length <= least {
                    length = abs(length - most) < abs(length - least) ? most - margin : least + margin
                    isStuck = false
                } else {
                    isStuck = true
                }
            } else {
                isStuck = false
            }
            let new = point(at: length)
            count += 1
            let low = isFirstLow ? first : second
            let high = isFirstLow ? second : first
            if new.loss > loss + enough * length * slope || new.loss >= low.loss {
                if isFirstLow { second = new } else { first = new }
                isFirstLow = first.loss <= second.loss
                continue
            }
            let isDone = abs(new.slope) <= -flat * slope
            if !isDone, new.slope * (high.length - low.length) >= 0 {
                if isFirstLow { second = low } else { first = low }
            }
            if isFirstLow { first = new } else { second = new }
            if isDone { break }
        }
        return isFirstLow ? first : second
    }

    /// Where the cubic through two points with their slopes has its minimum, within the bounds.
    private static func interpolated(_ a: Point, _ b: Point, _ bounds: (Double, Double)?) -> Double {
        let (least, most) = bounds ?? (min(a.length, b.length), max(a.length, b.length))
        let d = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.length - b.length)
        let square = d * d - a.slope * b.slope
        guard square >= 0 else { return (least + most) / 2 }
        let root = square.squareRoot()
        let (left, right) = a.length <= b.length ? (a, b) : (b, a)
        let place =
            right.length - (right.length - left.length)
            * ((right.slope + root - d) / (right.slope - left.slope + 2 * root))
        return min(max(place, least), most)
    }
}
