"""What Terraform makes and what the CDK app makes; and the app on what Terraform made."""

from __future__ import annotations

import json
import os
import sys
import unittest
from typing import Any, ClassVar

from local import emulator
from local.infra_tests import accounts
from local.infra_tests.accounts import ACCOUNTS, STATE_DIR, client, run

STACK = "milkrun-dev-data"
ASSEMBLY = STATE_DIR / "cdk-dev"
ASSETS = f"cdk-hnb659fds-assets-{ACCOUNTS['dev']}-{emulator.REGION}"


def made_by_cdk() -> dict[str, str]:
    """Deploys the data stack of dev beside what Terraform makes there, and returns its outputs."""
    outputs = STATE_DIR / "outputs-dev.json"
    account = ACCOUNTS["dev"]
    client("s3", account).create_bucket(Bucket=ASSETS)
    environment = accounts.variables(account) | {
        "MILKRUN_ENVIRONMENT": "dev",
        "MILKRUN_DISPATCH_DATA": "cdk",
        "MILKRUN_FUNCTIONS_DIR": "target/functions/local",
        "CDK_OUTDIR": str(ASSEMBLY),
    }
    run("node", "--import", "tsx", "cdk/bin/milkrun.ts", **environment)
    options = ("--exclusively", "--method", "direct", "--require-approval", "never")
    run(
        *("node_modules/.bin/cdk", "deploy", STACK, *options),
        *("--app", str(ASSEMBLY), "--outputs-file", str(outputs)),
        **environment,
    )
    return json.loads(outputs.read_text())[STACK]


class Alike(unittest.TestCase):
    """What the emulator's CloudFormation leaves out is compared with the app's template."""

    deployed: ClassVar[dict[str, str]]
    template: ClassVar[dict[str, Any]]
    tags: ClassVar[dict[str, str]]
    terraform: ClassVar[dict[str, str]]

    @classmethod
    def setUpClass(cls) -> None:
        cls.maxDiff = None
        cls.deployed = made_by_cdk()
        template = json.loads((ASSEMBLY / f"{STACK}.template.json").read_text())
        cls.template = {id: made["Properties"] for id, made in template["Resources"].items()}
        manifest = json.loads((ASSEMBLY / "manifest.json").read_text())
        cls.tags = manifest["artifacts"][STACK]["properties"]["tags"]
        accounts.said["dev"].result()
        parameters = client("ssm", ACCOUNTS["dev"]).get_parameters_by_path(
            Path="/milkrun/dev/dispatch/"
        )["Parameters"]
        cls.terraform = {each["Name"].split("/")[-1]: each["Value"] for each in parameters}

    def test_the_tables_are_alike(self) -> None:
        self.assertEqual(
            table(self.terraform["assignments-table-name"]),
            table(self.deployed["AssignmentsTable"]),
        )

    def test_the_table_expires_is_restorable_and_tagged_as_the_app_says(self) -> None:
        properties = self.template["DeliveryAssignments"]
        (replica,) = properties["Replicas"]
        self.assertTrue(properties["TimeToLiveSpecification"]["Enabled"])
        self.assertTrue(replica["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"])
        dynamodb = client("dynamodb", ACCOUNTS["dev"])
        name = self.terraform["assignments-table-name"]
        self.assertEqual(
            dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"],
            {
                "AttributeName": properties["TimeToLiveSpecification"]["AttributeName"],
                "TimeToLiveStatus": "ENABLED",
            },
        )
        backups = dynamodb.describe_continuous_backups(TableName=name)
        restorable = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        self.assertEqual(restorable["PointInTimeRecoveryStatus"], "ENABLED")
        arn = dynamodb.describe_table(TableName=name)["Table"]["TableArn"]
        tags = dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"]
        self.assertEqual({tag["Key"]: tag["Value"] for tag in tags}, self.tags)

    def test_the_buckets_are_alike(self) -> None:
        self.assertEqual(
            bucket(self.terraform["operations-log-bucket-name"]),
            bucket(self.deployed["OperationsLogBucket"]),
        )

    def test_the_bucket_expires_and_is_tagged_as_the_app_says(self) -> None:
        properties = self.template["OperationsLogBucket"]
        of_app = {rule["Id"]: rule for rule in properties["LifecycleConfiguration"]["Rules"]}
        s3 = client("s3", ACCOUNTS["dev"])
        name = self.terraform["operations-log-bucket-name"]
        rules = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
        self.assertEqual({rule["ID"] for rule in rules}, set(of_app))
        unfinished = "AbortIncompleteMultipartUpload"
        for rule in rules:
            wanted = of_app[rule["ID"]]
            self.assertEqual(rule["Status"], wanted["Status"])
            self.assertEqual(rule.get("Expiration", {}).get("Days"), wanted.get("ExpirationInDays"))
            self.assertEqual(rule.get(unfinished), wanted.get(unfinished))
        tags = s3.get_bucket_tagging(Bucket=name)["TagSet"]
        self.assertEqual({tag["Key"]: tag["Value"] for tag in tags}, self.tags)

    def test_the_parameter_has_the_stream_of_the_table(self) -> None:
        described = client("dynamodb", ACCOUNTS["dev"]).describe_table(
            TableName=self.terraform["assignments-table-name"]
        )
        self.assertEqual(
            self.terraform["assignments-table-stream-arn"], described["Table"]["LatestStreamArn"]
        )


def table(name: str) -> dict[str, Any]:
    """What a table of dev is, but for its name and its ids."""
    shown = client("dynamodb", ACCOUNTS["dev"]).describe_table(TableName=name)["Table"]
    return {
        "attributes": sorted(
            (each["AttributeName"], each["AttributeType"]) for each in shown["AttributeDefinitions"]
        ),
        "keys": shown["KeySchema"],
        "indexes": {
            each["IndexName"]: (each["KeySchema"], each["Projection"])
            for each in shown["GlobalSecondaryIndexes"]
        },
        "billing": shown["BillingModeSummary"]["BillingMode"],
        "stream": shown["StreamSpecification"],
        "encryption": shown.get("SSEDescription"),
        "deletion_protection": shown["DeletionProtectionEnabled"],
    }


def bucket(name: str) -> dict[str, Any]:
    """What a bucket of dev is, but for its name and where its access is logged."""
    s3 = client("s3", ACCOUNTS["dev"])
    encryption = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]
    return {
        "access": s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"],
        "ownership": s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"],
        "encryption": encryption["Rules"][0]["ApplyServerSideEncryptionByDefault"],
    }


class TheApp(unittest.TestCase):
    """milkrun, where the environment says `dispatchData: 'terraform'`."""

    def test_assigns_and_updates_on_the_table_that_terraform_made(self) -> None:
        accounts.said["local"].result()
        up = (sys.executable, "-m", "local.up", "--state-dir", str(STATE_DIR), "--brief")
        run(*up, **accounts.variables("test"))
        connection = (STATE_DIR / "local.json").resolve()
        described = json.loads(connection.read_text())
        self.assertEqual(described["assignments_table"], "milkrun-local-delivery-assignments")
        self.assertEqual(
            described["operations_log_bucket"], f"milkrun-local-operations-log-{emulator.ACCOUNT}"
        )
        selection = ("--workspace", "--profile", "local", "--locked", "--test", "end_to_end")
        said = run(
            *("cargo", "test", *selection, "--", "dispatch_flow", "dispatch_log"),
            **os.environ | {"MILKRUN_LOCAL": str(connection)},
        )
        self.assertRegex(said, r"test result: ok\. [1-9]\d* passed")
