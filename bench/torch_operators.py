"""PyTorch's side of the operator rows (bench/operator_rows.py names them)."""

import time

import torch

from operator_rows import ROWS, UNCHECKED

SHAPES = {"64": (8, 8), "32Ki": (128, 256), "4Mi": (2048, 2048)}


def inputs(shape, layout):
    """Two operands: numbers from 0.5 to 1.5 that both sides draw alike."""
    rows, columns = shape
    def draw(*lengths):
        return torch.rand(lengths) + 0.5
    if layout == "transposed":
        return draw(columns, rows).t(), draw(columns, rows).t()
    if layout == "broadcast":
        return draw(rows, 1).expand(rows, columns), draw(columns)
    return draw(rows, columns), draw(rows, columns)


def by_size(operator, size, layout):
    shape = SHAPES[size]
    x, y = inputs(shape, layout)
    rows, columns = shape
    match operator:
        case "add": return lambda: x + y
        case "mul": return lambda: x * y
        case "div": return lambda: x / y
        case "exp": return lambda: x.exp()
        case "sqrt": return lambda: x.sqrt()
        case "log": return lambda: x.log()
        case "tanh": return lambda: x.tanh()
        case "sigmoid": return lambda: x.sigmoid()
        case "sin": return lambda: x.sin()
        case "pow": return lambda: x.pow(y)
        case "clamp": return lambda: x.clamp(0.75, 1.25)
        case "relu": return lambda: x.relu()
        case "lerp": return lambda: x.lerp(y, 0.25)
        case "gelu": return lambda: torch.nn.functional.gelu(x)
        case "silu": return lambda: torch.nn.functional.silu(x)
        case "lt": return lambda: x < y
        case "eq": return lambda: x == y
        case "where":
            condition = x > 1
            return lambda: torch.where(condition, x, y)
        case "add-int64":
            a, b = (x * 100).long(), (y * 100).long()
            return lambda: a + b
        case "sum": return lambda: x.sum()
        case "sum-dim0": return lambda: x.sum(0)
        case "sum-dim1": return lambda: x.sum(1)
        case "sum-int64":
            a = (x * 100).long()
            return lambda: a.sum()
        case "mean": return lambda: x.mean()
        case "var-dim1": return lambda: x.var(1)
        case "max-dim0": return lambda: x.max(0).values
        case "max-dim1": return lambda: x.max(1).values
        case "argmax-dim1": return lambda: x.argmax(1)
        case "amax": return lambda: x.amax()
        case "norm": return lambda: x.norm()
        case "logsumexp-dim1": return lambda: x.logsumexp(1)
        case "softmax-dim0": return lambda: x.softmax(0)
        case "softmax-dim1": return lambda: x.softmax(1)
        case "log_softmax-dim1": return lambda: x.log_softmax(1)
        case "cumsum-dim0": return lambda: x.cumsum(0)
        case "cumsum-dim1": return lambda: x.cumsum(1)
        case "cumprod-dim1":
            narrow = (x - 1) / 1000 + 1
            return lambda: narrow.cumprod(1)
        case "sort": return lambda: x.sort(1).values
        case "sort-dim0": return lambda: x.sort(0).values
        case "sort-flat":
            flat = x.flatten()
            return lambda: flat.sort().values
        case "argsort": return lambda: x.argsort(1)
        case "topk": return lambda: x.topk(8, 1).values
        case "gather":
            index = ((y - 0.5) * columns).long().clamp(0, columns - 1)
            return lambda: x.gather(1, index)
        case "index_select-dim0":
            index = ((y[:, 0] - 0.5) * rows).long().clamp(0, rows - 1)
            return lambda: x.index_select(0, index)
        case "index_select-dim1":
            index = ((y[0] - 0.5) * columns).long().clamp(0, columns - 1)
            return lambda: x.index_select(1, index)
        case "scatter_add":
            index = ((y - 0.5) * columns).long().clamp(0, columns - 1)
            zero = torch.zeros(shape)
            return lambda: zero.scatter_add(1, index, x)
        case "index_add":
            index = ((y[:, 0] - 0.5) * rows).long().clamp(0, rows - 1)
            zero = torch.zeros(shape)
            return lambda: zero.index_add(0, index, x)
        case "masked_fill":
            mask = y > 1
            return lambda: x.masked_fill(mask, 2.0)
        case "masked_select":
            mask = y > 1
            return lambda: x.masked_select(mask)
        case "cat-dim0": return lambda: torch.cat([x, y], 0)
        case "cat-dim1": return lambda: torch.cat([x, y], 1)
        case "stack": return lambda: torch.stack([x, y], 0)
        case "clone": return lambda: x.clone()
        case "transpose-copy": return lambda: x.t().contiguous()
        case "to-float64": return lambda: x.to(torch.float64)
        case "to-int64": return lambda: x.to(torch.int64)
        case "to-bfloat16": return lambda: x.to(torch.bfloat16)
        case "flip": return lambda: x.flip(1)
        case "randn": return lambda: torch.randn(shape)
        case "rand": return lambda: torch.rand(shape)


def product(parts):
    lengths = [int(n) for n in parts[1].split("x")]
    kind = parts[2] if len(parts) > 2 else ""
    dtype = {"float64": torch.float64, "bfloat16": torch.bfloat16}.get(kind, torch.float32)
    if parts[0] == "bmm":
        batch, m, n = lengths
        a, b = (torch.rand(batch, m, n) - 0.5).to(dtype), (torch.rand(batch, n, m) - 0.5).to(dtype)
        if kind == "transposed":
            a = a.transpose(1, 2)
        return lambda: torch.bmm(a, b)
    m, k, n = lengths if len(lengths) == 3 else (lengths[0], lengths[0], lengths[1])
    a, b = (torch.rand(m, k) - 0.5).to(dtype), (torch.rand(k, n) - 0.5).to(dtype)
    if kind == "transposed":
        a, b = a.t(), b.t()
    return lambda: torch.matmul(a, b)


def single(row):
    parts = row.split(" ")
    if parts[0] in ("matmul", "bmm"):
        return product(parts)
    if row == "einsum attention":
        q, k = torch.rand(8, 64, 4, 32), torch.rand(8, 64, 4, 32)
        return lambda: torch.einsum("bihd,bjhd->bhij", q, k)
    if row == "einsum chain":
        a, b, c = torch.rand(128, 64), torch.rand(64, 128), torch.rand(128, 32)
        return lambda: torch.einsum("ij,jk,kl->il", a, b, c)
    if row == "einsum outer":
        a, b = torch.rand(256), torch.rand(256)
        return lambda: torch.einsum("i,j->ij", a, b)
    if row == "chain backward 64":
        x, y = (torch.rand(64) + 0.5).requires_grad_(), torch.rand(64) + 0.5

        def chain():
            z = x
            for _ in range(4):
                z = ((z * y + 0.5).sigmoid() - y).tanh()
            z.sum().backward()
            grad, x.grad = x.grad, None
            return grad
        return chain
    if parts[1] == "1024x1024":
        x = torch.rand(1024, 1024)
        return (lambda: x.sum()) if parts[0] == "sum" else (lambda: x.softmax(1))
    n = int(parts[1])
    a, b = torch.rand(n, n), torch.rand(n, n)
    symmetric = a @ a.t() + n * torch.eye(n)
    return {
        "solve": lambda: torch.linalg.solve(symmetric, b),
        "svd": lambda: torch.linalg.svd(a).S,
        "eigh": lambda: torch.linalg.eigh(symmetric).eigenvalues,
        "cholesky": lambda: torch.linalg.cholesky(symmetric),
        "inv": lambda: torch.linalg.inv(symmetric),
        "qr": lambda: torch.linalg.qr(a).R,
    }[parts[0]]


def row(name, repeated):
    """Sets a row up; `repeated` makes of a loop's body what measures it."""
    torch.manual_seed(0)
    parts = name.split(" ")
    call = by_size(*parts) if len(parts) == 3 and parts[1] in SHAPES else single(name)
    check = None if name in UNCHECKED else call().double().sum().item()

    def operation(n):
        for _ in range(n):
            call()
    measure = repeated(operation)
    return lambda: (measure()[0], check)


def rows(repeated):
    return {name: (lambda name=name: row(name, repeated)) for name in ROWS}
