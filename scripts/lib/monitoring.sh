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

alertmanager_tool() { compose exec -T alertmanager amtool --alertmanager.url=http://127.0.0.1:9093/alertmanager "$@"; }

# Send an alert to the receivers and wait until Alertmanager has delivered it, or failed to.
send_test_alert() {
  local deadline=$((SECONDS + 180)) sent failed name
  need_running_stack
  alerts_have_a_receiver >/dev/null || fail "no receiver is configured: docs/how-to/send-alerts.md"
  sent="$(notifications total)" failed="$(notifications failed_total)"
  name="TestAlert-$(date +%s)" # alerts of one name are grouped, and a group waits for its interval
  alertmanager_tool alert add "$name" severity=info --end "$(date --utc --date '+3 minutes' +%FT%TZ)" \
    --annotation summary="This is a test" --annotation description="Sent by ./appliance alerts test. No action is needed."
  say "Sent $name to Alertmanager; it waits for the group delay (ALERT_GROUP_WAIT)."
  while [[ "$(notifications total)" == "$sent" && "$(notifications failed_total)" == "$failed" ]]; do
    ((SECONDS < deadline)) || fail "Alertmanager has not tried to deliver the alert within 3 minutes: ./appliance logs alertmanager"
    sleep 1
  done
  [[ "$(notifications failed_total)" == "$failed" ]] || fail "the alert could not be delivered: ./appliance logs alertmanager"
  say "Delivered. Check that it arrived."
}

# Print a counter of Alertmanager, summed over its receivers.
notifications() {
  compose exec -T nginx curl --silent --fail --max-time 10 http://alertmanager:9093/alertmanager/metrics |
    awk -v name="alertmanager_notifications_$1" 'index($1, name "{") == 1 { sum += $2 } END { print sum + 0 }'
}

embedded_alerts() { fail "the embedded form has no alerts; the containers have them"; }
