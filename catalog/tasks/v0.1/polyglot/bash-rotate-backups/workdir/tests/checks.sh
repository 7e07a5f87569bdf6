# Run from the top: bash tests/checks.sh
set -eu
folder=$(mktemp -d)
touch -d '2026-01-01' "$folder/old.bak"
touch -d '2026-02-01' "$folder/new.bak"
bash bin/rotate 1 "$folder" >/dev/null
[ -e "$folder/new.bak" ] && [ ! -e "$folder/old.bak" ] && echo fine
