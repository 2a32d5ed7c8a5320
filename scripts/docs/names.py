"""The page of PyTorch's names: each with the Swift symbols whose documentation says `PyTorch: …`."""

import collections
import re

from graphs import comment

# Operators without a symbol of their own: the article "Coming from PyTorch" says how they are written in Swift.
ELSEWHERE = {"fill", "reshape_as", "split_with_sizes", "type_as", "view_as"}
# Those that PyTorch's own functions stand on; they have no Swift name but can be called by theirs.
BY_NAME = {"_upsample_bilinear2d_aa", "affine_grid_generator", "constant_pad_nd", "grid_sampler_2d",
           "max_pool2d_with_indices_backward"}

# "PyTorch: `torch.rand`, `Tensor.uniform_`."
NAMED = re.compile(r"PyTorch: ((?:`[^`]+`(?:,? and |, | or )?)+)")


def stable_hash(usr):
    """The suffix by which DocC tells symbols of one path apart: FNV-1, folded to 24 bits, in base 36."""
    value = 2166136261
    for byte in usr.encode():
        value = (value * 16777619 & 0xffffffff) ^ byte
    value = (value >> 24) ^ (value & 0xffffff)
    digits = ""
    while value:
        value, digit = divmod(value, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits or "0"


def rows(graph):
    """[(PyTorch's name, the symbol's path, its link)], sorted."""
    paths = collections.Counter("/".join(symbol["pathComponents"]).lower() for symbol in graph["symbols"])
    found = {}
    for symbol in graph["symbols"]:
        path = "/".join(symbol["pathComponents"])
        suffix = "" if paths[path.lower()] == 1 else "-" + stable_hash(symbol["identifier"]["precise"])
        for names in NAMED.findall(" ".join(comment(symbol).split())):
            for name in re.findall(r"`([^`]+)`", names):
                found.setdefault((name, path), path + suffix)
    return sorted((name, path, link) for (name, path), link in found.items())


def write_page(graph, operators, catalogue):
    """The article with the names in alphabetical order, a table for each letter; returns the operators that it lacks."""
    swift = {}
    for name, _, link in rows(graph):
        # A pipe would end the table's cell.
        if "|" not in name:
            swift.setdefault(name, []).append(f"``{link}``")
    for name in ELSEWHERE & set(operators):
        swift[name] = ["<doc:Coming-from-PyTorch>"]
    for name in BY_NAME & set(operators):
        swift[name] = [f'`operators.call("{name}", …)`']
    tables = {}
    for name in sorted(swift, key=lambda name: (last(name), name)):
        tables.setdefault(last(name)[:1].upper() if last(name)[:1].isalpha() else "Operators", []).append(name)
    page = ["# PyTorch's names", "", "Which Swift name belongs to a name of PyTorch, in alphabetical order of its last part.", ""]
    for heading in sorted(tables, key=lambda heading: (len(heading) > 1, heading)):
        page += [f"## {heading}", "", "| PyTorch | Firebrand |", "|---|---|"]
        page += [f"| `{name}` | {', '.join(swift[name])} |" for name in tables[heading]] + [""]
    (catalogue / "Names-of-PyTorch.md").write_text("\n".join(page))
    found = {last(name) for name in swift}
    # What Python calls `__radd__` and so on is an operator's sign in Swift.
    return [name for name in operators
            if last(name) not in found | ELSEWHERE | BY_NAME and not name.startswith("__")]


def last(name):
    """The last part of a dotted name, by which it is sorted."""
    return re.sub(r"[^\w.].*", "", name).rpartition(".")[2].lower()
