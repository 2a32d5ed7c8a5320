"""Whole models between PyTorch and Firebrand: every case of PyTorch's module database, there and back.

    whole_models.py FIREBRAND [CLASS …]

Each class's cases are saved as `torch.save([module, …])`, read and written again by `firebrand convert`, and loaded by
`torch.load(weights_only=False)`. The modules that come back must give the same outputs, to the bit, and have the same
attributes; how many of the files are the same, byte for byte, is counted.
"""

import copy
import pickletools
import subprocess
import sys
import tempfile
import warnings
import zipfile

import torch
from torch import nn
from torch.testing._internal.common_modules import module_db

warnings.simplefilter("ignore")
firebrand, *wanted = sys.argv[1:]


def instances(info):
    """Modules of the class, each with the inputs of a call."""
    seen = set()
    for training in (True, False):
        for sample in info.module_inputs_func(
                info, device="cpu", dtype=torch.float32, requires_grad=False, training=training):
            made = sample.constructor_input
            try:
                module = info.module_cls(*made.args, **made.kwargs).train(training)
            except Exception:
                continue
            key = (str(module), training, str([type(a) for a in sample.forward_input.args]))
            if key in seen:
                continue
            seen.add(key)
            yield module, sample.forward_input.args, sample.forward_input.kwargs


def call(module, args, kwargs):
    torch.manual_seed(1)
    try:
        return module(*copy.deepcopy(args), **copy.deepcopy(kwargs))
    except Exception as error:
        return f"{type(error).__name__}"


def tensors(value):
    if isinstance(value, torch.Tensor):
        return [value.detach()]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [t for v in value for t in tensors(v)]
    return []


def pickle_of(path):
    archive = zipfile.ZipFile(path)
    return archive.read(next(name for name in archive.namelist() if name.endswith("data.pkl")))


def plain(value):
    return value if isinstance(value, (bool, int, float, str, type(None), tuple, list)) else type(value).__name__


def attributes(module):
    if isinstance(module, nn.RNNBase):
        hidden = {"_flat_weights", "_flat_weight_refs"}
    else:
        hidden = set()
    return {k: plain(v) for k, v in module.__dict__.items() if k not in hidden and "hook" not in k}


def compare(original, loaded, args, kwargs):
    # Swift's layers keep some numbers with a point: beta=2 becomes beta=2.0.
    if type(original) is not type(loaded) or str(original).replace(".0", "") != str(loaded).replace(".0", ""):
        return f"is a {loaded}, not a {original}"
    for (name, a), (_, b) in zip(original.named_modules(), loaded.named_modules()):
        a, b = attributes(a), attributes(b)
        if a != b:
            return f"{name}: attributes {[(k, a.get(k), b.get(k)) for k in a | b if a.get(k) != b.get(k)]}"
    if [n for n, _ in original.named_modules()] != [n for n, _ in loaded.named_modules()]:
        return "has other modules"
    first, second = call(original, args, kwargs), call(loaded, args, kwargs)
    if isinstance(first, str) or isinstance(second, str):
        return None if str(first) == str(second) else f"{first} against {second}"
    pairs = list(zip(tensors(first), tensors(second)))
    same = all(torch.equal(torch.nan_to_num(a.float()), torch.nan_to_num(b.float())) for a, b in pairs)
    return None if same else "gives other outputs"


total = passed = files = identical = 0
different = []
with tempfile.TemporaryDirectory() as folder:
    for info in module_db:
        if wanted and info.name.split(".")[-1] not in wanted:
            continue
        cases = list(instances(info))
        if not cases:
            print(f"{info.name}: no cases")
            continue
        source, target = f"{folder}/source.pth", f"{folder}/target.pth"
        try:
            torch.save([module for module, _, _ in cases], source)
        except Exception as error:
            print(f"{info.name}: PyTorch cannot save it: {error}")
            continue
        files += 1
        total += len(cases)
        done = subprocess.run([firebrand, "convert", source, target], capture_output=True, text=True)
        if done.returncode:
            print(f"{info.name}: {done.stderr.strip()[-400:]}")
            continue
        try:
            loaded = torch.load(target, weights_only=False)
        except Exception as error:
            print(f"{info.name}: Python cannot load it: {type(error).__name__} {error}")
            continue
        identical += pickle_of(source) == pickle_of(target)
        if pickle_of(source) != pickle_of(target):
            different.append(info.name.split(".")[-1])
        if pickle_of(source) != pickle_of(target) and wanted:
            for name, path in (("source", source), ("target", target)):
                with open(f"/tmp/{name}.txt", "w") as out:
                    pickletools.dis(pickle_of(path), out)
        for (module, args, kwargs), other in zip(cases, loaded):
            problem = compare(module, other, args, kwargs)
            passed += problem is None
            if problem:
                print(f"{info.name}: {problem}")
print(f"{passed} of {total} modules come back equal; {identical} of {files} files are the same pickle")
print("other pickles:", *different)
sys.exit(passed != total)
