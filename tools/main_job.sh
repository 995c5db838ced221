#!/usr/bin/env bash
# The main job, told as it happens: attest, issue, decide, revoke, prove. main_job.sh BIN_DIR [--keep]
#
# Starts a server, an agent, two workloads and nginx on loopback in a folder of its own, and ends what it started, by
# process id. Every step checks what it says; the first that fails ends the story with status 1.
set -euo pipefail

bin=$(readlink -f "$1")
keep=
[ "${2:-}" = --keep ] && keep=1
dir=$(mktemp -d "${TMPDIR:-/tmp}/ward-run.XXXXXX")
chmod 755 "$dir"
pids=()

step() { printf '\n\033[1m%s\033[0m\n' "$*"; }
note() { printf '   %s\n' "$*"; }
fail() {
  printf '\nFAILED: %s\n' "$*" >&2
  for log in "$dir"/*.log; do [ -s "$log" ] && { printf -- '--- %s\n' "$log" >&2; tail -15 "$log" >&2; }; done
  exit 1
}
finish() {
  local status=$? pid
  if [ -n "$keep" ] && [ "$status" = 0 ]; then
    printf '\nleft running in %s: end it with: kill %s\n' "$dir" "${pids[*]}"
    return
  fi
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$dir"
}
trap finish EXIT

# The program's pid in the story's list; its output in a log of its name.
start() {
  local name=$1
  shift
  "$@" >"$dir/$name.log" 2>&1 &
  pids+=($!)
}
# Waits until a command succeeds, ten seconds at most.
await() {
  local what=$1 i
  shift
  for i in $(seq 200); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.05
  done
  fail "$what did not come about within 10 s"
}
# A TCP port of loopback that nobody listens on.
free_port() {
  local port
  for port in $(shuf -i 20000-60000 -n 50); do
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
  fail "no free port"
}

td=example.org
export WARD_ADMIN_SOCKET=$dir/admin.sock
ward() { "$bin/ward" "$@"; }

step "1. A server begins: it makes its keys, its journal and its evidence"
port=$(free_port)
cat >"$dir/server.toml" <<TOML
trust_domain = "$td"
data_dir = "$dir/server"
[listen]
address = "127.0.0.1"
port = $port
[admin]
socket = "$dir/admin.sock"
operators = { "$(id -u)" = "spiffe://$td/ward/operator" }
TOML
start server "$bin/ward-server" --config "$dir/server.toml"
await "the server" ward status
ward bundle >"$dir/bundle.pem"
note "trust domain $td on 127.0.0.1:$port; its CA: $(openssl x509 -in "$dir/bundle.pem" -noout -fingerprint -sha256 | cut -d= -f2 | cut -c1-23)..."

step "2. A node proves itself with a join token that is good once"
agent=spiffe://$td/ward/agent/join_token/node1
token=$(ward --output json node token --node "$agent" | sed -nE 's/.*"token":"([^"]+)".*/\1/p')
[ -n "$token" ] || fail "no join token"
cat >"$dir/agent.toml" <<TOML
trust_domain = "$td"
data_dir = "$dir/agent"
[server]
address = "127.0.0.1"
port = $port
trust_bundle = "$dir/bundle.pem"
[attest]
join_token = "$token"
[api]
socket = "$dir/agent.sock"
[auth_request]
[[auth_request.rules]]
methods = ["GET"]
path = "/records/{id}"
action = "read"
resource_type = "Record"
resource_id = "{id}"
TOML
start agent "$bin/ward-agent" --config "$dir/agent.toml"
await "attestation" grep -q "$agent" <(ward node list)
await "the agent's socket" test -S "$dir/agent.sock"
note "attested as $agent"
