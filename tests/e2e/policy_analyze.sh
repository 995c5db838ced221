#!/usr/bin/env bash
# `ward policy analyze` as it is run: policy_analyze.sh BIN_DIR
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"

root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$dir"
cat >s.cedarschema <<'CEDAR'
entity Group;
entity User in [Group] { level: Long };
entity Doc { owner: User };
action view, edit appliesTo { principal: User, resource: Doc };
CEDAR
mkdir good
echo 'permit(principal, action == Action::"view", resource) when { resource.owner == principal };' >good/a.cedar
echo '@id("low") forbid(principal, action, resource) when { principal.level < 3 };' >good/b.cedar
echo '@id("edit") permit(principal in Group::"editors", action == Action::"edit", resource);' >good/c.cedar
says 0 '3 policies in 2 environments: 0 errors, 0 warnings, 0 unknown' ward policy analyze good --schema s.cedarschema
says 0 '[]' ward policy analyze good --schema s.cedarschema -o json

# What changes nothing is a warning.
cat >idle.cedar <<'CEDAR'
@id("grown") permit(principal, action == Action::"view", resource) when { principal.level > 5 };
@id("void") permit(principal, action, resource) when { principal.level > 5 && principal.level < 5 };
@id("top") permit(principal, action == Action::"view", resource) when { principal.level > 9 };
CEDAR
says 0 'idle.cedar:3:1: warning: top: Shadowed: `grown` matches whenever it does for User, Action::"view", Doc
@id("top") permit(principal, action == Action::"view", resource) when { principal.level > 9 };
^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
idle.cedar:2:1: warning: void: NeverMatches: it matches no request that the schema allows
@id("void") permit(principal, action, resource) when { principal.level > 5 && principal.level < 5 };
^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
3 policies in 2 environments: 0 errors, 2 warnings, 0 unknown' ward policy analyze idle.cedar --schema s.cedarschema

# What may fail is an error, with a request that shows it.
echo '@id("sum") forbid(principal, action == Action::"edit", resource) when { principal.level + 1 > 3 };' >sum.cedar
expect 3 '^sum.cedar:1:1: error: sum: MayErr: its evaluation fails for some request for User, Action::"edit", Doc$' \
  ward policy analyze sum.cedar --schema s.cedarschema
expect 3 'entity: User::".*" \{"level": 9223372036854775807\}' ward policy analyze sum.cedar --schema s.cedarschema
expect 3 '"kind":"MayErr".*"environment":\{"principal":"User",.*"counterexample":\{"request":\{"principal":\{"type":"User",.*9223372036854775807' \
  ward policy analyze sum.cedar --schema s.cedarschema -o json
# A principal that is not registered has no level.
expect 3 'error: low: MayErr' ward policy analyze good --schema s.cedarschema --missing-entities

# What cannot be analysed is no answer.
echo 'permit(principal, action, resource) when { principal.wage > 3 };' >wrong.cedar
expect 1 'wrong.cedar:1:44: error: .*UnsafeAttributeAccess' ward policy analyze wrong.cedar --schema s.cedarschema
expect 1 'PATH is required' ward policy analyze --schema s.cedarschema
expect 1 'timeout' ward policy analyze good --schema s.cedarschema --timeout 0
echo '@id("low") permit(principal, action, resource);' >same.cedar
expect 1 'same.cedar.*`low`' ward policy analyze good same.cedar --schema s.cedarschema

# The policies that Ward ships, by the schema that Ward ships.
mkdir shipped
cp "$root"/policies/{default.cedar,ward.cedarschema} shipped
expect 0 'valid by the schema' ward policy check shipped
expect 0 'valid: 6 policies, 0 errors, 0 warnings' ward policy validate "$root/policies/guardrails.cedar" --schema "$root/policies/ward.cedarschema"
all_passed
