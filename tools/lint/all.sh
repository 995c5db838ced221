#!/usr/bin/env bash
# Every static check, cheapest first. Needs a configured build/dev (compile commands).
set -euo pipefail
cd "$(dirname "$0")/../.."

failed=()
step() {
  local name=$1 started=$SECONDS
  shift
  if "$@"; then printf '   %s: ok (%ss)\n' "$name" $((SECONDS - started)); else failed+=("$name"); fi
}
sources() { git ls-files -co --exclude-standard "$@"; }

own_checks_tested() { python3 tools/lint/lint_test.py 2>&1 | tail -1 | grep -qx OK; }
format() { sources '*.h' '*.cc' | xargs -r clang-format-19 --dry-run -Werror; }
shell() { { echo dev; echo .ci/run; sources '*.sh'; } | xargs shellcheck -x -S warning; }
# The files of what ships (no tests), those changed last first.
newest_sources() {
  { git log --format= --name-only -- 'src/*.cc' 'apps/*.cc'; sources 'src/*.cc' 'apps/*.cc'; } | awk '!seen[$0]++' |
    grep -vE '_test\.cc$' | while read -r f; do if [ -f "$f" ]; then printf '%s\n' "$f"; fi; done
}
# A file costs clang-tidy about 5 s, most of it for the headers it includes, so a run looks at those changed last: what
# has not changed was looked at when it was new. WARD_TIDY=all looks at every file.
generated_headers() {
  ninja -C build/dev -t targets all 2>/dev/null | sed -nE 's/^(api\/[^:]*\.pb\.h):.*/\1/p' | xargs -r ninja -C build/dev >/dev/null
}
tidy() {
  local files=() all
  mapfile -t files < <(newest_sources)
  all=${#files[@]}
  if [ "${WARD_TIDY:-}" != all ]; then files=("${files[@]:0:60}"); fi
  printf '   clang-tidy: %d of %d files, those changed last; WARD_TIDY=all for every file\n' "${#files[@]}" "$all"
  printf '%s\n' "${files[@]}" |
    xargs -r -P "$(nproc)" -n 4 clang-tidy-19 -p build/dev --quiet --warnings-as-errors='*' 2>build/tidy.err >build/tidy.log ||
    { grep -E 'error|warning' build/tidy.log | sort -u | head -60; return 1; }
}

step "own checks find what they are for" own_checks_tested
step layers python3 tools/lint/layers.py
step manners python3 tools/lint/manners.py
step clang-format format
step shellcheck shell
step "generated headers" generated_headers
step "headers compile alone" python3 tools/lint/headers.py
step clang-tidy tidy

[ ${#failed[@]} = 0 ] || { printf 'lint: failed: %s\n' "${failed[*]}" >&2; exit 1; }
