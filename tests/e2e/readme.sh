#!/usr/bin/env bash
# Runs the tour of README.md as it is written there, but for the folder of the programs and the port: readme.sh BIN_DIR
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"

root=$(cd "$(dirname "$0")/../.." && pwd)
sed -n '/^```sh$/,/^```$/p' "$root/README.md" | grep -v '^```' >"$dir/tour.sh"
grep -c . "$dir/tour.sh" >"$dir/lines"
[ "$(cat "$dir/lines")" -gt 15 ] || fail "README.md has no tour"
sed -i "s|\$PWD/build/release/bin|$bin|; s|/tmp/ward-tour|$dir/tour|g" "$dir/tour.sh"
sed "s|/tmp/ward-tour|$dir/tour|g; s/18443/$(free_port)/" "$root/examples/server.toml" >"$dir/server.toml"
sed -i "s|examples/server.toml|$dir/server.toml|" "$dir/tour.sh"
cd "$root"
bash -m -euo pipefail "$dir/tour.sh" >"$dir/said" 2>"$dir/tour.log" || { cat "$dir/said"; fail "the tour of README.md"; }
for said in "ward 0" "3 passed, 0 failed" "version 2 in force" "^allow" "^deny" "revoked at revision" "each byte accounted for"; do
  grep -qE "$said" "$dir/said" || { cat "$dir/said"; fail "the tour did not say /$said/"; }
  checks=$((checks + 1))
done

all_passed
