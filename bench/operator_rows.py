"""The names of the operator rows: what is called, how many elements, how they lie in memory.

Both sides make the same inputs from the same seed, and do `operator size layout` as bench/torch_operators.py (PyTorch) and
Sources/FirebrandBench/OperatorRows.swift (Firebrand) say. Sizes are 64 (8 x 8), 32Ki (128 x 256) and 4Mi (2048 x 2048)
elements. Layouts: contiguous; transposed (the transpose of a contiguous matrix); broadcast (the second operand is a row, or
the only one a column expanded to the shape).
"""

SIZES = ("64", "32Ki", "4Mi")

BY_LAYOUT = {
    "pointwise": ("add", "mul", "exp", "where"),
    "reduction": ("sum", "sum-dim0", "sum-dim1"),
}
CONTIGUOUS = {
    "pointwise": ("div", "sqrt", "log", "tanh", "sigmoid", "sin", "pow", "clamp", "relu", "lerp", "add-int64", "lt", "eq", "gelu", "silu"),
    "reduction": ("mean", "var-dim1", "max-dim0", "max-dim1", "argmax-dim1", "amax", "norm", "logsumexp-dim1", "sum-int64"),
    "softmax": ("softmax-dim0", "softmax-dim1", "log_softmax-dim1"),
    "scan": ("cumsum-dim0", "cumsum-dim1", "cumprod-dim1"),
    "sorting": ("sort", "sort-dim0", "argsort", "topk", "sort-flat"),
    "indexing": ("gather", "index_select-dim0", "index_select-dim1", "scatter_add", "index_add", "masked_fill", "masked_select"),
    "joining": ("cat-dim0", "cat-dim1", "stack"),
    "copying": ("clone", "transpose-copy", "to-float64", "to-int64", "to-bfloat16", "flip"),
    "random": ("randn", "rand"),
}
SINGLE = {
    "matmul": ("matmul 64x64", "matmul 256x256", "matmul 1024x1024", "matmul 8192x64x64", "matmul 1024x1024 transposed",
               "matmul 256x256 float64", "matmul 256x256 bfloat16", "matmul 1024x1024 bfloat16", "bmm 64x128x128",
               "bmm 64x128x128 transposed", "bmm 512x16x16", "bmm 64x128x128 bfloat16"),
    "einsum": ("einsum attention", "einsum chain", "einsum outer"),
    "linalg": ("solve 256", "svd 256", "eigh 256", "cholesky 256", "inv 256", "qr 256"),
    "autograd": ("chain backward 64",),
    "million": ("sum 1024x1024", "softmax 1024x1024"),
}

FAMILIES = {}
for _family, _operators in (*BY_LAYOUT.items(), *CONTIGUOUS.items()):
    for _operator in _operators:
        for _size in SIZES:
            for _layout in ("contiguous", "transposed", "broadcast") if _operator in BY_LAYOUT.get(_family, ()) else ("contiguous",):
                FAMILIES[f"{_operator} {_size} {_layout}"] = _family
for _family, _names in SINGLE.items():
    for _name in _names:
        FAMILIES[_name] = _family

ROWS = list(FAMILIES)
# A call on 64 elements costs what a call costs.
SMALL = {row for row in ROWS if " 64 " in f" {row} " and FAMILIES[row] not in ("matmul", "linalg", "einsum")}
# Random numbers that both sides draw differently, or results without an order.
UNCHECKED = {row for row in ROWS if row.startswith(("randn", "qr"))}
