import FirebrandTensor

/// What a loader knows to make a batch of. PyTorch: `default_collate`.
///
/// Tensors are stacked, numbers become a tensor, strings a list; arrays and dictionaries are collated element by element.
/// Your own types may conform, and tuples of conforming types are collated element by element.
/// ```swift
/// struct Scan: Collatable {
///     let image: Tensor
///     let age: Int
///     static func collate(_ samples: [Scan]) -> (image: Tensor, age: Tensor) {
///         (defaultCollate(samples.map(\.image)), defaultCollate(samples.map(\.age)))
///     }
/// }
/// ```
public protocol Collatable: SendableMetatype {
    /// What a batch of them is.
    associatedtype Collated
    /// Makes the batch.
    static func collate(_ samples: [Self]) -> Collated
}

extension Tensor: Collatable {
    /// The tensors along a new first dimension.
    public static func collate(_ samples: [Tensor]) -> Tensor { stack(samples) }
}

extension Int: Collatable {
    /// An int64 tensor.
    public static func collate(_ samples: [Int]) -> Tensor { Tensor(elements: samples, shape: [samples.count]) }
}

extension Int8: Collatable {
    /// An int8 tensor.
    public static func collate(_ samples: [Int8]) -> Tensor { Tensor(elements: samples, shape: [samples.count]) }
}

extension Int16: Collatable {
    /// An int16 tensor.
    public static func collate(_ samples: [Int16]) -> Tensor { Tensor(elements: samples, shape: [samples.count]) }
}

extension Int32: Collatable {
    /// An int32 tensor.
    public static func collate(_ samples: [Int32]) -> Tensor { Tensor(elements: samples, shape: [samples.count]) }
}

extension Int64: Collatable {
    /// An int64 tensor.
    public static func collate(_ samples: [Int64]) -> Tensor { Tensor(elements: samples, shape: [samples.count]) }
}

extension UInt8: Collatable {
    /// A uint8 tensor.
    public static func collate(_ samples: [UInt8]) -> Tensor { Tensor(elements: samples, shape: [samples.count]) }
}

extension Float: Collatable {
    /// A float32 tensor.
    public static func collate(_ samples: [Float]) -> Tensor { Tensor(elements: samples, shape: [samples.count]) }
}

extension Double: Collatable {
    /// A float64 tensor, as PyTorch makes of Python's floats.
    public static func collate(_ samples: [Double]) -> Tensor { Tensor(elements: samples, shape: [samples.count]) }
}

extension Bool: Collatable {
    /// A bool tensor.
    public static func collate(_ samples: [Bool]) -> Tensor { Tensor(elements: samples, shape: [samples.count]) }
}

extension String: Collatable {
    /// The strings.
    public static func collate(_ samples: [String]) -> [String] { samples }
}

extension Array: Collatable where Element: Collatable {
    /// One batch for each position; all samples must have as many elements.
    public static func collate(_ samples: [[Element]]) -> [Element.Collated] {
        guarded("collate", [], orElse: []) { () throws(Misuse) in
            let length = samples.first?.count ?? 0
            guard samples.allSatisfy({ $0.count == length }) else {
                throw Misuse("each element in list of batch should be of equal size")
            }
            return (0..<length).map { position in Element.collate(samples.map { $0[position] }) }
        }
    }
}

extension Dictionary: Collatable where Value: Collatable {
    /// One batch for each key of the first sample, which all must have.
    public static func collate(_ samples: [[Key: Value]]) -> [Key: Value.Collated] {
        guarded("collate", [], orElse: [:]) { () throws(Misuse) in
            var result: [Key: Value.Collated] = [:]
            for key in (samples.first ?? [:]).keys {
                let values = samples.compactMap { $0[key] }
                guard values.count == samples.count else { throw Misuse("not every sample has the key '\(key)'") }
                result[key] = Value.collate(values)
            }
            return result
        }
    }
}

extension Complex: Collatable {
    /// A complex tensor of the same precision.
    public static func collate(_ samples: [Complex]) -> Tensor { Tensor(elements: samples, shape: [samples.count]) }
}

/// Makes a batch of samples by their type. PyTorch: `default_collate`.
///
/// Of no samples it is misuse.
/// ```swift
/// defaultCollate([["a": 1], ["a": 2]])     // ["a": tensor([1, 2])]
/// ```
public func defaultCollate<Sample: Collatable>(_ samples: [Sample]) -> Sample.Collated {
    checkNotEmpty(samples.isEmpty)
    return Sample.collate(samples)
}

/// Makes a batch of tuples: each position by itself.
/// ```swift
/// let (numbers, names) = defaultCollate([(0, "a"), (1, "b")])
/// ```
public func defaultCollate<each Part: Collatable>(_ samples: [(repeat each Part)]) -> (repeat (each Part).Collated) {
    checkNotEmpty(samples.isEmpty)
    return collateTuples(samples)
}

private func checkNotEmpty(_ isEmpty: Bool) {
    guarded("default_collate", [], orElse: ()) { () throws(Misuse) in
        if isEmpty { throw Misuse("list index out of range") }
    }
}

/// Collates tuples: each position by itself.
func collateTuples<each Part: Collatable>(_ samples: [(repeat each Part)]) -> (repeat (each Part).Collated) {
    let columns = (repeat Column<each Part>())
    for sample in samples { repeat (each columns).values.append(each sample) }
    return (repeat (each Part).collate((each columns).values))
}

private final class Column<Value> {
    var values: [Value] = []
}
