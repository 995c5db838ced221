#!/usr/bin/env bash
# The units of examples/systemd/ as systemd reads them, and what the server tells a service manager: systemd_units.sh BIN_DIR
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"

units=$(cd "$(dirname "$0")/../.." && pwd)/examples/systemd
exposure_max=25 # tenths, of 100
for unit in ward-server ward-agent; do
  sed "s|/usr/bin/|$bin/|" "$units/$unit.service" >"$dir/$unit.service"
  # What does not depend on the machine: the program is one of ours, and what the page promises is there.
  for line in Type=notify "ExecStart=$bin/$unit --config /etc/ward/${unit#ward-}.toml" "User=$unit" NoNewPrivileges=yes \
    ProtectSystem=strict "StateDirectory=$unit" StateDirectoryMode=0700 LimitNOFILE=65536; do
    grep -qxF "$line" "$dir/$unit.service" || fail "$unit.service lacks $line"
  done
  grep -qE "^u $unit " "$units/ward.sysusers" || fail "ward.sysusers has no $unit"
  checks=$((checks + 1))
  if command -v systemd-analyze >/dev/null; then
    said=$(systemd-analyze verify --man=no "$dir/$unit.service" 2>&1) || fail "$unit.service: $said"
    [ -z "$said" ] || fail "$unit.service: $said"
    systemd-analyze security --offline=true --no-pager --threshold=$exposure_max "$dir/$unit.service" >"$dir/exposure" 2>&1 ||
      fail "$unit.service: $(tail -1 "$dir/exposure")"
    checks=$((checks + 2))
  else
    echo "SKIPPED systemd-analyze: it is not installed"
  fi
done
[ "$(grep -hE '^(Ambient)?Capabilit' "$dir"/*.service | LC_ALL=C sort -u)" = $'AmbientCapabilities=CAP_SYS_PTRACE\nCapabilityBoundingSet=\nCapabilityBoundingSet=CAP_SYS_PTRACE' ] ||
  fail "capabilities: expected none, but CAP_SYS_PTRACE for the agent"

# Type=notify: READY=1 when it serves, STOPPING=1 at SIGTERM, then an end with status 0.
write_server_config "$(free_port)"
python3 - "$bin/ward-server" "$dir" <<'PYTHON' || fail "what the server tells the service manager"
import os, signal, socket, subprocess, sys
program, folder = sys.argv[1:]
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(f"{folder}/notify")
manager.settimeout(60)
server = subprocess.Popen([program, "--config", f"{folder}/server.toml"], env={**os.environ, "NOTIFY_SOCKET": f"{folder}/notify"},
                          stderr=subprocess.DEVNULL)
try:
    assert manager.recv(1000) == b"READY=1"
    assert os.path.exists(f"{folder}/admin.sock"), "ready before it serves"
    server.send_signal(signal.SIGTERM)
    assert manager.recv(1000) == b"STOPPING=1"
    assert server.wait(60) == 0
finally:
    server.kill()
PYTHON
checks=$((checks + 2))
all_passed
