import FirebrandTensor
import FirebrandTestSupport
import Testing

/// Wrong calls are refused in PyTorch's words: see scripts/fixtures/misuse.py.
@Suite("Misuse")
struct MisuseTests {
    private static let rows = Row.all("cases", of: "misuse").filter { misuseCases[$0.text("case")] != nil }

    /// Where PyTorch's words say less than ours do.
    private static let ownWords = [
        "gather: index type": "Expected dtype int32 or int64 for index",
        "index_select: value": "index 2 is out of bounds for dimension 0 with size 2",
        "zeros: negative": "Trying to create tensor with negative dimension -1: [-1]",
        "bernoulli: probability": "Expected p_in >= 0 && p_in <= 1 to be true, but got 1.5",
    ]

    @Test("A wrong call names the operator and its operands, in PyTorch's words", arguments: rows)
    func words(_ row: Row) throws {
        let error = try #require(failure(misuseCases[row.text("case")]!), "\(row.text("case")): nothing refused")
        let message = error.message.replacing("  ", with: " ")
        // PyTorch repeats the operator's name in some messages.
        let theirs =
            Self.ownWords[row.text("case")] ?? row.text("message").replacing(#/^[a-z_.]+(\(.*\))?: /#, with: "")
        #expect(message.contains(theirs), "\(row.text("case"))")
        #expect(error.description.hasPrefix("\(error.name)("), "\(row.text("case"))")
    }
}
