# shellcheck shell=bash
# What end-to-end scripts share: a folder that goes with them, programs that end with them, and checks that count.
set -euo pipefail

bin=$1
dir=$(mktemp -d "${TMPDIR:-/tmp}/ward-e2e.XXXXXX")
chmod 755 "$dir"
pids=()
checks=0

finish() {
  local status=$? pid
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  [ "$status" = 0 ] || for log in "$dir"/*.log; do [ -s "$log" ] && { echo "--- $log"; tail -20 "$log"; }; done
  rm -rf "$dir"
  [ "$status" = 0 ] && echo "$checks checks passed"
  exit "$status"
}
trap finish EXIT

fail() {
  echo "FAILED: $*" >&2
  exit 1
}
# Runs a program in the background; its output in a log of its name.
start() {
  local name=$1
  shift
  "$@" >"$dir/$name.log" 2>&1 &
  pids+=($!)
}
# Ends the program started last and waits for it.
stop_last() {
  local pid=${pids[-1]}
  unset 'pids[-1]'
  kill "$pid"
  wait "$pid" 2>/dev/null || true
}
await() {
  local what=$1
  shift
  for _ in $(seq 400); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.05
  done
  fail "$what did not come about within 20 s"
}
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
# expect STATUS PATTERN COMMAND...: the exit status, and an extended regular expression in what it says (`-` for none).
expect() {
  local status=$1 pattern=$2 got=0 out
  shift 2
  out=$("$@" 2>&1) || got=$?
  [ "$got" = "$status" ] || fail "expected exit status $status, got $got: $* -> $out"
  [ "$pattern" = - ] || grep -qE "$pattern" <<<"$out" || fail "expected /$pattern/: $* -> $out"
  checks=$((checks + 1))
}

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
