"""Starts an emulator that stands in for several accounts, each as `cdk bootstrap` leaves it.

An access key that is an account's number is the root of that account there. Prints its address.
"""

from __future__ import annotations

import argparse

import boto3

from . import emulator
from .console import run
from .options import add_state_dir


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("accounts", nargs="+", metavar="ACCOUNT")
    add_state_dir(parser)
    options = parser.parse_args()
    options.state_dir.mkdir(parents=True, exist_ok=True)
    started = emulator.start(options.state_dir, 0)
    for account in options.accounts:
        client = boto3.client(
            "s3",
            endpoint_url=started.endpoint,
            region_name=emulator.REGION,
            aws_access_key_id=account,
            aws_secret_access_key=emulator.SECRET_KEY,
        )
        # Where CDK's command line puts templates and function packages.
        client.create_bucket(Bucket=f"cdk-hnb659fds-assets-{account}-{emulator.REGION}")
    print(started.endpoint)


if __name__ == "__main__":
    run(main)
