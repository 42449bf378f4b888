"""What augmentations make of samples, worked out by slicing, numpy and hand formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from app.data.catalog import generator_of
from nodes.api import Shape, ShapeError
from nodes.api.registry import find, layers

PICTURES = [(1, 8, 8), (3, 5, 9), (2, 7, 4)]
ALL = [layer for layer in layers().values() if layer.role == "augmentation"]
OF_PICTURES = "RandomRotate RandomScale RandomFlip RandomCrop RandomResizedCrop ColorJitter RandomErase".split()


def run(kind: str, *values: Tensor, seed: int = 5, **settings: Any) -> Any:
    """What an augmentation gives, its other settings as usual."""
    layer = find(kind)
    assert layer is not None
    assert layer.transform is not None
    return layer.transform(*values, generator_of(seed), **layer.settings(settings))


def pictures(sizes: tuple[int, ...], count: int = 60) -> Tensor:
    return torch.rand(count, *sizes, generator=generator_of(1))


# -- turned and scaled ---------------------------------------------------------------------------------------------


def test_quarter_turns_are_those_of_torch() -> None:
    """Fails if a rotation by 90 degrees shifts by a pixel, turns another way than torch.rot90, or mixes pixels."""
    before = pictures((3, 6, 6), 200)
    after = run("RandomRotate", before, degrees=180.0, step=90.0)
    seen = []
    for one, turned in zip(before, after, strict=True):
        fits = [k for k in range(4) if torch.allclose(turned, torch.rot90(one, k, (1, 2)), atol=1e-5)]
        assert fits
        seen.append(fits[0])
    assert set(seen) == {0, 1, 2, 3}


def test_a_positive_angle_turns_to_the_left() -> None:
    """Fails if left and right are exchanged: the angles are drawn again from the same seed."""
    before = pictures((1, 6, 6), 40)
    after = run("RandomRotate", before, degrees=90.0, step=90.0, seed=11)
    quarters = torch.randint(-1, 2, (40,), generator=generator_of(11))
    for one, turned, k in zip(before, after, quarters.tolist(), strict=True):
        assert torch.allclose(turned, torch.rot90(one, k, (1, 2)), atol=1e-5)


def looked_up(picture: np.ndarray, row: float, col: float, outside: str) -> float:
    """One value between pixels, by hand: from the four around it."""
    height, width = picture.shape
    if outside == "border":
        row, col = min(max(row, 0.0), height - 1.0), min(max(col, 0.0), width - 1.0)
    top, left = int(np.floor(row)), int(np.floor(col))
    found = 0.0
    for r in (top, top + 1):
        for c in (left, left + 1):
            share = (1 - abs(row - r)) * (1 - abs(col - c))
            if 0 <= r < height and 0 <= c < width and share > 0:
                found += share * float(picture[r, c])
    return found


@pytest.mark.parametrize("outside", ["zeros", "border"])
@pytest.mark.parametrize("sizes", [(1, 5, 9), (2, 6, 6)])
def test_any_angle_is_worked_out_by_hand(sizes: tuple[int, int, int], outside: str) -> None:
    """Fails if a picture that is not square is skewed by its rotation, or turned around another point."""
    before = pictures(sizes, 4)
    after = run("RandomRotate", before, degrees=50.0, outside=outside, seed=3)
    angles = (torch.rand(4, generator=generator_of(3)).double() * 2 - 1) * 50.0
    _, height, width = sizes
    for one, turned, angle in zip(before.numpy(), after.numpy(), np.deg2rad(angles.numpy()), strict=True):
        for r in range(height):
            for c in range(width):
                y, x = r - (height - 1) / 2, c - (width - 1) / 2
                row = np.cos(angle) * y + np.sin(angle) * x + (height - 1) / 2
                col = np.cos(angle) * x - np.sin(angle) * y + (width - 1) / 2
                assert turned[0, r, c] == pytest.approx(looked_up(one[0], row, col, outside), abs=2e-5)


@pytest.mark.parametrize(
    ("direction", "least", "most"), [("larger", 1.0, 2.0), ("smaller", 0.5, 1.0), ("both", 0.5, 2.0)]
)
def test_scales_are_within_their_factor(direction: str, least: float, most: float) -> None:
    """Fails if things grow where they should shrink, or by more than was said: a ramp shows by how much."""
    ramp = torch.linspace(-1, 1, 41).expand(300, 1, 9, 41).contiguous()
    after = run("RandomScale", ramp, factor=2.0, direction=direction, outside="border")
    slope = (after[:, 0, 4, 21] - after[:, 0, 4, 19]) / (ramp[0, 0, 4, 21] - ramp[0, 0, 4, 19])
    factors = 1 / slope
    assert factors.min() >= least - 1e-3
    assert factors.max() <= most + 1e-3
    assert factors.max() - factors.min() > 0.8 * (most - least)
    assert torch.allclose(after[:, 0, 4, 20], torch.zeros(300), atol=1e-5), "the middle stays"


def test_room_around_a_smaller_picture_is_what_was_said() -> None:
    """Fails if the rim of a smaller picture is not 0, or not the edge drawn out where that is chosen."""
    ones = torch.ones(20, 1, 8, 8)
    zeros = run("RandomScale", ones, factor=10.0, direction="smaller")
    border = run("RandomScale", ones, factor=10.0, direction="smaller", outside="border")
    assert (zeros[:, 0, 0, 0] < 0.6).any()
    assert torch.allclose(border, ones, atol=1e-6)


def test_a_resized_crop_shows_a_part_of_the_picture() -> None:
    """Fails if less than the smallest part is shown, the part lies outside, or its form is changed though
    nothing is stretched."""
    side = torch.linspace(0, 1, 40)
    ramps = torch.stack([side[:, None].expand(40, 40), side[None].expand(40, 40)]).expand(300, 2, 40, 40)
    after = run("RandomResizedCrop", ramps.contiguous(), area=0.25, ratio=1.0)
    spans = [after[:, 0, 30, 20] - after[:, 0, 10, 20], after[:, 1, 20, 30] - after[:, 1, 20, 10]]
    shares = [span / (side[30] - side[10]) for span in spans]
    assert torch.allclose(shares[0], shares[1], atol=1e-3)
    assert 0.5 - 1e-3 <= shares[0].min() < 0.6
    assert 0.9 < shares[0].max() <= 1 + 1e-3
    assert after.min() >= 0
    assert after.max() <= 1
    assert after[:, 0, 20, 20].std() > 0.02, "the part lies at another place each time"


# -- moved and flipped ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sizes", PICTURES)
@pytest.mark.parametrize("direction", ["left and right", "up and down", "both"])
def test_a_flip_is_a_flip(sizes: tuple[int, ...], direction: str) -> None:
    """Fails if rows and columns are exchanged, or only a part of a picture is flipped."""
    before = pictures(sizes, 200)
    after = run("RandomFlip", before, direction=direction)
    ways: dict[str, list[list[int]]] = {"left and right": [[], [2]], "up and down": [[], [1]]}
    ways["both"] = [[], [1], [2], [1, 2]]
    seen = set()
    for one, flipped in zip(before, after, strict=True):
        fits = [tuple(way) for way in ways[direction] if torch.equal(flipped, one.flip(way) if way else one)]
        assert fits
        seen.add(fits[0])
    assert len(seen) == len(ways[direction])


@pytest.mark.parametrize("p", [0.0, 0.25, 1.0])
def test_as_many_are_flipped_as_was_said(p: float) -> None:
    """Fails if the share of flipped pictures is another one than the setting says."""
    before = pictures((1, 3, 4), 4000)
    share = (run("RandomFlip", before, p=p) != before).flatten(1).any(1).double().mean().item()
    assert share == pytest.approx(p, abs=4 * (p * (1 - p) / 4000) ** 0.5)


@pytest.mark.parametrize("sizes", PICTURES)
@pytest.mark.parametrize("padding", [(0, 0), (2, 1), (0, 30), (11, 3)])
@pytest.mark.parametrize(("outside", "mode"), [("zeros", "constant"), ("border", "edge"), ("reflection", "symmetric")])
def test_a_crop_is_cut_out_of_numpys_padding(
    sizes: tuple[int, ...], padding: tuple[int, int], outside: str, mode: Any
) -> None:
    """Fails if the rim holds something else than was said, also where it is wider than the picture."""
    before, (down, right) = pictures(sizes, 8), padding
    after = run("RandomCrop", before, padding=padding, outside=outside)
    _, height, width = sizes
    for one, cut in zip(before.numpy(), after.numpy(), strict=True):
        wide = np.pad(one, ((0, 0), (down, down), (right, right)), mode=mode)
        windows = np.lib.stride_tricks.sliding_window_view(wide, (height, width), axis=(1, 2))
        assert any(np.array_equal(windows[:, r, c], cut) for r in range(2 * down + 1) for c in range(2 * right + 1))


# -- colours, noise, erasing ---------------------------------------------------------------------------------------


def test_colours_are_worked_out_by_hand() -> None:
    """Fails if brightness is added and not multiplied, contrast does not turn around the mean grey, or saturation not
    around the grey of each pixel."""
    before = pictures((3, 5, 7), 6) * 0.4 + 0.3
    after = run("ColorJitter", before, brightness=0.1, contrast=0.2, saturation=0.3, seed=4)
    drawn = torch.rand(3, 6, generator=generator_of(4)).numpy() * 2 - 1
    weights = np.array([0.299, 0.587, 0.114])[:, None, None]
    for place, one in enumerate(before.double().numpy()):
        made = one * (1 + 0.1 * drawn[0, place])
        grey = (made * weights).sum(0).mean()
        made = grey + (made - grey) * (1 + 0.2 * drawn[1, place])
        grey = (made * weights).sum(0)
        made = grey + (made - grey) * (1 + 0.3 * drawn[2, place])
        assert np.allclose(after[place].numpy(), np.clip(made, 0, 1), atol=1e-5)


@pytest.mark.parametrize("sizes", PICTURES)
@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-2.0, 3.0), (0.0, 255.0), (0.5, 0.5)])
def test_colours_stay_in_their_range(sizes: tuple[int, ...], low: float, high: float) -> None:
    """Fails if a value leaves 0 to 1 or the picture's own range, or normalised pictures are cut to 0 and 1."""
    before = pictures(sizes) * (high - low) + low
    after = run("ColorJitter", before, brightness=1.0, contrast=1.0, saturation=1.0)
    assert (after.flatten(1).amin(1) >= before.flatten(1).amin(1).clamp(max=0) - 1e-6).all()
    assert (after.flatten(1).amax(1) <= before.flatten(1).amax(1).clamp(min=1) + 1e-6).all()
    if low < 0:
        assert (after < 0).any()


def test_grey_pictures_have_no_saturation() -> None:
    """Fails if a picture of one channel or of two is changed by the saturation."""
    for channels in (1, 2):
        before = pictures((channels, 4, 6))
        assert torch.allclose(
            run("ColorJitter", before, brightness=0.0, contrast=0.0, saturation=1.0), before, atol=1e-6
        )


def test_nothing_changes_colours_that_are_not_to_change() -> None:
    """Fails if settings of 0 still change a picture."""
    before = pictures((3, 4, 6))
    assert torch.allclose(run("ColorJitter", before, brightness=0.0, contrast=0.0, saturation=0.0), before, atol=1e-6)


def test_noise_has_the_deviation_that_was_said() -> None:
    """Fails if noise is stronger or weaker, has a mean, or does not count in deviations of its own sample."""
    before = torch.stack([pictures((20, 50), 40) * 10, pictures((20, 50), 40) * 0.1]).flatten(0, 1)
    plain = run("RandomNoise", before, std=0.3) - before
    assert plain.std().item() == pytest.approx(0.3, rel=0.02)
    assert plain.mean().item() == pytest.approx(0, abs=0.01)
    relative = run("RandomNoise", before, std=0.3, relative=True) - before
    shares = relative.flatten(1).std(1) / before.flatten(1).std(1)
    assert torch.allclose(shares, torch.full((80,), 0.3), rtol=0.15)


@pytest.mark.parametrize("sizes", PICTURES)
@pytest.mark.parametrize("area", [0.01, 0.2, 1.0])
def test_a_rectangle_is_erased(sizes: tuple[int, ...], area: float) -> None:
    """Fails if more is erased than was said, it is no rectangle, or not the same in all channels."""
    before = pictures(sizes) + 0.5
    after = run("RandomErase", before, p=1.0, area=area)
    _, height, width = sizes
    for one, erased in zip(before, after, strict=True):
        gone = (erased == 0)[0]
        assert torch.equal((erased == 0), gone.expand(sizes))
        assert torch.equal(erased, torch.where(gone, 0.0, one))
        rows, cols = gone.any(1).nonzero().flatten(), gone.any(0).nonzero().flatten()
        assert gone.sum() == len(rows) * len(cols) > 0
        assert len(rows) == rows[-1] - rows[0] + 1
        assert len(cols) == cols[-1] - cols[0] + 1
        assert gone.sum() <= max(1.0, area * height * width) + 1e-6 or 1 in (len(rows), len(cols))


def test_as_many_are_erased_as_was_said() -> None:
    """Fails if the share of pictures with an erased part is another one."""
    before = pictures((1, 6, 6), 4000) + 0.5
    for p in (0.0, 0.3, 1.0):
        share = (run("RandomErase", before, p=p) == 0).flatten(1).any(1).double().mean().item()
        assert share == pytest.approx(p, abs=4 * (p * (1 - p) / 4000) ** 0.5)


def test_what_fills_an_erased_part() -> None:
    """Fails if the mean is that of all pictures, or noise leaves a picture's range."""
    before = pictures((3, 6, 6)) * torch.arange(1, 61).view(-1, 1, 1, 1)
    mean = run("RandomErase", before, p=1.0, area=0.5, fill="mean")
    noise = run("RandomErase", before, p=1.0, area=0.5, fill="noise")
    for one, filled, noisy in zip(before, mean, noise, strict=True):
        gone = filled != one
        assert torch.allclose(filled[gone], one.mean().expand(int(gone.sum())))
        assert noisy.min() >= one.min()
        assert noisy.max() <= one.max()


# -- sounds and series ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "time", "axis"),
    [
        ((30,), "first", 1),
        ((30, 3), "first", 1),
        ((6, 30), "last", 2),
        ((1, 6, 30), "first", 3),
        ((30, 3), "auto", 1),
        ((1, 30), "auto", 2),
        ((30,), "auto", 1),
    ],
)
@pytest.mark.parametrize("outside", ["zeros", "border", "wrap"])
def test_a_shift_in_time_is_numpys(sizes: tuple[int, ...], time: str, axis: int, outside: str) -> None:
    """Fails if another axis than the time is shifted, or something else comes in than was said."""
    before = pictures(sizes, 20)
    after = run("TimeShift", before, steps=9, outside=outside, time=time, seed=2)
    starts = torch.randint(-9, 10, (20, 1), generator=generator_of(2)).flatten().tolist()
    for one, shifted, start in zip(before.numpy(), after.numpy(), starts, strict=True):
        if outside == "wrap":
            wanted = np.roll(one, start, axis - 1)
        else:
            pads = [(9, 9) if place == axis - 1 else (0, 0) for place in range(one.ndim)]
            wide = np.pad(one, pads, mode="constant" if outside == "zeros" else "edge")
            wanted = np.take(wide, np.arange(9 - start, 39 - start), axis - 1)
        assert np.array_equal(shifted, wanted)


@pytest.mark.parametrize(
    ("kind", "sizes", "settings", "axis"),
    [
        ("TimeMask", (30,), {}, 1),
        ("TimeMask", (30, 3), {}, 1),
        ("TimeMask", (2, 30), {}, 2),
        ("TimeMask", (6, 30), {"time": "last"}, 2),
        ("TimeMask", (30, 2), {}, 1),
        ("TimeMask", (1, 6, 30), {}, 3),
        ("FrequencyMask", (1, 30, 6), {}, 2),
        ("FrequencyMask", (6, 30), {}, 2),
        ("FrequencyMask", (30, 6), {"time": "last"}, 1),
    ],
)
@pytest.mark.parametrize("fill", ["zeros", "mean"])
def test_a_mask_hides_whole_lines(kind: str, sizes: tuple[int, ...], settings: Any, axis: int, fill: str) -> None:
    """Fails if something else than neighbouring steps, or frequencies, is hidden, more of them than was said, or it is
    filled with something else."""
    before = pictures(sizes, 200) + 0.5
    longest = {"TimeMask": "longest", "FrequencyMask": "widest"}[kind]
    after = run(kind, before, **{longest: 7}, fill=fill, **settings)
    lengths = set()
    for one, masked in zip(before.movedim(axis, 1), after.movedim(axis, 1), strict=True):
        hidden = (masked != one).reshape(30, -1).any(1)
        places = hidden.nonzero().flatten()
        lengths.add(len(places))
        if len(places):
            assert len(places) == places[-1] - places[0] + 1
        value = one.mean() if fill == "mean" else torch.zeros(())
        assert torch.allclose(masked[hidden], value.expand_as(masked[hidden]))
    assert lengths == set(range(8))


def test_a_mask_leaves_half() -> None:
    """Fails if a mask that is longer than the sample hides all of it, or a single step makes it stop."""
    before = pictures((10, 2)) + 0.5
    hidden = (run("TimeMask", before, longest=1000) == 0).all(2).sum(1)
    assert hidden.max() == 5
    assert torch.equal(run("TimeMask", pictures((1, 2)), longest=1000), pictures((1, 2)))


def test_several_masks_hide_more() -> None:
    """Fails if the number of masks does nothing."""
    before = pictures((100, 2), 300) + 0.5
    one, many = ((run("TimeMask", before, longest=10, masks=n) == 0).double().mean() for n in (1, 5))
    assert many > 3 * one


# -- mixing --------------------------------------------------------------------------------------------------------


def labels_of(count: int, classes: int = 4) -> Tensor:
    return torch.nn.functional.one_hot(torch.arange(count) % classes, classes).float()


def test_mixup_is_the_formula() -> None:
    """Fails if samples and labels are mixed in another share, or with others: the numbers are drawn again."""
    before, labels = pictures((2, 5, 6), 30), labels_of(30)
    after, mixed = run("Mixup", before, labels, alpha=0.7, p=0.6, seed=8)
    again = generator_of(8)
    other = torch.randperm(30, generator=again).numpy()
    share = torch._sample_dirichlet(torch.full((30, 2), 0.7), again)[:, 0].double().numpy()
    share = np.where(torch.rand(30, generator=again).numpy() < 0.6, share, 1.0)
    for place in range(30):
        for got, given in ((after, before), (mixed, labels)):
            values = given.double().numpy()
            wanted = share[place] * values[place] + (1 - share[place]) * values[other[place]]
            assert np.allclose(got[place].numpy(), wanted, atol=1e-6)


@pytest.mark.parametrize(("alpha", "spread"), [(0.2, 1 / (4 * 1.4)), (1.0, 1 / 12), (5.0, 1 / 44)])
def test_the_shares_of_mixup_are_those_of_beta(alpha: float, spread: float) -> None:
    """Fails if shares have another distribution than Beta(alpha, alpha): its mean is 1/2, its variance 1/(4(2α+1))."""
    labels = torch.stack([torch.ones(20_000), torch.zeros(20_000)], 1)
    before = torch.arange(20_000).view(-1, 1) * 1.0
    mixed, _ = run("Mixup", before, labels, alpha=alpha, seed=1)
    other = torch.randperm(20_000, generator=generator_of(1)).view(-1, 1)
    apart = (other - before).abs() > 1000  # where the share can be read off well
    share = ((mixed - other) / (before - other))[apart]
    assert share.mean().item() == pytest.approx(0.5, abs=0.02)
    assert share.var().item() == pytest.approx(spread, rel=0.06)


@pytest.mark.parametrize("kind", ["Mixup", "CutMix"])
@pytest.mark.parametrize("alpha", [0.01, 1.0, 100.0])
def test_mixed_labels_are_probabilities(kind: str, alpha: float) -> None:
    """Fails if the shares of a label do not add up to 1, are negative, or are no numbers at the limits of alpha."""
    after, labels = run(kind, pictures((1, 6, 9), 500), labels_of(500), alpha=alpha)
    assert after.isfinite().all()
    assert (labels >= 0).all()
    assert torch.allclose(labels.sum(1), torch.ones(500), atol=1e-5)


def test_cutmix_pastes_rectangles_and_counts_them() -> None:
    """Fails if what is pasted is no rectangle of another picture, or the label says another share than the area that
    was really pasted."""
    count = 200
    before = torch.arange(count).view(-1, 1, 1, 1) + torch.zeros(count, 3, 7, 10)
    labels = torch.eye(count)
    after, mixed = run("CutMix", before, labels)
    pasted_any = 0
    for place in range(count):
        pasted = (after[place] != place)[0]
        assert torch.equal(after[place] != place, pasted.expand(3, 7, 10))
        share = pasted.double().mean().item()
        assert mixed[place, place].item() == pytest.approx(1 - share, abs=1e-6)
        if share:
            pasted_any += 1
            (other,) = after[place][:, pasted].unique().tolist()
            assert mixed[place, int(other)].item() == pytest.approx(share, abs=1e-6)
            rows, cols = pasted.any(1).nonzero().flatten(), pasted.any(0).nonzero().flatten()
            assert pasted.sum() == len(rows) * len(cols)
            assert len(rows) == rows[-1] - rows[0] + 1
            assert len(cols) == cols[-1] - cols[0] + 1
    assert pasted_any > count / 2


@pytest.mark.parametrize("kind", ["Mixup", "CutMix"])
def test_nothing_is_mixed_with_a_probability_of_0(kind: str) -> None:
    """Fails if samples are mixed that should not be."""
    before, labels = pictures((1, 6, 9)), labels_of(60)
    after, mixed = run(kind, before, labels, p=0.0)
    assert torch.equal(after, before)
    assert torch.equal(mixed, labels)


@pytest.mark.parametrize("kind", ["Mixup", "CutMix"])
def test_numbers_are_mixed_too(kind: str) -> None:
    """Fails if a target of one number, or of several, cannot be mixed along with its sample."""
    before = pictures((1, 6, 6), 30)
    for targets in (before.mean((1, 2, 3)), before[:, 0, :2, :2]):
        _, mixed = run(kind, before, targets)
        assert mixed.shape == targets.shape
    if kind == "Mixup":  # a mean is mixed exactly as its pictures are
        after, mixed = run(kind, before, before.mean((1, 2, 3)))
        assert torch.allclose(after.mean((1, 2, 3)), mixed, atol=1e-5)


def test_labels_that_cannot_be_mixed_are_a_sentence() -> None:
    """Fails if classes without a number, or a class for every dot, arrive in the training as they are."""
    layer = find("Mixup")
    assert layer is not None
    for label, words in ((Shape((), "int"), "how many classes"), (Shape((4, 4), "int", 3), "One label for each")):
        with pytest.raises(ShapeError, match=words):
            layer.build({"x": [Shape((1, 4, 4))], "label": [label]}, layer.defaults())


# -- all -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", ALL, ids=lambda layer: layer.id)
@pytest.mark.parametrize("count", [1, 2])
def test_a_batch_may_be_as_small_as_one(layer: Any, count: int) -> None:
    """Fails if one sample alone makes an augmentation stop, or gives values that are no numbers."""
    for example in layer.examples:
        shape, *targets = (shapes[0] for shapes in layer.wired(example).values())
        arriving = [torch.rand(count, *shape.sizes)]
        arriving += [torch.rand(count, *([each.classes] if each.classes else each.sizes)) for each in targets]
        given = layer.transform(*arriving, generator_of(1), **layer.settings(example.params))
        for before, after in zip(arriving, given if targets else [given], strict=True):
            assert after.shape == before.shape
            assert after.isfinite().all()


@pytest.mark.parametrize("kind", OF_PICTURES)
def test_single_rows_and_columns_are_pictures_too(kind: str) -> None:
    """Fails if a picture of one pixel, row or column makes an augmentation stop."""
    layer = find(kind)
    assert layer is not None
    outsides = [p.options for p in layer.params if p.name == "outside"]  # type: ignore[attr-defined]
    for settings in [{"outside": word} for word in outsides[0]] if outsides else [{}]:
        for sizes in ((1, 1, 1), (3, 1, 7), (1, 6, 1)):
            after = run(kind, pictures(sizes, 5), **settings)
            assert after.shape == (5, *sizes)
            assert after.isfinite().all()


@pytest.mark.parametrize("layer", ALL, ids=lambda layer: layer.id)
def test_settings_work_at_their_limits(layer: Any) -> None:
    """Fails if a smallest or largest value, or any word of a choice, gives other sizes or values that are no
    numbers."""
    example = layer.examples[0]
    shape, *targets = (shapes[0] for shapes in layer.wired(example).values())
    arriving = [torch.rand(6, *shape.sizes), *(torch.rand(6, each.classes) for each in targets)]
    for param in layer.params:
        values = list(getattr(param, "options", ())) or [getattr(param, "low", None), getattr(param, "high", None)]
        if getattr(param, "open_low", False):
            values[0] = 1e-6
        for value in [each for each in values if each is not None]:
            settings = layer.settings({param.name: value})
            given = layer.transform(*arriving, generator_of(1), **settings)
            for before, after in zip(arriving, given if targets else [given], strict=True):
                assert after.shape == before.shape
                assert after.isfinite().all(), (param.name, value)


def test_other_data_is_a_sentence() -> None:
    """Fails if an augmentation accepts data that it cannot change, or refuses it without saying what it reads."""
    for layer in ALL:
        ports = {"label": [Shape((), "int", classes=3)]} if len(layer.inputs) > 1 else {}
        with pytest.raises(ShapeError, match=r"reads|numbers"):
            layer.build({"x": [Shape((5,), "int", classes=9)], **ports}, layer.defaults())
