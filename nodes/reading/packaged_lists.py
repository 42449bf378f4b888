"""Lists of names and words that come inside of packages, as labelled texts."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from nodes.api.schema import NoData
from nodes.api.sources import Script
from nodes.reading.bundled import TEXT_EXTRA, file_of, text_of
from nodes.reading.text_sets import Numbered, Texts, TextSettings, numbered_as
from nodes.reading.text_windows import stamp_of

FIRST_NAMES, SURNAMES = "first names", "surnames"
KINDS = ("female", "male")
_FILES = {"female": "dist.female.first", "male": "dist.male.first", SURNAMES: "dist.all.last"}

# The languages of which Faker has at least 170 surnames in Latin letters, by its name for the country.
ORIGINS = {
    "Croatian": "hr_HR",
    "Dutch": "nl_NL",
    "English": "en_GB",
    "Estonian": "et_EE",
    "Finnish": "fi_FI",
    "French": "fr_FR",
    "German": "de_DE",
    "Indonesian": "id_ID",
    "Irish": "ga_IE",
    "Italian": "it_IT",
    "Slovak": "sk_SK",
    "Spanish": "es_ES",
    "Swedish": "sv_SE",
    "Zulu": "zu_ZA",
}


def plain_letters(name: str) -> str:
    """A name in capitals and small letters without accents: ``Abellán`` as ``Abellan``."""
    import unicodedata  # a megabyte of tables

    apart = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def names_of(kind: str) -> list[tuple[str, float]]:
    """Names of the census of the United States of 1990 (female, male or surnames), each with how many percent have it.

    Raises:
        NoData: if the package is not installed.
    """
    lines = file_of("names", _FILES[kind], "The names of the census come", TEXT_EXTRA).read_text().splitlines()
    rows = [line.split() for line in lines if line.strip()]
    return [(row[0].capitalize(), float(row[1])) for row in rows]


def first_names() -> tuple[list[str], list[int]]:
    """First names, each once, and the number of the kind that has it more often."""
    share: dict[str, list[float]] = {}
    for number, kind in enumerate(KINDS):
        for name, percent in names_of(kind):
            share.setdefault(name, [0.0, 0.0])[number] += percent
    # What has less than half a thousandth of a percent in both stands as 0.000 there; the order of the lists decides.
    return list(share), [int(male > female) for female, male in share.values()]


def surnames_of(locale: str) -> list[str]:
    """The surnames that Faker has for a country, as they are written there, sorted.

    Raises:
        NoData: if the package is not installed.
    """
    if importlib.util.find_spec("faker") is None:
        raise NoData(f"Names by origin come with Faker, which is not installed. Run: {TEXT_EXTRA}")
    provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
    found: set[str] = set()
    for kind in ("last_names", "last_names_female", "last_names_male", "last_names_nonbinary"):
        found.update(getattr(provider, kind, ()))
    return sorted(found)


def origins(accents: bool) -> tuple[list[str], list[int]]:
    """Surnames of all ORIGINS, with the number of each one's; those of several countries are left out."""
    belongs: dict[str, set[int]] = {}
    for number, locale in enumerate(ORIGINS.values()):
        for name in surnames_of(locale):
            belongs.setdefault(name if accents else plain_letters(name), set()).add(number)
    only = {name: next(iter(numbers)) for name, numbers in belongs.items() if len(numbers) == 1}
    return list(only), list(only.values())


def word_scores() -> list[tuple[str, float]]:
    """Words, with signs such as :-), and how people judged them: from −4, very bad, to 4, very good.

    Raises:
        NoData: if the package is not installed.
    """
    file = file_of("vaderSentiment", "vader_lexicon.txt", "Word scores come", TEXT_EXTRA)
    rows = [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [(row[0], float(row[1])) for row in rows]


def _place(package: str) -> Path:
    found = importlib.util.find_spec(package)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin)


def _texts(
    names: list[str], labels: list[int] | list[float] | None, words: tuple[str, ...], mark: str, script: Script
) -> Texts:
    counts = tuple(sum(label == number for label in labels or ()) for number in range(len(words)))
    return Texts(
        len(names),
        lambda number: names[number],
        lambda number: names[number],
        labels,
        words,
        counts,
        [-1] * len(names),
        mark,
        script=script,
    )


def looked_at(which: str, accents: bool, asked: TextSettings) -> tuple[Texts, Numbered]:
    """One of the lists, and how its texts become numbers.

    Raises:
        NoData: if its package is not installed.
    """
    package, make = _LISTS[which]
    if importlib.util.find_spec(package) is None:
        make(accents)  # which says what is missing
    return _looked_at(which, accents, asked, stamp_of(_place(package)))


@lru_cache(maxsize=4)
def _looked_at(which: str, accents: bool, asked: TextSettings, mark: str) -> tuple[Texts, Numbered]:
    texts = _LISTS[which][1](accents)
    texts.stamp = mark
    return texts, numbered_as(texts, asked)


def _path(kind: str) -> str:
    return text_of("names", _FILES[kind])


_IMPORTS = ("from importlib.util import find_spec", "from pathlib import Path")
_ROWS = (
    "def rows_of(file):",
    "    rows = [line.split() for line in file.read_text().splitlines() if line.strip()]",
    "    return [(row[0].capitalize(), float(row[1])) for row in rows]",
    "",
    "",
)


def _first_names(_accents: bool) -> Texts:
    names, labels = first_names()
    lines = (
        *_ROWS,
        "share = {}",
        f"for number, file in enumerate([{_path('female')}, {_path('male')}]):",
        "    for name, percent in rows_of(file):",
        "        share.setdefault(name, [0.0, 0.0])[number] += percent",
        "texts = list(share)",
        "labels = [int(male > female) for female, male in share.values()]",
    )
    return _texts(names, labels, KINDS, "", Script(lines, {}, _IMPORTS, "names"))


def _surnames(_accents: bool) -> Texts:
    lines = (*_ROWS, f"texts = [name for name, _ in rows_of({_path(SURNAMES)})]")
    return _texts([name for name, _ in names_of(SURNAMES)], None, (), "", Script(lines, {}, _IMPORTS, "names"))


def _origins(accents: bool) -> Texts:
    names, labels = origins(accents)
    lines = [] if accents else [*inspect.getsource(plain_letters).rstrip().splitlines(), "", ""]
    lines += [
        "locales = [",
        *(f"    {locale!r}," for locale in ORIGINS.values()),
        "]",
        'kinds = ("last_names", "last_names_female", "last_names_male", "last_names_nonbinary")',
        "belongs = {}",
        "for number, locale in enumerate(locales):",
        '    provider = importlib.import_module(f"faker.providers.person.{locale}").Provider',
        "    for name in sorted({name for kind in kinds for name in getattr(provider, kind, ())}):",
        f"        belongs.setdefault({'name' if accents else 'plain_letters(name)'}, set()).add(number)",
        "only = {name: next(iter(numbers)) for name, numbers in belongs.items() if len(numbers) == 1}",
        "texts, labels = list(only), list(only.values())",
    ]
    imports = ("import importlib", *(() if accents else ("import unicodedata",)))
    return _texts(names, labels, tuple(ORIGINS), "", Script(tuple(lines), {}, imports, "Faker"))


def _scores(_accents: bool) -> Texts:
    rows = word_scores()
    place = text_of("vaderSentiment", "vader_lexicon.txt")
    lines = (
        f'lines = {place}.read_text(encoding="utf-8").splitlines()',
        'rows = [line.split("\\t") for line in lines if line.strip()]',
        "texts = [row[0] for row in rows]",
        "labels = [float(row[1]) for row in rows]",
    )
    script = Script(lines, {}, _IMPORTS, "vaderSentiment")
    return _texts([word for word, _ in rows], [score for _, score in rows], (), "", script)


ORIGIN, SCORE = "names by origin", "words with scores"
_LISTS: dict[str, tuple[str, Callable[[bool], Texts]]] = {
    FIRST_NAMES: ("names", _first_names),
    SURNAMES: ("names", _surnames),
    ORIGIN: ("faker", _origins),
    SCORE: ("vaderSentiment", _scores),
}
