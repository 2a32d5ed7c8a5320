"""PyTorch's side of the benchmark.

    python bench/torch_side.py --list
    python bench/torch_side.py --row epoch-loader --row add --rounds 3
    python bench/torch_side.py --serve

Each row prints one line of JSON: {"row": …, "seconds": the median of its rounds, "samples": […]}. With --serve, the name of
a row on a line of standard input is answered by one line, {"row": …, "seconds": …}, for one round of it; bench/run.py keeps
such a server on each side and alternates between them. Where both sides must have done the same work, "check" is a number
they must agree on: the sum of all weights' magnitudes after an epoch, the average loss of the test pass, the number of
batches. `.build/release/firebrand-bench` has the same rows and the same protocol.

$FIREBRAND_DATA names the folder that holds FashionMNIST/raw with the four extracted files (otherwise bench-results/data).
"""

import argparse
import contextlib
import io
import json
import os
import statistics
import sys
import time

import torch
from torch import nn

import torch_files
import torch_networks
import torch_operators

learning_rate = 1e-3
batch_size = 64
LAYERS = [(784, 512), (512, 512), (512, 10)]


# --- The tutorial, as it is written ----------------------------------------------------------------------------------


class NeuralNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.flatten = nn.Flatten()
        self.linear_relu_stack = nn.Sequential(
            nn.Linear(28*28, 512),
            nn.ReLU(),
            nn.Linear(512, 512),
            nn.ReLU(),
            nn.Linear(512, 10),
        )

    def forward(self, x):
        x = self.flatten(x)
        logits = self.linear_relu_stack(x)
        return logits


def train_loop(dataloader, model, loss_fn, optimizer):
    size = len(dataloader.dataset)
    model.train()
    for batch, (X, y) in enumerate(dataloader):
        pred = model(X)
        loss = loss_fn(pred, y)

        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

        if batch % 100 == 0:
            loss, current = loss.item(), batch * batch_size + len(X)
            print(f"loss: {loss:>7f}  [{current:>5d}/{size:>5d}]")


def test_loop(dataloader, model, loss_fn):
    model.eval()
    size = len(dataloader.dataset)
    num_batches = len(dataloader)
    test_loss, correct = 0, 0

    with torch.no_grad():
        for X, y in dataloader:
            pred = model(X)
            test_loss += loss_fn(pred, y).item()
            correct += (pred.argmax(1) == y).type(torch.float).sum().item()

    test_loss /= num_batches
    correct /= size
    print(f"Test Error: \n Accuracy: {(100*correct):>0.1f}%, Avg loss: {test_loss:>8f} \n")
    return test_loss


# --- The rows --------------------------------------------------------------------------------------------------------
# A row is made once: a function that runs one round and returns its seconds and its check (or None).


def dataset(train):
    from torchvision import datasets
    from torchvision.transforms import ToTensor
    return datasets.FashionMNIST(root=os.environ.get("FIREBRAND_DATA") or "bench-results/data", train=train, transform=ToTensor())


def loader(train):
    return torch.utils.data.DataLoader(dataset(train), batch_size=batch_size)


def new_model():
    torch.manual_seed(0)
    model = NeuralNetwork()
    return model, nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=learning_rate)


def timed(work):
    # What the tutorial prints is printed, but not among this program's own lines.
    with contextlib.redirect_stdout(io.StringIO()):
        start = time.perf_counter()
        check = work()
        return time.perf_counter() - start, check


def epoch_loader():
    train_dataloader = loader(train=True)

    def measure():
        model, loss_fn, optimizer = new_model()
        seconds, _ = timed(lambda: train_loop(train_dataloader, model, loss_fn, optimizer))
        return seconds, size_of(model)
    return measure


def size_of(model):
    """The sum of all weights' magnitudes: after an epoch it tells whether both sides did the same work."""
    return sum(p.detach().double().abs().sum().item() for p in model.parameters())


def epoch_preloaded():
    data = dataset(train=True)
    images = data.data.unsqueeze(1).float().div(255)
    labels = data.targets.clone()

    def measure():
        model, loss_fn, optimizer = new_model()

        def work():
            model.train()
            for start in range(0, len(images), batch_size):
                X, y = images[start:start + batch_size], labels[start:start + batch_size]
                loss = loss_fn(model(X), y)
                loss.backward()
                optimizer.step()
                optimizer.zero_grad()
                if start // batch_size % 100 == 0:
                    print(f"loss: {loss.item():>7f}  [{start + len(X):>5d}/{len(images):>5d}]")
        seconds, _ = timed(work)
        return seconds, size_of(model)
    return measure


def test_pass():
    test_dataloader = loader(train=False)
    model, loss_fn, _ = new_model()
    return lambda: timed(lambda: test_loop(test_dataloader, model, loss_fn))


def loader_only():
    train_dataloader = loader(train=True)

    def work():
        batches = 0
        for X, y in train_dataloader:
            batches += 1
        return batches
    return lambda: timed(work)


def repeated(operation, per_call=1, target=0.05):
    """Seconds for one operation, from a loop that lasts about `target` seconds; `operation(n)` does n calls."""
    count = 1
    while True:
        start = time.perf_counter()
        operation(count)
        elapsed = time.perf_counter() - start
        if elapsed > target / 4:
            break
        count *= 4
    count = max(1, round(count * target / elapsed))

    def measure():
        start = time.perf_counter()
        operation(count)
        return (time.perf_counter() - start) / (count * per_call), None
    return measure


def product(inputs, outputs, which):
    torch.manual_seed(0)
    x, w, b = torch.randn(batch_size, inputs), torch.randn(outputs, inputs), torch.randn(outputs)
    grad_out = torch.randn(batch_size, outputs)
    call = {
        "forward": lambda: nn.functional.linear(x, w, b),
        "grad-input": lambda: grad_out @ w,
        "grad-weight": lambda: grad_out.T @ x,
    }[which]

    def operation(n):
        with torch.no_grad():
            for _ in range(n):
                call()
    return repeated(operation)


def add():
    x, y = torch.ones(1), torch.ones(1)

    def operation(n):
        for _ in range(n):
            x + y
    return repeated(operation)


def add_recorded():
    x, y = torch.ones(1, requires_grad=True), torch.ones(1)

    def operation(n):
        for _ in range(n):
            x + y
    return repeated(operation)


def add_backward():
    x, y = torch.ones(1, requires_grad=True), torch.ones(1)

    def operation(n):
        for _ in range(n):
            z = x
            for _ in range(20):
                z = z + y
            z.backward()
    return repeated(operation, per_call=20)


ROWS = {
    "epoch-loader": epoch_loader,
    "epoch-preloaded": epoch_preloaded,
    "test-pass": test_pass,
    "loader-only": loader_only,
    **{f"matmul {batch_size}x{inputs}x{outputs} {which}": lambda a=inputs, b=outputs, c=which: product(a, b, c)
       for inputs, outputs in LAYERS for which in ("forward", "grad-input", "grad-weight")},
    "add": add,
    "add recorded": add_recorded,
    "add forward+backward": add_backward,
    **torch_operators.rows(repeated),
    **torch_networks.rows(repeated),
    **torch_files.rows(),
}
# Rows that are made anew when another was measured in between.
SINGLE = {*torch_operators.rows(repeated), *torch_networks.rows(repeated)}


def main():
    parser = argparse.ArgumentParser(description="PyTorch's side of Firebrand's benchmark.")
    parser.add_argument("--row", action="append", help="a row to measure (again for more; default: all)")
    parser.add_argument("--rounds", type=int, default=3, help="measured rounds of each row (default: 3)")
    parser.add_argument("--serve", action="store_true", help="answer row names on standard input")
    parser.add_argument("--list", action="store_true", help="print the rows' names")
    options = parser.parse_args()
    if os.environ.get("OMP_NUM_THREADS"):
        torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    made = {}

    def measure(name):
        if name not in made:
            # One row at a time, but for those that load data: the operands of some take hundreds of megabytes.
            for other in [other for other in made if other in SINGLE]:
                del made[other]
            made[name] = ROWS[name]()
        return made[name]()

    def answer(**values):
        print(json.dumps({k: v for k, v in values.items() if v is not None}), flush=True)

    if options.list:
        print("\n".join(ROWS))
    elif options.serve:
        for line in sys.stdin:
            name = line.strip()
            if name not in ROWS:
                answer(row=name, error="no such row")
                continue
            try:
                seconds, check = measure(name)
                answer(row=name, seconds=seconds, check=check)
            except (RuntimeError, OSError, ImportError) as error:
                answer(row=name, error=str(error).splitlines()[0])
    else:
        for name in options.row or ROWS:
            if name not in ROWS:
                sys.exit(f"no row is called {name!r}; --list names them")
            results = [measure(name) for _ in range(options.rounds)]
            samples = [seconds for seconds, _ in results]
            answer(row=name, seconds=statistics.median(samples), samples=samples, check=results[-1][1])


if __name__ == "__main__":
    main()
