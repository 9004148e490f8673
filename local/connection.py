"""`local.json`: all that a program needs to talk to a running local milkrun."""

from __future__ import annotations

import json
import os
from pathlib import Path

from . import emulator

Outputs = dict[str, dict[str, str]]


def local_file(state_dir: Path) -> Path:
    """Where it is; it exists only while milkrun is up and usable."""
    return state_dir / "local.json"


def describe(endpoint: str, outputs: Outputs, api_key: str, secrets: dict[str, str]) -> dict:
    """The content of `local.json`, from the outputs of the deployed stacks and what was seeded."""
    data = outputs["milkrun-local-data"]
    write_edge = outputs["milkrun-local-write-edge"]
    outbox = outputs["milkrun-local-outbox"]
    analytics = outputs["milkrun-local-analytics"]
    read_edge = outputs["milkrun-local-read-edge"]
    # The stage of an HTTP API is called `$default`; encoded, it survives a shell's double quotes.
    write_url = f"{endpoint}/_aws/execute-api/{write_edge['WriteApiId']}/%24default"
    read_url = f"{endpoint}/_aws/execute-api/{read_edge['ReadApiId']}/{read_edge['ReadApiStage']}"
    return {
        "aws_endpoint": endpoint,
        "region": emulator.REGION,
        "webhook_url": f"{write_url}/v1/webhooks/radar",
        "positions_url": f"{write_url}/v1/positions",
        "api_url": read_url,
        "api_key": api_key,
        "usage_plan_id": read_edge["UsagePlanId"],
        "radar_secret": secrets["radar"],
        "radar_secret_id": data["RadarSecret"],
        "standard_webhooks_secret": secrets["standard_webhooks"],
        "standard_webhooks_secret_id": data["StandardWebhooksSecret"],
        "events_table": data["EventsTable"],
        "signing_ids_table": data["SigningIdsTable"],
        "lake_bucket": data["LakeBucket"],
        "quarantine_bucket": data["QuarantineBucket"],
        "relay_failures_bucket": data["RelayFailuresBucket"],
        "assignments_table": data["AssignmentsTable"],
        "aggregates_table": data["AggregatesTable"],
        "dispatch_bucket": data["DispatchBucket"],
        "operations_log_bucket": data["OperationsLogBucket"],
        "bus": outbox["Bus"],
        "delivery_stream": outbox["DeliveryStream"],
        "assignments_log_stream": outbox["AssignmentsLogStream"],
        "updates_log_stream": outbox["UpdatesLogStream"],
        # The emulator calls itself localhost, and listens on IPv4 only.
        "subscriber_queue_url": outbox["SubscriberQueueUrl"].replace("localhost", emulator.HOST, 1),
        "glue_database": outbox["GlueDatabase"],
        "glue_table": outbox["GlueTable"],
        "athena_workgroup": outbox["AthenaWorkgroup"],
        "aggregator_minutes_function": analytics["AggregatorMinutesFunction"],
        "aggregator_daily_function": analytics["AggregatorDailyFunction"],
    }


def write(state_dir: Path, connection: dict) -> None:
    """Writes the file at once, readable by its owner only: it holds secrets."""
    target = local_file(state_dir)
    temporary = target.with_suffix(".tmp")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(connection, file, indent=2)
        file.write("\n")
    temporary.replace(target)
