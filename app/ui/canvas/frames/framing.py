"""What the canvas does with frames and notes: each edit is one step of undo."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, QRectF, Qt

from app.core.commands import AddFrames, MoveNodes, PlaceFrames, SetFrameColor, SetFrameText
from app.core.document import Change
from app.core.graph.frames import (
    COLORS,
    NOTE_SIZE,
    SMALLEST,
    Frame,
    Rect,
    around,
    contents,
    framing,
    free_frame_name,
)
from app.ui.canvas import geometry as g
from app.ui.canvas.frames.editor import Done, TitleField, WordsField, place
from app.ui.canvas.frames.figures import INSET, FrameFigure
from app.ui.canvas.frames.paint import title_font
from app.ui.canvas.frames.words import NoteText
from app.ui.canvas.placing import free_spot

if TYPE_CHECKING:
    from app.ui.canvas.graph_view import GraphView

_NEW = "Frame"  # the title of a new frame, until it is given its own
_TITLE_FIELD, _WORDS_FIELD = (200, 26), (240, 120)  # least size in pixels


class Framing(QObject):
    """Frames and notes of one canvas."""

    def __init__(self, canvas: GraphView) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._field: TitleField | WordsField | None = None
        # Before the canvas follows: words that belong to a drawing that is gone must not be written into the next.
        canvas.qdocument.changed.connect(self._follow)

    # -- questions -------------------------------------------------------------------------------------------------

    @property
    def _figures(self) -> dict[str, FrameFigure]:
        return self._canvas.scene.frames.by_name

    def node_rects(self) -> dict[str, Rect]:
        """Where the nodes stand, as large as they are."""
        return {name: g.as_rect(figure.rect) for name, figure in self._canvas.scene.nodes.items()}

    def carried(self, nodes: tuple[str, ...], frames: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What moves with these nodes and frames: with a frame everything that stands in it."""
        if not frames:
            return nodes, ()
        inner, moving = contents(frames, self._canvas.scene.frames.frames, self.node_rects())
        return tuple(dict.fromkeys((*nodes, *inner))), moving

    @property
    def with_contents(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The selection with what stands in the selected frames: what is copied and cut."""
        return self.carried(self._canvas.selected, self._canvas.selected_frames)

    def moved(self, nodes: tuple[str, ...], frames: tuple[str, ...], offset: QPointF) -> MoveNodes:
        """The step that moves these nodes and frames."""
        scene = self._canvas.scene
        dx, dy = offset.x(), offset.y()
        places = {name: (scene.nodes[name].x + dx, scene.nodes[name].y + dy) for name in nodes if name in scene.nodes}
        framed = {
            name: (figure.frame.position[0] + dx, figure.frame.position[1] + dy)
            for name in frames
            if (figure := self._figures.get(name)) is not None
        }
        return MoveNodes(self._canvas.where, places, frames=framed)

    def words_of(self, name: str) -> str:
        """What a screen reader says of a selected frame."""
        frame = self._figures[name].frame
        if frame.is_note:
            return f" Note: {frame.title}."
        inside, _ = self.carried((), (name,))
        return f" Frame {frame.title}, {len(inside)} layer{'' if len(inside) == 1 else 's'} in it."

    # -- adding ----------------------------------------------------------------------------------------------------

    def add_frame(self) -> None:
        """Put a frame round what is selected, and ask for its title."""
        canvas = self._canvas
        nodes, frames = canvas.selected, canvas.selected_frames
        rects = [g.as_rect(canvas.scene.nodes[name].rect) for name in nodes]
        content = around([*rects, *(self._figures[name].frame.rect for name in frames)])
        if content is None:
            canvas.status.emit("Select the layers that belong together first, then put a frame round them.")
            return
        known = canvas.scene.frames.frames
        used = [frame.color for frame in known.values() if not frame.is_note]
        color = min(COLORS[:-1], key=used.count)
        within = {*nodes, *self.carried((), frames)[0]}
        near = [rect for name, rect in self.node_rects().items() if name not in within]
        left, top, width, height = framing(content, near)
        frame = Frame(free_frame_name(False, known), _NEW, False, color, (left, top), (width, height))
        if not canvas.do_step(AddFrames(canvas.where, (frame,))):
            return
        inside, _ = self.carried((), (frame.name,))
        if others := [name for name in inside if name not in nodes and not self._framed(name, frames)]:
            stand = f"stands {others[0]}" if len(others) == 1 else f"stand {others[0]} and {len(others) - 1} more"
            pronoun = "it" if len(others) == 1 else "them"
            canvas.status.emit(f"Among the selected layers {stand}: the frame holds {pronoun}, too.")
        canvas.select((), (frame.name,))
        self.edit(frame.name)

    def _framed(self, node: str, frames: tuple[str, ...]) -> bool:
        return node in self.carried((), frames)[0]

    def add_note(self, at: QPointF | None = None) -> None:
        """Ask for the words of a new note at a point of the drawing; it is there once something is written.

        Without a point it covers no layer, for layers stand before notes and would hide its words.
        """
        canvas = self._canvas
        if at is not None:
            corner = g.on_grid(at)
        else:
            corner = g.on_grid(canvas.pointer_or_middle() - QPointF(*NOTE_SIZE) / 2)
            corner = free_spot(canvas.scene, corner, NOTE_SIZE[1], width=NOTE_SIZE[0])
            canvas.keep_area_in_view(QRectF(corner.x(), corner.y(), *NOTE_SIZE))
        name = free_frame_name(True, canvas.scene.frames.frames)
        note = Frame(name, "", True, "yellow", (corner.x(), corner.y()))
        where = canvas.where

        def written(text: str | None) -> None:
            if text is not None and text.strip():
                size = _fitting(replace(note, text=text))
                if canvas.do_step(AddFrames(where, (replace(note, text=text, size=size),))) and name in self._figures:
                    canvas.select((), (name,))

        self._open_words(QRectF(*note.rect), "", written)

    # -- changing --------------------------------------------------------------------------------------------------

    def edit(self, name: str) -> None:
        """Write the title of a frame or the words of a note, in its place."""
        canvas = self._canvas
        figure = self._figures.get(name)
        if figure is None:
            return
        frame, where = figure.frame, canvas.where

        def written(text: str | None) -> None:
            if text is None or text == frame.text:
                return
            size = _fitting(replace(frame, text=text)) if frame.is_note else None
            canvas.do_step(SetFrameText(where, name, text, size))

        if frame.is_note:
            self._open_words(figure.rect, frame.text, written)
        else:
            self._open_title(figure, written)

    def _open_title(self, figure: FrameFigure, written: Done) -> None:
        canvas = self._canvas
        self._reveal(figure.bar(canvas.camera.scale))
        letters, _ = title_font(canvas.scene.frames.letters(canvas.camera.scale))
        box = canvas.camera.rect_to_view(figure.bar(canvas.camera.scale))
        box.setWidth(min(box.width(), 420.0))
        self._field = place(TitleField(canvas, figure.frame.text, self._ended(written)), box, _TITLE_FIELD, letters)

    def _open_words(self, rect: QRectF, text: str, written: Done) -> None:
        canvas = self._canvas
        self._reveal(rect)
        box = canvas.camera.rect_to_view(rect)
        self._field = place(WordsField(canvas, text, self._ended(written)), box, _WORDS_FIELD)

    def _reveal(self, rect: QRectF) -> None:
        self.finish()
        self._canvas.keep_area_in_view(rect)

    def _ended(self, written: Done) -> Done:
        def ended(text: str | None) -> None:
            field, self._field = self._field, None
            if field is not None:
                had_focus = field.hasFocus()
                field.hide()
                field.deleteLater()
                if had_focus:
                    self._canvas.setFocus(Qt.FocusReason.OtherFocusReason)
            written(text)
            self._canvas.update()

        return ended

    @property
    def writing(self) -> bool:
        """Whether a field is open."""
        return self._field is not None

    def finish(self) -> None:
        """Keep what is being written and close the field."""
        if self._field is not None:
            self._field.keep()

    def _follow(self, change: Change) -> None:
        if self._field is not None and change.opened:
            self._field.discard()

    def recolour(self, color: str) -> None:
        """Give the selected frames another colour."""
        if names := self._canvas.selected_frames:
            self._canvas.do_step(SetFrameColor(self._canvas.where, names, color))

    def grow(self, dx: float, dy: float) -> None:
        """Make the selected frames a little larger or smaller: what a handle does, by keys."""
        rects = {
            name: (*frame.position, max(frame.size[0] + dx, SMALLEST[0]), max(frame.size[1] + dy, SMALLEST[1]))
            for name in self._canvas.selected_frames
            if (frame := self._figures[name].frame)
        }
        if rects:
            self._canvas.qdocument.do(PlaceFrames(self._canvas.where, rects))

    # -- selecting -------------------------------------------------------------------------------------------------

    def select_next(self) -> None:
        """Select the next frame or note, from left to right, and bring it into view."""
        canvas = self._canvas
        order = sorted(self._figures.values(), key=lambda f: (f.frame.position, f.name))
        if not order:
            canvas.status.emit("There are no frames or notes here. Put a frame round some layers, or add a note.")
            return
        names = [figure.name for figure in order]
        current = canvas.selected_frames[-1] if canvas.selected_frames else None
        following = names[(names.index(current) + 1) % len(names)] if current in names else names[0]
        canvas.select((), (following,))
        canvas.keep_area_in_view(self._figures[following].rect)

    def select_contents(self) -> None:
        """Select what stands in the selected frames, too."""
        nodes, frames = self.with_contents
        self._canvas.select(nodes, frames)


def _fitting(note: Frame) -> tuple[float, float]:
    """The size of a note, higher if its words need it, but not endlessly."""
    width, height = note.size
    needed = NoteText(note.text, width - 2 * INSET).size().height() + 1.6 * INSET
    return width, max(height, min(round(needed / g.SNAP + 0.5) * g.SNAP, 480.0))
