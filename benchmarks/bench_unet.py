"""Time U-Nets on one CPU thread, forward and forward + backward.

First table: our convolution, which cuts single samples into halves, against torch's
own, for batches of 1 and 2, per sample. Second table: a 2D network inside 3D data
(kernels 1x3x3) against the same network in 2D. Figures are medians of processor time,
measured in turns, since other work on the machine slows both down.
Usage: ``python benchmarks/bench_unet.py``.
"""

import copy
import statistics
import time
import types

import torch

from napari_dacapo.architectures import CNNectomeUNetConfig
from napari_dacapo.nn.convolution import Conv3d

REPEATS = 5


def unet(shape, num_fmaps, factors, kernel=None):
    kernels = None if kernel is None else [[kernel] * 2] * (len(factors) + 1)
    config = CNNectomeUNetConfig(
        "unet",
        input_shape=shape,
        fmaps_in=1,
        fmaps_out=num_fmaps,
        num_fmaps=num_fmaps,
        fmap_inc_factor=2,
        downsample_factors=factors,
        kernel_size_down=kernels,
        kernel_size_up=kernels and kernels[:-1],
        padding="same",
    )
    return config.create_architecture()


def with_plain_convolutions(network):
    plain = copy.deepcopy(network)
    for module in plain.modules():
        if isinstance(module, Conv3d):
            module.forward = types.MethodType(torch.nn.Conv3d.forward, module)
    return plain


def milliseconds(network, inputs, training):
    begin = time.process_time()
    if training:
        network(inputs).sum().backward()
    else:
        with torch.inference_mode():
            network(inputs)
    return (time.process_time() - begin) * 1000


def compare(one, other, training):
    """Return the median times of two (network, inputs) pairs, measured in turns."""
    times = [
        (milliseconds(*one, training), milliseconds(*other, training))
        for _ in range(REPEATS + 1)
    ][1:]
    return [statistics.median(column) for column in zip(*times, strict=True)]


def compare_convolutions(shape, num_fmaps):
    network = unet(shape, num_fmaps, [(1, 2, 2), (2, 2, 2)])
    plain = with_plain_convolutions(network)
    for batch in (1, 2):
        inputs = torch.rand(batch, 1, *shape)
        for training in (False, True):
            ours, torchs = compare((network, inputs), (plain, inputs), training)
            kind = "forward + backward" if training else "forward"
            print(
                f"{num_fmaps:3d} maps {shape!s:14} batch {batch} {kind:18} ours "
                f"{ours / batch:7.1f} ms  torch {torchs / batch:7.1f} ms  "
                f"ratio {torchs / ours:4.2f}"
            )


def compare_dimensions(shape, num_fmaps, batch):
    flat = unet(shape, num_fmaps, [(1, 2, 2)] * 2, kernel=(1, 3, 3))
    plane = unet(shape[1:], num_fmaps, [(2, 2)] * 2)
    inputs = torch.rand(batch, 1, *shape)
    images = inputs.reshape(batch * shape[0], 1, *shape[1:])
    for training in (False, True):
        three, two = compare((flat, inputs), (plane, images), training)
        kind = "forward + backward" if training else "forward"
        print(
            f"{num_fmaps:3d} maps {shape!s:14} batch {batch} {kind:18} in 3D "
            f"{three:7.1f} ms  2D {two:7.1f} ms  ratio {two / three:4.2f}"
        )


def main():
    torch.set_num_threads(1)
    for shape, num_fmaps in (((16, 48, 48), 8), ((32, 64, 64), 8), ((48, 48, 48), 12)):
        compare_convolutions(shape, num_fmaps)
    for num_fmaps in (12, 24):
        for batch in (1, 2, 4):
            compare_dimensions((1, 128, 128), num_fmaps, batch)
        compare_dimensions((8, 64, 64), num_fmaps, 2)


if __name__ == "__main__":
    main()
