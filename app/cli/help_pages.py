"""What ``netloom COMMAND --help`` prints, in the words that README and the sentences of the commands use."""

from __future__ import annotations

import re
from typing import Any

from typer.core import TyperCommand

# typer writes types as Python calls them, and the newest one puts braces round what must be given.
_KINDS = {
    "int": "INTEGER",
    "int range": "INTEGER",
    "float": "NUMBER",
    "float range": "NUMBER",
    "str": "TEXT",
    "list[str]": "TEXT",
    "path": "PATH",
}


class PlainCommand(TyperCommand):
    """A command whose help says ``FILE`` and ``INTEGER`` where typer says ``{FILE}``, ``<str>`` and ``<int range>``."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """What stands behind the name of the command: ``[OPTIONS] RUN|FILE``."""
        return [re.sub(r"^\{(.*)\}(\.*)$", r"\1\2", each) for each in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """The arguments, then the options, each with what it takes and a word of help."""
        found: dict[str, list[tuple[str, str]]] = {"argument": [], "option": []}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None:
                name, text = record
                kind = param.param_type_name
                found[kind].append((_without_type(name) if kind == "argument" else _plain(name), text))
        for title, rows in (("Arguments", found["argument"]), ("Options", found["option"])):
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


def _without_type(name: str) -> str:
    return re.sub(r" <[^<>]*>(\.\.\.)?$", "", name)


def _plain(name: str) -> str:
    return re.sub(r"<([^<>]*)>", lambda found: _KINDS.get(found[1], found[1]), name)
