"""Gamma, intensity, scale-shift, noise, blur and missing sections."""

import numpy as np
import pytest
import torch
from augment_parts import change_raw, generator, request

from napari_dacapo.errors import ConfigError
from napari_dacapo.trainers.augments import (
    BlurAugmentConfig,
    GammaAugmentConfig,
    IntensityAugmentConfig,
    IntensityScaleShiftAugmentConfig,
    MissingSectionsAugmentConfig,
    NoiseAugmentConfig,
    Sample,
)


@pytest.fixture
def raw():
    return torch.rand((1, 6, 8, 10), generator=generator(1))


def drawn_gamma(config, raw, seed):
    result = change_raw(config.node(), raw, seed)
    low, high = raw.aminmax()
    before, after = ((x - low) / (high - low) for x in (raw, result))
    middle = (before > 0.2) & (before < 0.8)
    gamma = after[middle].log() / before[middle].log()
    assert gamma.std() < 1e-3
    return float(gamma.mean())


class TestGamma:
    def test_bends_between_darkest_and_brightest(self, raw):
        result = change_raw(GammaAugmentConfig((2, 2)).node(), raw)
        low, high = raw.aminmax()
        assert result.aminmax() == raw.aminmax()
        expected = ((raw - low) / (high - low)) ** 2 * (high - low) + low
        assert torch.allclose(result, expected)

    def test_is_drawn_symmetrically(self, raw):
        config = GammaAugmentConfig([0.5, 2])
        gammas = np.array([drawn_gamma(config, raw, seed) for seed in range(300)])
        assert 0.5 <= gammas.min() < 0.52
        assert 1.96 < gammas.max() <= 2.001
        assert 0.4 < (gammas > 1).mean() < 0.6

    def test_leaves_flat_crops_alone(self):
        flat = torch.full((1, 4, 4), 0.3)
        flat[0, 0, 0] = 0.3009
        assert torch.equal(change_raw(GammaAugmentConfig((2, 2)).node(), flat), flat)

    def test_exponents_are_positive(self):
        with pytest.raises(ConfigError, match=r"gamma_range: 0\.0 is not above 0"):
            GammaAugmentConfig((0, 2))


class TestIntensity:
    def test_scales_about_the_mean_and_shifts(self, raw):
        config = IntensityAugmentConfig((0.5, 0.5), (0.1, 0.1))
        expected = raw.mean() + (raw - raw.mean()) * 0.5 + 0.1
        assert torch.allclose(change_raw(config.node(), raw), expected)

    def test_draws_both_uniformly(self, raw):
        augment = IntensityAugmentConfig((0.8, 1.2), (-0.2, 0.4), clip=False).node()
        results = [change_raw(augment, raw, seed) for seed in range(400)]
        scales = np.array([float(r.std() / raw.std()) for r in results])
        shifts = np.array([float(r.mean() - raw.mean()) for r in results])
        for values, low, high in ((scales, 0.8, 1.2), (shifts, -0.2, 0.4)):
            assert low - 1e-4 <= values.min() < low + 0.03
            assert high - 0.03 < values.max() <= high + 1e-4
            assert values.mean() == pytest.approx((low + high) / 2, abs=0.03)
        assert abs(np.corrcoef(scales, shifts)[0, 1]) < 0.2

    def test_clips_to_the_range_of_pictures(self, raw):
        augment = IntensityAugmentConfig((3, 3), (0.2, 0.2)).node()
        result = change_raw(augment, raw)
        assert result.min() == 0
        assert result.max() == 1

    def test_clipping_keeps_other_ranges(self, raw):
        augment = IntensityAugmentConfig((1, 1), (0, 0)).node()
        wide = raw * 2 - 1
        assert torch.allclose(change_raw(augment, wide), wide, atol=1e-6)


def test_scale_shift_is_fixed(raw):
    augment = IntensityScaleShiftAugmentConfig(2, -1).node()
    assert torch.equal(change_raw(augment, raw, 5), raw * 2 - 1)


class TestNoise:
    def test_strength_and_mean(self):
        grey = torch.full((1, 32, 32, 32), 0.5)
        augment = NoiseAugmentConfig((0.05, 0.05), augmentation_probability=1).node()
        noise = change_raw(augment, grey) - grey
        assert float(noise.std()) == pytest.approx(0.05, rel=0.05)
        assert abs(float(noise.mean())) < 1e-3

    def test_clip_and_probability(self):
        black = torch.zeros((1, 8, 8))
        augment = NoiseAugmentConfig((0.5, 0.5), augmentation_probability=0.5).node()
        results = [change_raw(augment, black, seed) for seed in range(100)]
        assert all(r.min() >= 0 and r.max() <= 1 for r in results)
        assert 30 < sum(bool(r.any()) for r in results) < 70

    def test_same_seed_same_noise(self, raw):
        augment = NoiseAugmentConfig(augmentation_probability=1).node()
        assert torch.equal(change_raw(augment, raw, 3), change_raw(augment, raw, 3))
        assert not torch.equal(change_raw(augment, raw, 3), change_raw(augment, raw, 4))

    def test_strength_is_not_negative(self):
        with pytest.raises(ConfigError, match=r"sigma: -0.1 is below 0"):
            NoiseAugmentConfig((-0.1, 0.1))


class TestBlur:
    def blurred(self, sigma, voxel_size=(40, 8, 4), shape=(5, 9, 9)):
        augment = BlurAugmentConfig((sigma, sigma), augmentation_probability=1).node()
        asked = request(shape, voxel_size=voxel_size)
        upstream, transform = augment.plan(asked, generator())
        assert upstream.gt_roi == asked.gt_roi
        margin = (asked.raw_roi.offset - upstream.raw_roi.offset) / asked.raw_voxel_size
        size = (upstream.raw_roi.shape / asked.raw_voxel_size).as_integers()
        raw = torch.zeros((1, *size))
        raw[0, *(int(m) + n // 2 for m, n in zip(margin, shape, strict=True))] = 1
        result = transform(Sample(raw, torch.zeros(1), torch.zeros(1))).raw[0]
        assert tuple(result.shape) == shape
        return result

    def test_is_round_in_world_units(self):
        spot = self.blurred(6.0, shape=(5, 15, 15))
        assert spot.sum() == pytest.approx(1, abs=0.05)
        x = spot[2, 7, 7:12] / spot[2, 7, 7]
        assert np.allclose(x, np.exp(-0.5 * (np.arange(5) * 4 / 6) ** 2), atol=1e-3)
        y = spot[2, 7:10, 7] / spot[2, 7, 7]
        assert np.allclose(y, np.exp(-0.5 * (np.arange(3) * 8 / 6) ** 2), atol=1e-3)
        assert spot[1, 7, 7] < 1e-8

    def test_off(self):
        assert self.blurred(0.0).sum() == 1

    def test_border_is_blurred_as_the_middle(self):
        augment = BlurAugmentConfig((2, 2), augmentation_probability=1).node()
        asked = request((12, 12))
        upstream, transform = augment.plan(asked, generator())
        raw = torch.ones((1, *(int(n) for n in upstream.raw_roi.shape)))
        result = transform(Sample(raw, torch.zeros(1), torch.zeros(1))).raw
        assert torch.allclose(result, torch.ones(1, 12, 12))


class TestMissingSections:
    def test_fractions(self):
        raw = 0.25 + 0.5 * torch.rand((1, 400, 4, 4), generator=generator())
        config = MissingSectionsAugmentConfig(0.2, 0.3, contrast=0.0)
        result = change_raw(config.node(), raw)[0]
        black = (result == 0).all(dim=(1, 2))
        even = (result.std(dim=(1, 2)) < 1e-6) & ~black
        assert 0.1 < black.float().mean() < 0.3
        assert 0.2 < even.float().mean() < 0.4
        kept = ~(black | even)
        assert torch.equal(result[kept], raw[0][kept])

    def test_contrast_is_reduced_about_the_mean(self, raw):
        config = MissingSectionsAugmentConfig(0, 1, contrast=0.1)
        result = change_raw(config.node(), raw)
        assert torch.allclose(result.mean((2, 3)), raw.mean((2, 3)), atol=1e-6)
        assert torch.allclose(result.std((2, 3)), raw.std((2, 3)) * 0.1, atol=1e-6)

    def test_all_missing(self, raw):
        config = MissingSectionsAugmentConfig(1, 0)
        assert not change_raw(config.node(), raw).any()

    def test_needs_a_stack(self):
        with pytest.raises(ConfigError, match="the data has 2 axes"):
            change_raw(MissingSectionsAugmentConfig().node(), torch.rand(1, 4, 4))
