#!/bin/sh
# Rebuilds the hash-locked requirement files from pyproject.toml. Hashes, never addresses: no index or link lines.
set -eu
cd "$(dirname "$0")/.."
uv=${UV:-.venv/bin/uv}
lock() { "$uv" pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "requirements/compile.sh" "$@"; }
lock pyproject.toml -o requirements/run.txt
lock pyproject.toml --group dev -c requirements/run.txt -o requirements/dev.txt
echo uv | lock - -c requirements/run.txt -o requirements/bootstrap.txt
printf 'hatchling\neditables\n' | lock - -c requirements/dev.txt -o requirements/build.txt
# What benchmarks/gateway.py compares with; in a venv of its own, never in ours.
echo 'litellm[proxy]' | lock - -o benchmarks/litellm.txt
