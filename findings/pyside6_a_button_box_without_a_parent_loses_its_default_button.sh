#!/usr/bin/env bash
# PySide6 6.11.3: setDefault(True) on a button of a QDialogButtonBox that has no parent yet, which is laid into a dialog
# afterwards, holds only until another button has had the focus: then Cancel stays the default button, and Enter in a
# line of text leaves the dialog by Cancel. A button box that is made with the dialog as its parent has Save for its
# default button again as soon as the focus is on no button. Both look the same when they open.
#
# Output seen (Enter in the line of text):
#   made in the dialog: Save; after Cancel has had the focus: Save
#   laid in afterwards: Save; after Cancel has had the focus: Cancel
#
# Needs network access for pip. Ends with status 1 if the behaviour has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check PySide6-Essentials==6.11.3
cd "$folder"
QT_QPA_PLATFORM=offscreen env/bin/python - 2>/dev/null <<'PYTHON'
import sys

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QDialogButtonBox, QLineEdit, QVBoxLayout

app = QApplication([])


def pressed(within, visited):
    """The button that Enter presses; ``within`` a box made in the dialog, ``visited`` after Cancel had the focus."""
    dialog = QDialog()
    box = QDialogButtonBox(dialog) if within else QDialogButtonBox()
    save = box.addButton("Save", QDialogButtonBox.ButtonRole.AcceptRole)
    cancel = box.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
    save.setDefault(True)
    name = QLineEdit()
    layout = QVBoxLayout(dialog)
    layout.addWidget(name)
    layout.addWidget(box)
    found = []
    save.clicked.connect(lambda: found.append("Save"))
    cancel.clicked.connect(lambda: found.append("Cancel"))
    dialog.show()
    QTest.qWaitForWindowExposed(dialog)
    name.setFocus()
    if visited:
        cancel.setFocus()
        name.setFocus()
    QTest.keyClick(name, Qt.Key.Key_Return)
    return found[0]


seen = [[pressed(within, visited) for visited in (False, True)] for within in (True, False)]
for place, (first, later) in zip(("made in the dialog", "laid in afterwards"), seen):
    print(f"{place}: {first}; after Cancel has had the focus: {later}")
sys.exit(seen != [["Save", "Save"], ["Save", "Cancel"]])
PYTHON
