"""Small stand-ins and helpers for the tests of trainers."""

from __future__ import annotations

import numpy as np
import torch

from napari_dacapo.arrays.numpy_array import NumpyArray
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.tasks.predictors.base import Predictor


class InMemoryDataset:
    def __init__(self, name, raw, gt, mask=None, weight=1, sample_points=None):
        self.name, self.raw, self.gt, self.mask = name, raw, gt, mask
        self.weight, self.sample_points = weight, sample_points


def array(values, voxel_size=None, offset=None, axes=None):
    voxel_size = Coordinate(voxel_size or (1,) * values.ndim)
    offset = Coordinate(offset if offset is not None else (0,) * voxel_size.dims)
    spatial = list("zyx"[-voxel_size.dims :])
    if axes is None:
        axes = ["c", *spatial] if values.ndim > voxel_size.dims else spatial
    shape = [n for n, a in zip(values.shape, axes, strict=True) if a != "c"]
    roi = Roi(offset, Coordinate(shape) * voxel_size)
    return NumpyArray.from_np_array(values, roi, voxel_size, axes)


class Net(torch.nn.Module):
    """A convolution that removes `margin` voxels per side, after repeating each."""

    def __init__(self, input_shape=(12, 12, 12), margin=2, channels=1, upsample=1):
        super().__init__()
        self.input_shape = Coordinate(input_shape)
        self.num_in_channels, self.num_out_channels = channels, 1
        self.margin, self.upsample = margin, upsample
        conv = (torch.nn.Conv2d, torch.nn.Conv3d)[self.input_shape.dims - 2]
        self.conv = conv(channels, 1, 2 * margin + 1)
        self.eval_activation = torch.nn.Sigmoid()

    @property
    def output_shape(self):
        return self.input_shape * self.upsample - 2 * self.margin

    def scale(self, voxel_size):
        return voxel_size / self.upsample

    def forward(self, x):
        if self.upsample > 1:
            x = torch.nn.functional.interpolate(x, scale_factor=self.upsample)
        result = self.conv(x)
        return result if self.training else self.eval_activation(result)


class Threshold(Predictor):
    """Target is where labels are; weights balance with running counts."""

    def __init__(self, grow=0, partial=False):
        self.grow, self.partial = grow, partial

    def create_model(self, architecture):
        return architecture

    def create_target(self, gt, roi=None):
        roi = roi if self.partial and roi is not None else gt.roi
        values = (gt[roi] > 0).astype(np.float32)[:1]
        return NumpyArray.from_np_array(values, roi, gt.voxel_size, gt.axes)

    def create_weight(self, gt, target, mask, moving_class_counts=None):
        seen, positive = moving_class_counts or [1.0, 1.0]
        used = mask[target.roi][:1].astype(bool)
        seen = seen + float(used.sum())
        positive = positive + float(target.data[used].sum())
        weight = np.where(target.data > 0, seen / positive, 1) * used
        weight = weight.astype(np.float32)
        array = NumpyArray.from_np_array(weight, target.roi, gt.voxel_size, gt.axes)
        return array, [seen, positive]

    def output_array_type(self):
        raise NotImplementedError

    def gt_region_for_roi(self, roi, voxel_size):
        return roi.grow(voxel_size * self.grow, voxel_size * self.grow)


class WeightedSquares:
    def compute(self, prediction, target, weight):
        return (weight * (prediction - target) ** 2).mean()


class SmallTask:
    def __init__(self, grow=0, partial=False):
        self.predictor, self.loss = Threshold(grow, partial), WeightedSquares()


def volumes(shape=(40, 40, 40), voxel_size=None, seed=0):
    """Return random raw (uint8) and labels of boxes."""
    generator = np.random.default_rng(seed)
    voxel_size = voxel_size or (1,) * len(shape)
    raw = generator.integers(0, 255, shape, dtype=np.uint8)
    labels = np.kron(
        generator.integers(0, 4, [-(-n // 4) for n in shape]),
        np.ones((4,) * len(shape), int),
    )[tuple(slice(n) for n in shape)].astype(np.uint32)
    return array(raw, voxel_size), array(labels, voxel_size)
