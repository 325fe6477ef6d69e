# shellcheck shell=bash
# `./appliance doctor`: the guide's quick-start checklist on the appliance that runs, each item checked by machine.

readonly DOCTOR_SAMPLE="$ROOT/app/tests/data/florencia-2020-2023.pdf"
readonly DOCTOR_COPIES=8
readonly CERTIFICATE_DAYS=14
# What a check ends with that found nothing broken, but something to see to; anything else but 0 is a failure.
readonly SEE_TO=9

doctor() {
  local target=170
  while [[ $# -gt 0 ]]; do
    case "$1" in
      --target) shift && target="${1:-}" ;;
      --target=*) target="${1#--target=}" ;;
      *) fail "doctor: unknown option $1 (see ./appliance help)" ;;
    esac
    shift
  done
  [[ "$target" =~ ^[0-9]+$ ]] || fail "doctor: --target takes documents an hour, not '$target'"
  in_form doctor "$target"
}

stack_doctor() {
  need_running_stack
  begin_examination
  examine "Redis answers, and only with a password" redis_is_guarded
  examine "the image holds the packages of the lock" has_locked_packages compose exec -T api python -
  examine "every service is healthy" services_are_healthy
  examine "the workers answer" compose exec -T worker decalogo workers
  examine "nginx's configuration is valid" compose exec -T nginx nginx -t -q
  examine "the edge answers by HTTPS, and by HTTP with the way there" edge_answers
  examine "the certificate lasts" certificate_lasts
  examine_access "$1" stack_token
  examine "it starts at boot" starts_at_boot
  examine "Prometheus reaches everything it watches" prometheus_reaches_all
  examine "alerts have somebody to go to" alerts_have_a_receiver
  examine "no alert is firing" no_alert_is_firing
  examine "Grafana runs" grafana_runs
  examine "the profile fits the machine" profile_fits
  conclude_examination
}

embedded_doctor() {
  embedded_runs || fail "the appliance does not run: ./appliance up"
  begin_examination
  examine "every process runs and the API is ready" embedded_status
  examine "the environment holds the packages of the lock" has_locked_packages "$VENV/bin/python" -
  examine "the workers answer" embedded run -- workers
  examine_access "$1" embedded_token
  say "Not in this form: nginx, TLS, the start at boot, monitoring and alerts. They belong to the containers."
  conclude_examination
}

# What both forms have: tokens, a document that is judged, and its pace.
examine_access() {
  examine "there are tokens" has_tokens "$2"
  examine "a document that is handed in is judged" in_form decalogo probe "$DOCTOR_SAMPLE" --seconds 120
  examine "it judges $1 documents an hour" in_form decalogo probe "$DOCTOR_SAMPLE" --documents "$DOCTOR_COPIES" --target "$1"
}

begin_examination() { GOOD=0 TO_SEE=0 BROKEN=0; }

# Run a check, and print whether it holds and what it said.
examine() {
  local title="$1" said="" status=0 mark
  shift
  said="$(
    set +e
    "$@" 2>&1
  )" || status=$?
  case "$status" in
    0) mark="ok  " GOOD=$((GOOD + 1)) ;;
    "$SEE_TO") mark="look" TO_SEE=$((TO_SEE + 1)) ;;
    *) mark="FAIL" BROKEN=$((BROKEN + 1)) ;;
  esac
  printf '%s  %s\n' "$mark" "$title"
  [[ -z "$said" ]] || printf '        %s\n' "${said//$'\n'/$'\n        '}"
}

conclude_examination() {
  printf '%s good, %s to see to, %s broken\n' "$GOOD" "$TO_SEE" "$BROKEN"
  [[ "$BROKEN" == 0 ]]
}

redis_is_guarded() {
  local bare
  compose exec -T redis health || return 1
  bare="$(compose exec -T redis redis-cli ping)"
  [[ "$bare" == *NOAUTH* ]] && return 0
  echo "without a password it answers: $bare"
  return 1
}

# Compare what a Python has installed with the lock.
#   $@: a command that runs the program on its standard input
has_locked_packages() {
  { printf 'LOCK = """\n' && grep -E '^[A-Za-z0-9._-]+==' "$ROOT/app/requirements.lock" && printf '"""\n' && cat <<'PYTHON'; } | "$@"
import importlib.metadata, sys

wrong = []
for line in LOCK.split("\n"):
    requirement, _, condition = line.strip(" \\").partition(";")
    if not requirement or condition:
        continue
    name, _, wanted = requirement.strip().partition("==")
    try:
        found = importlib.metadata.version(name.split("[")[0])
    except importlib.metadata.PackageNotFoundError:
        found = "missing"
    if found != wanted:
        wrong.append(f"{name} is {found}, locked is {wanted}")
if wrong:
    sys.exit("\n".join([*wrong, "./appliance up builds it anew"]))
PYTHON
}

services_are_healthy() {
  local unwell
  mapfile -t unwell < <(unhealthy_services compose)
  [[ ${#unwell[@]} -gt 0 ]] || return 0
  compose ps --all --format '{{.Service}} {{.State}} {{.Health}}' "${unwell[@]}"
  echo "./appliance logs SERVICE shows why"
  return 1
}

# Asked from inside, where curl is: a host need not have it.
edge_answers() {
  local said
  said="$(compose exec -T nginx curl -4ksS -w ' %{http_code}' https://localhost:8443/api/v1/ready)" || return 1
  if [[ "$said" != *' 200' ]]; then
    echo "/api/v1/ready: $said"
    return 1
  fi
  said="$(compose exec -T nginx curl -4sS -o /dev/null -w '%{http_code} %{redirect_url}' http://localhost:8080/)"
  [[ "$said" == 30[18]\ https://* ]] && return 0
  echo "HTTP is answered '$said', not with the way to HTTPS"
  return 1
}

certificate_lasts() {
  stack_certificate | compose exec -T api python -c '
import datetime, sys
from cryptography import x509

ends = x509.load_pem_x509_certificate(sys.stdin.buffer.read()).not_valid_after_utc
print(f"until {ends:%Y-%m-%d}")
if ends - datetime.datetime.now(datetime.UTC) < datetime.timedelta(days=int(sys.argv[1])):
    sys.exit("docs/how-to/configure-tls.md")
' "$CERTIFICATE_DAYS"
}

# More than the first admin's: people and programs should each have their own.
#   $1: what runs `token`
has_tokens() {
  local all
  all="$("$1" list)" || return 1
  [[ "$(grep -c 'usable' <<<"$all")" -gt 1 ]] && return 0
  echo "only the first admin's: ./appliance token create NAME makes one for each who hands in"
  return "$SEE_TO"
}

starts_at_boot() {
  if have systemctl && systemctl is-enabled --quiet decalogo.service 2>/dev/null; then return 0; fi
  echo "no unit decalogo.service is enabled: docs/how-to/install.md, 'Start at boot'"
  return "$SEE_TO"
}

prometheus_reaches_all() {
  local away
  away="$(compose exec -T prometheus promtool query instant http://127.0.0.1:9090/prometheus 'up == 0')" || return 1
  [[ -z "$away" ]] && return 0
  printf '%s\n' "$away"
  return 1
}

alerts_have_a_receiver() {
  local known
  known="$(compose exec -T alertmanager amtool --alertmanager.url=http://127.0.0.1:9093/alertmanager config show)" || return 1
  grep -qE 'webhook_configs|email_configs' <<<"$known" && return 0
  echo "none is told: docs/how-to/send-alerts.md"
  return "$SEE_TO"
}

no_alert_is_firing() {
  local firing
  firing="$(stack_alerts 2>/dev/null)" || return 1
  [[ -z "$firing" ]] && return 0
  printf '%s\n' "$firing"
  return "$SEE_TO"
}

grafana_runs() {
  if [[ "$(configured GRAFANA)" == off ]]; then
    echo "left out, as GRAFANA=off says"
    return 0
  fi
  [[ -n "$(compose --profile grafana ps --quiet --status running grafana)" ]] && return 0
  echo "left out: its image is not here and no registry gave it; /prometheus/ and alerts work without it"
  return "$SEE_TO"
}

profile_fits() {
  local name=""
  if [[ -r "$PROFILE_FILE" ]]; then name="$(cat "$PROFILE_FILE")"; fi
  name="${name:-$(fitting_profile)}"
  echo "$name on $(host_size)"
  [[ -z "$(too_large "$name")" ]] && return 0
  echo "$(too_large "$name"); the one that fits: $(fitting_profile)"
  return "$SEE_TO"
}
