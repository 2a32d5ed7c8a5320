"""Compares ten torchvision models' state dicts with what Firebrand made of them.

    python scripts/checks/torchvision_files.py write DIRECTORY      saves NAME.pth, half of them in the old format
    python scripts/checks/torchvision_files.py compare DIRECTORY    reads NAME.ours.pth and NAME.ours.npz

The comparison is of every tensor (equal, same type and order) and of the models' outputs with Firebrand's file loaded.
"""

import os
import sys

import numpy as np
import torch
from torchvision import models

NAMES = [
    "resnet18", "mobilenet_v2", "mobilenet_v3_small", "squeezenet1_1", "shufflenet_v2_x0_5", "efficientnet_b0",
    "densenet121", "googlenet", "mnasnet0_5", "regnet_y_400mf",
]


def build(name):
    torch.manual_seed(0)
    options = {"init_weights": True} if name == "googlenet" else {}
    return getattr(models, name)(**options).eval()


def logits(model):
    output = model(torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1)))
    return output if isinstance(output, torch.Tensor) else output.logits


@torch.no_grad()
def main(command, directory):
    for number, name in enumerate(NAMES):
        model = build(name)
        state = model.state_dict()
        path = os.path.join(directory, name)
        if command == "write":
            torch.save(state, path + ".pth", _use_new_zipfile_serialization=number % 2 == 0)
            print(name)
            continue
        ours = torch.load(path + ".ours.pth", weights_only=True)
        assert list(ours) == list(state), f"{name}: other keys"
        with np.load(path + ".ours.npz") as arrays:
            for key, value in state.items():
                assert ours[key].dtype == value.dtype and torch.equal(ours[key], value), f"{name}: {key} differs"
                assert torch.equal(torch.from_numpy(arrays[key]), value), f"{name}: {key} differs in the .npz"
        expected = logits(model)
        other = getattr(models, name)(**({"init_weights": False} if name == "googlenet" else {})).eval()
        other.load_state_dict(ours)
        assert torch.equal(logits(other), expected), f"{name}: other outputs"
        print(f"{name}: {len(state)} tensors equal")


if __name__ == "__main__":
    main(*sys.argv[1:3])
