"""What a deployment cannot contain: the webhook secrets and a consumer's API key."""

from __future__ import annotations

import base64
import json
import secrets as random

from .aws import Clients
from .connection import Outputs

API_KEY_NAME = "milkrun-local"


def seed_secrets(clients: Clients, outputs: Outputs, keep: bool) -> dict[str, str]:
    """Fills both secrets with random values, unless `keep`; returns what is current."""
    client = clients("secretsmanager")
    data = outputs["milkrun-local-data"]
    return {
        "radar": _current(client, data["RadarSecret"], random.token_hex(20), keep),
        "standard_webhooks": _current(
            client,
            data["StandardWebhooksSecret"],
            "whsec_" + base64.b64encode(random.token_bytes(24)).decode(),
            keep,
        ),
    }


def seed_api_key(clients: Clients, outputs: Outputs) -> str:
    """Creates an API key of the usage plan, unless it exists; returns its value."""
    client = clients("apigateway")
    plan = outputs["milkrun-local-read-edge"]["UsagePlanId"]
    keys = client.get_api_keys(nameQuery=API_KEY_NAME, includeValues=True)["items"]
    # The query is a prefix.
    found = [key for key in keys if key["name"] == API_KEY_NAME]
    key = found[0] if found else client.create_api_key(name=API_KEY_NAME, enabled=True)
    attached = client.get_usage_plan_keys(usagePlanId=plan)["items"]
    if key["id"] not in [other["id"] for other in attached]:
        client.create_usage_plan_key(usagePlanId=plan, keyId=key["id"], keyType="API_KEY")
    return key["value"]


def _current(client, secret_id: str, fresh: str, keep: bool) -> str:
    if keep:
        return json.loads(client.get_secret_value(SecretId=secret_id)["SecretString"])["current"]
    client.put_secret_value(SecretId=secret_id, SecretString=json.dumps({"current": fresh}))
    return fresh
