"""`make up`: starts the emulator, deploys to it, seeds it, and says how to use it.

Run again it reuses what is there: the same emulator and its data, the same secrets and key. With
`--endpoint` it uses an emulator that is already there, such as that of `docker compose up`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from . import connection, emulator, example
from .aws import clients
from .console import Problem, run, step
from .deploy import deploy, synthesize
from .options import add_state_dir, port_number
from .preflight import check_emulator
from .seed import seed_api_key, seed_secrets


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", default="", help="0 takes a free one (default: 4566)")
    parser.add_argument("--endpoint", default="", help="use the emulator there, start none")
    parser.add_argument("--functions", type=Path, default=Path("target/functions/local"))
    parser.add_argument("--brief", action="store_true", help="do not end with how to use it")
    add_state_dir(parser)
    options = parser.parse_args()
    state_dir: Path = options.state_dir
    port = port_number(options.port)
    check_emulator(state_dir, port, options.endpoint)
    state_dir.mkdir(parents=True, exist_ok=True)

    with step("synthesize"):
        synthesize(options.functions, state_dir)
    running = emulator.Elsewhere(options.endpoint) if options.endpoint else emulator.find(state_dir)
    local = bring_up(running, state_dir) if running else bring_up_new(port, state_dir)
    if not options.brief:
        print_usage(local, state_dir)


def bring_up_new(port: int | None, state_dir: Path) -> dict:
    """Starts an emulator and brings milkrun up on it; stops it again where that fails."""
    connection.local_file(state_dir).unlink(missing_ok=True)
    with step("emulator") as current:
        running = emulator.start(state_dir, port)
        current.note = running.endpoint
    try:
        return bring_up(running, state_dir)
    except BaseException:
        # Half an installation helps nobody: its log stays, and the next `make up` starts afresh.
        emulator.stop(state_dir)
        raise


def bring_up(running: emulator.Running | emulator.Elsewhere, state_dir: Path) -> dict:
    """Deploys to and seeds a running emulator; returns what `local.json` now says."""
    if not running.answers():
        raise Problem(
            f"the emulator at {running.endpoint} does not answer: "
            "run `make down`, then `make up` again"
        )
    service = clients(running.endpoint)
    try:
        with step("deploy") as current:
            outputs = deploy(service, running, state_dir)
            current.note = f"{len(outputs)} stacks"
        with step("seed") as current:
            known = connection.local_file(state_dir).exists()
            secrets = seed_secrets(service, outputs, keep=known)
            key = seed_api_key(service, outputs)
            current.note = "secrets and API key kept" if known else "new secrets and API key"
    except (BotoCoreError, ClientError) as error:
        if not running.lives(state_dir):
            raise emulator.died(state_dir) from None
        raise Problem(f"the emulator refused a request: {error}") from None
    local = connection.describe(running.endpoint, outputs, key, secrets)
    connection.write(state_dir, local)
    return local


def print_usage(local: dict, state_dir: Path) -> None:
    """The addresses, and two commands to paste."""
    print(f"""
milkrun is up.
  webhooks     {local["webhook_url"]}
  positions    {local["positions_url"]}
  read API     {local["api_url"]}
  AWS          {local["aws_endpoint"]}   (credentials test/test, region {local["region"]})
  all of it    {connection.local_file(state_dir)}

Send a position, signed as the provider signs it:

{example.post(local)}

Ask where that driver is:

{example.query(local)}
""")


if __name__ == "__main__":
    run(main)
