"""Tiny networks, one for each habit of real ones, with weights that hide nothing."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convscope.net.net import Net
from convscope.preprocess import Preprocessing

SIZE = (24, 29)


def fill(module: nn.Module, seed: int = 0) -> nn.Module:
    """Random weights and biases; normalisations with gains of both signs; float64, eval mode."""
    generator = torch.Generator().manual_seed(seed)

    def drawn(tensor: Tensor, scale: float) -> Tensor:
        return torch.randn(tensor.shape, generator=generator, dtype=torch.float64) * scale

    module.double().eval()
    with torch.no_grad():
        for name, tensor in module.named_parameters():
            scale = max(tensor[0].numel(), 1) ** -0.5 if tensor.dim() > 1 else 0.7
            tensor.copy_(drawn(tensor, scale))
            if name.endswith("bias"):
                tensor.mul_(0.3)
        for name, tensor in module.named_buffers():
            if name.endswith("running_mean"):
                tensor.copy_(drawn(tensor, 0.3))
            if name.endswith("running_var"):
                tensor.copy_(drawn(tensor, 0.5).abs() + 0.5)
    return module


def glass(module: nn.Module, size: tuple[int, int] = SIZE, channels: int = 3) -> Net:
    """A network under glass whose input has this size."""
    return Net(module, Preprocessing(size, None, mean=(0.0,) * channels, std=(1.0,) * channels))


def photograph(net: Net, seed: int = 1) -> Tensor:
    """One random image for a network, (1, c, h, w)."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(net.input_shape, generator=generator, dtype=torch.float64).to(net.dtype)


class Forward(nn.Module):
    """A network whose forward is a function of (self, x); its parts are keyword arguments."""

    def __init__(self, forward: Callable[..., Tensor], **parts: nn.Module) -> None:
        super().__init__()
        self._forward_of = forward
        for name, part in parts.items():
            self.add_module(name, part)

    def forward(self, x: Tensor) -> Tensor:
        return self._forward_of(self, x)


def conv(i: int, o: int, k: int | tuple[int, int] = 3, **options: object) -> nn.Conv2d:
    return nn.Conv2d(i, o, k, **options)  # type: ignore[arg-type]


# -- plain chains -------------------------------------------------------------------------------
def ceil_pools() -> nn.Module:
    """Overlapping 3x3/s2 pools with ceil windows, groups, dilation, biases."""
    return nn.Sequential(
        *(conv(3, 6, 5, stride=2, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True)),
        *(conv(6, 8, 3, padding=1, groups=2), nn.BatchNorm2d(8), nn.ReLU(inplace=True)),
        *(nn.MaxPool2d(3, 2, ceil_mode=True), conv(8, 4, 3, padding=2, dilation=2), nn.ReLU()),
    )


def odd_dilation() -> nn.Module:
    """Taps that miss border cells: dilation 2 with padding 1, 1x1 with padding, gaps by stride."""
    return nn.Sequential(
        *(conv(3, 4, 3, padding=1, dilation=2), nn.ReLU(), conv(4, 4, 1, padding=1, stride=2)),
        *(conv(4, 4, 2, stride=3), nn.ReLU()),
    )


def long_kernels() -> nn.Module:
    return nn.Sequential(
        *(conv(3, 4, (1, 7), padding=(0, 3)), nn.ReLU(), conv(4, 4, (7, 1), padding=(3, 0))),
        *(nn.ReLU(), nn.AvgPool2d(3, 1, 1), conv(4, 4, (3, 1), stride=(2, 1)), nn.ReLU()),
    )


def same_string() -> nn.Module:
    """torch's own ``padding="same"`` with an even kernel and dilation; ``valid``; a crop."""
    return nn.Sequential(
        *(conv(3, 4, 4, padding="same"), nn.ReLU(), conv(4, 4, 2, padding="same", dilation=3)),
        *(nn.ReLU(), nn.ZeroPad2d((1, -2, -1, 2)), conv(4, 4, 3, padding="valid"), nn.ReLU()),
    )


def mirrors() -> nn.Module:
    """Padding by reflection and by repeating the border, deeper than the kernels reach back."""
    return nn.Sequential(
        *(nn.ReflectionPad2d(3), conv(3, 4, 3), nn.ReLU(), nn.ReplicationPad2d(2)),
        *(conv(4, 4, 3, stride=2), nn.ReLU()),
        *(conv(4, 4, 3, padding=1, padding_mode="reflect"), nn.ReLU()),
    )


class BlurPool(nn.Module):
    """Anti-aliased downsampling: a fixed binomial filter a channel, with reflected borders."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        taps = torch.tensor([1.0, 2.0, 1.0]) / 4
        self.register_buffer("kernel", (taps[:, None] * taps).repeat(channels, 1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        padded = F.pad(x, (1, 1, 1, 1), mode="reflect")
        return F.conv2d(padded, self.kernel, stride=2, groups=x.shape[1])


def blur_pools() -> nn.Module:
    return nn.Sequential(
        *(conv(3, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2, 1), BlurPool(4)),
        *(conv(4, 6, 3, padding=1), nn.ReLU(), BlurPool(6), conv(6, 4, 3, padding=1), nn.ReLU()),
    )


class SameConv(nn.Conv2d):
    """TensorFlow's "same": how much is padded depends on the size of what comes in."""

    def forward(self, x: Tensor) -> Tensor:
        pads = []
        for size, k, s in zip(x.shape[2:], self.kernel_size, self.stride, strict=True):
            total = max((-(-size // s) - 1) * s + k - size, 0)
            pads.append((total // 2, total - total // 2))
        x = F.pad(x, (*pads[1], *pads[0]))
        return F.conv2d(x, self.weight, self.bias, self.stride, 0, self.dilation, self.groups)


def tf_same() -> nn.Module:
    return nn.Sequential(
        *(SameConv(3, 4, 3, stride=2), nn.ReLU(), SameConv(4, 4, 5, stride=2, groups=4)),
        *(nn.BatchNorm2d(4), nn.ReLU(), SameConv(4, 6, 3, stride=2), nn.ReLU()),
        *(conv(6, 4, 1), nn.ReLU()),
    )


# -- branches -----------------------------------------------------------------------------------
class Block(nn.Module):
    """A residual block with a strided 1x1 shortcut and functional rectifiers."""

    def __init__(self, i: int, o: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = (
            conv(i, o, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(o),
        )
        self.conv2, self.bn2 = conv(o, o, 3, padding=1, bias=False), nn.BatchNorm2d(o)
        self.shortcut = conv(i, o, 1, stride=stride) if (i, stride) != (o, 1) else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        y += self.shortcut(x)
        return F.relu(y)


def residual() -> nn.Module:
    return nn.Sequential(conv(3, 4, 3, padding=1), nn.ReLU(), Block(4, 4, 1), Block(4, 6, 2))


class OptionA(nn.Module):
    """He et al. 2015, option A: a shortcut by slicing, its channels padded with zeros."""

    def __init__(self, i: int, o: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = (
            conv(i, o, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(o),
        )
        self.conv2, self.bn2 = conv(o, o, 3, padding=1, bias=False), nn.BatchNorm2d(o)
        self.stride, self.extra = stride, (o - i) // 2

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.stride > 1:
            x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.extra, self.extra))
        return F.relu(y + x)


def option_a() -> nn.Module:
    return nn.Sequential(conv(3, 4, 3, padding=1), nn.ReLU(), OptionA(4, 4, 1), OptionA(4, 8, 2))


class Fire(nn.Module):
    """SqueezeNet's module: branches side by side."""

    def __init__(self, i: int, s: int, o: int) -> None:
        super().__init__()
        self.squeeze, self.squeeze_activation = conv(i, s, 1), nn.ReLU(inplace=True)
        self.expand1x1, self.expand1x1_activation = conv(s, o, 1), nn.ReLU(inplace=True)
        self.expand3x3 = conv(s, o, 3, padding=1)
        self.expand3x3_activation = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        x = self.squeeze_activation(self.squeeze(x))
        one = self.expand1x1_activation(self.expand1x1(x))
        return torch.cat([one, self.expand3x3_activation(self.expand3x3(x))], 1)


def fires() -> nn.Module:
    return nn.Sequential(
        *(conv(3, 6, 7, stride=2), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True), Fire(6, 3, 4)),
        *(nn.MaxPool2d(3, 2, ceil_mode=True), Fire(8, 3, 4)),
    )


class UNet(nn.Module):
    """Two levels; how it enlarges is a choice."""

    def __init__(self, up: str) -> None:
        super().__init__()
        self.down1, self.down2 = conv(3, 4, 3, padding=1), conv(4, 6, 3, padding=1)
        self.bottom = conv(6, 6, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.up1, self.up2 = _enlarge(up, 6), _enlarge(up, 4)
        self.merge1, self.merge2 = conv(12, 4, 3, padding=1), conv(8, 4, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        one = F.relu(self.down1(x))
        two = F.relu(self.down2(self.pool(one)))
        low = F.relu(self.bottom(self.pool(two)))
        up = F.relu(self.merge1(torch.cat([self.up1(low), two], 1)))
        return F.relu(self.merge2(torch.cat([self.up2(up), one], 1)))


def _enlarge(up: str, channels: int) -> nn.Module:
    if up == "transposed":
        return nn.ConvTranspose2d(channels, channels, 2, stride=2)
    if up == "wide":
        return nn.ConvTranspose2d(channels, channels, 3, stride=2, padding=1, output_padding=1)
    if up == "shuffle":
        return nn.Sequential(conv(channels, channels * 4, 1), nn.PixelShuffle(2))
    return nn.Upsample(scale_factor=2, mode=up)


def transposed_gaps() -> nn.Module:
    """Transposed convolutions that leave cells without any tap."""
    return nn.Sequential(
        *(conv(3, 4, 3, stride=2), nn.ReLU(), nn.ConvTranspose2d(4, 4, 2, stride=3, padding=1)),
        *(nn.ReLU(), nn.ConvTranspose2d(4, 4, 3, stride=2, dilation=2, padding=1), nn.ReLU()),
    )


class Shuffle(nn.Module):
    """ShuffleNet's channel shuffle between two grouped convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = conv(3, 6, 3, padding=1), conv(6, 6, 3, groups=3)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.one(x))
        n, c, h, w = x.shape
        x = x.view(n, 3, c // 3, h, w).transpose(1, 2).reshape(n, c, h, w)
        return F.relu(self.two(x))


class Halves(nn.Module):
    """Channel split, one half through a convolution (ShuffleNet 2, CSPNet)."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = conv(3, 6, 3, stride=2, padding=1), conv(3, 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        left, right = F.relu(self.one(x)).chunk(2, dim=1)
        return torch.cat([left, F.relu(self.two(right))], 1)


class NextBlock(nn.Module):
    """ConvNeXt: depthwise, then LayerNorm and linear layers with channels last."""

    def __init__(self, c: int) -> None:
        super().__init__()
        self.dw, self.norm = conv(c, c, 7, padding=3, groups=c), nn.LayerNorm(c)
        self.up, self.down = nn.Linear(c, 2 * c), nn.Linear(2 * c, c)
        self.gamma = nn.Parameter(torch.ones(c))

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.dw(x).permute(0, 2, 3, 1))
        y = self.gamma * self.down(F.gelu(self.up(y)))
        return x + y.permute(0, 3, 1, 2)


def convnext() -> nn.Module:
    return nn.Sequential(conv(3, 4, 4, stride=4), NextBlock(4))


class Wiring(nn.Module):
    """Sums, differences and products with constants, in their odder spellings."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = conv(3, 4, padding=1), conv(4, 4, padding=1)
        self.three = conv(4, 4, stride=2)
        self.scale = nn.Parameter(torch.ones(4))

    def forward(self, x: Tensor) -> Tensor:
        a = F.relu(self.one(x))
        b = self.two(a)
        c = 3 - torch.add(a, b, alpha=0.5)
        d = self.scale.view(4, 1, 1) * c / 2
        e = torch.sub(d, b, alpha=2).mul(0.7).div(torch.tensor(1.3))
        return F.relu(self.three(-e))


class Cuts(nn.Module):
    """Slices and negative padding, which cut cells off a crop as they do off the image."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.three = (conv(3 if i == 0 else 4, 4) for i in range(3))

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.one(x))[:, :, 2:999, 1:-1:2]
        x = F.relu(self.two(F.pad(x, (-1, 2, -2, -1))))
        return F.relu(self.three(x[:, :, 1::2, :-1]))


class SpatialGate(nn.Module):
    """Attention over space: a gate for every cell, made of its neighbourhood."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.gate, self.two = conv(3, 4), conv(4, 1, 3, padding=1), conv(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.one(x))
        return F.relu(self.two(x * torch.sigmoid(self.gate(x))))


LOCAL: dict[str, Callable[[], nn.Module]] = {
    "ceil_pools": ceil_pools,
    "odd_dilation": odd_dilation,
    "long_kernels": long_kernels,
    "same_string": same_string,
    "mirrors": mirrors,
    "blur_pools": blur_pools,
    "tf_same": tf_same,
    "residual": residual,
    "option_a": option_a,
    "fires": fires,
    "unet_nearest": lambda: UNet("nearest"),
    "unet_bilinear": lambda: UNet("bilinear"),
    "unet_transposed": lambda: UNet("transposed"),
    "unet_wide": lambda: UNet("wide"),
    "unet_shuffle": lambda: UNet("shuffle"),
    "transposed_gaps": transposed_gaps,
    "shuffle": Shuffle,
    "halves": Halves,
    "convnext": convnext,
    "cuts": Cuts,
    "wiring": Wiring,
    "spatial_gate": SpatialGate,
}
"""Networks every layer of which is local."""

SIZES = {name: (24, 28) for name in LOCAL if name.startswith("unet") or name == "convnext"}
"""Sizes of inputs where a network asks for them; the others take `SIZE`."""


def local(name: str) -> Net:
    """One of the local networks under glass."""
    return glass(fill(LOCAL[name]()), SIZES.get(name, SIZE))
