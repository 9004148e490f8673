"""`make test-terraform`: runs the tests of infra/, or says in a line why they cannot run here."""

from __future__ import annotations

import os
import shutil
import sys
import unittest

from local.infra_tests import accounts, test_dispatch_data, test_terraform
from local.terraform import ROOTS, WORK, initialize, terraform


def missing() -> str | None:
    """What there is not on this machine."""
    if not shutil.which("terraform"):
        return "terraform is not installed"
    for root in ROOTS:
        ended = terraform(root, WORK / "check" / root, *initialize("-backend=false"), capture=True)
        if "Failed to query available provider packages" in ended.stderr:
            return "terraform cannot get its AWS provider (TF_PLUGIN_DIR names a directory with it)"
        if ended.returncode:
            sys.exit(ended.stderr)
    return None


if __name__ == "__main__":
    if reason := missing():
        if "GITHUB_ACTIONS" in os.environ:
            sys.exit(f"milkrun: {reason}")
        print(f"skipped: {reason}")
    else:
        load = unittest.defaultTestLoader.loadTestsFromTestCase
        # First those that have something else to do while Terraform applies.
        cases = (
            test_terraform.RootModules,
            test_dispatch_data.Alike,
            test_dispatch_data.TheApp,
            test_terraform.Applied,
            test_terraform.Trust,
        )
        tests = unittest.TestSuite(map(load, cases))
        with accounts.everywhere():
            result = unittest.TextTestRunner(verbosity=2).run(tests)
        sys.exit(not result.wasSuccessful())
