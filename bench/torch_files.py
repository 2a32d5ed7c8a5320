"""PyTorch's side of the rows of files: VGG-16's state dict, 528 MB, saved and loaded."""

import os
import time

import torch

from torch_networks import vgg16

ROWS = ["save-vgg16", "load-vgg16", "load-mapped-vgg16"]


class Files:
    """The state dict and its file, made when the first of the rows is asked for."""

    def __init__(self):
        self.state = None
        self.path = os.path.join(os.environ.get("FIREBRAND_BENCH_FILES", "/tmp"), "vgg16-pytorch.pth")

    def prepare(self):
        if self.state is None:
            torch.manual_seed(0)
            self.state = vgg16().state_dict()
            torch.save(self.state, self.path)

    def measure(self, name):
        loaded = self.state
        begin = time.perf_counter()
        if name == "save-vgg16":
            torch.save(self.state, self.path)
        else:
            loaded = torch.load(self.path, weights_only=True, mmap=name == "load-mapped-vgg16")
        seconds = time.perf_counter() - begin
        return seconds, list(loaded.values())[-1].double().abs().sum().item()


def rows():
    files = Files()

    def row(name):
        files.prepare()
        return lambda: files.measure(name)
    return {name: (lambda name=name: row(name)) for name in ROWS}
