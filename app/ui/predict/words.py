"""What a net says of a sample, in a few words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.insight.numbers import percent
from app.ui.predict.bars import Bars, number_words, seen_word
from nodes.api import cut, listed

if TYPE_CHECKING:
    from app.training.prediction import Prediction


def headline(prediction: Prediction) -> str:
    """The answer, without the name of the sample."""
    if prediction.trouble:
        return "cannot be read"
    if prediction.sentence:
        return f"“{cut(prediction.sentence, 200)}”, {percent(prediction.chance)}"
    if prediction.several:
        likely = [f"{cut(seen_word(word), 30)} {percent(share)}" for word, share in prediction.classes if share > 0.5]
        return listed(likely, most=4) if likely else "none of the labels"
    if prediction.classes:
        word, share = prediction.classes[0]
        return f"{cut(seen_word(word), 40)}, {percent(share)}"
    if prediction.steps:
        return cut(" ".join(seen_word(word) for _, word, _ in prediction.steps), 200)
    if prediction.things is not None:
        found = [f"{cut(seen_word(each.word), 20)} ({each.score:.2f})" for each in prediction.things]
        return listed(found, most=6) if found else "nothing found"
    if prediction.points:
        return listed([f"{cut(name, 20)} ({x:.1f}, {y:.1f})" for name, x, y, _ in prediction.points], most=4)
    if prediction.dots is not None and prediction.dots.dim() == 3:
        return f"a picture of {prediction.dots.shape[1]} × {prediction.dots.shape[2]} dots"
    if prediction.dots is not None:
        return ", ".join(f"{word} {share}" for word, _, share in shares_of_dots(prediction)[:3])
    return ", ".join(f"{name} {number_words(number)}" for name, number in prediction.numbers[:3])


def show_answer(bars: Bars, said: Prediction, words: Sequence[str]) -> None:
    """The answer as rows, with bars where it has shares; ``words`` are all classes in their order."""
    if said.sentence:
        bars.show_rows([("the whole sentence", said.chance, percent(said.chance))])
    elif said.classes:
        bars.show_classes(said.classes, words, said.several)
    elif said.steps:
        bars.show_steps(said.steps)
    elif said.things is not None:
        bars.show_rows([(seen_word(each.word), each.score, f"{each.score:.2f}") for each in said.things])
    elif said.points:
        bars.show_words([(name, f"{x:.1f}, {y:.1f}") for name, x, y, _ in said.points])
    elif said.dots is not None:
        bars.show_rows(shares_of_dots(said) if said.dots.dim() == 2 else ())
    else:
        bars.show_numbers(said.numbers)


def shares_of_dots(prediction: Prediction) -> list[tuple[str, float, str]]:
    """How much of a picture each class has, of a net that gives a class to each dot: the class, its share in numbers
    and in words; the largest first."""
    found = [(name.rpartition(", ")[0], share, percent(share)) for name, share in prediction.numbers]
    return sorted(found, key=lambda each: -each[1])


def caption_words(caption: str) -> str:
    """How far the net is trained, as a sentence."""
    if caption.startswith(("trained", "not", "in")):
        return f"The network is {caption}."
    if caption.startswith("weights"):
        return f"The network has {caption}."
    return f"{caption}." if caption else ""
