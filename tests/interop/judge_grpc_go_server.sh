#!/usr/bin/env bash
# Our client against the gRPC interoperability server of grpc-go, in plain text and over TLS.
#
# That server listens on every interface, so both run in a network namespace of their own, with nothing but loopback.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
. tests/interop/lib.sh
need_program ward_interop_client
need grpc_interop_server tls

if [ "${1:-}" != inside ]; then
  as_root=()
  [ "$(id -u)" = 0 ] || as_root=(-r)
  exec unshare -n "${as_root[@]}" "$0" inside
fi
ip link set lo up

cases=(empty_unary large_unary client_streaming server_streaming ping_pong empty_stream timeout_on_sleeping_server
  cancel_after_begin cancel_after_first_response status_code_and_message special_status_message custom_metadata
  unimplemented_method unimplemented_service)

start_peer() { # start_peer PORT FLAG...
  local at=$1
  shift
  "$tools/bin/grpc_interop_server" -port "$at" "$@" >/dev/null 2>&1 &
  started+=($!)
  for _ in $(seq 100); do
    if (: <"/dev/tcp/127.0.0.1/$at") 2>/dev/null; then return; fi
    sleep 0.05
  done
  not_ok set-up "grpc-go's server does not listen"
}

start_peer 10000
for case in "${cases[@]}"; do
  check "plain/$case" "$programs/ward_interop_client" --port 10000 --case "$case"
done

start_peer 10001 -use_tls -tls_cert_file "$tls_cert" -tls_key_file "$tls_key"
for case in "${cases[@]}"; do
  check "tls/$case" "$programs/ward_interop_client" --port 10001 --case "$case" --tls-ca "$tls_ca" --tls-name "$tls_name"
done
finish
