"""What a command says that did not do what was asked: one plain sentence, and with ``--json`` the same as an object."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any

from app.cli.out import OutputClosed, Stop, Usage, complain, say_json

_MUST_BE = {
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
}


def refused(error: Exception, as_json: bool, command: str = "netloom") -> int:
    """Say why a command ended, to stderr; gives the exit status: 1 for what the user can mend, 2 for wrong usage.
    ``command`` is whose help is pointed to where the parser does not tell.
    ``as_json``: stdout gets one line, too, which is all that another program has to read:
    ``{"ok": false, "error": SENTENCE, "status": 1}``."""
    sentence, status = _told(error, command)
    complain(sentence)
    if as_json:
        with contextlib.suppress(Stop, OutputClosed):  # a full disk, or a reader that has gone
            say_json({"ok": False, "error": sentence, "status": status})
    return status


def _told(error: Exception, command: str) -> tuple[str, int]:
    """Usage errors of the parser as a sentence; anything unknown as one that asks to report it."""
    if isinstance(error, Stop | Usage):
        return str(error), 1 if isinstance(error, Stop) else 2
    bad_value = _bad_value(error)
    if bad_value is not None:
        return bad_value, 2
    message = getattr(error, "format_message", None)
    if message is not None:
        context = getattr(error, "ctx", None)
        where = context.command_path if context is not None else command
        text = " ".join(message().split()) or "Something is missing."
        option = str(getattr(error, "option_name", ""))
        others = sorted(getattr(error, "possibilities", None) or ())
        if _is_setting(option, context, guessed=bool(others)):
            name = option.removeprefix("--").replace("-", "_")
            return f"{where} has no option {option}. Write --set {name}=VALUE.", 2
        text = re.sub("^No such command '(.*?)'", r"There is no command '\1'", text)
        if text.startswith("No such option"):
            text = f"{where} has no option {option}." + (f" Did you mean {' or '.join(others)}?" if others else "")
        return f"{text.rstrip('.')}{'' if text.endswith('?') else '.'} See {where} --help.", 2
    if type(error).__name__ == "Abort":
        return "Interrupted.", 130
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename} cannot be used: {error.strerror}. Choose another place.", 1
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}" if place is not None else "?"
    return f"Netloom made a mistake ({type(error).__name__} in {where}: {error}). Please report this sentence.", 1


def _is_setting(option: str, context: Any, guessed: bool) -> bool:
    """Whether an option that a command does not have is a setting of the recipe, which it takes with ``--set``. Where
    another option has been ``guessed``, as --epochs for --epoch, it must be one of every recipe."""
    params = getattr(getattr(context, "command", None), "params", ())
    if not option.startswith("--") or not any("--set" in each.opts for each in params):
        return False
    from app.core.graph.recipe import SETTINGS, setting_names

    known = {each.name for each in SETTINGS} if guessed else setting_names()
    return option.removeprefix("--").replace("-", "_") in known


def _bad_value(error: Exception) -> str | None:
    """A sentence on an option whose value is of the wrong type or out of limits, in our words."""
    found: Any = getattr(error.__cause__, "errors", lambda: [])()
    options = getattr(getattr(error, "param", None), "opts", ())
    if not found or not options or found[0]["type"] not in _MUST_BE:
        return None
    must = _MUST_BE[found[0]["type"]].format(**found[0].get("ctx", {}))
    is_now = f", but it is {found[0]['input']!r}" if isinstance(found[0]["input"], str) else ""
    return f"{options[-1]} must be {must}{is_now}."
