"""The names of the network rows: layers, losses, optimizers and whole networks, each forward and forward+backward.

Both sides build the same modules from seed 0 and do what bench/torch_networks.py (PyTorch) and
Sources/FirebrandBench/NetworkRows.swift (Firebrand) say. PyTorch is measured as it is (eager), and at the settings listed
here, of which the table has the best.
"""

LAYERS = {
    "convolution": ("conv2d 3x3", "conv2d depthwise", "conv2d 1x1", "conv1d", "conv_transpose2d"),
    "pooling and normalisation": ("max_pool2d", "batch_norm2d", "layer_norm", "group_norm"),
    "attention": ("attention", "multihead_attention"),
    "recurrent": ("lstm", "gru"),
    "loss and embedding": ("cross_entropy 64x10", "cross_entropy 4096x32000", "embedding_bag"),
}
WHOLE = ("encoder_layer step", "resnet18 step", "vgg16 inference 1", "vgg16 inference 8", "adamw 25M")

FAMILIES = {f"{name} {way}": family for family, names in LAYERS.items() for name in names
            for way in ("forward", "forward+backward")}
FAMILIES |= {name: "whole networks" for name in WHOLE}
ROWS = list(FAMILIES)
# What PyTorch's best may be; compiling takes from seconds to a minute.
SETTINGS = {row: ("channels-last",) if row.startswith(("conv2d", "conv_transpose2d", "max_pool2d", "batch_norm2d", "group_norm"))
            else ("compiled",) for row in ROWS}
SETTINGS |= {"resnet18 step": ("channels-last", "compiled"), "vgg16 inference 1": ("channels-last", "frozen"),
             "vgg16 inference 8": ("channels-last", "frozen"), "adamw 25M": ("fused", "foreach"),
             "lstm forward": (), "lstm forward+backward": (), "gru forward": (), "gru forward+backward": ()}
