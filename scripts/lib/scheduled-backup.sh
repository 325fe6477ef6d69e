# shellcheck shell=bash
# `backup FILE` and `backup --every day --keep 7`: backups now, and by cron or systemd. Each scheduled backup is read back and checked.

readonly BACKUP_SCHEDULE="$STATE_DIR/backup-schedule" # three lines: day or week, number to keep, folder
readonly BACKUP_STATUS="$STATE_DIR/backup-status"     # time of the last scheduled backup that was good, Unix seconds
readonly UNIT_DIR="${UNIT_DIR:-/etc/systemd/system}"

backup() {
  local every
  parse_options backup "every= keep= to= scheduled" "$@"
  every="$(option every)"
  if [[ -n "$(option scheduled)" ]]; then
    scheduled_backup
  elif [[ -z "$every" ]]; then
    [[ -z "$(option keep)$(option to)" ]] || fail "backup: --keep and --to belong to --every"
    in_form backup "${ARGUMENTS[@]}"
  elif [[ "$every" == off ]]; then
    unschedule_backup
    rm -f "$BACKUP_SCHEDULE"
    say "No backup is scheduled any more. The files stay."
  else
    schedule_backup "$every" "$(option keep)" "$(option to)"
  fi
}

# Print the name of the scheduled job, which no other checkout has.
backup_job() { printf 'decalogo-backup-%s' "$(cksum <<<"$ROOT" | cut -d' ' -f1)"; }

#   $1: day or week  $2: number to keep, or nothing  $3: folder, or nothing
schedule_backup() {
  local keep="${2:-7}" folder="${3:-$BACKUPS_DIR}" scheduler=here
  [[ "$1" == @(day|week) ]] || fail "backup: --every takes day, week or off, not '$1'"
  [[ "$keep" =~ ^[1-9][0-9]*$ ]] || fail "backup: --keep takes a number, not '$keep'"
  (umask 077 && mkdir -p "$folder") || fail "backup: $folder cannot be made"
  [[ -w "$folder" ]] || fail "backup: $folder cannot be written"
  folder="$(cd "$folder" && pwd)"
  unschedule_backup
  if [[ -d /run/systemd/system ]] && is_root; then
    write_backup_timer "$1"
  elif have crontab; then
    write_backup_crontab "$1"
  else
    scheduler=none
  fi
  mkdir -p "$STATE_DIR"
  printf '%s\n' "$1" "$keep" "$folder" >"$BACKUP_SCHEDULE"
  if [[ "$scheduler" == none ]]; then
    say "Neither systemd (as root) nor crontab is here, so nothing runs the backup yet. Let your scheduler run this command every $1:"
    say "    $ROOT/appliance backup --scheduled"
    say "It writes to $folder, checks the file, and keeps the last $keep. ./appliance doctor reports a missing backup."
  else
    say "A backup is made every $1 at 03:00 in $folder, checked, and the last $keep are kept. ./appliance doctor reports a missing one."
  fi
}

write_backup_timer() {
  local unit calendar="*-*-* 03:00:00"
  unit="$UNIT_DIR/$(backup_job)"
  [[ "$1" == day ]] || calendar="Sun $calendar"
  printf '[Unit]\nDescription=Backup of the DECALOGO appliance in %s\n[Service]\nType=oneshot\nWorkingDirectory=%s\nExecStart=/usr/bin/env bash appliance backup --scheduled\n' \
    "$ROOT" "$ROOT" >"$unit.service"
  printf '[Timer]\nOnCalendar=%s\nPersistent=true\n[Install]\nWantedBy=timers.target\n' "$calendar" >"$unit.timer"
  quietly systemctl daemon-reload
  quietly systemctl enable --now "$(basename "$unit").timer"
}

write_backup_crontab() {
  local days='*' line
  [[ "$1" == day ]] || days=0
  printf -v line "cd %q && PATH=%q ./appliance backup --scheduled >>var/backup.log 2>&1" "$ROOT" "$PATH"
  {
    crontab -l 2>/dev/null || true
    printf '0 3 * * %s %s # %s\n' "$days" "${line//%/\\%}" "$(backup_job)"
  } | crontab -
}

unschedule_backup() {
  local job
  job="$(backup_job)"
  if [[ -e "$UNIT_DIR/$job.timer" ]]; then
    quietly systemctl disable --now "$job.timer"
    rm -f "$UNIT_DIR/$job.timer" "$UNIT_DIR/$job.service"
  fi
  if have crontab && crontab -l 2>/dev/null | grep -q "# $job\$"; then
    { crontab -l | grep -v "# $job\$" || true; } | crontab -
  fi
}

# Make a backup, read it back, and remove the oldest ones. A backup that cannot be read removes nothing.
scheduled_backup() {
  local every keep folder file
  [[ -r "$BACKUP_SCHEDULE" ]] || fail "backup: nothing is scheduled: ./appliance backup --every day --keep 7"
  { read -r every && read -r keep && read -r folder; } <"$BACKUP_SCHEDULE"
  [[ -d "$folder" ]] || fail "backup: the folder $folder is missing; is its disk mounted?"
  file="$folder/decalogo-$(date +%Y%m%d-%H%M%S).tar"
  in_form backup "$file"
  in_form check_backup "$file" || fail "backup: $file cannot be read back; earlier backups stay"
  date +%s >"$BACKUP_STATUS"
  find "$folder" -maxdepth 1 -name 'decalogo-[0-9]*.tar' | sort -r | tail -n "+$((keep + 1))" | while IFS= read -r old; do rm -f "$old"; done
  say "Backup of the $every: $file"
}

# A check of `doctor`.
backup_is_recent() {
  local every keep folder hours=26 last=0
  if [[ ! -r "$BACKUP_SCHEDULE" ]]; then
    echo "no backup is scheduled: ./appliance backup --every day --keep 7"
    return "$WARNING"
  fi
  { read -r every && read -r keep && read -r folder; } <"$BACKUP_SCHEDULE"
  [[ "$every" == day ]] || hours=$((7 * 24 + 2))
  if [[ -r "$BACKUP_STATUS" ]]; then last="$(cat "$BACKUP_STATUS")"; fi
  if ((last > $(date +%s) - hours * 3600)); then
    echo "$(date --date "@$last" '+%Y-%m-%d %H:%M' 2>/dev/null || date -r "$last"), every $every, $keep kept in $folder"
    return 0
  elif ((last == 0)) && [[ -n "$(find "$BACKUP_SCHEDULE" -mmin "-$((hours * 60))")" ]]; then
    echo "the first one is due"
    return 0
  fi
  echo "no good backup for $hours hours: var/backup.log or journalctl -u $(backup_job)"
  return 1
}

stack_check_backup() { compose exec -T api decalogo restore - --check <"$1"; }
embedded_check_backup() { embedded run -- restore "$(realpath "$1")" --check; }
