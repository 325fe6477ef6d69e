# shellcheck shell=bash
# The option parser of every command. A value may follow its option as the next word or after `=`.

declare -A OPTIONS=()
declare -a ARGUMENTS=()

# Set OPTIONS to the options of a command, and ARGUMENTS to its other words. Anything unknown is an error.
#   $1: command, for messages
#   $2: the options that it takes: `yes` is a switch, `port=` needs a value, `f|follow` may be shortened to -f
#   $3…: its words
parse_options() {
  local command="$1" specification name word
  local -A names=() with_value=()
  OPTIONS=() ARGUMENTS=()
  for specification in $2; do
    name="${specification%=}" name="${name#*|}"
    names["--$name"]="$name"
    [[ "$specification" != *"|"* ]] || names["-${specification%%|*}"]="$name"
    [[ "$specification" != *= ]] || with_value["$name"]=yes
  done
  shift 2
  while (($# > 0)); do
    word="$1"
    shift
    if [[ "$word" == -- ]]; then
      ARGUMENTS+=("$@")
      return 0
    elif [[ "$word" != -?* ]]; then
      ARGUMENTS+=("$word")
      continue
    fi
    name="${names[${word%%=*}]:-}"
    [[ -n "$name" ]] || fail "$command: unknown option ${word%%=*} (./appliance help lists all)"
    if [[ -z "${with_value[$name]:-}" ]]; then
      [[ "$word" != *=* ]] || fail "$command: ${word%%=*} takes no value"
      OPTIONS[$name]=yes
    elif [[ "$word" == *=* ]]; then
      OPTIONS[$name]="${word#*=}"
    else
      (($# > 0)) || fail "$command: $word needs a value"
      OPTIONS[$name]="$1"
      shift
    fi
    [[ -n "${OPTIONS[$name]}" ]] || fail "$command: ${word%%=*} needs a value"
  done
}

# Print the value of an option of the command, or nothing.
option() { printf '%s' "${OPTIONS[$1]:-}"; }

# Fail unless the command has between $2 and $3 words that are not options.
#   $1: command and what it takes, for the message
expect_arguments() {
  ((${#ARGUMENTS[@]} >= $2 && ${#ARGUMENTS[@]} <= $3)) || fail "$1"
}
