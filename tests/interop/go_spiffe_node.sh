#!/usr/bin/env bash
# A node with a real server and agent on loopback, and the cases of tools/go_spiffe on it: go_spiffe_node.sh BIN_DIR PROGRAM
#
# The program is known by its path: it has two registrations, with lives so short that rotation is seen. A copy of it at
# another path has none.
# shellcheck source-path=SCRIPTDIR
name=go_spiffe
source "$(dirname "$0")/../e2e/lib.sh"

judge=$(readlink -f "$2")
port=$(free_port)
write_server_config "$port"
start server "$bin/ward-server" --config "$dir/server.toml"
await "the server" ward status
ward bundle >"$dir/bundle.pem"
node=spiffe://$td/ward/agent/join_token/judge
start_agent "$node"

ward owner put team:judge >/dev/null
for id in a b other; do ward identity put "spiffe://$td/judge/$id" --owner team:judge >/dev/null; done
uid=$(id -u)
export JUDGE_REGISTRATION="--parent $node --selector unix:uid:$uid --selector unix:path:$judge --x509-ttl 20"
# shellcheck disable=SC2086
register() { ward registration put "$@" $JUDGE_REGISTRATION >/dev/null; }
register a --spiffe-id "spiffe://$td/judge/a" --hint internal
register b --spiffe-id "spiffe://$td/judge/b"

cp "$judge" "$dir/stranger"
status=0
"$judge" -cases registered -socket "unix://$dir/agent.sock" -ward "$bin/ward" || status=1
"$dir/stranger" -cases stranger -socket "unix://$dir/agent.sock" || status=1
exit "$status"
