#!/usr/bin/env python3
"""Makes the embedded digits: Sources/FirebrandVision/Resources/digits-{images-idx3,labels-idx1}-ubyte.gz.

Needs scikit-learn, whose `load_digits` carries the test part of the UCI "Optical Recognition of Handwritten Digits"
(1797 images of 8x8, values 0...16). Prints the MD5 that the Swift tests expect of the images resized to 28x28,
computed here with NumPy from the formula rather than with the Swift code.
"""

import gzip
import hashlib
import pathlib
import struct

import numpy as np
from sklearn.datasets import load_digits

resources = pathlib.Path(__file__).resolve().parent.parent / "Sources/FirebrandVision/Resources"


def write(name: str, array: np.ndarray) -> None:
    header = struct.pack(">HBB", 0, 0x08, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    # No time stamp and no name: the same input gives the same bytes.
    (resources / name).write_bytes(gzip.compress(header + array.tobytes(), compresslevel=9, mtime=0))


def resized(images: np.ndarray, size: int) -> np.ndarray:
    """Bilinear with half-pixel centres (PyTorch's align_corners=False), clamped at the edges, rounded half up."""
    old = images.shape[-1]
    position = np.maximum((np.arange(size) + 0.5) * old / size - 0.5, 0)
    low = position.astype(int)
    high = np.minimum(low + 1, old - 1)
    weight = position - low
    rows = images[:, low] * (1 - weight)[:, None] + images[:, high] * weight[:, None]
    both = rows[:, :, low] * (1 - weight) + rows[:, :, high] * weight
    return np.floor(both * 255 / 16 + 0.5 + 1e-9).astype(np.uint8)


digits = load_digits()
images = digits.images.astype(np.uint8)
labels = digits.target.astype(np.uint8)
assert images.shape == (1797, 8, 8) and images.max() == 16 and (images == digits.images).all()
resources.mkdir(parents=True, exist_ok=True)
write("digits-images-idx3-ubyte.gz", images)
write("digits-labels-idx1-ubyte.gz", labels)

large = resized(images.astype(np.float64), 28)
print("MD5 of all 28x28 pixels:", hashlib.md5(large.tobytes()).hexdigest())
print("MD5 of all labels:      ", hashlib.md5(labels.tobytes()).hexdigest())
