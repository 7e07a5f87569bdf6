#!/bin/sh
# Rebuilds the lock of the tests' MCP server from PyPI: hashes, never addresses.
set -eu
cd "$(dirname "$0")"
uv=${UV:-../../../../../.venv/bin/uv}
echo 'mcp-server-time==2026.10.19' | "$uv" pip compile -q --universal --python-version 3.10 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-annotate \
    --custom-compile-command tests/e2e/catalogue/plugins/locks/update.sh - -o clock.txt
