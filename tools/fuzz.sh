#!/usr/bin/env bash
# Runs fuzz targets, as many at once as there are cores: fuzz.sh BIN_DIR SECONDS [TARGET]
#
# The corpus in the repository is read only; what a run finds is kept under build/fuzz/found/TARGET.
set -euo pipefail
bin=$1 seconds=$2 only=${3:-}
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"

run_one() {
  local path=$1 seconds=$2 name found log
  name=$(basename "$path" | sed 's/^fuzz_//')
  found=build/fuzz/found/$name
  log=$found.log
  mkdir -p "$found" "tests/fuzz/corpus/$name"
  if "$path" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=1024 -print_final_stats=1 \
    -artifact_prefix="$found/crash-" "$found" "tests/fuzz/corpus/$name" >"$log" 2>&1; then
    printf 'ok     %s (%s runs)\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
  else
    printf 'FAILED %s\n' "$name"
    tail -40 "$log"
    return 1
  fi
}
export -f run_one

mapfile -t targets < <(find "$bin" -maxdepth 1 -name "fuzz_${only:-*}" -type f | sort)
[ ${#targets[@]} -gt 0 ] || { echo "fuzz: no target \`${only:-*}\` in $bin" >&2; exit 1; }
status=0
printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I{} bash -c "run_one {} $seconds" | tee build/fuzz/summary.txt || status=1
passed=$(grep -c '^ok ' build/fuzz/summary.txt || true)
failed=$(grep -c '^FAILED ' build/fuzz/summary.txt || true)
echo "$passed passed, $failed failed"
[ "$status" = 0 ] && [ "$failed" = 0 ]
