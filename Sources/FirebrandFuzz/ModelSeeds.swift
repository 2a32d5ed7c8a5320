import FirebrandNN
import FirebrandSerialization
import FirebrandTensor
import Glibc

/// Whole models of many small layers.
func modelSeeds() throws -> [[UInt8]] {
    let images = Sequential {
        Conv2d(1, 2, 3, padding: "same")
        BatchNorm2d(2)
        PReLU()
        MaxPool2d(2)
        AdaptiveAvgPool2d([2, nil])
        Flatten()
        Linear(8, 3)
        Dropout(0.3)
    }
    let sequences: ModuleList<ModuleBase> = [
        LSTM(2, 3, numLayers: 2, bidirectional: true), GRUCell(2, 3), MultiheadAttention(4, 2, addBiasKV: true),
        EmbeddingBag(4, 2), LinearCrossEntropyLoss(2, 3), AdaptiveLogSoftmaxWithLoss(4, 9, cutoffs: [3, 6]),
    ]
    let attention: ModuleList<ModuleBase> = [
        TransformerEncoder(TransformerEncoderLayer(4, 2, dimFeedforward: 4), 2, norm: LayerNorm([4])),
        TransformerDecoderLayer(4, 2, dimFeedforward: 4, activation: .gelu),
    ]
    let others: ModuleDict<ModuleBase> = [
        "lazy": LazyConvTranspose1d(2, 3), "norm": LazyBatchNorm1d(), "list": ParameterList([Tensor.ones(2)]),
        "dictionary": ParameterDict(["a": Tensor.ones(2)]), "distance": TripletMarginWithDistanceLoss(),
        "pool": FractionalMaxPool2d(2, outputRatio: [0.5, 0.5]), "loss": CrossEntropyLoss(weight: Tensor.ones(3)),
        "upsample": Upsample(scaleFactor: 2, mode: .bilinear), "fold": Fold([4, 5], 2), "pad": ConstantPad2d(1, 2),
    ]
    let models: [ModuleBase] = [images, sequences, attention, others]
    return try models.enumerated().map { position, model in
        let path = "/dev/shm/firebrand-fuzz-\(getpid())-seed-\(position).pth"
        defer { unlink(path) }
        try save(model, to: path)
        return try Seeds.bytes(of: path)
    }
}
