"""Turns on every alarm of a running local milkrun, and sees that the topic of its severity says so.

The emulator evaluates an alarm by one period of its metric, whatever the dimensions: conditions are
proved by cdk/test/alarm-conditions.test.ts, here that alarms, topics and recipients are connected.
"""

from __future__ import annotations

import argparse
import json
import re

from . import emulator
from .aws import Clients, clients
from .console import Problem, run, step
from .options import add_state_dir

SEVERITY = re.compile(r"\[(page|ticket)\] ")
STACK = "milkrun-local-data"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_state_dir(parser)
    options = parser.parse_args()
    running = emulator.find(options.state_dir)
    if not running:
        raise Problem(f"no milkrun of {options.state_dir} is running: run `make up` first")
    service = clients(running.endpoint)
    with step("alarms") as current:
        alarms = described(service)
        queues = listen(service)
        for alarm in alarms:
            cause(service, alarm)
        still = [
            alarm["AlarmName"] for alarm in described(service) if alarm["StateValue"] != "ALARM"
        ]
        told = {severity: heard(service, queue) for severity, queue in queues.items()}
        silent = [
            alarm["AlarmName"]
            for alarm in alarms
            if alarm["AlarmName"] not in told[SEVERITY.match(alarm["AlarmDescription"])[1]]
        ]
        current.note = f"{len(alarms)} turned on; {len(told['page'])} of them page"
    if still or silent or not all(told.values()):
        raise Problem(f"alarms that did not turn on: {still}; that told nobody: {silent}")


def described(service: Clients) -> list[dict]:
    """The alarms on what happens. Silence cannot be caused where something has happened."""
    pages = service("cloudwatch").get_paginator("describe_alarms").paginate()
    alarms = [alarm for page in pages for alarm in page["MetricAlarms"]]
    return [alarm for alarm in alarms if alarm["ComparisonOperator"] != "LessThanThreshold"]


def listen(service: Clients) -> dict[str, str]:
    """A queue for each severity that gets what its topic says: their URLs."""
    stack = service("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    sqs = service("sqs")
    queues = {}
    for severity, output in (("page", "PageTopic"), ("ticket", "TicketTopic")):
        queues[severity] = sqs.create_queue(QueueName=f"{severity}-recipient")["QueueUrl"]
        attributes = sqs.get_queue_attributes(
            QueueUrl=queues[severity], AttributeNames=["QueueArn"]
        )["Attributes"]
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": attributes["QueueArn"],
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        sqs.set_queue_attributes(QueueUrl=queues[severity], Attributes={"Policy": policy})
        service("sns").subscribe(
            TopicArn=outputs[output], Protocol="sqs", Endpoint=attributes["QueueArn"]
        )
    return queues


def cause(service: Clients, alarm: dict) -> None:
    """Publishes what its metric must not be."""
    cloudwatch = service("cloudwatch")
    # It says only that it has turned on, not that it was on before.
    cloudwatch.set_alarm_state(
        AlarmName=alarm["AlarmName"], StateValue="OK", StateReason="to be turned on"
    )
    datum = {key: alarm[key] for key in ("MetricName", "Dimensions")}
    cloudwatch.put_metric_data(
        Namespace=alarm["Namespace"], MetricData=[datum | {"Value": alarm["Threshold"]}]
    )


def heard(service: Clients, queue: str) -> set[str]:
    """Names of the alarms that a recipient was told to be on."""
    names: set[str] = set()
    while (
        messages := service("sqs")
        .receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=600)
        .get("Messages")
    ):
        for message in messages:
            told = json.loads(json.loads(message["Body"])["Message"])
            if told["NewStateValue"] == "ALARM":
                names.add(told["AlarmName"])
    return names


if __name__ == "__main__":
    run(main)
