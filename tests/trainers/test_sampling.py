from fractions import Fraction

import numpy as np
import pytest
from training_parts import Net, Threshold

from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.trainers._annotation import (
    FullAnnotation,
    LazyAnnotation,
    MaskAnnotation,
)
from napari_dacapo.trainers._crop_samplers import (
    box_sums,
    create_sampler,
    restrict_to_points,
)
from napari_dacapo.trainers.sampling import (
    CropGrid,
    CropSizes,
)

SIZES = CropSizes.of(Net((12, 12, 12)), Threshold(), Coordinate(1, 1, 1))


def no_warning(message):
    raise AssertionError(message)


def sampler_of(annotation, grid, box=(8, 8, 8), *, min_masked=0, warn=no_warning):
    return create_sampler(
        "cells",
        grid,
        annotation,
        box=box,
        min_masked=min_masked,
        block=4,
        warn=warn,
    )


def grid_of(shape, sizes=SIZES, begin=(0, 0, 0), anchor=(0, 0, 0)):
    region = Roi(begin, Coordinate(shape) * sizes.gt_voxel_size)
    return CropGrid.fit(region, Coordinate(anchor), sizes.raw_voxel_size, sizes)


def places(sampler, number=4000, seed=0):
    generator = np.random.default_rng(seed)
    offsets = [sampler.draw(generator) for _ in range(number)]
    return np.array([offset.as_floats() for offset in offsets])


class TestSizes:
    def test_context_is_the_same_on_both_sides(self):
        request = SIZES.request(Coordinate(2, 2, 2))
        assert request.raw_roi == Roi((0, 0, 0), (12, 12, 12))
        assert request.gt_roi == Roi((2, 2, 2), (8, 8, 8))

    def test_odd_context_stays_on_the_grid(self):
        sizes = CropSizes.of(Net((9, 9), 2, upsample=1), Threshold(), Coordinate(3, 5))
        odd = CropSizes(*[*vars_of(sizes)[:3], Coordinate(4, 4), *vars_of(sizes)[4:]])
        assert odd.context == Coordinate(6, 10)

    def test_super_resolution_and_growth(self):
        net, voxel = Net((12, 12), 2, upsample=2), Coordinate(9.2, 8)
        sizes = CropSizes.of(net, Threshold(grow=3), voxel)
        assert sizes.gt_voxel_size == Coordinate(4.6, 4)
        assert sizes.output_shape == Coordinate(20, 20)
        request = sizes.request(Coordinate(0, 0))
        assert request.raw_roi.begin == Coordinate(-9.2, -8)
        assert request.gt_roi.begin == Coordinate(-13.8, -12)
        assert request.gt_roi.shape == Coordinate(26 * Fraction(23, 5), 104)

    def test_number_of_axes(self):
        with pytest.raises(DataError, match="3 spatial axes, the network 2"):
            CropSizes.of(Net((12, 12)), Threshold(), Coordinate(1, 1, 1))


def vars_of(sizes):
    names = sizes.__attrs_attrs__
    return [getattr(sizes, attribute.name) for attribute in names]


class TestGrid:
    def test_middle_is_in_the_region_at_every_place(self):
        grid = grid_of((10, 20, 30), begin=(100, -7, 3), anchor=(0, 0, 0))
        assert grid.counts == (10, 20, 30)
        first, last = grid.offset((0, 0, 0)), grid.offset((9, 19, 29))
        assert first + 4 == Coordinate(100, -7, 3)
        assert last + 4 == Coordinate(109, 12, 32)

    def test_steps_are_those_of_the_coarser_grid(self):
        sizes = CropSizes.of(Net((12, 12), upsample=2), Threshold(), Coordinate(8, 6))
        grid = grid_of((11, 11), sizes, (4, 3), anchor=(-16, 0))
        assert grid.step == Coordinate(8, 6)
        assert grid.stride == (2, 2)
        for place in ((0, 0), (4, 4)):
            assert (grid.offset(place) - Coordinate(-16, 0)).is_multiple_of((8, 6))

    def test_region_smaller_than_a_step_has_one_place(self):
        sizes = CropSizes.of(Net((12, 12), upsample=4), Threshold(), Coordinate(8, 8))
        grid = grid_of((1, 1), sizes, (4, 4), anchor=(0, 0))
        assert grid.counts == (1, 1)


class TestFullAnnotation:
    def test_fraction(self):
        annotation = FullAnnotation((10, 20), (4, 8))
        assert annotation.fraction((3, 5)) == 1
        assert annotation.fraction((-2, -6)) == 0.5 * 0.25
        assert annotation.fraction((10, 0)) == 0

    def test_middles_are_uniform_and_crops_hang_over(self):
        grid = grid_of((12, 16, 20))
        offsets = places(sampler_of(FullAnnotation((12, 16, 20), (8, 8, 8)), grid))
        middles = offsets + 4
        for axis, size in enumerate((12, 16, 20)):
            counts = np.bincount(middles[:, axis].astype(int), minlength=size)
            assert len(counts) == size
            expected = len(middles) / size
            assert ((counts - expected) ** 2 / expected).sum() < 2 * size + 20

    def test_min_masked(self):
        annotation = FullAnnotation((12, 12, 12), (8, 8, 8))
        grid = grid_of((12, 12, 12))
        offsets = places(sampler_of(annotation, grid, min_masked=0.5), 1000)
        starts = (offsets - np.array(grid.origin) + np.array(grid.first)).astype(int)
        fractions = [annotation.fraction(start) for start in starts]
        assert 0.5 <= min(fractions) < 0.6

    def test_too_small_for_min_masked_is_said_and_used(self):
        messages = []
        annotation = FullAnnotation((2, 2, 2), (8, 8, 8))
        sampler = sampler_of(
            annotation, grid_of((2, 2, 2)), min_masked=0.15, warn=messages.append
        )
        assert len(np.unique(places(sampler, 200), axis=0)) == 8
        assert "'cells': min_masked asks for 15%" in messages[0]
        assert "best place has 1.6%" in messages[0]


class TestMaskAnnotation:
    def mask(self, shape=(24, 40, 40)):
        mask = np.zeros(shape, bool)
        mask[4:12, 20:36, 8:14] = True
        return mask

    def test_box_sums(self):
        mask = np.random.default_rng(0).random((9, 11, 13)) < 0.3
        starts = [np.array([-3, 0, 5]), np.array([-9, 2]), np.array([0, 12, 20])]
        sums = box_sums(mask, starts, (4, 5, 3))
        for index in np.ndindex(sums.shape):
            begin = [s[i] for s, i in zip(starts, index, strict=True)]
            part = mask[
                tuple(
                    slice(max(b, 0), max(b + n, 0))
                    for b, n in zip(begin, (4, 5, 3), strict=True)
                )
            ]
            assert sums[index] == part.sum()

    def test_every_crop_has_enough_and_is_annotated_at_its_middle(self):
        mask = self.mask()
        annotation = MaskAnnotation(mask, (8, 8, 8))
        grid = grid_of(mask.shape)
        sampler = sampler_of(annotation, grid, min_masked=0.3)
        offsets = places(sampler, 2000)
        starts = (offsets - np.array(grid.origin) + np.array(grid.first)).astype(int)
        assert min(annotation.fraction(start) for start in starts) >= 0.3
        for middle in starts + 4:
            block = tuple(slice(m // 4 * 4, m // 4 * 4 + 4) for m in middle)
            assert mask[block].any()
        assert len(np.unique(offsets, axis=0)) > 200

    def test_uniform_over_the_annotated_part(self):
        mask = np.zeros((24, 24, 24), bool)
        mask[0:8, 0:8, 0:8] = mask[16:24, 12:20, 8:16] = True
        grid = grid_of(mask.shape)
        middles = places(sampler_of(MaskAnnotation(mask, (8, 8, 8)), grid)) + 4
        counts = np.bincount(middles[:, 0].astype(int), minlength=24)
        assert not counts[8:16].any()
        used = counts[np.r_[0:8, 16:24]]
        assert ((used - 250) ** 2 / 250).sum() < 45

    def test_sparse_mask_is_said_and_used(self):
        mask = np.zeros((40, 40, 40), bool)
        mask[20, 20, 20] = True
        messages = []
        sampler = sampler_of(
            MaskAnnotation(mask, (8, 8, 8)),
            grid_of(mask.shape),
            min_masked=0.15,
            warn=messages.append,
        )
        middles = places(sampler, 100) + 4
        assert (np.abs(middles - 20) <= 4).all()
        assert "best place has 0.2%" in messages[0]

    def test_empty_mask(self):
        mask = np.zeros((8, 8, 8), bool)
        with pytest.raises(DataError, match=r"mask is 0 wherever.*1 = use"):
            sampler_of(MaskAnnotation(mask, (8, 8, 8)), grid_of(mask.shape))

    @pytest.mark.parametrize("shape", [(1, 3, 2), (5, 4, 9)])
    def test_small_masks(self, shape):
        sampler = sampler_of(
            MaskAnnotation(np.ones(shape, bool), (8, 8, 8)), grid_of(shape)
        )
        middles = places(sampler, 500) + 4
        assert (middles.min(0) == 0).all()
        assert tuple(middles.max(0).astype(int) + 1) == shape


class TestLazyAnnotation:
    def test_reads_until_it_finds(self):
        mask = np.zeros((32, 32, 32), bool)
        mask[:, :8] = True
        stored = MaskAnnotation(mask, (8, 8, 8))
        read = []

        def look(start):
            read.append(start)
            part = np.zeros((8, 8, 8), bool)
            part.ravel()[: round(stored.fraction(start) * 512)] = True
            return part

        annotation = LazyAnnotation(mask.shape, (8, 8, 8), look)
        sampler = sampler_of(annotation, grid_of(mask.shape), min_masked=0.4)
        middles = places(sampler, 200) + 4
        assert middles[:, 1].max() < 12
        assert len(read) > 200

    def test_gives_up_in_the_end(self):
        annotation = LazyAnnotation((9, 9, 9), (8, 8, 8), lambda s: np.zeros(512, bool))
        with pytest.raises(DataError, match="'cells': 64 random crops"):
            places(sampler_of(annotation, grid_of((9, 9, 9))), 1)


class TestSamplePoints:
    region = Roi((0, 0, 0), (40, 40, 40))

    def restricted(self, points, annotation=None, *, min_masked=0.0, warn=no_warning):
        annotation = annotation or FullAnnotation((40, 40, 40), (8, 8, 8))
        sampler = sampler_of(annotation, grid_of((40, 40, 40)), min_masked=min_masked)
        points = [Coordinate(point) for point in points]
        return restrict_to_points(sampler, points, self.region, (8, 8, 8), warn)

    def test_crops_are_centred_on_the_voxel_of_the_point(self):
        sampler = self.restricted([(20, 20.5, 21.9), (5, 0, 39.9)])
        middles = places(sampler, 100) + 4
        assert {tuple(m) for m in middles} == {(20, 20, 21), (5, 0, 39)}

    def test_crowded_points_are_chosen_less_often(self):
        crowd = [(10 + 0.1 * n, 10, 10) for n in range(4)]
        middles = places(self.restricted([*crowd, (30, 30, 30)]), 2000) + 4
        assert 0.45 < (middles[:, 0] == 30).mean() < 0.55

    def test_points_outside_are_said_and_left_out(self):
        messages = []
        sampler = self.restricted([(20, 20, 20), (-1, 0, 0)], warn=messages.append)
        assert "1 of its 2 sample points" in messages[0]
        assert len(np.unique(places(sampler, 50), axis=0)) == 1

    def test_points_with_too_little_mask(self):
        mask = np.zeros((40, 40, 40), bool)
        mask[18:22, 18:22, 18:22] = mask[30, 30, 30] = True
        mask[8:16, 8:16, 8:16] = True
        annotation = MaskAnnotation(mask, (8, 8, 8))
        points = [(12, 12, 12), (30, 30, 30)]
        sampler = self.restricted(points, annotation, min_masked=0.9)
        assert (places(sampler, 50) + 4 == 12).all()
        messages = []
        sampler = self.restricted(
            points[1:], annotation, min_masked=0.9, warn=messages.append
        )
        assert (places(sampler, 5) + 4 == 30).all()
        assert "min_masked asks for 90%" in messages[0]

    def test_no_point_is_usable(self):
        with pytest.raises(DataError, match="none of its 1 sample points"):
            self.restricted([(100, 0, 0)])

    def test_super_resolution(self):
        sizes = CropSizes.of(Net((12, 12), upsample=2), Threshold(), Coordinate(8, 8))
        grid = grid_of((40, 40), sizes, (0, 0), anchor=(0, 0))
        sampler = sampler_of(FullAnnotation((40, 40), (20, 20)), grid, (20, 20))
        sampler = restrict_to_points(
            sampler, [Coordinate(83, 90)], Roi((0, 0), (160, 160)), (20, 20), no_warning
        )
        middle = places(sampler, 1)[0] + 40
        assert np.abs(middle + 2 - (83, 90)).max() <= 6
