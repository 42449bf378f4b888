"""The command sample."""

from __future__ import annotations

from math import exp
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.interrupts import ending_at_once
from app.cli.options import Json, RunFolder
from app.cli.out import Stop, Usage, complain, say, say_json, say_on
from nodes.api import NoData
from nodes.api.words import per_cent

if TYPE_CHECKING:
    from app.training.checkpoints import LoadedRun


def sample(
    run: RunFolder,
    prompt: Annotated[
        str, typer.Option("--prompt", help="What stands there before it writes; of a sound, its file.")
    ] = "",
    length: Annotated[
        int | None,
        typer.Option(
            "--length",
            min=1,
            max=100_000,
            help="How many letters or words are written, 200 if not given; of a sound how many values, two seconds if "
            "not given.",
        ),
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option(
            "--temperature",
            min=0.0,
            max=10.0,
            help="Below 1 it keeps to what is likely, above 1 it dares more; 0 takes the likeliest each time. 1 "
            "if not given, 0.3 for a sound; a net that translates always takes the likeliest.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**31 - 1, help="The same seed writes the same text.")] = 0,
    beam: Annotated[
        int, typer.Option("--beam", min=1, max=1000, help="Search with so many texts for the likeliest; 1 draws.")
    ] = 1,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Where a net that makes sounds writes one, as a WAV file.")
    ] = None,
    json: Json = False,
) -> int:
    """Let the net of a run write, or go on with a sound. One that tells which letter or word comes next writes on
    behind the prompt, one that translates writes its answer to the prompt, and one that tells the next value of a sound
    goes on with a sound."""
    with ending_at_once():
        from app.cli.sounding import sounded
        from app.training.checkpoints import BadRun, load_run
        from app.training.writing.bits_per_character import bits_of_run
        from app.training.writing.sampling import write
        from app.training.writing.sounding import sounds
        from app.training.writing.writer import writer_of
    try:
        loaded = load_run(run)
        if any(step.loop for step in loaded.net.plan.graph.running) and len(loaded.net.plan.inputs) > 1:
            return _translated(loaded, prompt, temperature, beam, json)
        sounder = sounds(loaded.net)
        if sounder is not None:
            if beam > 1:
                raise Usage("A net that makes sounds draws each value and searches none. Leave out --beam.")
            return sounded(loaded, sounder, prompt, length, temperature, seed, out, json)
        if out is not None:
            raise Usage("This net writes a text, which is printed. Leave out -o, or use > FILE.")
        length = 200 if length is None else length
        if beam > 1 and temperature:
            raise Usage("A search takes the likeliest text and draws none. Leave out --temperature, or --beam.")
        temperature = 1.0 if temperature is None else temperature
        writer = writer_of(loaded.net)
        writer.numbers(prompt)  # a prompt that cannot be read is refused before anything is said of it
        letters = write(
            writer, loaded.model, prompt=prompt, length=length, temperature=temperature, seed=seed, beam=beam
        )
        if json:
            told = [
                {"text": each.text, "probability": each.probability, "candidates": dict(each.others)}
                for each in letters
            ]
            text = prompt + "".join(str(each["text"]) for each in told)
            say_json({"run": str(run), "epoch": loaded.epoch, "unit": writer.unit, "text": text, "written": told})
            return 0
        if strange := writer.unknown(prompt):
            complain(f"note: {strange}")
        written = False
        for each in letters:
            say_on(each.text if written else prompt + each.text)
            written = True
        say_on("\n")
        try:
            known = bits_of_run(loaded).sentence
        except NoData:
            known = ""  # the data lies elsewhere by now; the net writes all the same
        if known:
            complain(f"note: {known}")
    except (BadRun, NoData) as reason:
        raise Stop(str(reason)) from None
    return 0


def _translated(loaded: LoadedRun, prompt: str, temperature: float | None, beam: int, json: bool) -> int:
    """What a net with a decoder over time writes when it has read the prompt."""
    from app.training.writing.translating import answers, translator_of

    translator = translator_of(loaded.net)
    if temperature:
        raise NoData(
            "A net that translates takes the likeliest answer and draws none. Leave out --temperature; --beam 4 "
            "searches further."
        )
    (answer,) = answers(translator, loaded.model, translator.numbers(prompt)[None], beam)
    said = translator.said(answer.tokens)
    if json:
        told = [translator.written[number] for number in answer.tokens]
        say_json(
            {
                "run": str(loaded.folder),
                "epoch": loaded.epoch,
                "unit": translator.unit,
                "prompt": prompt,
                "text": said,
                "written": told,
                "ended": answer.ended,
                "probability": exp(answer.log_probability),
            }
        )
        return 0
    say(said)
    complain(f"note: probability {per_cent(exp(answer.log_probability), 1)}")
    if not answer.ended:
        complain("note: the answer is cut off; the net wrote no end mark.")
    return 0
