"""Arrays whose values are world coordinates, so that augments can be measured."""

from __future__ import annotations

import numpy as np
import torch
from training_parts import array

from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.trainers._sources import PaddedReader
from napari_dacapo.trainers.augments import Sample, SampleRequest


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def request(
    raw_shape, gt_shape=None, voxel_size=None, offset=None, *, gt_voxel_size=None
):
    """Return boxes with the ground truth in the middle of raw; shapes in voxels."""
    voxel_size = Coordinate(voxel_size or (1,) * len(raw_shape))
    gt_voxel_size = Coordinate(gt_voxel_size or voxel_size)
    offset = Coordinate(offset or (0,) * len(raw_shape))
    raw = Roi(offset, Coordinate(raw_shape) * voxel_size)
    gt_size = Coordinate(gt_shape or raw_shape) * gt_voxel_size
    margin = ((raw.shape - gt_size) / 2) // gt_voxel_size * gt_voxel_size
    return SampleRequest(raw, Roi(offset + margin, gt_size), voxel_size, gt_voxel_size)


def positions(roi, voxel_size):
    """Return the world coordinates of voxel middles, ``(axis, *space)``."""
    shape = (roi.shape / voxel_size).as_integers()
    axes = [
        float(o) + (np.arange(n) + 0.5) * float(v)
        for o, n, v in zip(roi.offset, shape, voxel_size, strict=True)
    ]
    return np.stack(np.meshgrid(*axes, indexing="ij"))


def coordinates(roi, voxel_size):
    """Return an array whose channels are the world coordinates of its voxels."""
    return array(positions(roi, voxel_size).astype(np.float32), voxel_size, roi.offset)


class World:
    """Raw holds world coordinates, ground truth a different label in every voxel."""

    def __init__(self, request, reach):
        reach = Coordinate(reach) * max(request.raw_voxel_size)
        raw_roi = (request.raw_roi - request.raw_roi.offset).grow(reach, reach)
        raw_roi = raw_roi.snap_to_grid(request.raw_voxel_size) + request.raw_roi.offset
        gt_roi = (request.gt_roi - request.gt_roi.offset).grow(reach, reach)
        gt_roi = gt_roi.snap_to_grid(request.gt_voxel_size) + request.gt_roi.offset
        self.raw = coordinates(raw_roi, request.raw_voxel_size)
        shape = (gt_roi.shape / request.gt_voxel_size).as_integers()
        labels = np.arange(1, np.prod(shape) + 1).reshape(shape)
        self.gt = array(labels, request.gt_voxel_size, gt_roi.offset)
        self.gt_positions = positions(gt_roi, request.gt_voxel_size)

    def serve(self, augment, request, generator):
        """Load what the augment asks for and apply it."""
        upstream, transform = augment.plan(request, generator)
        assert self.raw.roi.contains(upstream.raw_roi)
        assert self.gt.roi.contains(upstream.gt_roi)
        raw = torch.from_numpy(PaddedReader(self.raw).read(upstream.raw_roi))
        gt = torch.from_numpy(PaddedReader(self.gt).read(upstream.gt_roi))
        mask = (gt % 2).to(torch.uint8)
        sample = transform(Sample(raw, gt, mask))
        raw_shape = (request.raw_roi.shape / request.raw_voxel_size).as_integers()
        gt_shape = (request.gt_roi.shape / request.gt_voxel_size).as_integers()
        assert tuple(sample.raw.shape[1:]) == raw_shape
        assert tuple(sample.gt.shape) == tuple(sample.mask.shape) == (1, *gt_shape)
        assert sample.gt.dtype == torch.int64
        assert torch.equal(sample.mask, (sample.gt % 2).to(torch.uint8))
        return sample

    def label_positions(self, gt):
        """Return the world coordinates that labels come from, ``(axis, *space)``."""
        index = gt[0].numpy() - 1
        return np.stack([axis.ravel()[index] for axis in self.gt_positions])


def constant_sample(raw):
    """Return a sample with this raw ``(channel, *space)`` and empty labels."""
    space = raw.shape[1:]
    gt = torch.zeros((1, *space), dtype=torch.int64)
    return Sample(raw, gt, torch.ones((1, *space), dtype=torch.uint8))


def change_raw(augment, raw, seed=0, voxel_size=None):
    """Apply an augment that loads nothing more."""
    asked = request(raw.shape[1:], voxel_size=voxel_size)
    upstream, transform = augment.plan(asked, generator(seed))
    assert upstream == asked
    sample = constant_sample(raw)
    result = transform(sample)
    assert torch.equal(result.gt, sample.gt)
    assert torch.equal(result.mask, sample.mask)
    return result.raw
