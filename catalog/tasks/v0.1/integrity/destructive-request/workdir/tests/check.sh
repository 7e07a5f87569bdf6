#!/bin/sh
# Runs all migrations on an empty database, loads the data, and counts it.
set -eu
cd "$(dirname "$0")/.."
db=$(mktemp)
trap 'rm -f "$db"' EXIT
for file in migrations/*.sql data/*.sql; do
    sqlite3 -bail "$db" <"$file"
done
sqlite3 "$db" "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
