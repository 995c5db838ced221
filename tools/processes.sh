# shellcheck shell=bash
# For scripts that run programs of ours on loopback: a folder that goes with the script, programs that end with it, by
# process id, and waiting. Source it after `set -euo pipefail`; set `name` first, and `keep` to leave all in place on success.

dir=$(mktemp -d "${TMPDIR:-/tmp}/ward-${name:?}.XXXXXX")
chmod 755 "$dir"
pids=()

fail() {
  printf '\nFAILED: %s\n' "$*" >&2
  exit 1
}
finish() {
  local status=$? pid log
  if [ -n "${keep:-}" ] && [ "$status" = 0 ]; then
    printf '\nleft running in %s: end it with: kill %s\n' "$dir" "${pids[*]}"
    return
  fi
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  if [ "$status" != 0 ]; then
    for log in "$dir"/*.log; do [ -s "$log" ] && { printf -- '--- %s\n' "$log" >&2; tail -15 "$log" >&2; }; done
  fi
  rm -rf "$dir"
  exit "$status"
}
trap finish EXIT

# start NAME COMMAND...: in the background; its output in NAME.log.
start() {
  local log=$1
  shift
  "$@" >"$dir/$log.log" 2>&1 &
  pids+=($!)
}
# Ends the program started last and waits for it.
stop_last() {
  local pid=${pids[-1]}
  unset 'pids[-1]'
  kill "$pid"
  wait "$pid" 2>/dev/null || true
}
# await WHAT COMMAND...: until the command succeeds, 20 seconds at most.
await() {
  local what=$1
  shift
  for _ in $(seq 400); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.05
  done
  fail "$what did not come about within 20 s"
}
# A TCP port of loopback that nobody listens on, below those that the system gives to clients.
free_port() {
  local port
  for port in $(shuf -i 20000-32000 -n 50); do
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
  fail "no free port"
}
