"""`make logs`: what the functions of a running milkrun have logged, oldest first."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime

from . import connection
from .aws import clients
from .console import Problem, run
from .options import add_state_dir


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_state_dir(parser)
    local_file = connection.local_file(parser.parse_args().state_dir)
    if not local_file.exists():
        raise Problem("milkrun is not up: run `make up` first")
    client = clients(json.loads(local_file.read_text())["aws_endpoint"])("logs")
    groups = [group["logGroupName"] for group in client.describe_log_groups()["logGroups"]]
    lines = [
        (event["timestamp"], group, event["message"].rstrip())
        for group in groups
        for event in client.filter_log_events(logGroupName=group)["events"]
        # Lambda's own lines around each invocation say nothing here.
        if not event["message"].startswith(("START ", "END ", "REPORT "))
    ]
    for millis, group, message in sorted(lines):
        time = datetime.fromtimestamp(millis / 1000, UTC).isoformat(timespec="milliseconds")
        print(f"{time}  {group.rpartition('/')[2]}  {message}")


if __name__ == "__main__":
    run(main)
