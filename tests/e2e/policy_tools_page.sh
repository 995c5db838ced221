#!/usr/bin/env bash
# Runs the examples of docs/policy_tools.md, each of which must give what stands below it: policy_tools_page.sh BIN_DIR
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"

root=$(cd "$(dirname "$0")/../.." && pwd)
cp -r "$root/examples/documents" "$dir/documents"
cd "$dir/documents"
PATH=$(cd "$bin" && pwd):$PATH
command='' expected=''
run() {
  [ -n "$command" ] || return 0
  local got
  got=$(bash -o pipefail -c "${command//\/tmp\/ward-policy-tools/$dir/made}" 2>&1) || fail "exit status $?: $command -> $got"
  got=${got//$dir\/made//tmp/ward-policy-tools}
  [ "$got" = "${expected%$'\n'}" ] || fail "$command: expected <${expected%$'\n'}>, got <$got>"
  checks=$((checks + 1))
  command='' expected=''
}
while IFS= read -r line; do
  case $line in
    '```'*) run ;;
    '$ '*) run; command=${line#\$ } ;;
    *) expected+=$line$'\n' ;;
  esac
done < <(sed -n '/^```console$/,/^```$/p' "$root/docs/policy_tools.md")
[ "$checks" -ge 9 ] || fail "docs/policy_tools.md has $checks examples, expected at least 9"
all_passed
