#!/usr/bin/env bash
# What goes wrong around real programs: files that others may read, configuration that does not hold, a socket and a join
# token that are wanted twice, clients that are slow or too long. bad_input.sh BIN_DIR
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"

here=$(readlink -f "$(dirname "$0")")
port=$(free_port)
write_server_config "$port"
start server "$bin/ward-server" --config "$dir/server.toml"
await "the server" ward status
ward bundle >"$dir/bundle.pem"

# Configuration of the agent.
node=spiffe://$td/ward/agent/join_token/node1
token=$(join_token "$node")
write_agent_config agent "$token"
agent() { "$bin/ward-agent" --config "$dir/$1.toml"; }
# spoilt SED_EXPRESSION PATTERN: the configuration with one change is refused, and says where.
spoilt() {
  sed "$1" "$dir/agent.toml" >"$dir/spoilt.toml"
  expect 1 "$2" agent spoilt
}
spoilt 's/^\[server\]/[server/' 'spoilt.toml:3'
spoilt 's/^port = .*/port = "8443"/' 'spoilt.toml:5:[0-9]+: .*port'
spoilt 's/^port = .*/port = 70000/' 'spoilt.toml:5'
spoilt 's/^port/prot/' 'spoilt.toml:5:1: unknown key `prot` in .server., did you mean `port`'
spoilt 's|^data_dir.*|data_dir = "here"|' 'spoilt.toml:2:.*absolute'
spoilt 's/^trust_domain.*/trust_domain = "%2e"/' 'spoilt.toml:1'
spoilt 's/^trust_domain.*/&\n&/' 'spoilt.toml:2'
printf '\xff\xfe' >"$dir/spoilt.toml"
expect 1 'spoilt.toml:1' agent spoilt
head -c 2000000 /dev/zero | tr '\0' '#' >"$dir/spoilt.toml"
expect 1 'spoilt.toml.*1048576' agent spoilt
spoilt "s|^trust_bundle.*|trust_bundle = \"$dir/none.pem\"|" 'none.pem'
echo 'no certificate' >"$dir/empty.pem"
spoilt "s|^trust_bundle.*|trust_bundle = \"$dir/empty.pem\"|" 'empty.pem'

# A file with the join token that others may read is refused; a private one is not.
printf '%s\n' "$token" >"$dir/token"
chmod 644 "$dir/token"
spoilt "s|^join_token.*|join_token_file = \"$dir/token\"|" 'token.*0644|token.*mode'

# One token, two agents at once: one node, and one agent that has none.
write_agent_config other "$token"
start agent "$bin/ward-agent" --config "$dir/agent.toml"
start other "$bin/ward-agent" --config "$dir/other.toml"
attested() { grep -q 'attested as' "$dir/$1.log"; }
refused() { grep -qE 'not attested.*unauthenticated' "$dir/$1.log"; }
one_of_two() { { attested agent && refused other; } || { attested other && refused agent; }; }
await "one of two uses of a join token" one_of_two
[ "$(ward node list | wc -l)" = 2 ] || fail "a join token made two nodes"
if attested agent; then winner=agent loser=other; else winner=other loser=agent; fi
if attested "$loser"; then fail "two agents attested by one token"; fi
checks=$((checks + 1))

# The socket is taken.
sed "s|^data_dir.*|data_dir = \"$dir/third\"|" "$dir/$winner.toml" >"$dir/third.toml"
expect 1 "$winner.sock" agent third

# Slow clients and long heads, at both.
expect 0 'ok and others are still served' python3 "$here/slow_clients.py" "$port" "$dir/$winner.sock" \
  env WARD_ADMIN_SOCKET="$WARD_ADMIN_SOCKET" "$bin/ward" status

# Key files that others may read stop a start; made private again, the node goes on as who it was.
stop_last # other
stop_last # agent
for file in identity.pem evidence.key; do
  chmod 640 "$dir/$winner/$file"
  expect 1 "$file.*0640|$file.*mode" timeout 20 "$bin/ward-agent" --config "$dir/$winner.toml"
  chmod 600 "$dir/$winner/$file"
done
chmod 755 "$dir/$winner"
expect 1 "$winner.: expected a directory that only its owner may enter" timeout 20 "$bin/ward-agent" --config "$dir/$winner.toml"
chmod 700 "$dir/$winner"
start again "$bin/ward-agent" --config "$dir/$winner.toml"
await "the node again, without a token" sh -c "'$bin/ward' status | grep -q '^$node'"
checks=$((checks + 1))

all_passed
