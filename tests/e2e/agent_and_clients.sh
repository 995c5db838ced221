#!/usr/bin/env bash
# An agent as nodes and workloads meet it: bad configuration, a join token that is good once, a real Workload API client,
# AuthZEN over the socket, revocation, and a server that goes away. agent_and_clients.sh BIN_DIR
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"

here=$(readlink -f "$(dirname "$0")")
port=$(free_port)
write_server_config "$port"
start server "$bin/ward-server" --config "$dir/server.toml"
await "the server" ward status
ward bundle >"$dir/bundle.pem"
agent=spiffe://$td/ward/agent/join_token/node1
token=$(join_token "$agent")

# Configuration that does not hold.
write_agent_config agent "$token"
printf '[evidence]\nseal = ["source_address", "properties"]\n' >>"$dir/agent.toml"
sed 's/^trust_bundle/trust_bundl = 1\n&/' "$dir/agent.toml" >"$dir/unknown.toml"
expect 1 'unknown.toml:6:1: unknown key `trust_bundl`' "$bin/ward-agent" --config "$dir/unknown.toml"
expect 1 'none.toml' "$bin/ward-agent" --config "$dir/none.toml"
expect 0 - "$bin/ward-agent" --config "$dir/agent.toml" --check-config

# A join token is good once.
start agent "$bin/ward-agent" --config "$dir/agent.toml"
await "attestation" ward --output json node show "$agent"
await "the agent's socket" test -S "$dir/agent.sock"
write_agent_config second "$token"
start second "$bin/ward-agent" --config "$dir/second.toml"
await "the second use of a join token is refused" grep -qiE 'join token|permission_denied|unauthenticated' "$dir/second.log"
[ "$(ward node list | wc -l)" = 2 ] || fail "a join token made two nodes"
stop_last

# A workload that others wrote, known by the program that it runs.
python=$here/../../build/python/bin/python
if [ -x "$python" ]; then
  ward owner put team:a >/dev/null
  ward identity put "spiffe://$td/py" --owner team:a >/dev/null
  ward registration put py --spiffe-id "spiffe://$td/py" --parent "$agent" --selector "unix:uid:$(id -u)" \
    --selector "unix:path:$(readlink -f "$python")" >/dev/null
  expect 0 'ok a JWT-SVID for another audience is refused' "$python" "$here/spiffe_client.py" "$dir/agent.sock" "spiffe://$td/py"

  # AuthZEN over the socket, asked by that workload; what it says of itself changes nothing.
  ward resource put Record::1 --owner team:a >/dev/null
  mkdir "$dir/policies"
  cp "$here/../../policies/default.cedar" "$dir/policies/"
  echo '@id("py") permit (principal == Ward::Workload::"spiffe://example.org/py", action == Action::"read", resource);' >"$dir/policies/a.cedar"
  ward policy apply "$dir/policies" >/dev/null
  cat >"$dir/ask.py" <<'PY'
import http.client, json, socket, sys
class Unix(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(sys.argv[1])
def ask(action):
    connection = Unix("localhost")
    body = {"subject": {"type": "identity", "id": "spiffe://example.org/py", "properties": {"status": "active"}},
            "action": {"name": action}, "resource": {"type": "Record", "id": "1"}}
    connection.request("POST", "/access/v1/evaluation", json.dumps(body), {"Content-Type": "application/json", "X-Request-ID": "r1"})
    answer = connection.getresponse()
    said = json.load(answer)
    return answer.status, said["decision"] if isinstance(said, dict) else said, answer.headers["X-Request-ID"]
print(ask("read"), ask("write"))
PY
  expect 0 "\\(200, True, 'r1'\\) \\(200, False, 'r1'\\)" "$python" "$dir/ask.py" "$dir/agent.sock"

  expect 0 'acknowledged by all 1 holders' ward revoke identity "spiffe://$td/py" --wait
  expect 0 'ok a revoked identity gets no JWT-SVID' "$python" "$here/spiffe_client.py" "$dir/agent.sock" "spiffe://$td/py" revoked
  expect 0 "\\(403, 'no identity issued', 'r1'\\)" "$python" "$dir/ask.py" "$dir/agent.sock" # it may not even ask
  ward restore identity "spiffe://$td/py" >/dev/null
  await "an SVID after the restore" "$python" "$here/spiffe_client.py" "$dir/agent.sock" "spiffe://$td/py"
  checks=$((checks + 1))
elif [ -n "${CI:-}" ]; then
  fail "the Python clients of tools/requirements.txt are not installed"
else
  echo "SKIPPED: the Python clients of tools/requirements.txt are not installed" >&2
fi

# The command line is a workload, too: it finds the agent as the specification of the endpoint says.
ward owner put team:cli >/dev/null
ward identity put "spiffe://$td/cli" --owner team:cli >/dev/null
ward registration put cli --spiffe-id "spiffe://$td/cli" --parent "$agent" --selector "unix:path:$(readlink -f "$bin/ward")" >/dev/null
await "an SVID for the command line" ward workload x509 --agent-socket "$dir/agent.sock"
export SPIFFE_ENDPOINT_SOCKET=unix://$dir/agent.sock
expect 0 "^spiffe://$td/cli  until" ward workload x509
expect 0 "^spiffe://$td/cli" ward workload jwt --audience records
for address in "tcp://127.0.0.1:1" "unix://host$dir/agent.sock" "unix:$dir/agent.sock" "https://x"; do
  SPIFFE_ENDPOINT_SOCKET=$address expect 1 'expected a path or .unix:///PATH.' ward workload x509
done
unset SPIFFE_ENDPOINT_SOCKET

# The server has a copy of the node's log, and its cosignature is beside the log.
ward evidence export "$dir/proofs" --revision 1 >/dev/null
is_cosigned() { [ "$(cat "$dir"/agent/evidence/*.cosigned | grep -c '^— ')" = 2 ]; }
await "the server's cosignature" is_cosigned
await "the server's copy of the log" ward evidence verify "$dir"/server/logs/*/ --keys "$dir/proofs/keys"
expect 0 '[1-9][0-9]* records' ward evidence verify "$dir"/server/logs/*/ --keys "$dir/proofs/keys"

# What a caller said is sealed: opened while it is there, and once it is erased the log is as it was.
if [ -x "$python" ]; then
  log=$(dirname "$dir"/agent/evidence/*/checkpoint)
  values=$dir/agent/values/$(basename "$log")
  sealed=$(ward --output json evidence tail "$log" --keys "$dir/proofs/keys" -n 1000 | sed -nE 's/.*"index":([0-9]+).*allow spiffe.*authzen asked by.*/\1/p' | head -1)
  [ -n "$sealed" ] || fail "no decision that names who asked"
  show_values() { ward evidence values "$log" --keys "$dir/proofs/keys" --values "$values" --index "$sealed"; }
  expect 0 '^subject \{"status":"active"\}$' show_values
  kept() { cat "$values"/* | grep -ao '"status"' | wc -l; }
  before=$(kept)
  expect 1 'another process holds' ward evidence erase "$values" --index "$sealed"
  stop_last
  expect 0 'the log is as it was' ward evidence erase "$values" --index "$sealed"
  expect 0 '^subject \(erased, or never kept\)$' show_values
  expect 0 'each byte accounted for' ward evidence verify "$log" --keys "$dir/proofs/keys" --journal "$dir/proofs"
  [ "$(kept)" = $((before - 1)) ] || fail "the erased value is still there, or another went with it"
  start agent "$bin/ward-agent" --config "$dir/agent.toml"
  await "the agent again" ward workload x509 --agent-socket "$dir/agent.sock"
fi

# An agent that is started anew while the server is away goes on with what it had, and with what was revoked. Two
# workloads, each known by the copy of the program that it runs.
export WARD_AGENT_SOCKET=$dir/agent.sock
ward owner put team:b >/dev/null
for one in kept gone; do
  cp "$bin/ward" "$dir/$one"
  ward identity put "spiffe://$td/$one" --owner team:b >/dev/null
  ward registration put "$one" --spiffe-id "spiffe://$td/$one" --parent "$agent" --selector "unix:uid:$(id -u)" \
    --selector "unix:path:$(readlink -f "$dir/$one")" >/dev/null
  await "an X.509-SVID of $one" "$dir/$one" workload x509
  await "a JWT-SVID of $one" "$dir/$one" workload jwt --audience records
done
before=$("$dir/kept" workload jwt --audience records --quiet)
expect 0 'acknowledged by all 1 holders' ward revoke identity "spiffe://$td/gone" --wait
stop_last # the agent
stop_last # the server
expect_as_before() {
  await "the agent's socket" "$dir/kept" workload x509
  expect 0 "spiffe://$td/kept" "$dir/kept" workload x509
  [ "$("$dir/kept" workload jwt --audience records --quiet)" = "$before" ] || fail "another JWT-SVID than before"
  expect 1 'no identity issued' "$dir/gone" workload x509
  expect 1 'no identity issued' "$dir/gone" workload jwt --audience records
  expect 1 'no server is connected' "$dir/kept" workload jwt --audience never-asked-for
}
start agent "$bin/ward-agent" --config "$dir/agent.toml"
expect_as_before
kill -9 "${pids[-1]}" # killed, with nothing written since
wait "${pids[-1]}" 2>/dev/null || true # 137: it was killed
unset 'pids[-1]'
start agent "$bin/ward-agent" --config "$dir/agent.toml"
expect_as_before

# A state from before the revocation is refused, and nothing is served.
stop_last
mkdir "$dir/now" && cp -p "$dir/agent/state" "$dir/now/state"
printf 'WARDAGT1' >"$dir/agent/state"
start agent "$bin/ward-agent" --config "$dir/agent.toml"
await "the agent's refusal" grep -q 'state. is refused' "$dir/agent.log"
await "the agent's socket" test -S "$dir/agent.sock"
expect 1 'initialising' "$dir/kept" workload x509
stop_last
cp -p "$dir/now/state" "$dir/agent/state"

# The server is back: the agent catches up.
start agent "$bin/ward-agent" --config "$dir/agent.toml"
start server "$bin/ward-server" --config "$dir/server.toml"
await "the server" ward status
await "the agent's stream" sh -c "'$bin/ward' status | grep -q '$agent'"
expect 0 'acknowledged by all 1 holders' ward revoke identity "spiffe://$td/kept" --wait
expect 1 'no identity issued' "$dir/kept" workload x509
ward restore identity "spiffe://$td/gone" >/dev/null
await "an SVID after the restore" "$dir/gone" workload x509

# A revocation that is taken back is proved as such, offline.
expect 0 'acknowledged by all 1 holders' ward revoke identity "spiffe://$td/gone" --receipt "$dir/receipt"
restored=$(ward restore identity "spiffe://$td/gone" | sed -nE 's/.*revision ([0-9]+).*/\1/p')
await "an SVID after the second restore" "$dir/gone" workload x509
ward evidence export "$dir/proofs" --revision $((restored - 1)) --revision "$restored" >/dev/null
sleep 1.2 # a checkpoint covers it
mkdir "$dir/copies"
expect 0 '^copied: ' ward evidence copy "$dir"/agent/evidence/*/ "$dir/copies/agent" --keys "$dir/proofs/keys"
expect 0 '^copied: ' ward evidence copy "$dir/server/evidence" "$dir/copies/server" --keys "$dir/proofs/keys"
judge_receipt() { ward evidence verify-revocation "$dir/receipt" --logs "$dir/copies" --keys "$dir/proofs/keys" --proofs "$dir/proofs" "$@"; }
expect 1 'is an issuance for the subject' judge_receipt
expect 0 "restored at revision $restored" judge_receipt --restored "$restored"

# A banned node is cut off.
expect 0 - ward node ban "$agent"
await "the ban reaches the agent's stream" sh -c "! '$bin/ward' status | grep -q '^spiffe://$td/ward/agent'"
checks=$((checks + 1))

all_passed
