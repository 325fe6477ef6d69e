# shellcheck shell=bash
# The pages of operators: their login, alerts, and Grafana, the only image that comes from a registry.

readonly GRAFANA_PULL_SECONDS=300
readonly NO_GRAFANA_FILE="$STATE_DIR/no-grafana"      # exists while Grafana is left out
readonly GRAFANA_FILE="$STATE_DIR/grafana-not-pulled" # holds the name of the image that could not be pulled

# Start Grafana with the rest if its image is here or can be pulled; else leave it out. Everything else runs without it.
choose_grafana() {
  local image
  if [[ "$(configured GRAFANA)" == off ]]; then
    say "Grafana: disabled by GRAFANA=off. Alerts and /prometheus/ work without it."
    leave_out_grafana
    quietly compose --profile grafana rm --stop --force grafana
    return 0
  fi
  image="$(compose --profile grafana config --images grafana | grep -v "^$(image_registry)/")"
  if docker image inspect "$image" >/dev/null 2>&1 || pull_grafana "$image"; then
    take_in_grafana
  elif docker image inspect "${image%@*}" >/dev/null 2>&1; then
    # An image from `docker load` has no digest.
    export GRAFANA_IMAGE="${image%@*}"
    take_in_grafana
  else
    leave_out_grafana
    say "Grafana: left out, because $image is not on this machine and cannot be pulled. Alerts and /prometheus/ work without it."
    say "    The pull is retried after one day; docker pull $image retries it now. GRAFANA=off in .env disables Grafana."
  fi
}

# For plain Compose the file gets the name that Compose reads by itself, unless the operator has a file of that name.
leave_out_grafana() {
  mkdir -p "$STATE_DIR"
  touch "$NO_GRAFANA_FILE"
  if [[ ! -e "$ROOT/compose.override.yaml" ]] || override_is_ours; then
    cp "$ROOT/compose.no-grafana.yaml" "$ROOT/compose.override.yaml"
  fi
}

take_in_grafana() {
  rm -f "$NO_GRAFANA_FILE"
  if override_is_ours; then rm -f "$ROOT/compose.override.yaml"; fi
}

# True if the file is a copy, perhaps of another version, of compose.no-grafana.yaml.
override_is_ours() { head -n 1 "$ROOT/compose.override.yaml" 2>/dev/null | grep -q '^# Leaves Grafana out'; }

# Pull the image. A registry that is out of reach costs minutes, so a failure is remembered for one day.
pull_grafana() {
  if [[ -n "$(find "$GRAFANA_FILE" -mmin -1440 2>/dev/null)" && "$(cat "$GRAFANA_FILE")" == "$1" ]]; then return 1; fi
  step "Grafana: pulling $1"
  timeout "$GRAFANA_PULL_SECONDS" docker pull --quiet "$1" >/dev/null 2>&1 && return 0
  printf '%s\n' "$1" >"$GRAFANA_FILE"
  return 1
}

# Print the login of /grafana/, /prometheus/, /alertmanager/, /flower/ and /runbooks/ as `user:password`.
stack_operator() {
  printf 'operator:'
  compose --profile operator run --rm --no-deps -T --entrypoint cat operator /run/secrets/decalogo/login-password
}

embedded_operator() { fail "the embedded form has no pages for operators; the containers have them"; }

# Print the alerts that are firing, without silenced and inhibited ones; or send one alert as a test.
stack_alerts() {
  local found
  case "$*" in
    "")
      found="$(alertmanager_tool alert query --output=extended)"
      if [[ "$(wc -l <<<"$found")" -gt 1 ]]; then printf '%s\n' "$found"; else say "No alert is firing."; fi
      ;;
    test) send_test_alert ;;
    *) fail "alerts takes nothing, or test" ;;
  esac
}

# amtool logs a warning about its parser of labels; messages of the commands remain.
alertmanager_tool() {
  compose exec -T alertmanager amtool --alertmanager.url=http://127.0.0.1:9093/alertmanager "$@" 2> >(grep -v 'moving to a new parser' >&2)
}

# Send an alert, and wait until Alertmanager has delivered it to each receiver, or failed to.
send_test_alert() {
  local deadline=$((SECONDS + 180)) name receiver
  local -A before=()
  need_running_stack
  alerts_have_a_receiver >/dev/null || fail "no receiver is configured: docs/how-to/send-alerts.md"
  for receiver in $(alert_receivers); do before[$receiver]="$(deliveries "$receiver")"; done
  name="TestAlert-$(date +%s)" # alerts of one name are grouped, and a group waits for its interval
  alertmanager_tool alert add "$name" severity=info --end "$(date --utc --date '+3 minutes' +%FT%TZ)" \
    --annotation summary="This is a test" --annotation description="Sent by ./appliance alerts test. No action is needed."
  say "Sent $name to Alertmanager; it waits for the group delay (ALERT_GROUP_WAIT)."
  for receiver in "${!before[@]}"; do
    await_delivery "$receiver" "${before[$receiver]}" "$deadline"
    say "Delivered by $receiver. Check that it arrived."
  done
}

#   $1: receiver  $2: its deliveries before  $3: deadline in SECONDS
await_delivery() {
  local delivered failed old_delivered old_failed
  read -r old_delivered old_failed <<<"$2"
  while read -r delivered failed < <(deliveries "$1"); do
    ((failed == old_failed)) || fail "the alert could not be delivered by $1: ./appliance logs alertmanager"
    ((delivered == old_delivered)) || return 0
    ((SECONDS < $3)) || fail "Alertmanager has not tried to deliver the alert by $1 within 3 minutes: ./appliance logs alertmanager"
    sleep 1
  done
}

# Print the kinds of configured receivers: email, webhook.
alert_receivers() { alertmanager_tool config show | grep -oE '(email|webhook)_configs' | sed 's/_configs//' | sort -u; }

# Print how many requests to a kind of receiver succeeded and failed. (`notifications_total` also counts what is not delivered yet.)
deliveries() {
  compose exec -T nginx curl --silent --fail --max-time 10 http://alertmanager:9093/alertmanager/metrics |
    awk -v kind="integration=\"$1\"" '
      index($1, kind) && $1 ~ /^alertmanager_notification_requests_total/ { all += $2 }
      index($1, kind) && $1 ~ /^alertmanager_notification_requests_failed_total/ { failed += $2 }
      END { print all - failed, failed + 0 }'
}

embedded_alerts() { fail "the embedded form has no alerts; the containers have them"; }
