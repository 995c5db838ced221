#!/usr/bin/env bash
# The gRPC interoperability client of grpc-go against our server, in plain text and over TLS.
#
# Every case of doc/interop-test-descriptions.md of github.com/grpc/grpc that the client has, but those for credentials of
# one vendor's cloud, ORCA (which needs an xDS balancer) and pick_first_unary (which fails against grpc-go's own server).
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
. tests/interop/lib.sh
need_program ward_interop_server
need grpc_interop_client tls

cases=(empty_unary large_unary client_streaming server_streaming ping_pong empty_stream timeout_on_sleeping_server
  cancel_after_begin cancel_after_first_response status_code_and_message special_status_message custom_metadata
  unimplemented_method unimplemented_service)

start_server
for case in "${cases[@]}"; do
  check "plain/$case" "$tools/bin/grpc_interop_client" -server_host 127.0.0.1 -server_port "$port" -test_case "$case"
done

start_server --tls-cert "$tls_cert" --tls-key "$tls_key"
for case in "${cases[@]}"; do
  check "tls/$case" "$tools/bin/grpc_interop_client" -server_host 127.0.0.1 -server_port "$port" -test_case "$case" \
    -use_tls -use_test_ca -ca_file "$tls_ca" -server_host_override "$tls_name"
done
finish
