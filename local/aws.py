"""boto3 clients of the emulator's services."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config

from . import emulator

Clients = Callable[[str], Any]


def clients(endpoint: str) -> Clients:
    """Returns a function from a service's name to its client."""
    # boto3 reads profiles and endpoints from the environment, which may name a real account.
    isolated = emulator.environment(endpoint)
    os.environ.clear()
    os.environ.update(isolated)
    session = boto3.Session()
    # Straight to this machine, past any proxy, and impatient: nothing here takes long.
    config = Config(proxies={}, connect_timeout=5, read_timeout=30, retries={"max_attempts": 2})
    return lambda service: session.client(service, config=config)
