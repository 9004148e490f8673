"""Starting, finding and stopping an emulator, and the ways in which that goes wrong."""

import os
import signal
import socket
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from local import emulator
from local.console import Problem

PORTS_OF_CONNECTIONS = Path("/proc/sys/net/ipv4/ip_local_port_range")


class EmulatorTest(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.state_dir = Path(directory.name)
        self.addCleanup(emulator.stop, self.state_dir)

    @unittest.skipUnless(PORTS_OF_CONNECTIONS.exists(), "only Linux says which")
    def test_a_free_port_is_none_that_an_outgoing_connection_can_get(self) -> None:
        first = int(PORTS_OF_CONNECTIONS.read_text().split()[0])
        for _ in range(100):
            self.assertLess(emulator.free_port(), first)

    def test_is_found_while_it_runs_and_gone_after_it_was_stopped(self) -> None:
        self.assertIsNone(emulator.find(self.state_dir))
        started = emulator.start(self.state_dir, 0)
        self.assertEqual(emulator.find(self.state_dir), started)
        self.assertTrue(started.answers(timeout=30))
        self.assertTrue(emulator.stop(self.state_dir))
        self.assertFalse(emulator.stop(self.state_dir))
        self.assertFalse(started.answers())

    def test_two_run_beside_each_other_and_stop_apart(self) -> None:
        other = self.state_dir / "other"
        self.addCleanup(emulator.stop, other)
        first, second = emulator.start(self.state_dir, 0), emulator.start(other, 0)
        emulator.stop(self.state_dir)
        self.assertFalse(first.answers())
        self.assertTrue(second.answers(timeout=30))

    def test_one_that_was_killed_is_not_taken_for_running(self) -> None:
        started = emulator.start(self.state_dir, 0)
        os.kill(started.pid, signal.SIGKILL)
        # This process is its parent here, and has to take note of its end.
        os.waitpid(started.pid, 0)
        self.assertIsNone(emulator.find(self.state_dir))
        self.assertNotEqual(emulator.start(self.state_dir, 0).pid, started.pid)

    def test_a_stale_process_id_of_somebody_else_is_left_alone(self) -> None:
        (self.state_dir / "emulator.pid").write_text(f"{os.getpid()} 4566\n")
        self.assertFalse(emulator.stop(self.state_dir))

    def test_one_that_hangs_is_stopped_all_the_same(self) -> None:
        started = emulator.start(self.state_dir, 0)
        os.kill(started.pid, signal.SIGSTOP)
        self.assertFalse(started.answers(timeout=0.2))
        with mock.patch.object(emulator, "_signal_group", wraps=emulator._signal_group) as sent:
            self.assertTrue(emulator.stop(self.state_dir, patience=0.2))
        # It was asked first, and then made to.
        signals = [call.args[1] for call in sent.call_args_list]
        self.assertEqual(signals[:2], [signal.SIGTERM, signal.SIGKILL])

    def test_a_taken_port_is_a_problem_that_names_the_way_out(self) -> None:
        with socket.socket() as taken:
            taken.bind((emulator.HOST, 0))
            taken.listen()
            port = taken.getsockname()[1]
            with self.assertRaisesRegex(Problem, f"port {port} is taken.*make up PORT="):
                emulator.start(self.state_dir, port)

    def test_programs_get_the_emulators_credentials_only(self) -> None:
        os.environ["AWS_PROFILE"] = "production"
        self.addCleanup(os.environ.pop, "AWS_PROFILE")
        environment = emulator.environment("http://127.0.0.1:1")
        self.assertNotIn("AWS_PROFILE", environment)
        self.assertEqual(environment["AWS_ACCESS_KEY_ID"], "test")
