import FirebrandReplay
import FirebrandTensor
import FirebrandTestSupport
import Testing

/// Complex numbers have no order: what compares or sorts refuses them, in the words of PyTorch 2.15.
@Suite("Misuse of complex numbers where there is an order")
struct ComplexOrderMisuseTests {
    private static let unary: [(name: String, arguments: [OperatorValue], message: String)] = [
        ("max", [], "\"max_all\" not implemented for 'ComplexFloat'"),
        ("min", [], "\"min_all\" not implemented for 'ComplexFloat'"),
        ("max", [.int(0)], "max(): does not support complex input"),
        ("min", [.int(0)], "min(): does not support complex input"),
        ("argmax", [], "argmax(): does not support complex input"),
        ("argmin", [.int(0)], "argmin(): does not support complex input"),
        ("amax", [], "\"max_values_cpu\" not implemented for 'ComplexFloat'"),
        ("amin", [.int(0)], "\"min_values_cpu\" not implemented for 'ComplexFloat'"),
        ("aminmax", [], "aminmax not implemented for ComplexFloat"),
        ("cummax", [.int(0)], "\"cummax_cpu\" not implemented for 'ComplexFloat'"),
        ("cummin", [.int(0)], "\"cummin_cpu\" not implemented for 'ComplexFloat'"),
        ("median", [], "\"median_cpu\" not implemented for 'ComplexFloat'"),
        ("nanmedian", [], "\"median_cpu\" not implemented for 'ComplexFloat'"),
        ("median", [.int(0)], "\"median_out\" not implemented for 'ComplexFloat'"),
        ("nanmedian", [.int(0)], "\"median_out\" not implemented for 'ComplexFloat'"),
        ("mode", [], "\"mode_cpu\" not implemented for 'ComplexFloat'"),
        ("kthvalue", [.int(1)], "\"kthvalue_cpu\" not implemented for 'ComplexFloat'"),
        ("sort", [], "Sort does not support complex dtypes on CPU"),
        ("argsort", [], "Sort does not support complex dtypes on CPU"),
        ("msort", [], "Sort does not support complex dtypes on CPU"),
        ("topk", [.int(1)], "topk does not support complex dtypes on CPU"),
        ("clamp", [.int(0), .int(1)], "clamp is not supported for complex types"),
        ("clamp_min", [.int(0)], "clamp is not supported for complex types"),
        ("clamp_max", [.int(0)], "clamp is not supported for complex types"),
        ("quantile", [.double(0.5)], "quantile() input tensor must be either float or double dtype"),
        ("nanquantile", [.double(0.5)], "quantile() input tensor must be either float or double dtype"),
        ("unique", [], "\"unique\" not implemented for 'ComplexFloat'"),
        ("unique_consecutive", [], "\"unique\" not implemented for 'ComplexFloat'"),
        ("floor", [], "floor is not supported for complex inputs"),
        ("ceil", [], "ceil is not supported for complex inputs"),
        ("trunc", [], "trunc is not supported for complex inputs"),
        ("signbit", [], "signbit is not implemented for complex tensors."),
        ("isposinf", [], "isposinf does not support complex inputs."),
        ("isneginf", [], "isneginf does not support complex inputs."),
        ("masked.amax", [.int(0)], "\"max_values_cpu\" not implemented for 'ComplexFloat'"),
        ("masked.argmax", [.int(0)], "argmax(): does not support complex input"),
    ]

    private static let binary: [(name: String, message: String)] = [
        ("max", "maximum not implemented for complex tensors."),
        ("min", "minimum not implemented for complex tensors."),
        ("maximum", "maximum not implemented for complex tensors."),
        ("minimum", "minimum not implemented for complex tensors."),
        ("fmax", "fmax not implemented for complex tensors."),
        ("fmin", "fmin not implemented for complex tensors."),
        ("lt", "\"lt_cpu\" not implemented for 'ComplexFloat'"),
        ("le", "\"le_cpu\" not implemented for 'ComplexFloat'"),
        ("gt", "\"gt_cpu\" not implemented for 'ComplexFloat'"),
        ("ge", "\"ge_cpu\" not implemented for 'ComplexFloat'"),
        ("searchsorted", "\"searchsorted_out_cpu\" not implemented for 'ComplexFloat'"),
        ("bucketize", "\"searchsorted_out_cpu\" not implemented for 'ComplexFloat'"),
        ("isin", "Unsupported input type encountered for isin(): ComplexFloat"),
        ("heaviside", "heaviside is not yet implemented for complex tensors."),
        ("fmod", "\"fmod_cpu\" not implemented for 'ComplexFloat'"),
        ("remainder", "\"remainder_cpu\" not implemented for 'ComplexFloat'"),
        ("floor_divide", "\"div_floor_cpu\" not implemented for 'ComplexFloat'"),
        ("atan2", "\"atan2_cpu\" not implemented for 'ComplexFloat'"),
        ("copysign", "\"copysign_cpu\" not implemented for 'ComplexFloat'"),
        ("hypot", "\"hypot_cpu\" not implemented for 'ComplexFloat'"),
        ("nextafter", "\"nextafter_cpu\" not implemented for 'ComplexFloat'"),
        ("logaddexp2", "\"logaddexp2_cpu\" not implemented for 'ComplexFloat'"),
    ]

    private static let z = OperatorValue.tensor(Tensor([Complex<Float>(1, 2), Complex<Float>(3, -4)]))

    private func message(_ name: String, _ arguments: [OperatorValue]) -> String? {
        do {
            _ = try OperatorTable.ofTensors.call(name, [ComplexOrderMisuseTests.z] + arguments)
            return nil
        } catch { return (error as? FirebrandError)?.message ?? "\(error)" }
    }

    @Test("One operand") func one() {
        for (name, arguments, words) in ComplexOrderMisuseTests.unary {
            let found = message(name, arguments) ?? "no refusal"
            #expect(found.hasSuffix(words), "\(name): \(found)")
        }
    }

    @Test("Two operands") func two() {
        for (name, words) in ComplexOrderMisuseTests.binary {
            let found = message(name, [ComplexOrderMisuseTests.z]) ?? "no refusal"
            #expect(found.hasSuffix(words), "\(name): \(found)")
        }
    }
}
