"""The two commands that `make up` ends with: a signed webhook, and the question it answers."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets as random
import shlex
from datetime import UTC, datetime

DRIVER = "driver-1"


def post(connection: dict) -> str:
    """A curl command that posts one position, recorded now, with a valid signature."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    body = {
        "event": {
            "_id": random.token_hex(12),
            "type": "user.updated_trip",
            "live": True,
            "createdAt": now,
            "location": {"type": "Point", "coordinates": [13.40495, 52.52001]},
            "locationAccuracy": 6,
            "trip": {"_id": "trip-1", "externalId": "order-1"},
        },
        "user": {"_id": DRIVER, "userId": "courier-1"},
    }
    signing_id = random.token_hex(12)
    signature = hmac.new(connection["radar_secret"].encode(), signing_id.encode(), hashlib.sha1)
    return _curl(
        connection["webhook_url"],
        "-H 'content-type: application/json'",
        f"-H 'x-radar-signing-id: {signing_id}'",
        f"-H 'x-radar-signature: {signature.hexdigest()}'",
        f"-d {shlex.quote(json.dumps(body, separators=(',', ':')))}",
    )


def query(connection: dict) -> str:
    """A curl command that asks where that driver is."""
    return _curl(
        f"{connection['api_url']}/v1/drivers/{DRIVER}/location",
        f"-H 'x-api-key: {connection['api_key']}'",
    )


def _curl(url: str, *options: str) -> str:
    # Answers end without a line feed, which would put the next prompt behind them.
    return " \\\n    ".join([f"curl -sS -w '\\n' {shlex.quote(url)}", *options])
