"""compose.yaml, which nothing here can run."""

import unittest
from pathlib import Path

import yaml

from local import emulator


class ComposeTest(unittest.TestCase):
    def test_the_container_is_the_emulator_of_make_up(self) -> None:
        service = yaml.safe_load(Path("compose.yaml").read_text())["services"]["emulator"]
        expected = emulator.settings(emulator.DEFAULT_PORT) | {
            "AWS_ENDPOINT_URL": emulator.endpoint(emulator.DEFAULT_PORT),
            # In the container; on this machine the published port is on loopback only.
            "BIND_HOST": "0.0.0.0",
        }
        self.assertEqual(service["environment"], expected)
        port = f"{emulator.HOST}:{emulator.DEFAULT_PORT}:{emulator.DEFAULT_PORT}"
        self.assertEqual(service["ports"], [port])


if __name__ == "__main__":
    unittest.main()
