#!/usr/bin/env bash
# `ward policy corpus` as it is run: what it prints and how it exits, and the counts of the Cedar tests made by others.
# policy_corpus.sh BIN_DIR [CONFORMANCE_DIR]
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"
data=${2:-${WARD_CONFORMANCE_DIR:-$(dirname "$0")/../../../shared/conformance}}/cedar

# prints TEXT COMMAND...: standard output alone, to the letter; exit statuses and messages are for `expect`.
prints() {
  local expected=$1 out
  shift
  out=$("$@" 2>/dev/null) || true
  [ "$out" = "$expected" ] || fail "expected <$expected>, got <$out>: $*"
  checks=$((checks + 1))
}

made=$dir/made
mkdir -p "$made/sub" "$dir/empty"
echo 'entity User; entity Doc; action view appliesTo { principal: User, resource: Doc };' >"$made/s.cedarschema"
echo 'permit(principal == User::"a", action, resource);' >"$made/p.cedar"
echo '[]' >"$made/e.entities.json"
# request USER DECISION REASONS
request() {
  printf '{"description": "", "principal": {"type": "User", "id": "%s"}, "action": {"type": "Action", "id": "view"},
    "resource": {"type": "Doc", "id": "d"}, "context": {}, "decision": "%s", "reason": [%s], "errors": []}' "$@"
}
# test_of REQUESTS
test_of() {
  echo '{"policies": "p.cedar", "entities": "e.entities.json", "schema": "s.cedarschema", "shouldValidate": true, "requests": ['"$1"']}'
}
test_of "$(request a allow '"policy0"'), $(request b deny "")" >"$made/sub/good.json"
prints $'tests 1\nequal 3 different 0 skipped 0' ward policy corpus "$made"
prints '{"tests":1,"equal":3,"different":0,"skipped":0}' ward policy corpus "$made" --output json
prints '{"tests":1,"equal":3,"different":0,"skipped":0}' ward -o json policy corpus "$made"
expect 0 - ward policy corpus "$made"
expect 0 - ward policy corpus "$made" --output text

test_of "$(request a deny '"x\ty\nz"')" >"$made/bad.json"
differs='decision: expected deny, got allow; reason: expected ['
prints "different"$'\t'"bad.json"$'\t'"request:0"$'\t'"$differs"'x\x09y\x0az], got [policy0]
tests 2
equal 4 different 1 skipped 0' ward policy corpus "$made"
prints '{"test":"bad.json","check":"request:0","detail":"'"$differs"'x\ty\nz], got [policy0]"}
{"tests":2,"equal":4,"different":1,"skipped":0}' ward policy corpus "$made" --output json
expect 1 - ward policy corpus "$made"
printf '# known\nbad.json\trequest:0\twrong on purpose\n' >"$dir/skip"
printf 'sub/good.json\t*\ttoo good\nnone.json\t*\tnot there\n' >"$dir/more"
prints $'tests 2\nequal 4 different 0 skipped 1' ward policy corpus "$made" --exclude "$dir/skip"
prints $'tests 2\nequal 1 different 0 skipped 4' ward policy corpus "$made" --exclude "$dir/skip" --exclude "$dir/more"
expect 0 'excluded nothing: .*/more:2: none.json' ward policy corpus "$made" --exclude "$dir/skip" --exclude "$dir/more"

name=$'odd\tname\xff\xe2\x80\xa8.json'
printf '{' >"$made/$name"
expect 1 'different	odd\\x09name\\xff\\xe2\\x80\\xa8\.json	file	' ward policy corpus "$made"
[ "$(ward policy corpus "$made" | wc -l)" = 4 ] || fail "a name breaks a line"
rm "$made/$name"

# Exit status 2: nothing was checked.
expect 2 'DIR is required' ward policy corpus
expect 2 'yaml not in' ward policy corpus "$made" --output yaml
expect 2 'bogus' ward policy corpus "$made" --bogus
expect 2 'not_found' ward policy corpus "$dir/none"
expect 2 'no such file' ward policy corpus "$made" --exclude "$dir/none"
echo 'bad.json request:0' >"$dir/broken"
expect 2 'broken:1: expected PATH' ward policy corpus "$made" --exclude "$dir/broken"
expect 2 'expected at least one' ward policy corpus "$dir/empty"
prints $'tests 0\nequal 0 different 0 skipped 0' ward policy corpus "$dir/empty"
echo '{' >"$dir/empty/a.json"
expect 2 'equal 0 different 1 skipped 0' ward policy corpus "$dir/empty"
expect 1 'DIR is required' ward policy check

if [ ! -d "$data" ]; then
  [ -z "${CI:-}" ] || fail "conformance data is missing: $data"
  echo "CONFORMANCE DATA MISSING, ITS COUNTS ARE SKIPPED: $data"
  all_passed
  exit
fi
# counts NAME EXPECTED DIR
counts() {
  local out
  out=$(ward policy corpus "$3" | tail -2 | tr '\n' ' ') || fail "$1: $out"
  echo "$1: $out"
  [ "$out" = "$2 " ] || fail "$1: expected $2"
  checks=$((checks + 1))
}
mkdir "$dir/corpus"
tar --warning=no-unknown-keyword -xzf "$data/integration-tests/corpus-tests.tar.gz" -C "$dir/corpus"
counts "corpus of Cedar 4.10" 'tests 7809 equal 70281 different 0 skipped 0' "$dir/corpus"
counts "hand-written tests" 'tests 22 equal 96 different 0 skipped 0' "$data/integration-tests"
counts "oopsla" 'tests 4 equal 400 different 0 skipped 0' "$data/oopsla"
all_passed
