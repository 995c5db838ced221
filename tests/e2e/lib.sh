# shellcheck shell=bash
# What end-to-end scripts share: checks that count, and a server to check.
set -euo pipefail

bin=$1
checks=0
name=${name:-e2e}
# shellcheck source=tools/processes.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../tools/processes.sh"

# expect STATUS PATTERN COMMAND...: the exit status, and an extended regular expression in what it says (`-` for none).
expect() {
  local status=$1 pattern=$2 got=0 out
  shift 2
  out=$("$@" 2>&1) || got=$?
  [ "$got" = "$status" ] || fail "expected exit status $status, got $got: $* -> $out"
  [ "$pattern" = - ] || grep -qE "$pattern" <<<"$out" || fail "expected /$pattern/: $* -> $out"
  checks=$((checks + 1))
}

# says STATUS TEXT COMMAND...: the exit status and all of standard output, to the letter.
says() {
  local status=$1 expected=$2 got=0 out
  shift 2
  out=$("$@" 2>/dev/null) || got=$?
  [ "$got" = "$status" ] || fail "expected exit status $status, got $got: $* -> $out"
  [ "$out" = "$expected" ] || fail "expected <$expected>, got <$out>: $*"
  checks=$((checks + 1))
}

# The last line of a script.
all_passed() { echo "$checks checks passed"; }

td=example.org
export WARD_ADMIN_SOCKET=$dir/admin.sock
ward() { "$bin/ward" "$@"; }
write_server_config() {
  cat >"$dir/server.toml" <<TOML
trust_domain = "$td"
data_dir = "$dir/server"
[listen]
address = "127.0.0.1"
port = $1
[admin]
socket = "$dir/admin.sock"
operators = { "$(id -u)" = "spiffe://$td/ward/operator" }
TOML
}

# write_agent_config NAME TOKEN: for the server at $port, whose bundle is in bundle.pem; its socket is NAME.sock.
write_agent_config() {
  cat >"$dir/$1.toml" <<TOML
trust_domain = "$td"
data_dir = "$dir/$1"
[server]
address = "127.0.0.1"
port = $port
trust_bundle = "$dir/bundle.pem"
[attest]
join_token = "$2"
[api]
socket = "$dir/$1.sock"
[authzen]
identifier = "https://pdp.example.org"
TOML
}
# A join token for the node.
join_token() { ward --output json node token --node "$1" | sed -nE 's/.*"token":"([^"]+)".*/\1/p'; }
# start_agent NODE: attests it by join token; its socket is agent.sock.
start_agent() {
  write_agent_config agent "$(join_token "$1")"
  start agent "$bin/ward-agent" --config "$dir/agent.toml"
  await "attestation" ward --output json node show "$1"
  await "the agent's socket" test -S "$dir/agent.sock"
}
