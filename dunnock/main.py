"""The command line. Imports are late, so that `--help` is quick and each process loads its own."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from dunnock.embedded.problems import Problem
from dunnock.processes import CHANNELS, SIMULATORS, entrypoint

_DESCRIPTION = """\
Dunnock decides whom to accept and helps those who fall behind to pay, in real time and lawfully.

  dunnock up                 everything on this machine: Kafka, PostgreSQL, Redis and all of below
  dunnock worker             the stateful agents (start as many as there is work)
  dunnock dispatcher sms     hands messages of one channel to its gateway
  dunnock web                pages for people, the API for machines"""

_EPILOG = """\
Every process takes its settings from the environment: DATABASE_URL, REDIS_URL and DUNNOCK_* (see
runtime/settings.py), and serves /healthz, /readyz and /metrics on DUNNOCK_LISTEN_PORT."""


def parser() -> argparse.ArgumentParser:
    """The whole command line; each command sets `module` or `command`."""
    top = argparse.ArgumentParser(
        prog="dunnock",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_up(commands.add_parser("up", help="run the whole embedded stack in the foreground"))
    commands.add_parser("prepare", help="apply migrations and create topics; again changes nothing")
    _add_policy(commands.add_parser("policy", help="hand on a policy or rule set from a file"))
    _add_play(commands.add_parser("play", help="tell a scenario to the rules and check every word"))
    _add_import(commands.add_parser("import", help="import a file now and print its report"))
    _add_export(commands.add_parser("export", help="write files for the bank"))
    for name, what in (
        ("worker", "run the stateful agents and the bureau checks"),
        ("projector", "copy everything into PostgreSQL for lists and searches"),
        ("importer", "import bank files: from a folder, and what the API took in"),
        ("web", "serve the pages and the API"),
        ("town", "publish believable traffic"),
    ):
        commands.add_parser(name, help=what)
    channel = commands.add_parser("dispatcher", help="hand messages of a channel to its gateway")
    channel.add_argument("kind", choices=CHANNELS)
    outside = commands.add_parser("simulator", help="stand in for a part of the outside world")
    outside.add_argument("kind", choices=SIMULATORS)
    return top


def _add_up(up: argparse.ArgumentParser) -> None:
    up.description = (
        "Start the whole stack, wait until every part is ready, write one JSON object with every"
        " address, and keep it running. Ctrl-C stops everything. Logs are in .dunnock/logs, data"
        " in .dunnock/data. DATABASE_URL and REDIS_URL name servers of your own to use instead."
    )
    up.add_argument("--ephemeral", action="store_true", help="use a new directory, keep nothing")
    up.add_argument("--workers", type=_count, default=2, metavar="N", help="workers (default 2)")
    up.add_argument("--no-traffic", action="store_true", help="leave the town asleep")
    up.add_argument(
        "--clock",
        choices=("real", "simulated"),
        default="real",
        help="simulated: stands still until POST /api/v1/clock advances it",
    )
    up.add_argument(
        "--ports",
        choices=("fixed", "auto"),
        default="fixed",
        help="fixed: 8080 web, 9092 Kafka, 5432 PostgreSQL, 6379 Redis, 8101-8125 simulators"
        " (default); auto: any free ones",
    )
    up.add_argument("--json", metavar="FILE", help="write the addresses to FILE, not to the output")
    up.add_argument("--only", default="", help=argparse.SUPPRESS)


def _add_policy(policy: argparse.ArgumentParser) -> None:
    policy.description = (
        "An acceptance policy is published at once. A rule set (contact, reminders, return-codes,"
        " templates, ...) is checked and submitted: a second person approves it on its page."
    )
    policy.add_argument("file", help="JSON or TOML, with its id")
    policy.add_argument("--sure", action="store_true", help="what the check found is meant")
    policy.add_argument(
        "--force", action="store_true", help="in an emergency: live without a second person"
    )
    policy.add_argument("--because", default="", metavar="TEXT", help="why it is forced")


def _add_play(play: argparse.ArgumentParser) -> None:
    play.description = (
        "Play a scenario on the simulated clock of a running stack (`dunnock up --clock simulated"
        " --json FILE`), or in this process, and print the customer's timeline. Exit code 1 when"
        " anything else came out than it says. docs/scenarios.md tells how to write one."
    )
    play.add_argument("scenario", nargs="?", help="a name from --list, or a .toml file")
    play.add_argument("--list", action="store_true", help="name the scenarios there are")
    where = play.add_mutually_exclusive_group()
    where.add_argument(
        "--stack",
        metavar="FILE",
        help="what `dunnock up --json FILE` wrote (default: the fixed ports and DUNNOCK_*)",
    )
    where.add_argument("--in-process", action="store_true", help="no stack: the rules alone")


def _add_import(importing: argparse.ArgumentParser) -> None:
    kinds = importing.add_subparsers(dest="kind", metavar="KIND", required=True)
    bank = kinds.add_parser("bank", help="what came back of direct debits: pain.002, camt.05x")
    bank.description = (
        "Import a bank file (plain, gzip or zip) into the installation that DATABASE_URL and"
        " DUNNOCK_* name, that --stack names, or that answers at --url, and print its report. The"
        " same file again books nothing. Exit code 1 when the file was refused. docs/bank-files.md"
    )
    bank.add_argument("file", help="a file, or - for the standard input")
    where = bank.add_mutually_exclusive_group()
    where.add_argument("--stack", metavar="FILE", help="what `dunnock up --json FILE` wrote")
    where.add_argument("--url", help="the web of an installation, to hand the file to")
    bank.add_argument("--api-key", default="", help="for --url (default: DUNNOCK_API_KEY)")
    bank.add_argument("--json", action="store_true", help="print the report as JSON")


def _add_export(exporting: argparse.ArgumentParser) -> None:
    kinds = exporting.add_subparsers(dest="kind", metavar="KIND", required=True)
    debits = kinds.add_parser("debits", help="collections that are final, as pain.008")
    debits.description = (
        "Write the collections that can't be taken back any more as pain.008.001.02 files into DIR."
        " Each is in one file only; a run that is repeated gives the same files. Exit code 1 when"
        " some came too late for their day. docs/direct-debits.md"
    )
    debits.add_argument("dir", help="the directory that the bank's software reads")
    debits.add_argument("--date", help="only collections (and files) of this day")
    debits.add_argument("--stack", metavar="FILE", help="what `dunnock up --json FILE` wrote")


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 64:
        raise argparse.ArgumentTypeError("between 1 and 64")
    return number


def _run(chosen: argparse.Namespace) -> int:
    if chosen.command == "play":
        from dunnock.playing.command import run_play

        return run_play(chosen)
    if chosen.command == "export":
        from dunnock.exporting import export_debits

        return export_debits(chosen)
    if chosen.command == "import":
        from dunnock.importing_command import import_bank

        return import_bank(chosen)
    if chosen.command == "up":
        from dunnock.up import up

        up(chosen)
    elif chosen.command == "prepare":
        from dunnock.prepare import prepare

        prepare()
    elif chosen.command == "policy":
        from dunnock.policies import Wish, publish_file

        publish_file(chosen.file, Wish(chosen.sure, chosen.force, chosen.because))
    else:
        from dunnock.serve import serve

        serve(*entrypoint(chosen.command, getattr(chosen, "kind", "")))
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; gives the exit code."""
    chosen = parser().parse_args(arguments)
    try:
        return _run(chosen)
    except Problem as problem:
        print(f"dunnock: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
