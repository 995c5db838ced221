#!/usr/bin/env bash
# The server and its command line, as an operator meets them: bad configuration, the registry, policies that are refused,
# questions, revocation, evidence. server_and_cli.sh BIN_DIR
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"

port=$(free_port)
write_server_config "$port"
server=("$bin/ward-server" --config "$dir/server.toml")

# Configuration that does not hold says where and ends with 1.
echo 'listne = 1' | cat - "$dir/server.toml" >"$dir/unknown.toml"
expect 1 'unknown.toml:1:1: unknown key `listne`, did you mean `listen`' "$bin/ward-server" --config "$dir/unknown.toml"
echo 'trust_domain = [' >"$dir/malformed.toml"
expect 1 'malformed.toml:' "$bin/ward-server" --config "$dir/malformed.toml"
sed 's/^trust_domain.*/trust_domain = "Example.org"/' "$dir/server.toml" >"$dir/case.toml"
expect 1 'case.toml:1' "$bin/ward-server" --config "$dir/case.toml"
expect 1 'none.toml' "$bin/ward-server" --config "$dir/none.toml"
expect 0 - "$bin/ward-server" --config "$dir/server.toml" --check-config
expect 0 '0\.1\.0' "$bin/ward-server" --version
expect 1 "$dir/admin.sock" ward status

start server "${server[@]}"
await "the server" ward status
expect 1 'another process holds' "${server[@]}"
expect 0 "ward 0.1.0 for $td" ward status
sed "s|$dir/server\"|$dir/second\"|; s|$dir/admin.sock|$dir/second.sock|" "$dir/server.toml" >"$dir/second.toml"
expect 1 "$port" "$bin/ward-server" --config "$dir/second.toml"

# The registry.
expect 0 'revision' ward owner put team:records
expect 1 'no segment `dmz`' ward identity put "spiffe://$td/web" --owner team:records --segment dmz
expect 0 'revision' ward segment put dmz
expect 0 'revision' ward segment put core
expect 0 'revision' ward identity put "spiffe://$td/web" --owner team:records --label tier=1 --segment dmz
expect 0 'revision' ward identity put "spiffe://$td/bot" --class ai-agent --owner team:records
expect 1 'expected --class' ward identity put "spiffe://$td/x" --class robot --owner team:records
for id in "spiffe://$td/a/../b" "spiffe://$td/%2e" "spiffe://EXAMPLE.org/a" "spiffe://$td/a/" "https://$td/a"; do
  expect 1 'invalid_argument' ward identity put "$id" --owner team:records
done
expect 0 "spiffe://$td/bot +ai-agent +active" ward identity list
expect 0 '"identity_class":"IDENTITY_CLASS_WORKLOAD"' ward --output json identity show "spiffe://$td/web"
expect 1 'not_found' ward identity show "spiffe://$td/nobody"
expect 1 'not_found|failed_precondition' ward registration put r1 --spiffe-id "spiffe://$td/web" --parent "spiffe://$td/ward/agent/none/1" --selector unix:uid:1
expect 0 'revision' ward resource put 'Record::1' --owner team:records --attribute state=open
expect 1 'TYPE::' ward resource put 'Record'
expect 0 '^Record +1 ' ward resource list
expect 0 'revision' ward segment open dmz core read
expect 0 '^dmz +core +read' ward segment flows

# Policies: what does not hold is not published, and what was in force stays.
mkdir "$dir/policies"
cp "$(dirname "$0")/../../policies/default.cedar" "$dir/policies/"
cat >"$dir/policies/records.cedar" <<CEDAR
@id("web-reads") @reason("the web tier reads records")
permit (principal == Ward::Workload::"spiffe://$td/web", action == Action::"read", resource is Record)
when { context.request has purpose };
CEDAR
cat >"$dir/policies/records.test.json" <<JSON
{"world": {"owners": [{"id": "team:records"}],
           "identities": [{"id": "spiffe://$td/web", "owner": "team:records"}],
           "resources": [{"type": "Record", "id": "1"}]},
 "tests": [{"name": "web reads for a purpose", "principal": "spiffe://$td/web", "action": "read",
            "resource": {"type": "Record", "id": "1"}, "request": {"purpose": "serve"}, "decision": "allow"}]}
JSON
expect 0 '1 passed, 0 failed' ward policy test "$dir/policies"
expect 0 'version 2 in force' ward policy apply "$dir/policies"
echo 'permit (principal,, action, resource);' >"$dir/policies/broken.cedar"
expect 3 'broken.cedar:1:19' ward policy check "$dir/policies"
expect 3 'broken.cedar:1:19' ward policy apply "$dir/policies"
expect 1 'broken.cedar:1:19' ward policy format "$dir/policies"
rm "$dir/policies/broken.cedar"
expect 1 'would change .*records.cedar' ward policy format --check "$dir/policies"
expect 0 'formatted .*records.cedar' ward policy format "$dir/policies"
expect 0 - ward policy format --check "$dir/policies"
grep -q '^when { context.request has purpose };$' "$dir/policies/records.cedar" || fail "format left records.cedar as it was"
mkdir "$dir/with-schema"
cp "$dir/policies/records.cedar" "$dir/with-schema"
echo '[{"uid": {"type": "Action", "id": "read"}, "parents": []}]' >"$dir/with-schema/actions.json"
cat >"$dir/with-schema/records.cedarschema" <<'SCHEMA'
namespace Ward { entity Workload; }
entity Record;
action read appliesTo {
  principal: Ward::Workload, resource: Record, context: { request: { purpose?: String } } };
SCHEMA
expect 0 'valid by the schema' ward policy check "$dir/with-schema"
sed -i 's/purpose?/porpoise?/' "$dir/with-schema/records.cedarschema"
expect 0 'records.cedar:1:1: warning: .web-reads. can never apply' ward policy check "$dir/with-schema"
sed -i 's/request: {/ask: {/' "$dir/with-schema/records.cedarschema"
expect 3 'UnsafeAttributeAccess' ward policy check "$dir/with-schema"
sed -i 's/"decision": "allow"/"decision": "deny"/' "$dir/policies/records.test.json"
expect 3 'FAILED records.test.json: web reads for a purpose' ward policy apply "$dir/policies"
echo '@id("ward.mine") permit (principal, action, resource);' >"$dir/policies/mine.cedar"
expect 3 "Ward's own" ward policy check "$dir/policies"
expect 0 'VERSION|web-reads' ward policy show records.cedar

# Questions: allow is 0, deny is 2, with the clause that kept a permit from applying.
expect 0 '^allow at revision' ward ask "spiffe://$td/web" read Record::1 --context '{"purpose": "serve"}'
expect 2 'web-reads. at records.cedar:1:1.*context.request has purpose' ward ask "spiffe://$td/web" read Record::1
expect 2 'unknown-principal' ward ask "spiffe://$td/nobody" read Record::1
expect 2 'unknown-resource' ward ask "spiffe://$td/web" read Record::2
expect 1 'invalid_argument' ward ask "spiffe://$td/web" read Record::1 --context '{"a": 1, "a": 2}'

# Quarantine and revocation, and back.
expect 0 - ward identity quarantine "spiffe://$td/web"
expect 2 'ward.guardrail.inactive' ward ask "spiffe://$td/web" read Record::1 --context '{"purpose": "serve"}'
expect 0 - ward identity activate "spiffe://$td/web"
expect 0 'revoked at revision' ward --reason drill revoke identity "spiffe://$td/web" --receipt "$dir/receipt"
expect 2 'ward.guardrail.revoked' ward ask "spiffe://$td/web" read Record::1 --context '{"purpose": "serve"}'
expect 0 "^identity +spiffe://$td/web .*drill" ward revocations
expect 0 'restored' ward restore identity "spiffe://$td/web"
expect 0 '^allow' ward ask "spiffe://$td/web" read Record::1 --context '{"purpose": "serve"}'
expect 1 'expected identity, credential or node' ward revoke segment dmz

# Keys rotate without a restart, in order.
expect 1 'failed_precondition|not_found' ward authority rotate x509 activate
expect 0 'prepared' ward authority rotate x509 prepare
[ "$(ward bundle | grep -c BEGIN)" = 2 ] || fail "a prepared key is not in the bundle"
expect 1 'must be published for .* more before it signs' ward authority rotate x509 activate

# A restart keeps everything; a key file that others may read stops it.
revision=$(ward status | sed -nE 's/^revision +//p')
stop_last
chmod 644 "$dir/server/kek"
expect 1 'kek.*0644|kek.*mode' "${server[@]}"
chmod 600 "$dir/server/kek"
start server "${server[@]}"
await "the server again" ward status
[ "$(ward status | sed -nE 's/^revision +//p')" = "$revision" ] || fail "the revision changed over a restart"
expect 0 "spiffe://$td/bot" ward identity list

# Evidence, from files and keys alone.
expect 0 'wrote keys' ward evidence export "$dir/proofs" --revision 1
keys=$dir/proofs/keys
# Followed, a log shows what comes, and ends when it is no longer the one it was.
for copy in older followed; do cp -a "$dir/server/evidence" "$dir/$copy"; done
start live "$bin/ward" evidence tail "$dir/server/evidence" --keys "$keys" -n 1 --follow
start followed "$bin/ward" evidence tail "$dir/followed" --keys "$keys" -n 1 -f
await "the followed logs" test -s "$dir/followed.log" -a -s "$dir/live.log"
ward owner put team:followed >/dev/null
await "the new record in the followed log" grep -q 'decision allow.*ward.submit' "$dir/live.log"
rm -r "$dir/followed" && cp -a "$dir/server/evidence" "$dir/followed"
await "what the copy has now" sh -c "[ \$(wc -l <'$dir/followed.log') -gt 1 ]"
rm -r "$dir/followed" && cp -a "$dir/older" "$dir/followed"
await "the end of a log that was rolled back" grep -q 'data_loss.*does not extend' "$dir/followed.log"
unset 'pids[-1]' # it has ended
stop_last
checks=$((checks + 2))
ward evidence export "$dir/proofs" --revision 1 >/dev/null
stop_last
expect 0 'each byte accounted for' ward evidence verify "$dir/server/evidence" --keys "$keys"
copy() { ward evidence copy "$dir/server/evidence" "$dir/copy" --keys "$keys"; }
expect 0 ' has [1-9][0-9]* records, [1-9][0-9]* of them new' copy
expect 0 ' records, [0-9]* of them new' copy
expect 0 'each byte accounted for' ward evidence verify "$dir/copy" --keys "$keys"
# Every record of the server names the journal's root at its revision; of another journal they do not.
expect 0 'ok: [1-9][0-9]* records name the roots of .*/journal .*; 0 name none, [01] are newer' \
  ward evidence verify "$dir/server/evidence" --keys "$keys" --journal "$dir/proofs"
cp -r "$dir/proofs" "$dir/forged"
printf 'x' | dd of="$dir/forged/journal.leaves" bs=1 seek=40 conv=notrunc status=none
expect 1 'leaf hashes of the journal do not have the root' \
  ward evidence verify "$dir/server/evidence" --keys "$keys" --journal "$dir/forged"
# A decision names where it was asked.
expect 0 '\[admin\]' ward evidence tail "$dir/server/evidence" --keys "$keys" -n 100
expect 0 'ward.revoke' ward evidence tail "$dir/server/evidence" --keys "$keys" -n 100
ward evidence prove "$dir/server/evidence" --keys "$keys" --index 3 >"$dir/proof"
grep -q '^c2sp.org/tlog-proof@v1$' "$dir/proof" || fail "no tlog-proof"
entries=$(find "$dir/server/evidence/tile/entries" -type f | sort | tail -1)
printf 'x' | dd of="$entries" bs=1 seek=40 conv=notrunc status=none
expect 1 'data_loss' ward evidence verify "$dir/server/evidence" --keys "$keys"

all_passed
