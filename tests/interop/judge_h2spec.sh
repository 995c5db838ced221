#!/usr/bin/env bash
# h2spec: RFC 7540 and RFC 7541, frame by frame, in 145 cases.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
. tests/interop/lib.sh
need_program ward_interop_server
need h2spec
# shellcheck disable=SC2119
start_server

report=$tools/h2spec.xml
rm -f "$report"
timeout 300 "$tools/bin/h2spec" -h 127.0.0.1 -p "$port" --timeout 3 --junit-report "$report" >/dev/null || true

# Each case once, as `ok NAME` or `not ok NAME`; an expected failure that passes is a failure of the list.
verdicts=$(python3 - "$report" tests/interop/h2spec_expected_failures.txt <<'PYTHON'
import collections, sys, xml.etree.ElementTree as xml
expected = {line.strip() for line in open(sys.argv[2]) if line.strip() and not line.startswith("#")}
seen = collections.Counter()
for case in xml.parse(sys.argv[1]).iter("testcase"):
    name = f'{case.get("package")}: {case.get("classname")}'
    seen[name] += 1
    if seen[name] > 1:
        name += f" #{seen[name]}"
    has_failed = any(child.tag in ("failure", "error", "skipped") for child in case)
    if has_failed == (name in expected):
        print("ok", name + (" (fails as expected)" if has_failed else ""))
    else:
        print("not ok", name + (": failed" if has_failed else ": passed, but is listed as an expected failure"))
total = sum(seen.values())
if total != 145:
    print(f"not ok number of cases: expected 145, got {total}")
for name in sorted(expected - set(seen)):
    print(f"not ok {name}: is listed as an expected failure, but there is no such case")
PYTHON
) || not_ok report "h2spec left none that can be read"
printf '%s\n' "$verdicts" | grep '^not ok' || true
passed=$(grep -c '^ok' <<<"$verdicts" || true)
failed=$((failed + $(grep -c '^not ok' <<<"$verdicts" || true)))
finish
