#!/usr/bin/env bash
# The reference implementation of Cedar (cedar-wasm 4.12.0), asked what the shipped engine answered.
#
#   tests/interop/judge_cedar_wasm.sh [SEED [COUNT]]
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
. tests/interop/lib.sh
need_program ward_interop_cedar
want cedar_wasm
seed=${1:-20260101} count=${2:-1000}
printf '%d policy sets from seed %d\n' "$count" "$seed"
part=$((count < 20 ? count : count / 20))
for ((i = 0; i < count; i += part)); do
  check "decisions of seeds $((seed + i)) to $((seed + i + part - 1))" bash -o pipefail -c \
    "'$programs/ward_interop_cedar' $((seed + i)) $part | '$tools/node' --no-opt tests/interop/cedar_wasm.cjs '$tools/cedar-wasm'"
done
finish
