"""Training that starts in one library and goes on in the other, from checkpoints with SGD, Adam and AdamW.

    python scripts/checks/optimizer_files.py write DIRECTORY       trains, saves NAME.pth, goes on, saves NAME.final.pth
    python scripts/checks/optimizer_files.py continue DIRECTORY    goes on from NAME.ours.pth, compares with NAME.ours-final.pth

A checkpoint is {"x", "y": the data, "model", "optimizer", "epoch"}; going on is five more steps with the mean squared error.
"""

import os
import sys

import torch
from torch import nn

OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-3),
    "adam": lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.8, 0.95), amsgrad=True),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.02, weight_decay=0.1),
}


def network():
    return nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3))


def train(model, optimizer, x, y, steps=5):
    for _ in range(steps):
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def main(command, directory):
    for name, make in OPTIMIZERS.items():
        path = os.path.join(directory, name)
        model = network()
        if command == "write":
            torch.manual_seed(1)
            model, x, y = network(), torch.rand(16, 6), torch.rand(16, 3)
            optimizer = make(model.parameters())
            train(model, optimizer, x, y)
            state = {"x": x, "y": y, "model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 5}
            torch.save(state, path + ".pth")
            train(model, optimizer, x, y)
            torch.save(model.state_dict(), path + ".final.pth")
            print(name)
            continue
        state = torch.load(path + ".ours.pth", weights_only=True)
        assert state["epoch"] == 10
        model.load_state_dict(state["model"])
        optimizer = make(model.parameters())
        optimizer.load_state_dict(state["optimizer"])
        train(model, optimizer, state["x"], state["y"])
        expected = torch.load(path + ".ours-final.pth", weights_only=True)
        for key, value in model.state_dict().items():
            torch.testing.assert_close(value, expected[key], rtol=1e-5, atol=1e-6, msg=lambda m: f"{name} {key}: {m}")
        print(f"{name}: went on as we did")


if __name__ == "__main__":
    main(*sys.argv[1:3])
