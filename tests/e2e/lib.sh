# shellcheck shell=bash
# What end-to-end scripts share: checks that count, and a server to check.
set -euo pipefail

bin=$1
checks=0
name=e2e
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
