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
generated_headers() {
  ninja -C build/dev -t targets all 2>/dev/null | sed -nE 's/^(api\/[^:]*\.pb\.h):.*/\1/p' | xargs -r ninja -C build/dev >/dev/null
}

step "own checks find what they are for" own_checks_tested
step layers python3 tools/lint/layers.py
step manners python3 tools/lint/manners.py
step clang-format format
step shellcheck shell
step "generated headers" generated_headers
step "headers compile alone" python3 tools/lint/headers.py
step clang-tidy python3 tools/lint/tidy.py

[ ${#failed[@]} = 0 ] || { printf 'lint: failed: %s\n' "${failed[*]}" >&2; exit 1; }
