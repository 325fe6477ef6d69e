# shellcheck shell=bash
# Settings of the operator: the environment, then `.env`, then a default. `.env` is read by the rules of Docker Compose, so that a value
# means the same to both (the stack scenario `operations` compares them). What this reader does not support is an error with its line.

declare -A DOTENV=()
BASE_IMAGE=""
readonly NAME_PATTERN='[A-Za-z_][A-Za-z0-9_]*'

# Read `.env` into DOTENV. Called once, before any command.
read_dotenv() {
  local file="$ROOT/.env" line number=0
  DOTENV=()
  if [[ -r "$file" ]]; then
    while IFS= read -r line || [[ -n "$line" ]]; do
      number=$((number + 1))
      read_dotenv_line "${line%$'\r'}" || fail ".env, line $number: this cannot be read as NAME=value: ${line%%=*}"
    done <"$file"
  fi
  # shellcheck disable=SC2034 # for the other files
  BASE_IMAGE="$(configured BASE_IMAGE debian:trixie-slim)"
}

# Print a setting.
#   $1: name  $2: default
configured() {
  local value="${DOTENV[$1]:-}"
  [[ -z "${!1+set}" ]] || value="${!1}"
  printf '%s' "${value:-${2:-}}"
}

# Export what `.env` sets, for local processes. Compose reads `.env` by itself.
export_dotenv() {
  local name
  for name in "${!DOTENV[@]}"; do
    [[ -n "${!name+set}" ]] || export "$name=${DOTENV[$name]}"
  done
}

read_dotenv_line() {
  local line="$1" name value EXPANDED=""
  local assignment="^(export[[:space:]]+)?($NAME_PATTERN)[[:space:]]*([=:](.*))?\$"
  local single="^'([^']*)'[[:space:]]*(#.*)?\$" double='^"(([^"\\]|\\.)*)"[[:space:]]*(#.*)?$'
  line="${line#"${line%%[![:space:]]*}"}"
  [[ -n "$line" && "$line" != '#'* ]] || return 0
  [[ "$line" =~ $assignment ]] || return 1
  [[ -n "${BASH_REMATCH[3]}" ]] || return 0 # a name alone: the environment has its value
  name="${BASH_REMATCH[2]}" value="${BASH_REMATCH[4]}"
  value="${value#"${value%%[![:space:]]*}"}"
  if [[ "$value" =~ $single ]]; then
    EXPANDED="${BASH_REMATCH[1]}"
  elif [[ "$value" =~ $double ]]; then
    expand "${BASH_REMATCH[1]}" escapes || return 1
  elif [[ "$value" == [\'\"]* ]]; then
    return 1
  else
    value="${value%%[[:space:]]#*}"
    expand "${value%"${value##*[![:space:]]}"}" || return 1
  fi
  DOTENV[$name]="$EXPANDED"
}

# Set EXPANDED to a text with its variables replaced; fail on a form of them that is not supported.
#   $1: text  $2: not empty where a backslash escapes the character after it
expand() {
  local rest="$1" escapes="${2:-}" result=""
  local simple="^\\\$($NAME_PATTERN)|^\\\$\\{($NAME_PATTERN)\\}"
  local conditional="^\\\$\\{($NAME_PATTERN)(:?[-+])(([^{}]|\\\$\\{$NAME_PATTERN\\})*)\\}"
  while [[ -n "$rest" ]]; do
    if [[ "$rest" =~ ^[^\$\\]+ ]]; then
      result+="${BASH_REMATCH[0]}" rest="${rest:${#BASH_REMATCH[0]}}"
    elif [[ "$rest" == \\* && -n "$escapes" ]]; then
      result+="$(unescaped "${rest:1:1}" && echo .)" # the dot keeps a final line break
      result="${result%.}" rest="${rest:2}"
    elif [[ "$rest" == \\* ]]; then
      result+=\\ rest="${rest:1}"
    elif [[ "$rest" == '$$'* ]]; then
      result+='$' rest="${rest:2}"
    elif [[ "$rest" =~ $simple ]]; then
      rest="${rest:${#BASH_REMATCH[0]}}"
      result+="$(configured "${BASH_REMATCH[1]}${BASH_REMATCH[2]}")"
    elif [[ "$rest" =~ $conditional ]]; then
      rest="${rest:${#BASH_REMATCH[0]}}"
      expand_conditional "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" "${BASH_REMATCH[3]}" || return 1
      result+="$EXPANDED"
    else
      return 1
    fi
  done
  EXPANDED="$result"
}

# Set EXPANDED to the value of ${NAME-text}, ${NAME:-text}, ${NAME+text} or ${NAME:+text}.
expand_conditional() {
  local value is_set=""
  value="$(configured "$1")"
  if [[ "$2" == :* ]]; then is_set="$value"; elif [[ -n "${!1+set}" || -n "${DOTENV[$1]+set}" ]]; then is_set=yes; fi
  case "$2" in
    *-) if [[ -n "$is_set" ]]; then EXPANDED="$value"; else expand "$3"; fi ;;
    *+) if [[ -n "$is_set" ]]; then expand "$3"; else EXPANDED=""; fi ;;
  esac
}

# Print the character that a backslash and this one stand for in double quotes.
unescaped() {
  case "$1" in
    n) printf '\n' ;;
    r) printf '\r' ;;
    t) printf '\t' ;;
    '"' | "'" | \\ | '$') printf '%s' "$1" ;;
    *) printf '\\%s' "$1" ;;
  esac
}
