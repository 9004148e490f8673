"""Searches every store of a running local milkrun for texts, with code of its own.

    python -m local.everything --for some-driver its-phone --for another-driver

prints as JSON, for each `--for` and by store, what has any of its texts: how many records, a digest
of them, and examples.
It is what `milkrun erase` is held to, so it knows nothing of how that works: it lists all tables,
buckets, queues, secrets, parameters, log groups, catalogs and queries that there are, unpacks what
it can (Parquet, gzip, base64, JSON within JSON), and compares texts.

The tables' streams are not read: they forget after 24 hours, and nobody can make them forget
sooner.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import contextlib
import gzip
import hashlib
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from . import connection
from .aws import Clients, clients
from .console import Problem, run
from .options import add_state_dir

# A store, where in it, and the text of one record there.
Record = tuple[str, str, str]

ENOUGH_EXAMPLES = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_state_dir(parser)
    parser.add_argument(
        "--for", dest="groups", action="append", nargs="+", required=True, metavar="TEXT"
    )
    arguments = parser.parse_args()
    local_file = connection.local_file(arguments.state_dir)
    if not local_file.exists():
        raise Problem("milkrun is not up: run `make up` first")
    local = json.loads(local_file.read_text())
    print(json.dumps(search(clients(local["aws_endpoint"]), arguments.groups), indent=2))


def search(client: Clients, groups: list[list[str]]) -> list[dict[str, dict]]:
    """For each group of texts what has any of them, by store. Everything is read once."""
    found = [defaultdict(list) for _ in groups]
    for store, place, text in records(client):
        for texts, of_group in zip(groups, found, strict=True):
            if any(wanted in text or wanted in place for wanted in texts):
                of_group[store].append((place, text))
    return [{store: summary(of_group[store]) for store in sorted(of_group)} for of_group in found]


def summary(found: list[tuple[str, str]]) -> dict:
    everything = "\n".join(sorted(text for _, text in found))
    return {
        "records": len(found),
        "sha256": hashlib.sha256(everything.encode()).hexdigest(),
        "examples": [place for place, _ in found[:ENOUGH_EXAMPLES]],
    }


def records(client: Clients) -> Iterator[Record]:
    """Everything that is stored, record by record."""
    yield from items(client("dynamodb"))
    yield from objects(client("s3"))
    yield from messages(client("sqs"))
    yield from secrets(client("secretsmanager"))
    yield from parameters(client("ssm"))
    yield from log_lines(client("logs"))
    yield from tables(client("glue"))
    yield from queries(client("athena"))


def pages(client: Any, operation: str, **arguments: Any) -> Iterator[dict]:
    yield from client.get_paginator(operation).paginate(**arguments)


def items(dynamodb: Any) -> Iterator[Record]:
    for page in pages(dynamodb, "list_tables"):
        for table in page["TableNames"]:
            # A table's name begins with its construct's.
            store = f"table {table}"
            for found in pages(dynamodb, "scan", TableName=table, ConsistentRead=True):
                for item in found["Items"]:
                    yield store, table, canonical(item)


def objects(s3: Any) -> Iterator[Record]:
    for bucket in (found["Name"] for found in s3.list_buckets()["Buckets"]):
        for page in pages(s3, "list_object_versions", Bucket=bucket):
            for found in page.get("DeleteMarkers", []):
                yield f"bucket {bucket}", found["Key"], ""
            for found in page.get("Versions", []):
                key, version = found["Key"], found["VersionId"]
                version = {} if version == "null" else {"VersionId": version}
                answer = s3.get_object(Bucket=bucket, Key=key, **version)
                described = canonical([answer.get("Metadata"), key])
                store = f"bucket {bucket}/{key.split('/')[0]}"
                yield store, key, described
                for text in unpack(answer["Body"].read()):
                    yield store, key, text


def unpack(body: bytes) -> Iterator[str]:
    """The records in an object, as texts in which everything stands as it is."""
    if body[:2] == b"\x1f\x8b":
        body = gzip.decompress(body)
    if body[:4] == b"PAR1":
        yield from rows(body)
        return
    text = body.decode(errors="replace")
    try:
        yield from parts(json.loads(text))
        return
    except ValueError:
        pass
    for line in text.splitlines():
        try:
            yield from parts(json.loads(line))
        except ValueError:
            yield line


def parts(document: Any) -> Iterator[str]:
    """The records of a JSON document: those of a batch or a list, or the document itself."""
    if isinstance(document, list):
        for element in document:
            yield from parts(element)
        return
    if isinstance(document, dict):
        for name in ("payload", "Records", "rawData"):
            inside = document.get(name)
            if name == "rawData" and isinstance(inside, str):
                yield from unpack(base64.b64decode(inside))
                return
            if isinstance(inside, str):
                inside = json.loads(inside)
            if inside:
                yield from parts(inside)
                return
    yield canonical(document)


def canonical(value: Any) -> str:
    """A value as text, whatever the order of its fields, and what is packed in it beside it."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str) + "".join(
        f"\n{text}" for text in packed(value)
    )


def packed(value: Any) -> Iterator[str]:
    """Texts that are base64, or JSON with escapes, as what they stand for."""
    if isinstance(value, dict):
        for inside in value.values():
            yield from packed(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from packed(inside)
    elif isinstance(value, str):
        yield value
        with contextlib.suppress(binascii.Error, ValueError):
            yield base64.b64decode(value, validate=True).decode()
        if value[:1] in "{[":
            with contextlib.suppress(ValueError):
                yield from packed(json.loads(value))


def rows(body: bytes) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "file.parquet"
        path.write_bytes(body)
        with duckdb.connect() as database:
            found = database.execute(f"SELECT * FROM read_parquet('{path}')")
            names = [column[0] for column in found.description]
            for row in found.fetchall():
                yield canonical(dict(zip(names, row, strict=True)))


def messages(sqs: Any) -> Iterator[Record]:
    for page in pages(sqs, "list_queues"):
        for url in page.get("QueueUrls", []):
            receipts = []
            while True:
                # Out of sight until all were seen, then given back.
                got = sqs.receive_message(
                    QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=60
                ).get("Messages", [])
                for message in got:
                    receipts.append(message["ReceiptHandle"])
                    yield "queue " + url.rsplit("/", 1)[1], url, message["Body"]
                if not got:
                    break
            for receipt in receipts:
                sqs.change_message_visibility(
                    QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=0
                )


def secrets(manager: Any) -> Iterator[Record]:
    for page in pages(manager, "list_secrets"):
        for secret in page["SecretList"]:
            value = manager.get_secret_value(SecretId=secret["ARN"]).get("SecretString", "")
            yield "secrets", secret["Name"], value


def parameters(ssm: Any) -> Iterator[Record]:
    for page in pages(ssm, "describe_parameters"):
        for parameter in page["Parameters"]:
            value = ssm.get_parameter(Name=parameter["Name"], WithDecryption=True)
            yield "parameters", parameter["Name"], value["Parameter"]["Value"]


def log_lines(logs: Any) -> Iterator[Record]:
    for page in pages(logs, "describe_log_groups"):
        for group in (found["logGroupName"] for found in page["logGroups"]):
            for events in pages(logs, "filter_log_events", logGroupName=group):
                for event in events["events"]:
                    yield f"logs {group}", group, event["message"]


def tables(glue: Any) -> Iterator[Record]:
    for page in pages(glue, "get_databases"):
        for database in (found["Name"] for found in page["DatabaseList"]):
            for found in pages(glue, "get_tables", DatabaseName=database):
                for table in found["TableList"]:
                    yield "catalog", table["Name"], canonical(table)


def queries(athena: Any) -> Iterator[Record]:
    for workgroup in athena.list_work_groups()["WorkGroups"]:
        for page in pages(athena, "list_query_executions", WorkGroup=workgroup["Name"]):
            for query in page["QueryExecutionIds"]:
                execution = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]
                yield "queries", query, execution["Query"]


if __name__ == "__main__":
    run(main)
