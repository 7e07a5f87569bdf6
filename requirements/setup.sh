#!/bin/sh
# Sets up what `make` needs, and only what is missing: `setup.sh run` to measure, `setup.sh dev` to test as well.
# Everything lands in .venv; system packages are installed when this runs as root on Debian or Ubuntu, otherwise named.
set -eu
cd "$(dirname "$0")/.."
kind=${1:-run}
venv=.venv

say() { printf '%s\n' "$*" >&2; }

need() { # need PROGRAM PACKAGE WHY: a program, by apt when root
    command -v "$1" >/dev/null 2>&1 && return 0
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "installing $2 ($3)"
        [ -n "${updated:-}" ] || apt-get update -qq >/dev/null
        updated=1
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >/dev/null
    else
        say "missing: $1 ($3). Install it, e.g.: sudo apt-get install $2"
        missing=1
    fi
}

python=${PYTHON:-python3}
need git git "every agent gets a git repository"
need bwrap bubblewrap "the sandbox"
if [ "$kind" = dev ]; then
    need chromium chromium "the browser tests; they are skipped without it" || true
    if [ -n "${CI:-}" ]; then # elsewhere a machine's own Docker is used as it is
        need dockerd docker.io "the docker engine's tests; they are skipped without it" || true
        need mmdebstrap mmdebstrap "the docker engine's base image; its tests are skipped without it" || true
    fi
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    say "Python 3.11 or newer is needed; $python is $("$python" --version 2>&1 || echo not there). Set PYTHON=..."
    exit 4
fi

stamp="$venv/.set-up-$kind-$(cat pyproject.toml requirements/*.txt | sha256sum | cut -c1-16)"
if [ ! -e "$stamp" ]; then
    if [ ! -x "$venv/bin/pip" ]; then
        say "making $venv"
        if ! "$python" -m venv "$venv" >/dev/null 2>&1; then
            rm -rf "$venv"
            if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
                apt-get update -qq >/dev/null
                DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
            fi
            "$python" -m venv "$venv" || { say "no venv: sudo apt-get install python3-venv"; exit 4; }
        fi
    fi
    say "installing Python packages ($kind)"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
    "$venv/bin/uv" pip install --quiet --require-hashes -r "requirements/$kind.txt" -r requirements/build.txt
    "$venv/bin/uv" pip install --quiet --no-deps --no-build-isolation --editable .
    rm -f "$venv"/.set-up-"$kind"-*
    touch "$stamp"
fi
if [ -n "${missing:-}" ] && ! command -v bwrap >/dev/null 2>&1; then exit 4; fi
