"""A .pth file of more than 4 GiB, whose sizes and offsets need 64 bits.

    python scripts/checks/large_file.py write FILE    saves one
    python scripts/checks/large_file.py read FILE     checks one that Firebrand saved with the same content
"""

import sys

import torch

COUNT = (1 << 32) + 1000
# Beside zeros, a number here and there: a wrong offset finds another.
MARKS = {0: 1, 12345: 2, (1 << 31) + 7: 3, (1 << 32) + 3: 4, COUNT - 1: 5}


def main(command, path):
    if command == "write":
        large = torch.zeros(COUNT, dtype=torch.uint8)
        for position, value in MARKS.items():
            large[position] = value
        torch.save({"first": torch.arange(5), "large": large, "last": torch.arange(7.0)}, path)
        return
    value = torch.load(path, weights_only=True, mmap=True)
    large = value["large"]
    assert list(value) == ["first", "large", "last"] and large.shape == (COUNT,) and large.dtype == torch.uint8
    assert torch.equal(value["first"], torch.arange(5)) and torch.equal(value["last"], torch.arange(7.0))
    assert {position: int(large[position]) for position in MARKS} == MARKS
    assert int(torch.count_nonzero(large)) == len(MARKS)
    # Without the mapping PyTorch checks the record's checksum, too.
    value = torch.load(path, weights_only=True)
    assert int(value["large"][COUNT - 1]) == MARKS[COUNT - 1] and torch.equal(value["last"], torch.arange(7.0))
    print("equal")


if __name__ == "__main__":
    main(*sys.argv[1:3])
