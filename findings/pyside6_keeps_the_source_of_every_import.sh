#!/usr/bin/env bash
# PySide6 6.11.3 replaces builtins.__import__ when it is imported. From then on it reads the source of every module that
# an import statement names, whether that has to do with Qt or not, to find out whether the text contains "PySide6" (for
# "from __feature__ import snake_case"). It reads through inspect.getsource, so Python's linecache keeps all of those
# lines for the rest of the process. A large library that is imported after PySide6 takes longer and more memory than
# the same library imported before it; with builtins.__import__ put back, the order makes no difference.
#
# Output seen (networkx 3.6.1, Python 3.11):
#   sources kept, library first:                 0
#   sources kept, PySide6 first:                 281
#   sources kept, own import put back in place:  0
#
# Needs network access for pip. Ends with status 1 if the behaviour has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check PySide6-Essentials==6.11.3 networkx==3.6.1
cd "$folder"

count() {
    env/bin/python - "$1" <<'PYTHON'
import builtins
import linecache
import sys

own = builtins.__import__
order = sys.argv[1]
if order != "library first":
    import PySide6.QtCore
if order == "put back":
    builtins.__import__ = own
import networkx

if order == "library first":
    import PySide6.QtCore
print(sum("networkx" in name for name in linecache.cache))
PYTHON
}

before=$(count "library first")
after=$(count "PySide6 first")
restored=$(count "put back")
echo "sources kept, library first:                 $before"
echo "sources kept, PySide6 first:                 $after"
echo "sources kept, own import put back in place:  $restored"
[ "$before" -eq 0 ] && [ "$after" -gt 100 ] && [ "$restored" -eq 0 ]
