"""EfficientNet-Lite0 without its classifier: the convolutional stem of the hybrid ViT.

Tan & Le, "EfficientNet" (ICML 2019), table 1; Lite: no squeeze-and-excitation, ReLU6.
"""

import torch
from torch import nn

# (expansion, channels, blocks, first stride, kernel) of each stage.
_STAGES = (
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
)
_STEM_CHANNELS = 32
FEATURE_CHANNELS = _STAGES[-1][1]
FEATURE_STRIDE = 32


def _convolution(
    inputs: int,
    outputs: int,
    kernel: int,
    stride: int = 1,
    groups: int = 1,
    activation: bool = True,
) -> nn.Sequential:
    padding, layers = kernel // 2, list[nn.Module]()
    if stride == 2:
        # TensorFlow's "same" padding of an even size, in which the pretrained weights were learnt:
        # one pixel less on the left and top than torch would pad.
        before, after = (kernel - 2) // 2, (kernel - 1) // 2
        padding = 0
        layers.append(nn.ZeroPad2d((before, after, before, after)))
    layers.append(nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False))
    layers.append(nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.01))
    if activation:
        layers.append(nn.ReLU6())
    return nn.Sequential(*layers)


class InvertedResidual(nn.Module):
    """Expand, depthwise convolution, project; with a shortcut where the shapes allow it."""

    def __init__(self, inputs: int, outputs: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        expand = [_convolution(inputs, hidden, 1)] if expansion > 1 else []
        self.layers = nn.Sequential(
            *expand,
            _convolution(hidden, hidden, kernel, stride, groups=hidden),
            _convolution(hidden, outputs, 1, activation=False),
        )
        self.shortcut = stride == 1 and inputs == outputs

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = self.layers(features)
        return features + output if self.shortcut else output


class EfficientNetLite0(nn.Module):
    """Pictures `(batch, 3, height, width)` → features `(batch, 320, height / 32, width / 32)`.

    Attributes:
        blocks: the first convolution, then the 16 inverted residual blocks.
    """

    def __init__(self) -> None:
        super().__init__()
        blocks: list[nn.Module] = [_convolution(3, _STEM_CHANNELS, 3, stride=2)]
        inputs = _STEM_CHANNELS
        for expansion, outputs, repeats, first_stride, kernel in _STAGES:
            for repeat in range(repeats):
                stride = first_stride if repeat == 0 else 1
                blocks.append(InvertedResidual(inputs, outputs, expansion, kernel, stride))
                inputs = outputs
        self.blocks = nn.ModuleList(blocks)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        for block in self.blocks:
            pixels = block(pixels)
        return pixels
