import CKernels

// What the device seam is told about attention and recurrent layers.

/// The operands of attention: query (N, H, L, E), key (N, G, S, E), value (N, G, S, V), H a multiple of G: that many heads
/// of the query share one of the keys. One type of 32 or 64 bits, of any strides.
package struct AttentionOperands {
    package var query, key, value: Tensor
    /// Added to the scores: of the operands' type, broadcast to (N, H, L, S).
    package var mask: Tensor?
    /// The probabilities that dropout keeps: bytes of 0 and 1, contiguous (N, H, L, S).
    package var kept: Tensor?
    /// What scores are multiplied with, and what probabilities are that dropout keeps.
    package var scale, keepScale: Double
    /// Query i sees keys 0 to i only.
    package var isCausal: Bool

    package init(
        query: Tensor, key: Tensor, value: Tensor, mask: Tensor? = nil, kept: Tensor? = nil, scale: Double,
        keepScale: Double = 1, isCausal: Bool = false
    ) {
        self.query = query
        self.key = key
        self.value = value
        self.mask = mask
        self.kept = kept
        self.scale = scale
        self.keepScale = keepScale
        self.isCausal = isCausal
    }
}

package typealias RecurrentCell = fb_cell

extension RecurrentCell {
    package static var tanh: Self { FB_CELL_TANH }
    package static var relu: Self { FB_CELL_RELU }
    package static var lstm: Self { FB_CELL_LSTM }
    package static var gru: Self { FB_CELL_GRU }

    /// Rows of the weights for each unit.
    package var gates: Int { self == .lstm ? 4 : self == .gru ? 3 : 1 }
}

/// One direction of a recurrent layer over a sequence, after its input's product with the weights. All tensors are
/// contiguous, of one type of 32 or 64 bits. Rows are those of the steps one behind the other: step t has `batchSizes[t]`
/// of them, never more than the step before.
package struct RecurrentPass {
    package var cell: RecurrentCell
    package var batchSizes: [Int]
    package var isReverse: Bool
    /// (gates · H, H), as PyTorch's `weight_hh`.
    package var weight: Tensor
    /// The state's bias of GRU's candidate (H); other biases are part of the input's product.
    package var candidateBias: Tensor?
    /// The states before the first step, (N, H).
    package var hidden0: Tensor
    package var cell0: Tensor?
    /// (rows, gates · H): the input's part on the way in, the gates' values on the way out, if they are to be kept for the
    /// gradient.
    package var gates: Tensor
    package var keepsGates: Bool
    /// (rows, H): the states, LSTM's memory, and the state's part of GRU's candidate.
    package var hidden: Tensor
    package var memory, candidate: Tensor?

    package init(
        cell: RecurrentCell, batchSizes: [Int], isReverse: Bool, weight: Tensor, candidateBias: Tensor?,
        hidden0: Tensor, cell0: Tensor?, gates: Tensor, keepsGates: Bool, hidden: Tensor,
        memory: Tensor?, candidate: Tensor?
    ) {
        self.cell = cell
        self.batchSizes = batchSizes
        self.isReverse = isReverse
        self.weight = weight
        self.candidateBias = candidateBias
        self.hidden0 = hidden0
        self.cell0 = cell0
        self.gates = gates
        self.keepsGates = keepsGates
        self.hidden = hidden
        self.memory = memory
        self.candidate = candidate
    }
}

/// The gradients of a ``RecurrentPass``, as wide as what they belong to.
package struct RecurrentGradients {
    /// That of the states of all steps; nil for none.
    package var hidden: Tensor?
    /// (N, H): those of the states after the last step on the way in, of those before the first on the way out.
    package var state: Tensor
    package var memory: Tensor?
    /// (rows, gates · H): those of the input's part and of the state's part, which differ for GRU only (else nil).
    package var input: Tensor
    package var recurrent: Tensor?
    /// Whether `state` shall be brought to the way out.
    package var wantsState: Bool

    package init(
        hidden: Tensor?, state: Tensor, memory: Tensor?, input: Tensor, recurrent: Tensor?, wantsState: Bool
    ) {
        self.hidden = hidden
        self.state = state
        self.memory = memory
        self.input = input
        self.recurrent = recurrent
        self.wantsState = wantsState
    }
}
