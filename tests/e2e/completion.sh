#!/usr/bin/env bash
# What `ward completion` prints, held against the commands and options that `--help` lists: completion.sh BIN_DIR
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"

# Every path of commands, a line each, from the help texts alone.
paths() {
  local sub
  # shellcheck disable=SC2086
  for sub in $(ward $1 --help | awk '/^(Subcommands|Commands):/ { c = 1; next } /^[A-Za-z]+:/ { c = 0 } c && /^  [a-z]/ { print $1 }'); do
    printf '%s\n' "${1:+$1 }$sub"
    paths "${1:+$1 }$sub"
  done
}
# The long options of a path.
options() {
  # shellcheck disable=SC2086
  ward $1 --help | grep -oE '^ +(-[a-z],)?--[a-z0-9-]+' | grep -oE -- '--[a-z0-9-]+' | sort -u
}

paths "" >"$dir/paths"
[ "$(wc -l <"$dir/paths")" -ge 40 ] || fail "help lists $(wc -l <"$dir/paths") commands, expected at least 40"
for shell in bash zsh fish; do
  ward completion "$shell" >"$dir/$shell"
  ! command -v "$shell" >/dev/null || "$shell" -n "$dir/$shell" || fail "completion $shell does not parse"
  checks=$((checks + 1))
done
expect 1 'bash' ward completion csh
expect 0 'table\|json' ward --help

# bash: what is offered after these words.
# shellcheck source=/dev/null
offered() (
  source "$dir/bash"
  COMP_WORDS=(ward "$@")
  COMP_CWORD=$#
  COMPREPLY=()
  _ward
  printf '%s\n' "${COMPREPLY[@]}"
)
while read -r path; do
  parent=${path% *} name=${path##* }
  [ "$parent" != "$path" ] || parent=
  # shellcheck disable=SC2086
  grep -qx -- "$name" <<<"$(offered $parent "")" || fail "bash does not offer \`$name\` after \`ward $parent\`"
  # shellcheck disable=SC2086
  [ "$(options "$path" | grep -vxF -f <(offered $path "--" | sort))" = "" ] || fail "bash lacks options of \`ward $path\`"
  grep -qF "(\" $path\")" "$dir/zsh" || fail "zsh does not know \`$path\`"
  grep -qE "^complete -c ward -n '__ward_at \"$parent\"' -a $name -d " "$dir/fish" || fail "fish does not know \`$path\`"
  for option in $(options "$path"); do
    grep -qF "'$option:" <<<"$(sed -n "/(\" $path\")/,/;;/p" "$dir/zsh")" || fail "zsh lacks $option of \`$path\`"
    grep -qE "^complete -c ward( -n '__ward_at \"$path\"')? (-s [a-z] )?-l ${option#--} " "$dir/fish" || fail "fish lacks $option of \`$path\`"
  done
  checks=$((checks + 1))
done <"$dir/paths"

# A value is no command, and a command's name that is a value leads nowhere.
[ "$(offered --output "")" = $'table\njson' ] || fail "bash does not know the values of --output: $(offered --output "")"
[ "$(offered policy corpus --output "")" = $'text\njson' ] || fail "bash does not know the values of a command's own --output: $(offered policy corpus --output "")"
[ "$(offered policy check --output "")" = $'table\njson' ] || fail "bash does not know the values of the program's --output"
[ "$(offered --reason identity --output j)" = json ] || fail "bash takes a value for a command"
grep -qx status <<<"$(offered --reason identity "")" || fail "bash takes the value of --reason for a command"
grep -qx put <<<"$(offered --output json identity "")" || fail "bash loses its way after an option"
[ "$(offered completion z)" = zsh ] || fail "bash does not know the shells"
checks=$((checks + 7))
all_passed
