"""What autoencoders and generators make, next to plain torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import jaccard_score
from torch import nn

from app.cli.main import run
from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project
from app.core.storage.templates import load
from app.insight import generative
from app.insight.carried_light import carried_light
from app.insight.masks_picture import shares_of
from app.insight.samples import load_samples
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import Look, Subject
from app.insight.view_runner import views
from tests.support.drawings import chain, node


def looked(project: Project | str, node: str = "") -> Look:
    drawing = load(project) if isinstance(project, str) else project
    net = compile_net(drawing)
    return Look(Subject(net, net.model(0).eval(), load_samples(net, drawing.recipe)), node)


def picture(look: Look, view: str, **settings: object) -> Tiles:
    return views()[view].pictures(look, settings)[0]


def by_hand(look: Look, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The codes (means) and copies of the variational autoencoder, layer by layer."""
    m: dict[str, nn.Module] = dict(look.model.named_modules())
    hidden = m["encode2"](m["encode1"](x.flatten(1)).relu()).relu()
    mean = m["mean"](hidden)
    return mean, decoded(look, mean)


def decoded(look: Look, code: torch.Tensor) -> torch.Tensor:
    m: dict[str, nn.Module] = dict(look.model.named_modules())
    made: torch.Tensor = m["decode3"](m["decode2"](m["decode1"](code).relu()).relu()).sigmoid()
    return made


def test_copies_are_the_answers_of_the_net() -> None:
    """Fails if answer, truth, difference or the decibels are of other samples or another formula."""
    look = looked("variational_autoencoder")
    held = look.subject.samples.several()["digits.image"]
    x = held[[0, round((len(held) - 1) / 2), len(held) - 1]]  # from the first to the last of those held ready
    with torch.no_grad():
        answer = by_hand(look, x)[1].reshape(3, 8, 8).numpy()
    shown = picture(look, "copies", count=3)
    assert shown.columns == 3
    assert np.allclose(shown.maps[0::3], answer, atol=1e-6)
    assert np.array_equal(shown.maps[1::3], x[:, 0].numpy())
    assert np.allclose(shown.maps[2::3], np.abs(answer - x[:, 0].numpy()), atol=1e-6)
    error = float(((answer[0].astype(float) - x[0, 0].numpy()) ** 2).mean())
    assert shown.labels[0].startswith(f"answer {10 * np.log10(1 / error):.1f} dB, ")
    assert float(shown.labels[0].split(", ")[1]) == pytest.approx(
        generative.similarity(answer[0], x[0, 0].numpy()), abs=6e-4
    )


def test_similarity_is_that_of_the_metric_and_of_scikit_image() -> None:
    """Fails if window, borders, constants or colours are treated otherwise."""
    from skimage.metrics import structural_similarity

    generator = np.random.default_rng(0)
    truth = generator.random((40, 36, 3))
    answer = np.clip(truth + generator.normal(0, 0.1, truth.shape), 0, 1)
    whole = structural_similarity(
        answer,
        truth,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=1.0,
        channel_axis=2,
        full=True,
    )[1]
    assert generative.similarity(answer, truth) == pytest.approx(float(whole.mean()), abs=0.004)
    assert generative.similarity(truth, truth) == pytest.approx(1.0)
    assert generative.similarity(answer[:, :, 0], truth[:, :, 0]) < 1


def test_a_small_picture_stands_beside_bicubic_enlargement() -> None:
    """Fails if what a super-resolution gets to see, or the plain enlargement beside it, is of another picture."""
    look = looked("super_resolution")
    shown = picture(look, "copies", count=2)
    assert [label.split()[0] for label in shown.labels[:5]] == ["in", "bicubic", "answer", "truth", "difference"]
    photo = look.subject.samples.several()["turned.output"][:1]
    small = nn.functional.avg_pool2d(nn.functional.pad(photo, (1, 1, 1, 1), "replicate"), 4, 2)
    assert float((small[..., 0] - small[..., 1]).mean().abs()) < 0.05, "zeros around it would make edges darker"
    plain = nn.functional.interpolate(small, scale_factor=2, mode="bicubic", align_corners=False)[0].clamp(0, 1)
    assert np.allclose(shown.maps[1], plain.permute(1, 2, 0).numpy(), atol=1e-5)
    assert np.allclose(shown.maps[0][::2, ::2], small[0].permute(1, 2, 0).numpy(), atol=1e-6)


def test_the_noise_of_a_training_is_shown_where_there_is_some() -> None:
    """Fails if the disturbed picture is not what the net is asked about, or changes from look to look."""
    look = looked("denoising_autoencoder")
    shown = picture(look, "copies", count=2)
    assert shown.labels[0] == "disturbed"
    disturbed = torch.from_numpy(shown.maps[0::4])
    x = look.subject.samples.several()["digits.image"][[0, -1], 0]
    assert float((disturbed - x).std()) == pytest.approx(0.3, abs=0.06)
    m: dict[str, nn.Module] = dict(look.model.named_modules())
    with torch.no_grad():
        value = m["encode2"](m["encode1"](disturbed.flatten(1)).relu()).relu()
        answer = m["decode2"](m["decode1"](value).relu()).sigmoid().reshape(2, 8, 8)
    assert np.allclose(shown.maps[1::4], answer.numpy(), atol=1e-6)
    assert np.array_equal(picture(look, "copies", count=2).maps, shown.maps)


def test_a_walk_decodes_codes_around_the_mean() -> None:
    """Fails if a picture of the walk is not what plain torch draws for its code, or up is down."""
    look = looked("variational_autoencoder")
    samples = look.subject.samples.several()["digits.image"]
    with torch.no_grad():
        codes = by_hand(look, samples)[0]
    mean, spread = codes.mean(0), codes.std(0, correction=0)
    shown = picture(look, "walk", count=3, reach=1.5, x=0.5)
    for row, up in enumerate((1.5, 0.0, -1.5)):
        for column, right in enumerate((-1.0, 0.5, 2.0)):
            code = mean + spread * torch.tensor([right, up])
            with torch.no_grad():
                expected = decoded(look, code[None]).reshape(8, 8).numpy()
            assert np.allclose(shown.maps[3 * row + column], expected, atol=1e-5)
    assert picture(look, "walk", count=1).count == 1
    with pytest.raises(NoPicture, match="0 to 1"):
        picture(look, "walk", second=2)


def test_new_samples_come_from_the_standard_normal_distribution() -> None:
    """Fails if a seed gives other samples each time, or codes of a variational autoencoder are drawn from another
    distribution than the loss asks for."""
    look = looked("variational_autoencoder")
    shown = picture(look, "generated", count=5, seed=3)
    drawn = torch.randn(5, 2, generator=torch.Generator().manual_seed(3), dtype=torch.float64).float()
    with torch.no_grad():
        expected = decoded(look, drawn).reshape(5, 8, 8).numpy()
    assert np.allclose(shown.maps, expected, atol=1e-6)


def test_codes_without_a_distribution_are_drawn_as_those_of_samples_lie() -> None:
    """Fails if mean or covariance of drawn codes differ from those of numpy."""
    codes = torch.from_numpy(
        np.random.default_rng(0).normal(size=(500, 3)) @ np.array([[2, 1, 0], [0, 1, 0], [0, 0, 0.1]])
    )
    drawn = generative.drawn_codes(codes.float(), 50_000, 0, False).numpy()
    assert np.allclose(drawn.mean(0), codes.numpy().mean(0), atol=0.06)
    assert np.allclose(np.cov(drawn.T), np.cov(codes.numpy().T), atol=0.12)


def pair() -> Project:
    """Noise becomes pictures, which a judge sees."""
    graph = Graph.of(
        [
            node("digits", "Digits"),
            node("noise", "Noise", shape=(7,)),
            node("fc", "Linear", out_features=64),
            node("sigmoid", "Sigmoid"),
            node("image", "Reshape", shape=(1, 8, 8)),
            node("flat", "Flatten"),
            node("real", "Flatten"),
            node("judge", "Linear", out_features=1),
            node("again", "Linear", out_features=1),
            node("yes", "Constant", value=1.0),
            node("no", "Constant", value=0.0),
            node("on_real", "BCEWithLogitsLoss"),
            node("on_made", "BCEWithLogitsLoss"),
        ],
        [
            *chain("digits.image", "real", "judge", "on_real.prediction"),
            *chain("noise.noise", "fc", "sigmoid", "image", "flat", "again", "on_made.prediction"),
            *chain("yes", "on_real.target"),
            *chain("no", "on_made.target"),
        ],
    )
    return Project("Pair", graph=graph)


def test_a_generator_is_found_and_asked() -> None:
    """Fails if the samples are not what the generator makes of seeded noise, or another layer is taken for its end."""
    look = looked(pair())
    generator = generative.generator_in(look.net)
    assert generator is not None
    assert generator.made.node in ("image", "flat")
    shown = picture(look, "generated", count=4, seed=9)
    fc = look.model.get_submodule("fc")
    from nodes.api.registry import find

    layer = find("Noise")
    assert layer is not None
    assert layer.source is not None
    assert layer.source.draw is not None
    settings = look.net.plan.sources[[s.node for s in look.net.plan.sources].index("noise")].settings
    noise = next(iter(layer.source.draw(4, torch.Generator().manual_seed(9), **settings).values()))
    with torch.no_grad():
        expected = fc(noise).sigmoid().reshape(4, 8, 8).numpy()
    assert np.allclose(shown.maps, expected, atol=1e-6)


def test_made_pictures_go_from_black_to_white_as_the_data_do() -> None:
    """Fails if a few values below 0 turn the black of data from 0 to 1 into grey, or the scale goes past white; or if
    the −1 of data from −1 to 1 is not black."""
    look = looked("lapgan_digits")
    weights: torch.Tensor = look.model.get_parameter("fine.fc3.weight")
    with torch.no_grad():
        weights *= 30  # details beyond both ends
    generator = generative.generator_in(look.net)
    assert generator is not None
    made = generative.made_of_noise(look.net, look.model, generator, 6, 1)[:, 0].numpy()
    assert made.min() < -0.05
    assert made.max() > 1.05
    shown = picture(look, "generated", count=6, seed=1)
    assert (shown.low, shown.high) == (0.0, 1.0)
    assert np.allclose(shown.maps, np.clip(made, 0, 1), atol=1e-6)

    around_zero = looked("lapgan_digits")
    for held in around_zero.subject.samples.several().values():
        if held.is_floating_point() and held.ndim == 4:
            held.mul_(2).sub_(1)
    made = generative.made_of_noise(around_zero.net, around_zero.model, generator, 6, 1)[:, 0].numpy()
    shown = picture(around_zero, "generated", count=6, seed=1)
    assert np.allclose(shown.maps, np.clip((made + 1) / 2, 0, 1), atol=1e-6)


@pytest.mark.parametrize(
    ("project", "view", "where", "words"),
    [
        ("lenet_digits", "copies", "", "No loss here compares"),
        ("lenet_digits", "walk", "", "draws no picture"),
        ("lenet_digits", "generated", "", "draws no picture"),
        ("lenet_digits", "walk", "conv1", "no list of numbers"),
        ("moons", "generated", "", "no picture"),
        ("char_lstm", "walk", "", "(?i)no"),
    ],
)
def test_nets_that_make_nothing_say_so(project: str, view: str, where: str, words: str) -> None:
    """Fails if a net that draws nothing ends in a traceback or a picture of something else."""
    with pytest.raises(NoPicture, match=words):
        picture(looked(project, where), view)


def test_generate_writes_new_samples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fails if the command writes other pictures than the view, or an ending that nobody can read is taken."""
    out = tmp_path / "new.npz"
    assert run(["generate", "variational_autoencoder", "--count", "4", "--seed", "2", "-o", str(out)]) == 0
    assert "4 new samples" in capsys.readouterr().out
    shown = picture(looked("variational_autoencoder"), "generated", count=4, seed=2)
    with np.load(out) as numbers:
        held = [numbers[name] for name in numbers.files if numbers[name].shape == (4, 8, 8)]
    assert held
    assert np.allclose(held[0], shown.maps, atol=1e-6)
    assert run(["generate", "variational_autoencoder", "-o", str(tmp_path / "new.txt")]) == 2
    assert run(["generate", "lenet_digits", "-o", str(out)]) == 1
    assert "draws no picture" in capsys.readouterr().err


def test_generator_and_judge_in_the_plane() -> None:
    """Fails if the surface is not the judge's answer at its places, rows are upside down, an arrow is not the gradient,
    or points are of other noise."""
    look = looked("gan_points")
    shown = picture(look, "pair", count=20, seed=4)
    assert shown.plot is not None
    (x0, x1), (y0, y1) = shown.plot.x, shown.plot.y
    steps = shown.maps.shape[1]
    judge = look.model.get_submodule("judge")
    for row, column in ((0, 0), (3, 70), (80, 40)):
        place = [x0 + (column + 0.5) / steps * (x1 - x0), y1 - (row + 0.5) / steps * (y1 - y0)]
        with torch.no_grad():
            likely = torch.sigmoid(judge(torch.tensor([place], dtype=torch.float32))).item()
        assert shown.maps[0, row, column] == pytest.approx(likely, abs=1e-5)
    generator = generative.generator_in(look.net)
    assert generator is not None
    made = generative.made_of_noise(look.net, look.model, generator, 20, 4)
    assert np.allclose(shown.plot.points[-20:], made.numpy())
    start = made[:1].detach().clone().requires_grad_()
    judge(start).sum().backward()
    assert start.grad is not None
    slope = start.grad[0].numpy()
    step = shown.plot.lines[0].points[1] - shown.plot.lines[0].points[0]
    assert np.allclose(step / np.hypot(*step), slope / np.hypot(*slope), atol=1e-3)
    with pytest.raises(NoPicture, match="no source of noise"):
        picture(looked("moons"), "pair")
    with pytest.raises(NoPicture, match="Generator and judge shows them"):  # points are no pictures, and not lost
        picture(look, "generated")


def test_masks_lie_over_the_picture_in_their_colours() -> None:
    """Fails if answer or truth is of another sample, a class has another's colour, or the overlap is not that of the
    classes above the first."""
    from app.insight.plot import class_inks

    look = looked("segment")
    shown = picture(look, "masks", count=2, strength=1.0)
    batch = {name: values[:2] for name, values in look.subject.samples.several().items()}
    with torch.no_grad():
        answer = look.model(batch["shapes.image"]).argmax(1)
    inks = class_inks(4) / 255
    for at in range(2):
        for place, classes in ((1, answer[at]), (2, batch["shapes.mask"][at])):
            covered = classes > 0
            wanted = inks[classes[covered].numpy()]
            assert np.allclose(shown.maps[3 * at + place][covered.numpy()], wanted, atol=1e-6)
        right = batch["shapes.mask"][at]
        shares = [
            ((answer[at] == one) & (right == one)).sum() / ((answer[at] == one) | (right == one)).sum()
            for one in range(1, 4)
            if bool(((answer[at] == one) | (right == one)).any())
        ]
        assert shown.labels[3 * at + 1] == f"answer, IoU {sum(float(share) for share in shares) / len(shares):.2f}"
    held = look.subject.samples.several()
    with torch.no_grad():
        every = look.model(held["shapes.image"]).argmax(1).flatten().numpy()
    shares = jaccard_score(held["shapes.mask"].flatten().numpy(), every, average=None, labels=range(4))
    words = ("nothing", "circle", "square", "triangle")
    assert ", ".join(f"{word} {share:.2f}" for word, share in zip(words, shares)) in shown.note
    with pytest.raises(NoPicture, match="a class for each dot"):
        picture(looked("lenet_digits"), "masks")


def test_dots_without_a_class_count_for_no_overlap() -> None:
    """Fails if the border that a mask ignores makes an overlap smaller, or is a class of its own."""
    right = np.array([[[1, 1, -100], [0, 0, -100]]])
    assert shares_of(np.array([[[1, 0, 1], [0, 0, 2]]]), right) == {0: pytest.approx(2 / 3), 1: pytest.approx(1 / 2)}


def test_arithmetic_of_codes_is_that_by_hand() -> None:
    """Fails if a sign is turned, the result belongs to other samples, or the nearest sample is not the nearest."""
    look = looked("variational_autoencoder")
    x = look.subject.samples.several()["digits.image"]
    with torch.no_grad():
        codes = by_hand(look, x)[0]
        total = codes[4] - codes[7] + codes[1]
        expected = decoded(look, torch.stack([codes[4], codes[7], codes[1], total])).reshape(4, 8, 8).numpy()
    shown = picture(look, "code_arithmetic", a=4, b=7, c=1)
    assert np.array_equal(shown.maps[:3], x[[4, 7, 1], 0].numpy())
    assert np.allclose(shown.maps[3:], expected, atol=1e-5)
    assert shown.labels[-1] == "a − b + c"
    nearest = int(np.linalg.norm((codes - total).numpy(), axis=1).argmin())
    assert f"the code of {look.subject.samples.names[nearest]}," in shown.note


def test_light_that_is_carried_over_is_judged_as_by_hand() -> None:
    """Fails if the right one of the four sides is told wrongly, a picture is given light of its own, the share is that
    of other pairs, or R² is that of another mean."""
    look = looked("variational_autoencoder")
    with torch.no_grad():
        for weights in look.model.parameters():
            weights.mul_(3)  # so that what is drawn differs from code to code
    x = look.subject.samples.several()["digits.image"][:20]
    right = 0
    with torch.no_grad():
        codes = by_hand(look, x)[0]
        for side in range(4):
            for p in range(20):
                for q in ((p + step) % 20 for step in range(1, 6)):
                    code = by_hand(look, lit(x[p : p + 1], side))[0] - codes[p] + codes[q]
                    drawn = decoded(look, code).reshape(8, 8)
                    errors = [float((drawn - lit(x[q : q + 1], each)[0, 0]).square().sum()) for each in range(4)]
                    right += int(np.argmin(errors)) == side
        copies = decoded(look, codes).reshape(20, 8, 8)
    total = float((x[:, 0] - x[:, 0].mean(0)).square().sum())
    found = carried_light(look, generative.code_of(look.net), codes)
    assert found is not None
    assert (found.right, found.tried) == (right, 400)
    assert 0 < right < 400
    assert right != 100, "a net that always draws the same would not tell one pair from another"
    assert found.copied == pytest.approx(1 - float((copies - x[:, 0]).square().sum()) / total, abs=1e-4)
    assert found.sentence in picture(look, "code_arithmetic").note


def lit(x: torch.Tensor, side: int) -> torch.Tensor:
    """From the right, the left, below and above."""
    ramp = torch.tensor([1.0 + 0.5 * (2 * at / 7 - 1) for at in range(8)])
    ramp = ramp.flip(0) if side in (1, 3) else ramp
    return (x * (ramp[None, :] if side < 2 else ramp[:, None])).clamp(0, 1)


def test_arithmetic_of_a_sample_that_there_is_not_is_said() -> None:
    """Fails if a number past the last sample, or a net without a code, ends in a traceback."""
    with pytest.raises(NoPicture, match="There is no sample 9999; there are"):
        picture(looked("variational_autoencoder"), "code_arithmetic", a=0, b=9999, c=1)
    with pytest.raises(NoPicture, match=r"draws no picture|squeezes a picture"):
        picture(looked("mlp_digits"), "code_arithmetic", a=0, b=1, c=2)


def test_stages_are_those_of_the_net_one_after_the_other() -> None:
    """Fails if a stage of another sample is shown, the last one is not what New samples shows, or a coarse picture is
    smoothed where it is enlarged."""
    look = looked("lapgan_digits")
    shown = picture(look, "coarse_to_fine", count=3, seed=5)
    assert shown.columns == 4
    m: dict[str, nn.Module] = dict(look.model.named_modules())
    drawn = torch.Generator().manual_seed(5)
    entering = {entry.node: torch.empty(0) for entry in look.net.plan.inputs if entry.node != "digits"}
    for name, width in zip(entering, (8, 16)):
        entering[name] = torch.randn(3, width, generator=drawn)
    with torch.no_grad():
        coarse = m["coarse"](entering["noise"])
        enlarged = nn.functional.interpolate(coarse, scale_factor=2, mode="bilinear")
        details = m["fine"](entering["noise_fine"], coarse)
    new = (enlarged + details)[:, 0].clamp(0, 1).numpy()
    rows = [[label.partition(",")[0] for label in shown.labels[4 * at : 4 * at + 4]] for at in range(3)]
    assert all(row == ["coarse", "enlarged", "details", "new"] for row in rows)
    assert np.allclose(shown.maps[0::4], np.kron(coarse[:, 0].numpy(), np.ones((2, 2))), atol=1e-6)
    assert np.allclose(shown.maps[1::4], enlarged[:, 0].numpy(), atol=1e-6)
    assert np.allclose(shown.maps[2::4], (0.5 + details[:, 0].numpy() / 2).clip(0, 1), atol=1e-6)
    assert np.allclose(shown.maps[3::4], new, atol=1e-6)
    for other, words in (("dcgan_digits", "in one stage"), ("mlp_digits", "makes no pictures of noise")):
        with pytest.raises(NoPicture, match=words):
            picture(looked(other), "coarse_to_fine")
