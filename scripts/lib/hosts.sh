# shellcheck shell=bash
# Other hosts that may join: the door (compose.hosts.yaml), and a token for each. The registry is written by the one-shot `setup`.

stack_hosts() {
  case "${1:-}" in
    on) open_door ;;
    off)
      close_door
      say "No other host reaches this one now; those that joined wait until ./appliance hosts on."
      ;;
    *) fail "hosts takes on or off" ;;
  esac
}

open_door() {
  need_running_stack
  touch "$HOSTS_FILE"
  if ! compose up --detach --no-deps --wait --wait-timeout 60 hosts >&2; then
    compose logs --no-log-prefix --tail 20 hosts >&2
    # Left as it is, the next `up` would fail for it.
    close_door
    fail "the door for other hosts did not open, for the reason above; it is closed again"
  fi
  say "Open to hosts with a token: port $(door_port 7443) (documents) and port $(door_port 6380) (Redis), both TLS. Let only your hosts reach them."
}

close_door() {
  if [[ -e "$HOSTS_FILE" ]]; then
    compose rm --stop --force hosts >&2
    # Its network, which a later `down` would not know any more.
    docker network rm "$(compose config | sed -n 's/^name: //p')_hosts" >/dev/null 2>&1 || true
  fi
  rm -f "$HOSTS_FILE"
}

door_port() {
  local published
  published="$(compose port hosts "$1")"
  echo "${published##*:}"
}

stack_join_token() {
  case "${1:-}" in
    list) setup_hosts list ;;
    revoke) revoke_host "${2:-}" ;;
    *) new_join_token "$@" ;;
  esac
}

new_join_token() {
  local name="" address line
  address="$(configured HOSTS_ADDRESS)"
  while [[ $# -gt 0 ]]; do
    case "$1" in
      --address) shift && address="${1:?join-token: --address takes a name or an address}" ;;
      --address=*) address="${1#--address=}" ;;
      -*) fail "join-token: unknown option $1 (see ./appliance help)" ;;
      *) name="$1" ;;
    esac
    shift
  done
  name="${name:-host-$(od -An -N2 -tx1 /dev/urandom | tr -d ' \n')}"
  address="${address:-$(hostname -I | cut -d' ' -f1)}"
  [[ -e "$HOSTS_FILE" ]] || open_door
  line="$(setup_hosts add "$name" --address "$address" --port "$(door_port 7443)" --redis-port "$(door_port 6380)")"
  compose exec -T redis reload-users >/dev/null
  say "For host $name, which must reach this one as $address (--address NAME for another). On it, in a checkout of the same version,"
  say "./appliance join - asks for this line, which is that host's secret:"
  say ""
  echo "$line"
}

revoke_host() {
  [[ "$1" =~ ^[0-9a-f]{12}$ ]] || fail "join-token revoke takes an id of ./appliance join-token list, not '$1'"
  setup_hosts revoke "$1" >&2
  compose exec -T redis reload-users >/dev/null
  say "Host $1 is out; what its workers had in work is done by others when its leases end."
}

setup_hosts() { compose run --rm --no-deps -T setup hosts "$@"; }

embedded_join_token() { embedded_hosts; }
embedded_hosts() { fail "the embedded form serves this machine only; other hosts join the container form (docs/how-to/join-hosts.md)"; }
