#!/usr/bin/env bash
# PySide6 6.11.3: a QDockWidget that stands behind another one in a row of tabs is hidden by being moved beyond the left
# upper corner of the window, by about as far as the window is large. setFloating(True) takes that place over: the panel
# floats left of and above every screen, where nobody can find it. One that is in front of its row floats where it
# stood. The size is whatever it kept behind the others.
#
# Output seen (Python 3.11, a screen of 800 by 800):
#   in front: floats on the screen
#   behind:   floats off the screen
#
# The place is that which Qt asks for (platform "offscreen"); a window manager may or may not overrule it. Needs network
# access for pip. Ends with status 1 if the behaviour has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check PySide6-Essentials==6.11.3
cd "$folder"

floats() {
    QT_QPA_PLATFORM=offscreen env/bin/python - "$1" 2>/dev/null <<'PYTHON'
import sys

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDockWidget, QLabel, QMainWindow

app = QApplication([])
window = QMainWindow()
window.setCentralWidget(QLabel("middle"))
docks = {}
for name in ("in front", "behind"):
    docks[name] = QDockWidget(name, window)
    docks[name].setWidget(QLabel(name))
    window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, docks[name])
window.tabifyDockWidget(docks["in front"], docks["behind"])
window.resize(700, 500)
window.show()
docks["in front"].raise_()
for _ in range(50):
    app.processEvents()
dock = docks[sys.argv[1]]
dock.setFloating(True)
for _ in range(50):
    app.processEvents()
assert dock.isFloating()
print("on" if dock.geometry().intersects(window.screen().geometry()) else "off")
PYTHON
}

front=$(floats "in front")
behind=$(floats "behind")
echo "in front: floats $front the screen"
echo "behind:   floats $behind the screen"
[ "$front" = on ] && [ "$behind" = off ]
