"""Whether a word that was typed in haste means a name: letters left out, or one or two of them wrong. No Qt."""

from __future__ import annotations

_ONE_WRONG, _TWO_WRONG = 4, 8  # letters of a word from which on so many may be wrong


def abbreviates(word: str, name: str) -> bool:
    """Whether ``word`` has letters of ``name`` in their order and begins as a word of it does: ``mxpl``, ``bnorm``.

    Both in lower case. Of a name, at least a third of the letters must be there: two letters mean nearly everything.
    """
    if len(word) < 3:
        return False
    for start in range(len(name)):
        if name[start] != word[0] or (start and name[start - 1].isalnum()):
            continue
        rest = name[start:]
        if len(word) * 3 < len(rest):
            continue
        letters = iter(rest)
        if all(letter in letters for letter in word):
            return True
    return False


def misspells(word: str, name: str) -> bool:
    """Whether ``word`` is ``name`` with a letter wrong, missing, too many, or two in the wrong order."""
    most = 0 if len(word) < _ONE_WRONG else 1 if len(word) < _TWO_WRONG else 2
    if not most or abs(len(word) - len(name)) > most:
        return False
    return _steps(word, name) <= most


def _steps(first: str, second: str) -> int:
    """How many letters have to be put in, taken out, replaced or swapped with the next one."""
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, letter in enumerate(first, 1):
        earlier, before, row = before, row, [i]
        for j, other in enumerate(second, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == second[j - 2] and first[i - 2] == other:
                best = min(best, earlier[j - 2] + 1)
            row.append(best)
    return row[-1]
