#!/usr/bin/env bash
# Runs the judges: programs that others wrote, against ours.
#
#   tests/interop/run.sh [JUDGE...]    JUDGE is the middle of judge_JUDGE.sh; default: all of them
#
# Ends in `N passed, N failed, N skipped`; the exit code is 0 when nothing failed.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

judges=("$@")
if [ $# = 0 ]; then
  for file in tests/interop/judge_*.sh; do
    judge=${file##*/judge_}
    judges+=("${judge%.sh}")
  done
fi

passed=0 failed=0 skipped=0 summary=()
for judge in "${judges[@]}"; do
  script=tests/interop/judge_$judge.sh
  [ -f "$script" ] || { printf 'run.sh: unknown judge %s\n' "$judge" >&2; exit 2; }
  printf '\n== %s\n' "$judge"
  log=$(mktemp)
  status=0
  "$script" 2>&1 | tee "$log" || status=$?
  counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$log" | tail -1) || counts=
  # A judge that died before its counts has judged nothing, and that is a failure.
  if [ -z "$counts" ]; then counts='0 passed, 1 failed, 0 skipped'; fi
  read -r p _ f _ s _ <<<"$counts"
  if [ "$status" != 0 ] && [ "$status" != 77 ] && [ "$f" = 0 ]; then f=1; fi
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  summary+=("$(printf '%-24s %4d passed %4d failed %4d skipped' "$judge" "$p" "$f" "$s")")
  rm -f "$log"
done

printf '\n== summary\n'
printf '%s\n' "${summary[@]}"
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" = 0 ]
