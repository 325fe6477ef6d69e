# shellcheck shell=bash
# Remote workers: the gateway (compose.hosts.yaml) and one join token per host. The service `setup` keeps the list of hosts.

stack_hosts() {
  case "${1:-}" in
    on) start_gateway ;;
    off)
      stop_gateway
      say "The remote-worker gateway is stopped. Joined hosts retry until ./appliance hosts on."
      ;;
    *) fail "hosts takes on or off" ;;
  esac
}

start_gateway() {
  need_running_stack
  touch "$HOSTS_FILE"
  if ! compose up --detach --no-deps --wait --wait-timeout "$STACK_WAIT_SECONDS" hosts >&2; then
    compose logs --no-log-prefix --tail 20 hosts >&2
    # Left enabled, it would make the next `up` fail too.
    stop_gateway
    fail "the remote-worker gateway did not start, for the reason above; it stays disabled"
  fi
  say "The remote-worker gateway runs: port $(gateway_port 7443) (documents) and port $(gateway_port 6380) (Redis), both TLS. Allow only your hosts to reach them."
}

stop_gateway() {
  if [[ -e "$HOSTS_FILE" ]]; then
    compose rm --stop --force hosts >&2
    # A later `down` would not know this network any more.
    docker network rm "$(project_name)_hosts" >/dev/null 2>&1 || true
  fi
  rm -f "$HOSTS_FILE"
}

gateway_port() {
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
  local name address line
  parse_options join-token "address=" "$@"
  expect_arguments "join-token takes one name" 0 1
  name="${ARGUMENTS[0]:-host-$(od -An -N2 -tx1 /dev/urandom | tr -d ' \n')}"
  address="$(option address)"
  address="${address:-$(configured HOSTS_ADDRESS)}"
  address="${address:-$(hostname -I | cut -d' ' -f1)}"
  [[ -e "$HOSTS_FILE" ]] || start_gateway
  # The one-shot service has no access to the audit log.
  compose exec -T api decalogo audit record host.add --name "$name" --address "$address" ||
    fail "the audit log cannot be written, so no host was added"
  line="$(setup_hosts add "$name" --address "$address" --port "$(gateway_port 7443)" --redis-port "$(gateway_port 6380)")"
  compose exec -T redis reload-users >/dev/null
  say "Join line for the host $name, which must reach this one as $address (--address changes that). On that host, in a checkout of the"
  say "same version, run ./appliance join - and paste the line. The line is a secret of that host."
  say ""
  echo "$line"
}

revoke_host() {
  [[ "$1" =~ ^[0-9a-f]{12}$ ]] || fail "join-token revoke takes an id from ./appliance join-token list, not '$1'"
  compose exec -T api decalogo audit record host.revoke --host "$1" ||
    fail "the audit log cannot be written, so no host was revoked"
  setup_hosts revoke "$1" >&2
  compose exec -T redis reload-users >/dev/null
  say "Host $1 is revoked. Its running documents are requeued when their leases expire."
}

setup_hosts() { compose run --rm --no-deps -T setup hosts "$@"; }

embedded_join_token() { embedded_hosts; }
embedded_hosts() { fail "the embedded form serves this machine only; other hosts join the containers (docs/how-to/join-hosts.md)"; }
