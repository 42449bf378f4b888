"""Play and Save WAV for a sound that is shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QToolTip, QWidget

from app.ui.dialogs import choose_file, not_saved
from app.ui.labels import icon_button
from app.ui.layouts import row

if TYPE_CHECKING:
    from app.data.sound import Sound

PLAY = "Play this sound"


class HearBar(QWidget):
    """Two small buttons; hidden while there is nothing to hear. ``sentence`` is what went wrong last, which stands at
    the button for a moment and is its tooltip from then on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sound: Sound | None = None
        self.sentence = ""
        self.play = icon_button("train", PLAY, self.listen)
        self.save = icon_button("save", "Save this sound as a WAV file", self.save_as)
        row(self.play, self.save, of=self, spacing=2)
        self.hide()

    def show_sound(self, sound: Sound | None) -> None:
        """Offer this sound; nothing for None."""
        self._sound = sound
        self.setVisible(sound is not None)

    def listen(self) -> None:
        """Play it, or say why that is not possible."""
        from app.data.recording import NoDevice

        if self._sound is None:
            return
        try:
            self._sound.play()
        except NoDevice as reason:
            self._say(str(reason))
        else:
            self._say("")

    def save_as(self) -> None:
        """Ask for a file and write the sound there."""
        self._ask_for_file("sound.wav")

    def _ask_for_file(self, name: str) -> None:
        place, kinds = Path.home() / name, "WAV sound (*.wav)"
        choose_file(self, "Save the sound", place, kinds, self.save_to, saving=True, ending="wav")

    def save_to(self, path: Path) -> bool:
        """Write the sound as a WAV file; False, and a sentence, if that fails."""
        from app.core.storage.files import write_atomic

        if self._sound is None:
            return False
        try:
            write_atomic(path, self._sound.wav())
        except OSError as error:
            not_saved(self, "The sound", path, error, lambda: self._ask_for_file(path.name))
            return False
        self._say("")
        QToolTip.showText(self.save.mapToGlobal(self.save.rect().bottomLeft()), f"Saved as {path.name}", self.save)
        return True

    def _say(self, sentence: str) -> None:
        self.sentence = sentence
        self.play.setToolTip(sentence or PLAY)
        self.play.setAccessibleDescription(sentence or PLAY)
        if sentence:
            QToolTip.showText(self.play.mapToGlobal(self.play.rect().bottomLeft()), sentence, self.play)
