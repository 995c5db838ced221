#!/usr/bin/env bash
# The main job, told as it happens: attest, issue, decide, revoke, prove. main_job.sh BIN_DIR [--keep]
#
# Starts a server, an agent, two workloads and nginx on loopback in a folder of its own, and ends what it started, by
# process id. Every step checks what it says; the first that fails ends the story with status 1.
set -euo pipefail

bin=$(readlink -f "$1")
keep=
if [ "${2:-}" = --keep ]; then keep=1; fi
name=run
# shellcheck source=tools/processes.sh
source "$(dirname "$0")/processes.sh"

step() { printf '\n\033[1m%s\033[0m\n' "$*"; }
note() { printf '   %s\n' "$*"; }

td=example.org
export WARD_ADMIN_SOCKET=$dir/admin.sock
ward() { "$bin/ward" "$@"; }

step "1. A server begins: it makes its keys, its journal and its evidence"
port=$(free_port)
cat >"$dir/server.toml" <<TOML
trust_domain = "$td"
data_dir = "$dir/server"
[listen]
address = "127.0.0.1"
port = $port
[admin]
socket = "$dir/admin.sock"
operators = { "$(id -u)" = "spiffe://$td/ward/operator" }
TOML
start server "$bin/ward-server" --config "$dir/server.toml"
await "the server" ward status
ward bundle >"$dir/bundle.pem"
note "trust domain $td on 127.0.0.1:$port; its CA: $(openssl x509 -in "$dir/bundle.pem" -noout -fingerprint -sha256 | cut -d= -f2 | cut -c1-23)..."

step "2. A node proves itself with a join token that is good once"
agent=spiffe://$td/ward/agent/join_token/node1
token=$(ward --output json node token --node "$agent" | sed -nE 's/.*"token":"([^"]+)".*/\1/p')
[ -n "$token" ] || fail "no join token"
cat >"$dir/agent.toml" <<TOML
trust_domain = "$td"
data_dir = "$dir/agent"
[server]
address = "127.0.0.1"
port = $port
trust_bundle = "$dir/bundle.pem"
[attest]
join_token = "$token"
[api]
socket = "$dir/agent.sock"
[auth_request]
[[auth_request.rules]]
methods = ["GET"]
path = "/records/{id}"
action = "read"
resource_type = "Record"
resource_id = "{id}"
TOML
start agent "$bin/ward-agent" --config "$dir/agent.toml"
await "attestation" ward --output json node show "$agent"
await "the agent's socket" test -S "$dir/agent.sock"
note "attested as $agent"

step "3. The registry: who is who, what is protected, and the policy"
mkdir -p "$dir/workloads/web" "$dir/workloads/batch" "$dir/workloads/gateway" "$dir/policies"
quietly() { "$@" >/dev/null || fail "$*"; }
quietly ward owner put team:records
for name in web batch gateway; do
  cp "$bin/ward" "$dir/workloads/$name/ward"
  quietly ward identity put "spiffe://$td/$name" --owner team:records
  quietly ward registration put "$name" --spiffe-id "spiffe://$td/$name" --parent "$agent" \
    --selector "unix:path:$dir/workloads/$name/ward" --dns-name "$name.$td"
done
nginx_program=$(PATH=$PATH:/usr/sbin command -v nginx) || fail "nginx is not installed"
quietly ward identity put "spiffe://$td/nginx" --owner team:records
quietly ward registration put nginx --spiffe-id "spiffe://$td/nginx" --parent "$agent" \
  --selector "unix:path:$(readlink -f "$nginx_program")"
quietly ward resource put 'Record::1' --owner team:records
cat >"$dir/policies/records.cedar" <<CEDAR
@id("web-reads-records")
@reason("the web tier reads records")
permit (
  principal == Ward::Workload::"spiffe://$td/web",
  action == Action::"read",
  resource is Record
);
CEDAR
cp "$(dirname "$0")/../policies/default.cedar" "$dir/policies/"
quietly ward policy apply "$dir/policies"
note "workloads are told apart by the path of their program; one record; one permit, for web"

step "4. Workloads prove what they are, without a secret, and get credentials of minutes"
export WARD_AGENT_SOCKET=$dir/agent.sock
for name in web batch gateway; do
  await "the X.509-SVID of $name" "$dir/workloads/$name/ward" workload x509 --write "$dir/workloads/$name"
  note "$("$dir/workloads/$name/ward" workload x509)"
done
token=$("$dir/workloads/web/ward" workload jwt --audience records --quiet) || fail "no JWT-SVID for web"
[ "$("$dir/workloads/batch/ward" workload validate "$token" --audience records)" = "spiffe://$td/web" ] || fail "the JWT-SVID does not hold"
note "a JWT-SVID for web, for the audience records, of ${#token} bytes, validated by batch"
if "$bin/ward" workload x509 2>"$dir/stranger.log"; then fail "a program that nobody registered got an identity"; fi
note "a program that nobody registered: $(cat "$dir/stranger.log")"

step "5. nginx asks Ward about every request"
web=$(free_port)
mkdir -p "$dir/www/records" "$dir/nginx"
echo 'the first record' >"$dir/www/records/1"
cat >"$dir/nginx.conf" <<NGINX
$([ "$(id -u)" = 0 ] && echo "user root root;")
daemon off;
worker_processes 1;
pid $dir/nginx/pid;
error_log $dir/nginx/error.log;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path $dir/nginx/body;
  proxy_temp_path $dir/nginx/proxy;
  fastcgi_temp_path $dir/nginx/fastcgi;
  uwsgi_temp_path $dir/nginx/uwsgi;
  scgi_temp_path $dir/nginx/scgi;
  upstream ward { server unix:$dir/agent.sock; keepalive 4; }
  server {
    listen 127.0.0.1:$web ssl;
    ssl_certificate $dir/workloads/gateway/svid.pem;
    ssl_certificate_key $dir/workloads/gateway/key.pem;
    ssl_verify_client optional_no_ca;
    ssl_session_tickets off;
    root $dir/www;
    location / {
      auth_request /_ward;
      auth_request_set \$ward_reason \$upstream_http_x_ward_reason;
      add_header X-Ward-Reason \$ward_reason always;
    }
    location = /_ward {
      internal;
      proxy_pass http://ward/auth;
      proxy_http_version 1.1;
      proxy_pass_request_body off;
      proxy_set_header Connection "";
      proxy_set_header Content-Length "";
      proxy_set_header X-Original-Method \$request_method;
      proxy_set_header X-Original-URI \$request_uri;
      proxy_set_header X-Client-Cert \$ssl_client_escaped_cert;
    }
  }
}
NGINX
start nginx "$nginx_program" -c "$dir/nginx.conf" -p "$dir/nginx"

# request NAME: sets `code` and `reason` from one request that NAME makes. A request that comes to nothing leaves no code,
# which whoever compares it reports.
request() {
  : >"$dir/head"
  curl -s --cacert "$dir/bundle.pem" --cert "$dir/workloads/$1/svid.pem" --key "$dir/workloads/$1/key.pem" \
    --resolve "gateway.$td:$web:127.0.0.1" -D "$dir/head" -o "$dir/body" "https://gateway.$td:$web/records/1" || true
  code=$(sed -nE '1s/^HTTP[^ ]* ([0-9]+).*/\1/p' "$dir/head")
  reason=$(sed -nE 's/^X-Ward-Reason: (.*[^\r])\r?$/\1/ip' "$dir/head")
}
answers() {
  request "$1"
  [ "$code" = "$2" ]
}
await "nginx" answers web 200
[ "$(cat "$dir/body")" = 'the first record' ] || fail "web did not get the record"
note "web:   GET /records/1 -> $code   ($reason)"
answers batch 403 || fail "batch was answered $code"
note "batch: GET /records/1 -> $code   ($reason)"

step "6. web is revoked: the next request is denied"
if ! ward --reason "drill" revoke identity "spiffe://$td/web" --receipt "$dir/receipt" >"$dir/revoked"; then
  cat "$dir/revoked"
  fail "the revocation was not acknowledged"
fi
answers web 403 || fail "web was answered $code after its revocation"
sed 's/^/   /' "$dir/revoked"
note "web:   GET /records/1 -> $code   ($reason)"
if "$dir/workloads/web/ward" workload x509 2>/dev/null; then fail "web still gets an SVID"; fi
note "and web gets no new credential"

step "7. It can be proved, offline, with public keys alone"
revision=$(sed -nE 's/^revoked at revision ([0-9]+)$/\1/p' "$dir/revoked")
quietly ward evidence export "$dir/proofs" --revision "$revision"
sleep 1.2 # a checkpoint of each log covers what has happened
mkdir "$dir/logs"
ward evidence copy "$dir"/agent/evidence/*/ "$dir/logs/agent" --keys "$dir/proofs/keys" >/dev/null # a log for each identity of the node; it had one
ward evidence copy "$dir/server/evidence" "$dir/logs/server" --keys "$dir/proofs/keys" >/dev/null
for log in agent server; do
  ward evidence verify "$dir/logs/$log" --keys "$dir/proofs/keys" --journal "$dir/proofs" >"$dir/verified" || fail "the log of the $log does not verify"
  sed 's/^/   /' "$dir/verified"
done
ward evidence verify-revocation "$dir/receipt" --logs "$dir/logs" --keys "$dir/proofs/keys" --proofs "$dir/proofs" >"$dir/report" ||
  { cat "$dir/report"; fail "the receipt is not borne out"; }
sed 's/^/   /' "$dir/report"

step "8. One byte of the log is changed, and it is found"
victim=$(find "$dir/logs/agent/tile/entries" -type f | sort | head -1)
[ -n "$victim" ] || fail "the agent's log has no entries"
size=$(stat -c %s "$victim")
offset=$((size / 2))
byte=$(od -An -tu1 -j "$offset" -N 1 "$victim")
printf "\\x$(printf %02x $((byte ^ 1)))" | dd of="$victim" bs=1 seek="$offset" conv=notrunc status=none
if ward evidence verify "$dir/logs/agent" --keys "$dir/proofs/keys" >/dev/null 2>"$dir/tampered"; then fail "the change was not found"; fi
note "$(cat "$dir/tampered")"

step "The main job is done."
