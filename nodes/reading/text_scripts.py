"""The lines of a program of its own that reads labelled texts and pairs, to the same numbers."""

from __future__ import annotations

import inspect
from collections.abc import Sequence

from nodes.api.schema import PARTS
from nodes.api.sources import Lengths, Script
from nodes.reading.buckets import told
from nodes.reading.listing import ending
from nodes.reading.picture_scripts import folder_lines, literal, root_of
from nodes.reading.text_and_sound_signs import TEXT_ENDINGS
from nodes.reading.text_pairs import PairTable
from nodes.reading.text_sets import Numbered, Texts
from nodes.reading.text_tables import lines_of
from nodes.reading.texts import END, MOST_OF_ONE, START, Vocabulary, numbered, plain_text

_BY_FOLDER = ("folders", "innermost folders", "none")


def _function(made: object) -> list[str]:
    return [*inspect.getsource(made).rstrip().splitlines(), "", ""]  # type: ignore[arg-type]


def _words(name: str, known: Vocabulary) -> list[str]:
    return [*literal("words", list(known.words)), f"{name} = {{word: number for number, word in enumerate(words)}}"]


def texts_script(texts: Texts, how: Numbered) -> Script:
    """Lines for labelled texts. Where folders say what they are, new files in them are read as well."""
    lines = _function(numbered)
    imports: tuple[str, ...] = ("import re", "from collections.abc import Mapping")
    package, label, given = "", "", ""
    if texts.script is not None:
        lines += texts.script.lines
        imports, package = (*imports, *texts.script.imports), texts.script.package
    elif texts.table is not None:
        more, wanted, package = lines_of(texts.table, texts.columns)
        imports = (*imports, *wanted)
        lines += more
        if len(texts.kept) < texts.table.rows.total:
            lines += [*literal("kept", list(texts.kept)), "rows = [rows[number] for number in kept]"]
        lines.append("texts = [row[0] for row in rows]")
        if texts.words:
            lines += literal("labels", list(texts.labels or ()))
        elif texts.labels is not None:
            lines.append("labels = [float(row[1]) for row in rows]")
        if texts.parts:
            lines += literal("parts", list(texts.part_of))
    else:
        more, needed = _files(texts)
        lines += more
        imports = (*imports, *needed)
    if texts.words:
        lines += ["classes = [", *(f"    {word!r}," for word in texts.words), "]"]
        label = "torch.tensor(labels)"
    elif texts.labels is not None:
        label = "torch.tensor(labels, dtype=torch.float32)[:, None]"
    if texts.parts:
        lines.append("given = torch.tensor(parts)")
        named = [f'"{name}": (given == {PARTS.index(name)}).nonzero()[:, 0]' for name in texts.parts]
        given = "{" + ", ".join(named) + "}"
    lines += _words("number_of", how.known)
    lines += [
        f"pattern = {how.pattern!r}",
        "numbers = []",
        "for text in texts:",
        f"    numbers.append(numbered(text, number_of, pattern, {how.length}, {how.lower}, {how.before}))",
    ]
    fields = {"text": "torch.tensor(numbers)"} | ({"label": label} if label else {})
    steps = Lengths(("text",), "torch.tensor([sum(map(bool, row)) for row in numbers])", how.before)
    lengths = told(how.buckets, steps)
    return Script(tuple(lines), fields, imports, package, given, lengths=lengths, buckets=how.buckets)


def _files(texts: Texts) -> tuple[list[str], tuple[str, ...]]:
    found, made = texts.found, texts.made
    assert found is not None
    assert made is not None
    archive = found.archive is not None
    lines = [*_function(plain_text), f"root = {root_of(found)}"]
    lines += ["archive = zipfile.ZipFile(root)"] if archive else []
    lines += ["files, labels, parts = [], [], []  # labels and parts are -1 where there is none"]
    by_ending = all(ending(name) in TEXT_ENDINGS for name in found.names)  # some have none at all
    if made.by in _BY_FOLDER and made.values is None and by_ending:
        lines += folder_lines(found, made, archive, TEXT_ENDINGS)
    else:
        lines += literal("files", [texts.name_of(number) for number in range(texts.count)])
        lines += literal("labels", list(texts.labels) if texts.labels is not None else [-1] * texts.count)
        lines += literal("parts", list(texts.part_of))
    opened = "archive.open(file)" if archive else '(root / file).open("rb")'
    lines += [
        "texts = []",
        "for file in files:",
        f"    with {opened} as content:",
        f"        texts.append(plain_text(content.read({MOST_OF_ONE}), {MOST_OF_ONE}))",
    ]
    return lines, ("from pathlib import Path", *(("import zipfile",) if archive else ()))


def pairs_script(pairs: PairTable) -> Script:
    """Lines for pairs."""
    lines, imports, package = lines_of(pairs.table, pairs.columns)
    lines += pairs.lines
    kept = list(pairs.kept)
    if len(kept) < pairs.table.rows.total:
        lines += [*literal("kept", kept), "rows = [rows[number] for number in kept]"]
    head = [*_function(numbered), *_words("source_number_of", pairs.source.known)]
    head += _words("target_number_of", pairs.target.known)

    source, target = pairs.source, pairs.target
    start, end = target.known.words.index(START), target.known.words.index(END)
    read = f"source_pattern, {source.length}, {source.lower}, {pairs.before}"
    write = f"target_pattern, {target.length - 1}, {target.lower}, False"
    lines += [
        f"source_pattern = {source.pattern!r}",
        f"target_pattern = {target.pattern!r}",
        "sources = []",
        f"target = torch.zeros(len(rows), {target.length}, dtype=torch.int64)",
        "for number, row in enumerate(rows):",
        f"    sources.append(numbered(row[0], source_number_of, {read}))",
        f"    tokens = numbered(row[1], target_number_of, {write})",
        f"    tokens = [token for token in tokens if token] + [{end}]",
        "    target[number, : len(tokens)] = torch.tensor(tokens)",
        f"previous = torch.full_like(target, {start})",
        "previous[:, 1:] = target[:, :-1]",
    ]
    fields = {"source": "torch.tensor(sources)", "previous": "previous", "target": "target"}
    needed: Sequence[str] = ("import re", "from collections.abc import Mapping", *imports)
    read_steps = Lengths(("source",), "torch.tensor([sum(map(bool, row)) for row in sources])", pairs.before)
    write_steps = Lengths(("previous", "target"), "(target > 0).sum(1)", False)
    lengths = told(pairs.buckets, read_steps, write_steps)
    groups = ""
    if pairs.several:
        lines += [
            "group_of = {}  # pairs with the same source are never torn apart",
            "groups = [group_of.setdefault(row[0], len(group_of)) for row in rows]",
        ]
        groups = "torch.tensor(groups)"
    given = ""
    if pairs.parts:
        lines += [*literal("parts", list(pairs.part_of)), "given = torch.tensor(parts)"]
        named = [f'"{name}": (given == {PARTS.index(name)}).nonzero()[:, 0]' for name in pairs.parts]
        given = "{" + ", ".join(named) + "}"
    program = (*head, *lines)
    return Script(program, fields, tuple(needed), package, given, groups=groups, lengths=lengths, buckets=pairs.buckets)
