#!/bin/sh
# Sets Netloom up in .venv. Called by make; a second call with nothing changed returns at once.
#
#   sh tools/setup.sh          the program
#   sh tools/setup.sh --test   the program, and what the tests need from the system (Xvfb)
#
#   PYTHON=/path/to/python     uses this Python instead of searching for one
#   PIP_ARGS="..."             further options for pip install, an index of your own for example
set -eu
cd "$(dirname "$0")/.."

purpose=${1:-}
bin=.venv/bin
stamp=.venv/netloom-setup
system_stamp=.venv/netloom-system

say() { printf 'setup: %s\n' "$*"; }
fail() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}

# Newer versions than 3.14 have no torch 2.13 yet.
is_suitable() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' >/dev/null 2>&1; }
can_make_venv() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }
is_root_on_debian() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }

# Contents, not dates: switching branches or cloning again must not cause a new installation. The folder is in it
# because a venv does not survive being moved.
fingerprint() { { pwd; cat constraints.txt pyproject.toml tools/setup.sh; "$bin/python" -VV; } | cksum; }

# Prints the Python to use: one that can make a venv, else one that could if Debian's package for it were there.
find_python() {
    without_venv=
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11 python3.14 /usr/bin/python3 python; do
        is_suitable "$candidate" || continue
        if can_make_venv "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
        [ -n "$without_venv" ] || without_venv=$candidate
    done
    printf '%s\n' "$without_venv"
}

make_venv() {
    [ -z "${PYTHON:-}" ] || is_suitable "$PYTHON" || fail "PYTHON=$PYTHON is not a Python 3.11, 3.12, 3.13 or 3.14."
    python=$(find_python)
    [ -n "$python" ] || fail "Netloom needs Python 3.11, 3.12, 3.13 or 3.14, and none was found." \
        "Install one (Debian and Ubuntu: apt-get install python3 python3-venv), or name it: make setup PYTHON=/path/to/python3"
    if ! can_make_venv "$python"; then
        # Debian keeps venv and ensurepip in a package of their own, named after the version.
        package=python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv
        if is_root_on_debian; then
            say "installing $package, without which Python cannot make its own environment"
            apt-get update -qq || true
            DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" || true
        fi
        can_make_venv "$python" || fail "$python has no venv module." \
            "On Debian and Ubuntu, this adds it: sudo apt-get install $package"
    fi
    say "making .venv with $("$python" -V)"
    "$python" -m venv --clear .venv
}

install() {
    rm -f "$stamp"
    # The second condition finds what an interrupted or moved set-up leaves: a venv whose pip does not start.
    if ! is_suitable "$bin/python" || ! "$bin/python" -m pip --version >/dev/null 2>&1; then
        make_venv
    fi
    # By itself and first: see constraints.txt.
    say "1 of 2: torch"
    # shellcheck disable=SC2086  # PIP_ARGS is a list of options
    "$bin/python" -m pip install --disable-pip-version-check ${PIP_ARGS:-} --constraint constraints.txt torch setuptools ||
        fail "torch could not be installed; pip says why above. When the reason is mended, make setup continues from here."
    say "2 of 2: everything else"
    # Without build isolation the pinned setuptools is used, and nothing is fetched a second time. "compat" puts a plain
    # path into .venv; the default puts an import hook there, which every start of the program would pay for (8 ms).
    # shellcheck disable=SC2086
    "$bin/python" -m pip install --disable-pip-version-check ${PIP_ARGS:-} --constraint constraints.txt \
        --no-build-isolation --config-settings editable_mode=compat --editable '.[dev]' ||
        fail "not everything could be installed; pip says why above. When the reason is mended, make setup continues from here."
    # So that the first start is as fast as the later ones, also where Python is told to write no bytecode by itself.
    "$bin/python" -m compileall -q main.py app nodes || true
    fingerprint >"$stamp"
    rm -f "$system_stamp"
}

installed=
if [ ! -f "$stamp" ] || [ "$(fingerprint)" != "$(cat "$stamp")" ]; then
    install
    installed=yes
fi

# Exit status 0 means nothing is missing, and only then it is not asked again. Missing libraries do not fail the set-up:
# training, exporting and the command line do without them.
if ! grep -qsx "complete$purpose" "$system_stamp"; then
    if "$bin/python" tools/system_packages.py $purpose; then
        echo "complete$purpose" >>"$system_stamp"
    fi
fi

[ -z "$installed" ] || say "done; make run opens the window, make test runs the tests"
