import FirebrandTensor
import FirebrandTestSupport
import Foundation
import Testing

/// The element types rows declare, against those their operators accept.
///
/// A sample is called with its operands made each type in turn; a type counts as supported once a call of a row's samples
/// succeeds. What an operator does with the values is for replay to tell.
@Suite struct OperatorTypesTests {
    @Test("Rows declare the element types their operators compute with")
    func declaredTypes() {
        var differences: [String] = []
        for row in OperatorSamples.table.rows {
            let found = OperatorTypesTests.found(row)
            if found != row.dtypes {
                differences.append(
                    "\(row.name): accepts \(found.dtypes.map(\.description).joined(separator: " ")), declares "
                        + row.dtypes.dtypes.map(\.description).joined(separator: " "))
            }
        }
        #expect(differences.isEmpty, "\(differences.count) rows\n\(differences.joined(separator: "\n"))")
    }

    private static func found(_ row: OperatorRow) -> DTypeSet {
        let samples = chosen(row)
        if samples.allSatisfy({ operand(of: $0) == nil }) { return created(row, samples) }
        return DTypeSet(
            DType.allCases.filter { dtype in
                samples.contains { sample in
                    guard let operand = operand(of: sample) else { return false }
                    return succeeds(row, sample) { $0.dtype == operand ? converted($0, dtype) : $0 }
                }
            })
    }

    /// Samples of a row: small ones that are not empty and that leave the type of the result to the operator, if there are.
    private static func chosen(_ row: OperatorRow) -> [OperatorSample] {
        let all = OperatorSamples.byRow[row.name] ?? []
        let plain = all.filter { sample in
            sample.named["dtype"] == nil && tensors(of: sample).allSatisfy { $0.count > 0 && $0.count <= 400 }
        }
        return Array((plain.isEmpty ? all : plain).prefix(24))
    }

    private static func tensors(of sample: OperatorSample) -> [Tensor] {
        (sample.positional + sample.named.sorted { $0.key < $1.key }.map(\.value)).flatMap(\.tensors)
    }

    /// The type of the operand that decides: the first one, if it is not a mask before the operand.
    private static func operand(of sample: OperatorSample) -> DType? {
        let dtypes = tensors(of: sample).map(\.dtype)
        return dtypes.first { $0 != .bool } ?? dtypes.first
    }

    /// Rows that make tensors: the types that `dtype` may ask for; where it cannot be asked for, those of the results.
    private static func created(_ row: OperatorRow, _ samples: [OperatorSample]) -> DTypeSet {
        let takesType = row.signatures.contains { $0.parameters.contains { $0.name == "dtype" } }
        return DTypeSet(
            DType.allCases.filter { dtype in
                samples.contains { sample in
                    let named =
                        takesType ? sample.named.merging(["dtype": .dtype(dtype)]) { $1 } : sample.named
                    let results = (try? row.call(sample.positional, named))?.tensors
                    return results?.first?.dtype == dtype
                }
            })
    }

    private static func succeeds(
        _ row: OperatorRow, _ sample: OperatorSample, _ replace: (Tensor) -> Tensor
    ) -> Bool {
        // Copies: some rows write to an operand, and other tests look at the samples at the same time.
        func changed(_ value: OperatorValue) -> OperatorValue { value.mapTensors { replace($0.detach().clone()) } }
        do {
            let inputs = try recovering {
                OperatorSamples.structured(sample.name, sample.positional.map(changed), sample.named)
            }
            _ = try row.call(inputs, sample.named.mapValues(changed), inPlace: sample.name == row.name + "_")
            return true
        } catch { return false }
    }

    /// The values in another type: as they are where it holds them, or else small whole numbers near them that it holds.
    private static func converted(_ tensor: Tensor, _ dtype: DType) -> Tensor {
        if tensor.dtype == dtype { return tensor }
        if dtype == .bool { return tensor.ne(0) }
        let real = tensor.dtype.isComplex ? tensor.real.contiguous() : tensor
        if dtype.isFloatingPoint || dtype.isComplex { return real.to(dtype) }
        return (real.dtype.isFloatingPoint ? real.abs().ceil() : real.to(.int64).abs()).clamp(max: 100).to(dtype)
    }
}
