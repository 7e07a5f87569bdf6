#!/bin/sh
# Rebuilds the lock files of the plugins from the pins in */package.json: hashes, never addresses.
set -eu
cd "$(dirname "$0")"
for folder in */; do
    (cd "$folder" && npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved --no-audit --no-fund --silent)
done
