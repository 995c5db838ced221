#!/usr/bin/env bash
# go-spiffe, the client library of Go's workloads and of Envoy's and Kubernetes' helpers, against a real ward-agent.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
. tests/interop/lib.sh
for program in ward ward-agent ward-server; do need_program "$program"; done
need go_spiffe

verdicts=$(timeout 300 tests/interop/go_spiffe_node.sh "$programs" "$tools/bin/go_spiffe" 2>&1) || not_ok "the judge" "exit $?"
printf '%s\n' "$verdicts"
passed=$(grep -c '^ok' <<<"$verdicts" || true)
failed=$((failed + $(grep -c '^not ok' <<<"$verdicts" || true)))
[ "$((passed + failed))" = 37 ] || not_ok "number of cases" "expected 37, got $((passed + failed))"
finish
