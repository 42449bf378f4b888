"""The command generate: new pictures of a generator or an autoencoder, as one picture."""

from __future__ import annotations

from pathlib import Path

from app.cli.interrupts import ending_at_once
from app.cli.out import Stop, Usage, deliver

ENDINGS = (".png", ".npz")
MOST = 400


def generate(what: str, count: int, seed: int, out: Path, width: int) -> int:
    """Write new samples of a run, or of a drawing with the weights that it would begin with."""
    if out.suffix.lower() not in ENDINGS:
        raise Usage(f"New samples are written as {' or '.join(ENDINGS)}, and {out.name} ends otherwise.")
    with ending_at_once():
        from app.cli.views import untrained
        from app.insight.saved_pictures import saved
        from app.insight.tiles import NoPicture
        from app.insight.view_runner import steps_of
        from app.training.checkpoints import BadRun, load_run
    try:
        run = load_run(Path(what)) if Path(what).is_dir() else untrained(what)
        *_, last = steps_of(run, "generated", None, {"count": count, "seed": seed})
        content = saved(last.pictures, out.suffix, width=width)
    except (BadRun, NoPicture) as reason:
        raise Stop(str(reason)) from None
    deliver(out, content, f"{count} new {'sample' if count == 1 else 'samples'}. {last.pictures[0].note}")
    return 0
