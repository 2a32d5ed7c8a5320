"""VGG-16 between torchvision and Firebrand: logits from a state dict and from a whole model, and the initial weights.

    vgg.py write DIRECTORY      saves torchvision's, with weights drawn under seed 5, and an image with its logits
    vgg.py compare DIRECTORY    reads what Firebrand's check wrote there: the other direction

Between the two, `FIREBRAND_VGG=DIRECTORY swift test --filter VGGCheck` does Firebrand's part.
"""

import os
import sys

import torch
from torchvision.models import vgg16


def model():
    torch.manual_seed(5)
    return vgg16().eval()


@torch.no_grad()
def main(command, folder):
    place = lambda name: os.path.join(folder, name)
    net = model()
    if command == "write":
        x = torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(1))
        torch.save(net.state_dict(), place("model_weights.pth"))
        torch.save(net, place("model.pth"))
        torch.save({"x": x, "y": net(x)}, place("io.pth"))
        with open(place("model.txt"), "w") as file:
            file.write(f"{net}\n")
        return
    x, y = torch.load(place("io.pth")).values()
    ours = vgg16()
    print(ours.load_state_dict(torch.load(place("ours_weights.pth"), weights_only=True)))
    for name, other in (("state dict", ours.eval()), ("whole model", torch.load(place("ours.pth"), weights_only=False))):
        difference = ((other(x) - y).abs().max() / y.abs().max()).item()
        print(f"{name}: {type(other).__module__}.{type(other).__name__}, largest relative difference {difference:.2e}")
        assert difference < 1e-4 and not other.training
    for (key, a), (_, b) in zip(net.state_dict().items(), ours.state_dict().items()):
        assert torch.equal(a, b), key


main(*sys.argv[1:])
