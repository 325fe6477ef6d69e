# shellcheck shell=bash
# The output of `./appliance help`.

help() {
  cat <<'HELP'
Usage: ./appliance COMMAND [OPTIONS]

First start: sudo ./appliance bootstrap (installs Docker), ./appliance up, ./appliance doctor, ./appliance token create NAME.

Run
  up [--scale worker=N]     start, and return when the appliance is ready: as containers if an engine responds, else embedded
     [--profile NAME]       sized for a machine (8c16g) or a purpose (latency); see config/profiles; auto: this machine
     [--larger]             allow a profile for a larger machine
     [--autoscale 1-8]      adapt the number of workers to the queue, within these bounds; off disables it
     [--embedded]           start the embedded form: local processes, no root, no container engine
     [--attach]             stay and print the logs; Ctrl-C stops the appliance
  down                      stop; data stays
       [-v|--volumes]       and delete all documents, results, tokens and secrets, after a question
       [--yes]              without the question
  status                    list the services, and name those that are not healthy (then exit status 1)
  logs [SERVICE]            print the last lines of the logs, and follow at a terminal
       --batch ID [-f]      print the lines of all services about one batch (or --document ID); -f: follow
  doctor [--target 170]     check everything once, with an evaluation; --target: documents per hour to reach
  sbom FOLDER               write the bills of materials (SBOM) of the images
  alerts [test]             list the alerts that are firing; test: send one to the receivers
  url                       print the base address

Keep
  update [VERSION]          back up, change to a version (default: the newest), start it and check it
         [--no-backup]      without the backup, which needs a running appliance
         [--bundle FILE]    take the version from a bundle, without network
  bundle FILE               write one file from which a machine without network starts the appliance
  rollback [--yes]          return to the version of before the last update
  disk [--clean]            show what uses disk space; --clean: remove what only earlier versions used

Access
  token create NAME         make a token and print it [--tier standard|premium] [--days N]
  token list                list all tokens, without their secrets
  token revoke ID           revoke a token immediately
  token admin [--new]       print the admin token; --new: replace it, whatever happened to the old one
  operator                  print the login of the pages for operators (/grafana/, /prometheus/, /flower/ and others)
  audit list [--since 7d]   show the audit log: who did what [--action A] [--token ID] [--subject ID]
  audit verify|export       check that nothing was changed or removed, or print all records as JSON lines
  certificate               print the certificate that a client must trust (PEM)

More hosts
  join-token [NAME] [--address A]   print a line with which workers of another host join
  join-token list|revoke ID         list the hosts, or revoke one: its workers lose access within seconds
  hosts on|off                      start or stop the remote-worker gateway (the first join-token starts it)
  join - [--scale worker=N]         on the other host: read the line from standard input and start workers

Work
  decalogo …                run the client with address and admin token: ./appliance decalogo submit plan.pdf --wait
  dead list|show|retry|drop documents whose worker died three times: list them, read why, try again, or remove them
  backup FILE               save batches, documents, results and tokens of the running appliance
  backup --every day|off    schedule checked backups [--keep 7] [--to FOLDER]
  restore FILE [--force]    restore a backup into an empty appliance (--force: merge; --check: only read it)

Install and test
  bootstrap                 install engine, Compose v2 and base image (Debian, Ubuntu; as root)
  test [quick]              quick: unit tests under two minutes, and the linters
       [unit]               unit: all unit tests and linters
       [stack [SCENARIO …]] stack: scenarios against containers; without a part, everything
  loadtest [--row 8c16g]    prove a sizing profile under load, on an appliance of its own
           [--all]          all profiles, with a report; --help lists sweeps, soak test and more

Settings: .env.example. More: README.md, docs/README.md
HELP
}
