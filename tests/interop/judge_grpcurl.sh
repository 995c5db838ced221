#!/usr/bin/env bash
# grpcurl, which knows no service but by our reflection, in plain text and over TLS.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
. tests/interop/lib.sh
need_program ward_interop_server
need grpcurl tls
curl=$tools/bin/grpcurl

judge() { # judge NAME FLAG...: with the flags that make a connection
  local name=$1 at=127.0.0.1:$port
  shift
  check_says "$name/list" grpc.testing.TestService "$curl" "$@" "$at" list
  check_says "$name/list has health" grpc.health.v1.Health "$curl" "$@" "$at" list
  check_says "$name/describe service" 'rpc UnaryCall ( .grpc.testing.SimpleRequest ) returns ( .grpc.testing.SimpleResponse )' \
    "$curl" "$@" "$at" describe grpc.testing.TestService
  check_says "$name/describe message" 'response_size = 2' "$curl" "$@" "$at" describe grpc.testing.SimpleRequest
  check_says "$name/unary" '"body": "AAAA"' "$curl" "$@" -d '{"responseSize": 3}' "$at" grpc.testing.TestService/UnaryCall
  check_says "$name/server streaming" '"body": "AAAAAA=="' "$curl" "$@" \
    -d '{"responseParameters": [{"size": 1}, {"size": 4}]}' "$at" grpc.testing.TestService/StreamingOutputCall
  check_says "$name/client streaming" '"aggregatedPayloadSize": 3' "$curl" "$@" \
    -d '{"payload": {"body": "AA=="}} {"payload": {"body": "AAA="}}' "$at" grpc.testing.TestService/StreamingInputCall
  check_says "$name/health" '"status": "SERVING"' "$curl" "$@" "$at" grpc.health.v1.Health/Check
  check_says "$name/health of an unknown service" 'Code: NotFound' "$curl" "$@" -d '{"service": "none"}' "$at" \
    grpc.health.v1.Health/Check
  check_says "$name/status" 'Code: PermissionDenied' "$curl" "$@" \
    -d '{"responseStatus": {"code": 7, "message": "no"}}' "$at" grpc.testing.TestService/UnaryCall
  check_says "$name/unimplemented" 'Code: Unimplemented' "$curl" "$@" "$at" grpc.testing.TestService/UnimplementedCall
  check_says "$name/unknown symbol" 'not found' "$curl" "$@" "$at" describe no.such.Service
}

start_server
judge plain -plaintext
start_server --tls-cert "$tls_cert" --tls-key "$tls_key"
judge tls -cacert "$tls_ca" -authority "$tls_name"
finish
