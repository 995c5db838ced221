#!/usr/bin/env bash
# Python's grpcio, the C core that most languages' clients are built on, in plain text and over TLS.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
. tests/interop/lib.sh
need_program ward_interop_server
need python tls

start_server
plain=$port
start_server --tls-cert "$tls_cert" --tls-key "$tls_key"
exec_python=("$tools/python/bin/python" tests/interop/grpcio_client.py)
verdicts=$(timeout 120 "${exec_python[@]}" --plain "127.0.0.1:$plain" --tls "127.0.0.1:$port" --ca "$tls_ca" --name "$tls_name" 2>&1) ||
  not_ok client "exit $?"
printf '%s\n' "$verdicts"
passed=$(grep -c '^ok' <<<"$verdicts" || true)
failed=$((failed + $(grep -c '^not ok' <<<"$verdicts" || true)))
finish
