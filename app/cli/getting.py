"""``netloom get``: public data from the internet."""

from __future__ import annotations

import sys
from pathlib import Path

from app.cli.out import Stop, Usage, complain, say, say_json
from app.data.download import AddressFailed, Downloaded, Progress, get
from app.data.public_sets import downloads, home, is_there
from nodes.api import NoData
from nodes.api.downloads import size_text
from nodes.api.words import per_cent


def list_sets(json: bool) -> int:
    """What can be got, with sizes."""
    every = downloads().values()
    if json:
        say_json([
            {"id": each.id, "name": each.name, "about": each.about, "bytes": each.size, "source": each.source,
             "here": is_there(each), "addresses": list(each.addresses)}
            for each in every
        ])  # fmt: skip
        return 0
    width = max(len(each.id) for each in every)
    for each in every:
        here = "  (is here)" if is_there(each) else ""
        say(f"{each.id:<{width}}  {size_text(each.size):>9}  {each.about}{here}")
    return 0


def fetch(name: str, addresses: list[str], out: Path | None, json: bool) -> int:
    """Get one set, with a line of progress where somebody watches.

    Raises:
        Usage: if there is no such set.
        Stop: if it cannot be got.
    """
    wanted = downloads().get(name.lower())
    if wanted is None:
        raise Usage(f"There is no set {name!r} to get. There are: {', '.join(downloads())}.")
    watched = sys.stderr is not None and sys.stderr.isatty()
    place = out if out is not None else home() / wanted.id
    if not json:
        complain(f"Getting {wanted.name} ({size_text(wanted.size)}) into {place}.")
    troubles: list[str] = []
    try:
        for event in get(wanted, place, addresses):
            if isinstance(event, AddressFailed):
                troubles.append(event.sentence)
                continue
            for trouble in troubles:  # of an address; another one has answered since
                complain(("\n" if watched else "") + trouble)
            troubles.clear()
            if isinstance(event, Progress) and watched:
                share = event.done / event.total
                print(
                    f"\r{per_cent(share):>5}  {size_text(event.done)}  {event.file:<40}",
                    end="",
                    file=sys.stderr,
                    flush=True,
                )
            elif isinstance(event, Downloaded):
                if watched:
                    print(file=sys.stderr)
                say_json({"path": event.path, "source": wanted.source}) if json else say(event.path)
    except NoData as reason:
        raise Stop(str(reason)) from None
    return 0
