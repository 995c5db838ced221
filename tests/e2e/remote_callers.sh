#!/usr/bin/env bash
# Who comes to the server's port with a credential: `ward` as an administrator over mTLS, curl asking AuthZEN with an
# X.509-SVID and with a JWT-SVID, and an agent that attests by X.509 proof of possession. remote_callers.sh BIN_DIR
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"

# A CA that is not Ward's: authority NAME; its certificate is NAME.pem.
authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" -keyout "$dir/$1.key" \
    -out "$dir/$1.pem" -addext basicConstraints=critical,CA:true -addext keyUsage=critical,keyCertSign 2>/dev/null
}
# leaf NAME AUTHORITY DAYS EXTENSION...: NAME.pem and NAME.key, signed by the authority.
leaf() {
  local file=$1 by=$2 days=$3
  shift 3
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$file" -keyout "$dir/$file.key" -out "$dir/csr" 2>/dev/null
  openssl x509 -req -in "$dir/csr" -CA "$dir/$by.pem" -CAkey "$dir/$by.key" -CAcreateserial -days "$days" -out "$dir/$file.pem" \
    -extfile <(printf '%s\n' basicConstraints=critical,CA:false keyUsage=critical,digitalSignature "$@") 2>/dev/null
  chmod 600 "$dir/$file.key"
}
authority factory
authority other
leaf machine factory 2
leaf stranger other 2
leaf expired factory -1

port=$(free_port)
write_server_config "$port"
sed -i 's|^\[listen\]|&\ndns_names = ["pdp.example.org"]|' "$dir/server.toml"
cat >>"$dir/server.toml" <<TOML
[attestors.x509pop]
roots = "$dir/factory.pem"
[authzen]
identifier = "https://pdp.example.org"
TOML
start server "$bin/ward-server" --config "$dir/server.toml"
await "the server" ward status
ward bundle >"$dir/bundle.pem"

# An agent is known by the certificate that its machine has from elsewhere, and by no other.
write_x509pop_config() {
  write_agent_config "$1" unused
  sed -i "s|^\[attest\]|[attest.x509pop]|; s|^join_token = .*|certificate = \"$dir/$1.pem\"\nkey = \"$dir/$1.key\"|" "$dir/$1.toml"
}
for name in machine stranger expired; do write_x509pop_config "$name"; done
start stranger "$bin/ward-agent" --config "$dir/stranger.toml"
await "the refusal of another authority's certificate" grep -qE 'not attested.*unauthenticated' "$dir/stranger.log"
stop_last
start expired "$bin/ward-agent" --config "$dir/expired.toml"
await "the refusal of an expired certificate" grep -qE 'not attested.*unauthenticated' "$dir/expired.log"
stop_last
[ "$(ward node list | wc -l)" = 1 ] || fail "a stranger became a node"
chmod 644 "$dir/machine.key"
expect 1 'machine.key.*0644|machine.key.*mode' "$bin/ward-agent" --config "$dir/machine.toml"
chmod 600 "$dir/machine.key"
cp "$dir/machine.key" "$dir/kept.key" && cp "$dir/stranger.key" "$dir/machine.key"
expect 1 'key' "$bin/ward-agent" --config "$dir/machine.toml"
cp "$dir/kept.key" "$dir/machine.key"
start machine "$bin/ward-agent" --config "$dir/machine.toml"
fingerprint=$(openssl x509 -in "$dir/machine.pem" -outform DER | sha256sum | cut -d' ' -f1)
node=spiffe://$td/ward/agent/x509pop/$fingerprint
await "attestation by certificate" ward node show "$node"
expect 0 'x509pop:subject:cn:machine' ward --output json node show "$node"
checks=$((checks + 3))

# Workloads of that node, told apart by the path of their program.
ward owner put team:shop >/dev/null
# workload NAME CLASS OWNER: its program is NAME/ward, its SVID is written there.
workload() {
  mkdir "$dir/$1"
  cp "$bin/ward" "$dir/$1/ward"
  ward identity put "spiffe://$td/$1" --class "$2" --owner "$3" >/dev/null
  ward registration put "$1" --spiffe-id "spiffe://$td/$1" --parent "$node" --selector "unix:path:$dir/$1/ward" >/dev/null
  await "the SVID of $1" "$dir/$1/ward" workload x509 --agent-socket "$dir/machine.sock" --write "$dir/$1"
}
workload admin service-account team:ward-operators
workload shop workload team:shop
workload clerk workload team:shop

# Administration over mTLS: the certificate says who it is, the policy what it may.
# remote FILES [ARGUMENT...]: as whoever has svid.pem and key.pem there.
remote() {
  local files=$1
  shift
  env -u WARD_ADMIN_SOCKET "$bin/ward" --server "127.0.0.1:$port" --svid "$files/svid.pem" --key "$files/key.pem" \
    --bundle "$dir/bundle.pem" "$@"
}
expect 0 "ward 0.1.0 for $td" remote "$dir/admin" status
expect 0 "spiffe://$td/clerk" remote "$dir/admin" identity list
expect 0 'revision' remote "$dir/admin" resource put Record::1 --owner team:shop
expect 1 'permission_denied' remote "$dir/shop" status
expect 1 'permission_denied' remote "$dir/shop" revoke identity "spiffe://$td/clerk"
mkdir "$dir/forged"
leaf forged other 2 "subjectAltName=critical,URI:spiffe://$td/admin" extendedKeyUsage=serverAuth,clientAuth
cp "$dir/forged.pem" "$dir/forged/svid.pem"
cp "$dir/forged.key" "$dir/forged/key.pem"
expect 1 'unauthenticated|unavailable' remote "$dir/forged" status
expect 1 'key' remote "$dir/admin" --key "$dir/shop/key.pem" status
chmod 644 "$dir/shop/key.pem"
expect 1 'key.pem.*0644|key.pem.*mode' remote "$dir/shop" status
chmod 600 "$dir/shop/key.pem"
expect 1 'peer certificate: certificate chain is not valid' env -u WARD_ADMIN_SOCKET "$bin/ward" --server "127.0.0.1:$port" --svid "$dir/admin/svid.pem" \
  --key "$dir/admin/key.pem" --bundle "$dir/other.pem" status

# AuthZEN on the server's port. curl knows no SPIFFE IDs: it finds the host's name in the server's certificate, which the
# bundle vouches for; the server looks at ours.
mkdir "$dir/policies"
cp "$(dirname "$0")/../../policies/default.cedar" "$dir/policies/"
cat >"$dir/policies/shop.cedar" <<CEDAR
@id("shop-asks")
permit (principal == Ward::Workload::"spiffe://$td/shop", action == Action::"ward.evaluate", resource is Ward::Server);
@id("clerk-reads")
permit (principal == Ward::Workload::"spiffe://$td/clerk", action == Action::"read", resource is Record);
CEDAR
remote "$dir/admin" policy apply "$dir/policies" >/dev/null
# evaluate ACTION [CURL OPTION...]: the status, 000 when the connection was refused, then the answer.
evaluate() {
  local action=$1
  shift
  : >"$dir/answer"
  curl -s --cacert "$dir/bundle.pem" --connect-to "pdp.example.org:443:127.0.0.1:$port" -w '%{http_code} ' -o "$dir/answer" -H 'Content-Type: application/json' "$@" \
    -d "{\"subject\":{\"type\":\"identity\",\"id\":\"spiffe://$td/clerk\"},\"action\":{\"name\":\"$action\"},\"resource\":{\"type\":\"Record\",\"id\":\"1\"}}" \
    "https://pdp.example.org/access/v1/evaluation"
  cat "$dir/answer"
}
as() { echo --cert "$dir/$1/svid.pem" --key "$dir/$1/key.pem"; }
token() { "$dir/$1/ward" workload jwt --agent-socket "$dir/machine.sock" --audience "$2" --quiet; }
server=spiffe://$td/ward/server
# shellcheck disable=SC2046
{
  expect 0 '^200 .*"decision":true' evaluate read $(as shop)
  expect 0 '^200 .*"decision":false' evaluate write $(as shop)
  expect 0 '^403' evaluate read $(as clerk)
  expect 0 '^000 $' evaluate read $(as forged)
}
expect 0 '^401' evaluate read
expect 60 'no alternative certificate subject name matches' curl -sS --cacert "$dir/bundle.pem" --connect-to "other.example.org:443:127.0.0.1:$port" https://other.example.org/
expect 0 '^200 .*"decision":true' evaluate read -H "Authorization: Bearer $(token shop "$server")"
expect 0 '^403' evaluate read -H "Authorization: Bearer $(token clerk "$server")"
expect 0 '^401' evaluate read -H "Authorization: Bearer $(token shop others)"
expect 0 '^401' evaluate read -H "Authorization: Bearer $(token shop "$server" | sed -E 's/.{9}$/AAAAAAAAA/')"
expect 0 '^401' evaluate read -H "Authorization: Bearer $(printf '%020000d' 0)"
expect 0 "^431" evaluate read --http1.1 -H "X-Long: $(printf "%040000d" 0)"
stolen=$(token shop "$server")
expect 0 'acknowledged by all 1 holders' remote "$dir/admin" revoke identity "spiffe://$td/shop" --wait
expect 0 '^403' evaluate read -H "Authorization: Bearer $stolen"
# shellcheck disable=SC2046
expect 0 '^403' evaluate read $(as shop)

all_passed
