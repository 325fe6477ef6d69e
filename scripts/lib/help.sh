# shellcheck shell=bash
# What `./appliance help` prints.

help() {
  cat <<'HELP'
Usage: ./appliance COMMAND [OPTIONS]

Run
  up [--scale worker=N]     start; returns when it is ready. On the container engine if there is one, else embedded
     [--profile NAME]       … sized for a machine (8c16g) or a purpose (latency): config/profiles; auto fits this one
     [--larger]             … even if the profile is for a larger machine than this
     [--autoscale 1-8]      … and let the number of workers follow the queue, within bounds; off ends it
     [--embedded]           … embedded in any case: local processes, no root, no engine
     [--attach]             … and stay, showing the logs; Ctrl-C stops it
  down [-v|--volumes]       stop; with it also deletes documents, results, tokens and secrets
  status                    the services and how they are; exit status 1 if one is not healthy
  logs [SERVICE]            the last lines of their logs, and what follows
       --batch ID [-f]      … of all services about one batch (or --document ID), in the order of time; -f: what follows
  doctor [--target 170]     check everything once: services, workers, access, a document judged, documents an hour, alerts
  alerts                    what is firing now
  url                       the base address, alone

Access
  token create NAME         a new token, alone on standard output [--tier standard|premium] [--days N]
  token list                every token, without its secret
  token revoke ID           make one useless at once
  token admin               the first admin token
  operator                  login of the operators' pages (/grafana/, /prometheus/, /flower/ …), alone
  certificate               the certificate a client must trust (PEM), alone

More machines
  join-token [NAME] [--address A]   a line that lets workers of another host join, alone on standard output
  join-token list|revoke ID         hosts that may join; put one out: its workers are cut off within seconds
  hosts on|off                      open or close the door for them (the first join-token opens it)
<<<<<<< HEAD
=======
>>>>>>> 9fbdb21 (Add the licence, the security policy, version 1.0.0 and a changelog; sort the docs into Diátaxis folders)
  join - [--scale worker=N]         on the other host, in a checkout of its own: asks for the line (or reads it from standard input)
                                    and starts workers here; ./appliance down ends them

Work
  decalogo …                the client with address and admin token filled in: ./appliance decalogo submit plan.pdf --wait

  dead list|show|retry|drop documents that were given up after three lost attempts
  backup FILE               save batches, documents, results and tokens while it runs
  restore FILE [--force]    bring them back into an empty appliance (--force: merge)

Install and test
  bootstrap                 install engine, Compose v2 and base image (Debian, Ubuntu; as root)
  test [unit|stack]         everything, or one part (of stack, the scenarios that are named)
  loadtest [--row 8c16g]    run a row of the tuning matrix on an appliance of its own and judge it (docs/how-to/load-test.md)
           [--all]          … all ten, with a report; --help: saturation points, sweeps, the country, a soak test

More: README.md, docs/README.md
HELP
}
