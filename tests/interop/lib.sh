# What the judges share; sourced, with the repository's root as the working directory.
#
# A judge prints `ok NAME` or `not ok NAME: reason` for each case and, at its end, its counts. Its exit code is 0 when
# all passed, 77 when it could not judge at all (a tool is missing and this is not CI), and 1 otherwise.
# shellcheck shell=bash

tools=$PWD/build/interop
programs=${WARD_PROGRAMS:-$PWD/build/dev/bin}
passed=0 failed=0

ok() { passed=$((passed + 1)); printf 'ok %s\n' "$1"; }
not_ok() { failed=$((failed + 1)); printf 'not ok %s: %s\n' "$1" "$2"; }

# check NAME COMMAND...: passes when the command does; shows what it said when it does not.
check() {
  local name=$1 said
  shift
  if said=$(timeout 60 "$@" 2>&1); then ok "$name"; else not_ok "$name" "exit $?"; printf '%s\n' "$said" | tail -20; fi
}

# check_says NAME TEXT COMMAND...: passes when the command's output, whatever its exit, has TEXT in it.
check_says() {
  local name=$1 text=$2 said
  shift 2
  said=$(timeout 60 "$@" 2>&1) || true
  case $said in *"$text"*) ok "$name" ;; *) not_ok "$name" "expected \`$text\` in: $(printf '%s' "$said" | tail -5)" ;; esac
}

finish() {
  printf '%d passed, %d failed, 0 skipped\n' "$passed" "$failed"
  [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}

obtain() {
  local said
  if said=$(tests/interop/setup.sh "$@" 2>&1); then return; fi
  printf '%s\n' "$said" >&2
  return 1
}

# need TOOL...: the judge goes on only with these, from setup.sh.
need() {
  if obtain "$@"; then return; fi
  [ -n "${CI:-}" ] || skip "$@"
  printf 'not ok set-up: %s could not be had, and CI must have it\n0 passed, 1 failed, 0 skipped\n' "$*"
  exit 1
}

# want TOOL...: likewise, but of a tool that CI may lack.
want() {
  obtain "$@" || skip "$@"
}

skip() {
  printf '\n!!!!!! SKIPPED %s: %s could not be had, nothing was judged !!!!!!\n\n' "$(basename "$0" .sh)" "$*"
  printf '0 passed, 0 failed, 1 skipped\n'
  exit 77
}

need_program() {
  [ -x "$programs/$1" ] && return
  printf 'not ok set-up: %s is not built\n0 passed, 1 failed, 0 skipped\n' "$programs/$1"
  exit 1
}

started=()
stop_all() {
  local process
  for process in "${started[@]}"; do kill "$process" 2>/dev/null || true; done
  wait 2>/dev/null || true
}
trap stop_all EXIT

# start_server FLAG...: our server on a port of the system's choice; sets `port`.
start_server() {
  local said
  said=$(mktemp)
  "$programs/ward_interop_server" --port 0 "$@" >"$said" &
  started+=($!)
  port=
  for _ in $(seq 100); do
    port=$(sed -n 's/^listening //p' "$said")
    [ -z "$port" ] || break
    kill -0 "${started[-1]}" 2>/dev/null || break
    sleep 0.05
  done
  rm -f "$said"
  [ -n "$port" ] || { printf 'not ok set-up: ward_interop_server %s did not listen\n0 passed, 1 failed, 0 skipped\n' "$*"; exit 1; }
}

# The server's certificate of setup.sh, and the name in it; for the judges.
# shellcheck disable=SC2034
tls_ca=$tools/tls/ca.pem tls_cert=$tools/tls/server.pem tls_key=$tools/tls/server.key tls_name=interop.ward.test
