#!/usr/bin/env bash
# The commands below `ward policy` that work on files alone: policy_tools.sh BIN_DIR
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"

cd "$dir"
mkdir good none
cat >s.cedarschema <<'CEDAR'
entity User { boss?: User, level: Long };
entity Doc { owner: User };
action view appliesTo { principal: User, resource: Doc };
CEDAR
echo 'permit(principal, action == Action::"view", resource) when { resource.owner == principal };' >good/a.cedar
echo '@id("low") forbid(principal, action, resource) when { resource.owner.level < 3 };' >good/b.cedar

# validate: all that is wrong, in the order of the text, with the line and a caret.
says 0 'valid: 2 policies, 0 errors, 0 warnings' ward policy validate good --schema s.cedarschema
says 0 '[]' ward policy validate good --schema s.cedarschema -o json
expect 0 'valid: 1 policies' ward policy validate --level 1 good/a.cedar --schema s.cedarschema
expect 3 'good/b.cedar:1:55: error: low: EntityDerefLevelViolation' ward policy validate --level 1 good --schema s.cedarschema
printf 'permit(principal, action, resource)\n\twhen { principal.bos.level > 1 };\npermit(principal is Usr, action, resource);' >bad.cedar
says 3 'bad.cedar:2:9: error: policy0: UnsafeAttributeAccess: `User` has no attribute `bos`; did you mean `boss`?
	when { principal.bos.level > 1 };
	       ^^^^^^^^^^^^^
bad.cedar:3:1: error: policy1: InvalidActionApplication: no action of the scope applies to a principal and a resource of the scope
permit(principal is Usr, action, resource);
^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
bad.cedar:3:8: error: policy1: UnrecognizedEntityType: entity type `Usr` is not declared; did you mean `User`?
permit(principal is Usr, action, resource);
       ^^^^^^^^^^^^^^^^
not valid: 2 policies, 3 errors, 0 warnings' ward policy validate bad.cedar --schema s.cedarschema
expect 3 '^\[\{"severity":"error","file":"bad.cedar","line":2,"column":9,"end_line":2,"end_column":22,"policy":"policy0","kind":"UnsafeAttributeAccess","message":"[^"]*"\},\{"severity":"error","file":"bad.cedar","line":3,' \
  ward policy validate bad.cedar --schema s.cedarschema -o json
expect 3 '<stdin>:2:9: error: policy0' ward policy validate - --schema s.cedarschema <bad.cedar
expect 0 'valid: 2 policies' ward policy validate good --schema - <s.cedarschema
echo 'permit(principal, action, resource) when { principal.level == "a" };' >mixed.cedar
expect 3 'mixed.cedar:1:44: error: policy0: IncompatibleTypes' ward policy validate mixed.cedar --schema s.cedarschema
expect 0 'valid: 1 policies' ward policy validate mixed.cedar --schema s.cedarschema --mode permissive

# What cannot be read is said for each file; the others are looked at still.
echo 'permit(principal,, action, resource);' >broken.cedar
says 1 'broken.cedar:1:18: error: unexpected `,`: expected `action`: a scope is (principal, action, resource), in that order
permit(principal,, action, resource);
                 ^
mixed.cedar:1:44: error: policy0: IncompatibleTypes: what is compared must be of one type, got `Long` and `String`
permit(principal, action, resource) when { principal.level == "a" };
                                           ^^^^^^^^^^^^^^^^^^^^^^' ward policy validate broken.cedar mixed.cedar --schema s.cedarschema
expect 1 '^\[\{"severity":"error","file":"broken.cedar","line":1,"column":18,.*"message":"unexpected' ward policy validate broken.cedar --schema s.cedarschema -o json
printf '{"staticPolicies": {},\n"templates" {}}' >broken.json
expect 1 'broken.json:2:13: error: expected `:`' ward policy validate broken.json --schema s.cedarschema
echo '{"staticPolicies": {}, "templates": {}, "templateLink": []}' >typo.json
expect 1 'typo.json: error: .templateLink. is not known, did you mean .templateLinks.' ward policy validate typo.json --schema s.cedarschema
printf 'permit(principal, action, resource); // \xff' >bytes.cedar
expect 1 'bytes.cedar:1:41: .*UTF-8' ward policy validate bytes.cedar --schema s.cedarschema
printf '@id("a") permit(principal, action, resource);\n@id("a") forbid(principal, action, resource);' >twice.cedar
expect 1 'twice.cedar:2:1: error: .*`a`' ward policy validate twice.cedar --schema s.cedarschema
echo '@id permit(principal, action, resource);' >unnamed.cedar
expect 1 'unnamed.cedar:1:1: error: expected an id in @id' ward policy validate unnamed.cedar --schema s.cedarschema
echo 'entity User; entity User;' >twice.cedarschema
expect 1 'twice.cedarschema' ward policy validate good --schema twice.cedarschema
expect 1 'bad.cedar:1:1: error: unexpected .permit.: expected .entity.' ward policy validate good --schema bad.cedar
expect 1 'none.cedar.: no such file' ward policy validate none.cedar --schema s.cedarschema
expect 1 'none.cedarschema.: no such file' ward policy validate good --schema none.cedarschema
expect 1 'expected a directory with \*.cedar' ward policy validate none --schema s.cedarschema
expect 1 'expected `-` once' ward policy validate - --schema - <s.cedarschema
expect 1 'mode: lax not in' ward policy validate mixed.cedar --schema s.cedarschema --mode lax
expect 1 'level' ward policy validate mixed.cedar --schema s.cedarschema --level few
expect 1 'level' ward policy validate mixed.cedar --schema s.cedarschema --level -1
expect 1 'schema is required' ward policy validate mixed.cedar
expect 1 'PATH is required' ward policy validate --schema s.cedarschema

# translate: there and back, all means the same; ids that text cannot have by position become @id.
cat good/a.cedar good/b.cedar >both.cedar
for i in 2 3 4 5 6 7 8 9 10 11; do echo "permit(principal, action, resource == Doc::\"d$i\");" >>both.cedar; done
ward policy format both.cedar --width 100 >/dev/null
ward policy translate both.cedar >both.json
ward policy translate both.json >back.cedar
ward policy translate back.cedar | diff both.json - || fail "policies changed on the way to JSON and back"
grep -q '"policy10":' both.json && grep -q '"low":' both.json || fail "ids are lost: $(cat both.json)"
expect 0 'valid: 12 policies' ward policy validate both.json --schema s.cedarschema
sed 's/^@id("low")$/&/' both.cedar | ward policy translate - | diff both.json - || fail "standard input is another text"
echo '{"effect": "permit", "principal": {"op": "All"}, "action": {"op": "All"}, "resource": {"op": "All"}, "conditions": []}' >one.json
says 0 'permit (principal, action, resource);' ward policy translate one.json
says 0 'permit (principal, action, resource);' ward policy translate - <one.json
ward policy translate s.cedarschema >s.json
ward policy translate --schema s.json >again.cedarschema
ward policy translate again.cedarschema | diff s.json - || fail "the schema changed on the way to text and back"
expect 0 'valid: 2 policies' ward policy validate good --schema s.json
expect 0 'valid: 2 policies' ward policy validate good --schema - <s.json
cat >links.json <<'JSON'
{"staticPolicies": {}, "templates": {"t": {"effect": "permit", "principal": {"op": "==", "slot": "?principal"}, "action": {"op": "All"},
 "resource": {"op": "All"}, "conditions": []}}, "templateLinks": [{"templateId": "t", "newId": "l", "values": {"?principal": {"type": "User", "id": "a"}}}]}
JSON
expect 0 'valid: 2 policies' ward policy validate links.json --schema s.cedarschema
expect 1 '`l` links the template `t`' ward policy translate links.json
sed 's/"templateLinks": .*/"templateLinks": []}/' links.json >template.json
says 0 '@id("t")
permit (
  principal == ?principal,
  action,
  resource
);' ward policy translate template.json
expect 1 'broken.cedar:1:18: error' ward policy translate broken.cedar
expect 1 'typo.json: error: .templateLink' ward policy translate typo.json
expect 1 'both.json: error' ward policy translate --schema both.json
expect 1 'FILE is required' ward policy translate
expect 1 'no such file' ward policy translate none.json

# ask and explain: a request from files alone; 0 is allow, 2 is deny.
cat >docs.cedar <<'CEDAR'
@id("owner") @reason("owners may") permit (principal, action, resource) when { resource.owner == principal };
@id("stop") forbid (principal == User::"mallory", action, resource);
permit (principal, action == Action::"view", resource) when { principal has boss && principal.boss.level > 3 };
CEDAR
cat >e.json <<'JSON'
[{"uid": {"type": "User", "id": "ann"}, "attrs": {"level": 1, "boss": {"__entity": {"type": "User", "id": "bob"}}}, "parents": []},
 {"uid": {"type": "User", "id": "bob"}, "attrs": {"level": 2}, "parents": []},
 {"uid": {"type": "Doc", "id": "d"}, "attrs": {"owner": {"__entity": {"type": "User", "id": "bob"}}}, "parents": []}]
JSON
asked() { echo "{\"principal\": \"User::\\\"$1\\\"\", \"action\": {\"type\": \"Action\", \"id\": \"view\"}, \"resource\": \"Doc::\\\"d\\\"\"}"; }
asked bob >bob.json
asked ann >ann.json
with="--policies docs.cedar --entities e.json"
# shellcheck disable=SC2086
{
  says 0 $'allow\npermitted by `owner` at docs.cedar:1:1\n  @reason: owners may' ward policy ask $with --request bob.json
  says 0 $'allow\npermitted by `owner` at docs.cedar:1:1\n  @reason: owners may' ward policy ask $with --schema s.cedarschema --request - <bob.json
  says 2 'deny' ward policy ask $with --principal User::ann --action Action::view --resource 'Doc::"d"'
  says 2 $'deny\nforbidden by `stop` at docs.cedar:2:1' ward policy ask $with --principal User::mallory --action Action::view --resource Doc::d
  says 2 'deny: not-permitted
`owner` at docs.cedar:1:1 would permit, but `resource.owner == principal` at docs.cedar:1:80 does not hold: `resource.owner` is User::"bob", `principal` is User::"ann"
@id("owner") @reason("owners may") permit (principal, action, resource) when { resource.owner == principal };
                                                                               ^^^^^^^^^^^^^^^^^^^^^^^^^^^
`policy2` at docs.cedar:3:1 would permit, but `principal.boss.level > 3` at docs.cedar:3:85 does not hold: `principal.boss.level` is 2
permit (principal, action == Action::"view", resource) when { principal has boss && principal.boss.level > 3 };
                                                                                    ^^^^^^^^^^^^^^^^^^^^^^^^' ward policy explain $with --request ann.json
  says 2 $'deny: forbidden\nforbidden by `stop` at docs.cedar:2:1' ward policy explain $with --principal User::mallory --action Action::edit --resource Doc::d
  expect 0 '^allow: allowed' ward policy explain $with --request bob.json
  expect 0 '^\{"decision":"allow","reasons":\[\{"policy":"owner","effect":"permit","file":"docs.cedar","line":1,.*"annotations":\{"id":"owner","reason":"owners may"\}\}\],"errors":\[\]\}$' \
    ward policy ask $with --request bob.json -o json
  expect 2 '"cause":"not-permitted","nearest":.*"clause":\{"verdict":"false","in_scope":false,"text":"principal.boss.level > 3","file":"docs.cedar","line":3,"column":85,.*"reads":\[\{"text":"principal.boss.level","value":"2"\}\]\}\}\],"nearest_omitted":0\}$' \
    ward policy explain $with --request ann.json -o json
  expect 2 'no permit has a scope that holds; the nearest:' ward policy explain --policies <(echo 'permit (principal, action == Action::"edit", resource);') --request ann.json
  expect 0 '^allow' ward policy ask --policies docs.cedar --policies good/a.cedar --entities e.json --request bob.json
  expect 2 'forbidden by .low. at both.json#/staticPolicies/low:1:1' ward policy ask --policies both.json --entities e.json --request bob.json

  # Bad input.
  expect 1 'policies is required' ward policy ask --request bob.json
  expect 1 '[-]-principal is missing' ward policy ask $with
  expect 1 '[-]-resource is missing' ward policy ask $with --principal User::ann --action Action::view
  expect 1 'expected --request alone' ward policy ask $with --request bob.json --principal User::ann
  expect 1 '[-]-principal: expected TYPE::' ward policy ask $with --principal ann --action Action::view --resource Doc::d
  expect 1 '\-\-context: .*line 1' ward policy ask $with --principal User::ann --action Action::view --resource Doc::d --context '{'
  expect 1 'no such file' ward policy ask $with --principal User::ann --action Action::view --resource Doc::d --context none.json
  expect 1 'no such file' ward policy ask --policies docs.cedar --entities none.json --request bob.json
  expect 1 'no such file' ward policy explain $with --request none.json
  expect 1 'broken.cedar:1:18: error' ward policy ask --policies broken.cedar --request bob.json
  expect 1 'there is already a policy or template .owner.' ward policy ask --policies docs.cedar --policies <(echo '@id("owner") permit(principal, action, resource);') --request bob.json
  expect 1 'expected one request, got 2' ward policy ask $with --request <(echo "[$(cat bob.json), $(cat bob.json)]")
  sed 's/}$/, "contxt": {}}/' bob.json >typo_request.json
  expect 1 'typo_request.json: error: .contxt. is not known, did you mean .context.' ward policy ask $with --request typo_request.json
  expect 1 'Doc' ward policy ask $with --schema s.cedarschema --principal Doc::d --action Action::view --resource Doc::d
  expect 1 'e.json: error: ' ward policy ask $with --schema <(echo 'entity User, Doc;') --request bob.json
}

# link: templates filled by a file of links, or one by flags; a set as JSON, which the others read.
echo '@id("read") permit(principal in ?principal, action == Action::"view", resource in ?resource);' >template.cedar
echo '[{"template_id": "read", "link_id": "a", "args": {"?principal": "Team::\"x\"", "?resource": {"type": "Doc", "id": "d"}}}]' >links.json
ward policy link --policies template.cedar --links links.json >linked.json
expect 0 'permitted by .a. at linked.json' ward policy ask --policies linked.json --principal Team::x --action Action::view --resource Doc::d
expect 2 'deny' ward policy ask --policies linked.json --principal Team::y --action Action::view --resource Doc::d
one=(--template-id read --link-id b --principal 'Team::"y"' --resource Doc::d)
ward policy link --policies linked.json "${one[@]}" >both.json
for team in x y; do expect 0 'allow' ward policy ask --policies both.json --principal Team::$team --action Action::view --resource Doc::d; done
says 0 '[
  {
    "template_id": "read",
    "link_id": "b",
    "args": {
      "?principal": "Team::\"y\"",
      "?resource": "Doc::\"d\""
    }
  }
]' ward policy link --policies template.cedar "${one[@]}" --form links
ward policy link --policies template.cedar "${one[@]}" --form links >links2.json
ward policy link --policies template.cedar --links links2.json >again.json
expect 0 'permitted by .b.' ward policy ask --policies again.json --principal Team::y --action Action::view --resource Doc::d
expect 1 'already a policy or template .b.' ward policy link --policies both.json --links links2.json
expect 1 'no value is given for .[?]resource.' ward policy link --policies template.cedar --template-id read --link-id b --principal Team::y
expect 1 'there is no template .raed.' ward policy link --policies template.cedar --template-id raed --link-id b --principal Team::y
expect 1 'expected --links, or --template-id and --link-id' ward policy link --policies template.cedar
expect 1 'expected --template-id and --link-id together' ward policy link --policies template.cedar --template-id read
expect 1 'expected --template-id and --link-id with --principal' ward policy link --policies template.cedar --principal Team::y
expect 1 'links.json' ward policy link --policies template.cedar --links nolinks.json
expect 1 '.\[0\].link_id. is missing' ward policy link --policies template.cedar --links - <<<'[{"template_id": "read"}]'
expect 1 'expected an array of links' ward policy link --policies template.cedar --links - <<<'{}'
expect 1 'form' ward policy link --policies template.cedar "${one[@]}" --form sets

# format: in place, or from standard input to standard output.
printf 'permit(principal,action,resource)when{true}; // all\n' >ugly.cedar
says 1 'would change ugly.cedar' ward policy format --check ugly.cedar
says 0 'permit (principal, action, resource)
when { true }; // all' ward policy format - <ugly.cedar
expect 1 - ward policy format --check - <ugly.cedar
says 0 'formatted ugly.cedar' ward policy format ugly.cedar
says 0 '' ward policy format ugly.cedar
expect 0 - ward policy format --check - <ugly.cedar
says 0 '' ward policy format --check ugly.cedar
ward policy format --indent 4 --width 20 - <ugly.cedar | grep -q '^    principal,$' || fail "--indent and --width change nothing"
expect 1 'broken.cedar:1:18: error' ward policy format broken.cedar
# Its exit status is checked above; here it is what it says.
{ ward policy format broken.cedar 2>&1 || true; } | grep -qx '                 ^' || fail "no caret"
expect 1 '<stdin>:1:18: error' ward policy format - <broken.cedar
expect 1 'expected `-` alone' ward policy format - ugly.cedar <ugly.cedar
expect 1 'width' ward policy format --width 5 ugly.cedar
expect 1 'PATH is required' ward policy format
expect 1 'expected a directory with \*.cedar' ward policy format none

# check: the first fault of a set with its line.
mkdir set
cp good/a.cedar bad.cedar set
sed -i 's/^permit/@id("x") &/' set/a.cedar
expect 0 'ok: ' ward policy check set
cp s.cedarschema set
echo '[{"uid": {"type": "Action", "id": "view"}}]' >set/actions.json
says 3 'bad.cedar:2:9: error: UnsafeAttributeAccess: `User` has no attribute `bos`; did you mean `boss`?
	when { principal.bos.level > 1 };
	       ^' ward policy check set
expect 3 '^\[\{"severity":"error","file":"bad.cedar","line":2,"column":9,' ward policy check set -o json
echo '[' >set/actions.json
expect 3 'actions.json:2:1: error' ward policy check set
checks=$((checks + 6))
all_passed
