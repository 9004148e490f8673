"""infra/: its files, what applying it makes in three accounts, and whom its roles trust."""

from __future__ import annotations

import os
import unittest
from typing import Any, ClassVar

from ministack.core.iam_evaluator import EvalContext, evaluate_trust_policy

from local import emulator, terraform
from local.infra_tests import accounts
from local.infra_tests.accounts import ACCOUNTS, client, run

ISSUER = "token.actions.githubusercontent.com"
WORKFLOWS = "example/milkrun/.github/workflows"
# What GitHub says of a job that deploys to prod, and of the one that looks for drift at night.
DEPLOYS = {
    "aud": "sts.amazonaws.com",
    "sub": "repo:example/milkrun:environment:prod",
    "repository_id": "2000002",
    "job_workflow_ref": f"{WORKFLOWS}/deploy.yml@refs/heads/main",
}
LOOKS = DEPLOYS | {
    "sub": "repo:example/milkrun:ref:refs/heads/main",
    "job_workflow_ref": f"{WORKFLOWS}/drift.yml@refs/heads/main",
}
OTHERS = {
    "another audience": {"aud": "https://github.com/example"},
    "another repository of the same name": {"repository_id": "2000003"},
    "another environment": {"sub": "repo:example/milkrun:environment:dev"},
    "another branch": {"sub": "repo:example/milkrun:ref:refs/heads/mine"},
    "a pull request": {"sub": "repo:example/milkrun:pull_request"},
    "another workflow": {"job_workflow_ref": f"{WORKFLOWS}/mine.yml@refs/heads/main"},
    "a branch's deploy.yml": {"job_workflow_ref": f"{WORKFLOWS}/deploy.yml@refs/heads/mine"},
    "a branch's drift.yml": {"job_workflow_ref": f"{WORKFLOWS}/drift.yml@refs/heads/mine"},
}


class RootModules(unittest.TestCase):
    def test_are_formatted(self) -> None:
        run("terraform", "fmt", "-check", "-diff", "-recursive", "infra", **os.environ)

    def test_are_valid_and_their_own_tests_pass(self) -> None:
        for root in terraform.ROOTS:
            data = terraform.WORK / "check" / root
            for command in ("validate", "test"):
                with self.subTest(root=root, command=command):
                    ended = terraform.terraform(root, data, command, "-no-color", capture=True)
                    self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)


class Applied(unittest.TestCase):
    """Each apply was followed by a plan, which has failed where it had a change."""

    def test_prod_asks_first_and_the_others_do_not(self) -> None:
        for environment in ACCOUNTS:
            with self.subTest(environment):
                asked = "Only 'yes' will be accepted" in accounts.said[environment].result()
                self.assertEqual(asked, environment == "prod")

    def test_each_environment_has_its_own_resources_and_its_own_state(self) -> None:
        for environment, account in ACCOUNTS.items():
            with self.subTest(environment):
                accounts.said[environment].result()
                s3, iam = client("s3", account), client("iam", account)
                state = s3.list_objects_v2(Bucket=f"milkrun-terraform-state-{account}")
                self.assertEqual(
                    [file["Key"] for file in state["Contents"]],
                    [f"env:/{environment}/milkrun/{root}.tfstate" for root in terraform.ROOTS],
                )
                buckets = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
                self.assertIn(f"milkrun-{environment}-operations-log-{account}", buckets)
                self.assertEqual(
                    {role["RoleName"] for role in iam.list_roles()["Roles"]},
                    {f"milkrun-{environment}-deploy", f"milkrun-{environment}-plan"},
                )


class Trust(unittest.TestCase):
    """Which jobs get a role, as the emulator evaluates the policies that Terraform wrote."""

    policies: ClassVar[dict[str, Any]]

    @classmethod
    def setUpClass(cls) -> None:
        accounts.said["prod"].result()
        iam = client("iam", ACCOUNTS["prod"])
        cls.policies = {
            role: iam.get_role(RoleName=f"milkrun-prod-{role}")["Role"]["AssumeRolePolicyDocument"]
            for role in ("deploy", "plan")
        }

    def trusts(self, role: str, token: dict[str, str]) -> bool:
        provider = f"arn:aws:iam::{ACCOUNTS['prod']}:oidc-provider/{ISSUER}"
        context = EvalContext(
            principal_arn=provider,
            principal_type="WebIdentityUser",
            principal_account=ACCOUNTS["prod"],
            action="sts:AssumeRoleWithWebIdentity",
            resource_arn=f"arn:aws:iam::{ACCOUNTS['prod']}:role/milkrun-prod-{role}",
            region=emulator.REGION,
            service_context={f"{ISSUER}:{claim}".lower(): said for claim, said in token.items()},
        )
        return evaluate_trust_policy(self.policies[role], provider, context)

    def test_each_role_trusts_its_job_with_either_of_githubs_subjects(self) -> None:
        for role, job in {"deploy": DEPLOYS, "plan": LOOKS}.items():
            with_ids = job["sub"].replace("example/milkrun", "example@1000001/milkrun@2000002")
            for subject in (job["sub"], with_ids):
                with self.subTest(role=role, subject=subject):
                    self.assertTrue(self.trusts(role, job | {"sub": subject}))

    def test_no_role_trusts_anything_else(self) -> None:
        for role, job in {"deploy": DEPLOYS, "plan": LOOKS}.items():
            for what, claims in OTHERS.items():
                with self.subTest(role=role, token=what):
                    self.assertFalse(self.trusts(role, job | claims))
            for claim in job:
                with self.subTest(role=role, without=claim):
                    missing = {key: job[key] for key in job if key != claim}
                    self.assertFalse(self.trusts(role, missing))
        self.assertFalse(self.trusts("deploy", LOOKS))
        self.assertFalse(self.trusts("plan", DEPLOYS))
