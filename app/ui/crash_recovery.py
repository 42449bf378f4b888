"""After a crash: asks about each drawing that was left behind, and shows again the ones that are wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMessageBox

from app.core.commands.project import Restore
from app.core.graph.model import Project
from app.core.storage import recovery, templates
from app.core.storage.recovery import RecoveredDrawing
from app.ui.autosave import folder_of
from app.ui.canvas.node_words import plural
from app.ui.dialogs import ask, tell
from app.ui.past_times import moment

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow

_ROLE = QMessageBox.ButtonRole
_MOST_CHANGES = 4


def offer(window: BaseWindow, then: Callable[[], object]) -> None:
    """Ask about what ended processes left behind, one drawing after the other, then go on with ``then``.

    Only the first window of a process asks.
    """
    if window.windows.recovered:
        then()
        return
    window.windows.recovered = True
    folder = folder_of(window)
    rescues = recovery.found(folder)
    broken = recovery.unreadable(folder)
    if broken:
        window.banner.say(f"An unsaved drawing was kept in {broken[0]}, but the file is damaged and cannot be read.")
    _ask(window, rescues, 0, then)


def _ask(
    window: BaseWindow, rescues: tuple[RecoveredDrawing, ...], index: int, then: Callable[[], object]
) -> QMessageBox | None:
    if index == len(rescues):
        then()
        return None
    rescue = rescues[index]

    def go_on() -> None:
        _ask(window, rescues, index + 1, then)

    def restore() -> None:
        _restore(window, rescue)
        go_on()

    def discard() -> None:
        recovery.forget(rescue.file)
        go_on()

    many = f" ({index + 1} of {len(rescues)})" if len(rescues) > 1 else ""
    return ask(
        window,
        f"Unsaved drawing{many}",
        f"Restore the unsaved changes to {rescue.name}?",
        _details(rescue),
        [
            ("Restore", _ROLE.AcceptRole, restore),
            ("Throw away", _ROLE.DestructiveRole, discard),
            ("Ask me later", _ROLE.RejectRole, go_on),
        ],
    )


def _details(rescue: RecoveredDrawing) -> str:
    """What was kept, when, and where it would go."""
    when = moment(rescue.when)
    held = "; ".join(rescue.changes[:_MOST_CHANGES]) or "changes"
    if len(rescue.changes) > _MOST_CHANGES:
        held += "; and more"
    layers = plural(len(rescue.project.graph.nodes), "layer")
    text = f"Netloom ended before they were saved. Kept {when}: {held}. The drawing has {layers}."
    if rescue.path is None:
        return text
    if rescue.overtaken:
        fate = "has been written since" if rescue.path.exists() else "is not there any more"
        return f"{text}\n\n{rescue.path} {fate}. The drawing comes back without a file, so nothing is overwritten."
    return f"{text}\n\nIts file is {rescue.path}. It stays as it is until you save."


def _restore(window: BaseWindow, rescue: RecoveredDrawing) -> None:
    try:
        place = recovery.taken(rescue)
    except OSError:
        place = rescue.file  # it cannot be moved, so it may be asked about again; better than losing it
    if place is None:
        tell(window, "Restored already", f"Another Netloom window has restored {rescue.name}.")
        return
    shown = window.windows.window_of(rescue.path)
    if rescue.overtaken or (shown is not None and shown.qdocument.document.dirty):
        path, target = None, _free(window)
    else:
        path, target = rescue.path, shown or _free(window)
    if path is None or not target.files.show(path):
        target.files.show_project(Project(title=rescue.project.title))
    target.qdocument.do(Restore(project=rescue.project))
    target.autosave.restored(place)
    target.canvas.frame_all()
    target.start.leave()
    target.say(f"Restored {rescue.name}. Save it to keep it.")


def _free(window: BaseWindow) -> BaseWindow:
    """This window if nobody has begun anything in it, else another one."""
    document = window.qdocument.document
    fresh = not document.dirty and document.path is None and document.undo_title is None
    untouched = document.project in (templates.load(templates.FIRST), Project())
    return window if fresh and untouched and not window.session.busy else window.windows.open(beside=window)
