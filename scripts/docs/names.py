"""The page of PyTorch's names: each with the Swift symbols whose documentation says `PyTorch: …`."""

import collections
import re

from graphs import comment

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


def write_page(graph, catalogue):
    """The article with the names in alphabetical order, a table for each letter."""
    swift = {}
    for name, _, link in rows(graph):
        # A pipe would end the table's cell.
        if "|" not in name:
            swift.setdefault(name, []).append(f"``{link}``")
    tables = {}
    for name in sorted(swift, key=lambda name: (last(name), name)):
        tables.setdefault(last(name)[:1].upper() if last(name)[:1].isalpha() else "Operators", []).append(name)
    page = ["# PyTorch's names", "", "Which Swift name belongs to a name of PyTorch, in alphabetical order of its last part.", ""]
    for heading in sorted(tables, key=lambda heading: (len(heading) > 1, heading)):
        page += [f"## {heading}", "", "| PyTorch | Firebrand |", "|---|---|"]
        page += [f"| `{name}` | {', '.join(swift[name])} |" for name in tables[heading]] + [""]
    (catalogue / "Names-of-PyTorch.md").write_text("\n".join(page))


def last(name):
    """The last part of a dotted name, by which it is sorted."""
    return re.sub(r"[^\w.].*", "", name).rpartition(".")[2].lower()
