"""PyTorch's side of the network rows (bench/network_rows.py names them)."""

import torch
import torch._inductor.config as inductor
from torch import nn
from torch.nn import functional as F

from network_rows import ROWS, SETTINGS


class Attention(nn.Module):
    """Eight heads of 64 over 128 positions, batch 8, on heads that are split already."""

    def forward(self, q, k, v):
        return F.scaled_dot_product_attention(q, k, v)


class SelfAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(512, 8, batch_first=True)

    def forward(self, x):
        return self.attention(x, x, x, need_weights=False)[0]


class First(nn.Module):
    """The first result of a module that has several."""

    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, x):
        return self.module(x)[0]


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


def resnet18():
    stem = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)]
    blocks, inputs = [], 64
    for outputs, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        blocks += [BasicBlock(inputs, outputs, stride), BasicBlock(outputs, outputs, 1)]
        inputs = outputs
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 1000))


def vgg16():
    layers, inputs = [], 3
    for width in (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0):
        if width == 0:
            layers.append(nn.MaxPool2d(2, 2))
        else:
            layers += [nn.Conv2d(inputs, width, 3, padding=1), nn.ReLU(inplace=True)]
            inputs = width
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(512 * 49, 4096), nn.ReLU(True), nn.Linear(4096, 4096),
                         nn.ReLU(True), nn.Linear(4096, 1000))


def layer(name):
    """(module, inputs) of a layer's row."""
    match name:
        case "conv2d 3x3": return nn.Conv2d(64, 64, 3, padding=1), [torch.rand(8, 64, 56, 56)]
        case "conv2d depthwise": return nn.Conv2d(128, 128, 3, padding=1, groups=128), [torch.rand(8, 128, 28, 28)]
        case "conv2d 1x1": return nn.Conv2d(256, 64, 1), [torch.rand(8, 256, 28, 28)]
        case "conv1d": return nn.Conv1d(64, 128, 5, padding=2), [torch.rand(32, 64, 256)]
        case "conv_transpose2d": return nn.ConvTranspose2d(64, 32, 4, 2, 1), [torch.rand(8, 64, 28, 28)]
        case "max_pool2d": return nn.MaxPool2d(3, 2, 1), [torch.rand(8, 64, 56, 56)]
        case "batch_norm2d": return nn.BatchNorm2d(64), [torch.rand(8, 64, 56, 56)]
        case "layer_norm": return nn.LayerNorm(512), [torch.rand(4096, 512)]
        case "group_norm": return nn.GroupNorm(32, 64), [torch.rand(8, 64, 56, 56)]
        case "attention": return Attention(), [torch.rand(8, 8, 128, 64) for _ in range(3)]
        case "multihead_attention": return SelfAttention(), [torch.rand(8, 128, 512)]
        case "lstm": return First(nn.LSTM(128, 256)), [torch.rand(64, 32, 128)]
        case "gru": return First(nn.GRU(128, 256)), [torch.rand(64, 32, 128)]


def layer_row(name, way, setting):
    module, inputs = layer(name)
    if setting == "channels-last":
        module = module.to(memory_format=torch.channels_last)
        inputs = [x.contiguous(memory_format=torch.channels_last) for x in inputs]
    if setting == "compiled":
        module = torch.compile(module)
    if way == "forward":
        def forward():
            with torch.no_grad():
                return module(*inputs)
        return forward
    inputs = [x.requires_grad_() for x in inputs]
    # Not a constant one: the gradient of a normalisation would be nothing but rounding.
    cotangent = torch.rand(module(*inputs).shape)
    leaves = [*inputs, *module.parameters()]

    def both():
        module(*inputs).backward(cotangent)
        grad = inputs[0].grad
        for leaf in leaves:
            leaf.grad = None
        return grad
    return both


def loss_row(rows, classes, way, setting):
    scores, labels = torch.rand(rows, classes), torch.arange(rows) * 7 % classes
    loss = torch.compile(F.cross_entropy) if setting == "compiled" else F.cross_entropy
    if way == "forward":
        return lambda: loss(scores, labels)
    scores.requires_grad_()

    def both():
        loss(scores, labels).backward()
        grad, scores.grad = scores.grad, None
        return grad
    return both


def embedding_row(way, setting):
    table = nn.EmbeddingBag(10000, 64, mode="sum")
    indices = (torch.arange(512 * 20) * 7919 % 10000).view(512, 20)
    if setting == "compiled":
        table = torch.compile(table)
    if way == "forward":
        def forward():
            with torch.no_grad():
                return table(indices)
        return forward
    cotangent = torch.full((512, 64), 0.5)

    def both():
        table(indices).backward(cotangent)
        weight = next(table.parameters())
        grad, weight.grad = weight.grad, None
        return grad
    return both


def step(model, x, loss_of, setting):
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
    if setting == "channels-last":
        model, x = model.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)
    if setting == "compiled":
        model = torch.compile(model)

    def train():
        optimizer.zero_grad()
        loss = loss_of(model(x))
        loss.backward()
        optimizer.step()
        return loss.detach()
    return train


def whole(name, setting):
    if name == "encoder_layer step":
        model = nn.TransformerEncoderLayer(512, 8, 2048, dropout=0.0, batch_first=True)
        return step(model, torch.rand(8, 128, 512), lambda y: y.square().mean(), setting)
    if name == "resnet18 step":
        labels = torch.arange(16)
        return step(resnet18(), torch.rand(16, 3, 64, 64), lambda y: F.cross_entropy(y, labels), setting)
    if name == "adamw 25M":
        parameters = [torch.full((2500, 1000), 0.5).requires_grad_() for _ in range(10)]
        for p in parameters:
            p.grad = torch.full((2500, 1000), 0.25)
        optimizer = torch.optim.AdamW(parameters, lr=1e-6, fused=setting == "fused" or None,
                                      foreach=True if setting == "foreach" else None)

        def update():
            optimizer.step()
            return parameters[0].detach()[0]
        return update
    model, x = vgg16().eval(), torch.rand(int(name.split(" ")[-1]), 3, 224, 224)
    if setting == "channels-last":
        model, x = model.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)
    if setting == "frozen":
        inductor.freezing = True
        model = torch.compile(model)

    def infer():
        with torch.no_grad():
            return model(x)
    return infer


def row(name, repeated):
    """Sets a row up; `repeated` makes of a loop's body what measures it. `NAME @SETTING` is the row at a setting."""
    torch.manual_seed(0)
    name, _, setting = name.partition(" @")
    first, _, way = name.rpartition(" ")
    if name.startswith("cross_entropy"):
        call = loss_row(*map(int, first.split(" ")[1].split("x")), way, setting)
    elif name.startswith("embedding_bag"):
        call = embedding_row(way, setting)
    elif way in ("forward", "forward+backward"):
        call = layer_row(first, way, setting)
    else:
        call = whole(name, setting)
    # Magnitudes: the sums of what normalisation gives are nothing but rounding.
    check = call().detach().double().abs().sum().item()

    def operation(n):
        for _ in range(n):
            call()
    measure = repeated(operation)
    return lambda: (measure()[0], check)


def rows(repeated):
    names = ROWS + [f"{name} @{setting}" for name in ROWS for setting in SETTINGS[name]]
    return {name: (lambda name=name: row(name, repeated)) for name in names}
