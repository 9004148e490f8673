"""The emulator process (MiniStack) of one state directory: start it, find it, stop it.

The running emulator holds a lock on `emulator.pid` for as long as it lives, so a file left behind
by a crash, or a process id that the system has given to somebody else, is never mistaken for it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from .console import Problem

HOST = "127.0.0.1"
DEFAULT_PORT = 4566
REGION = "us-east-1"
ACCOUNT = "000000000000"
# The emulator's root credentials: nothing else than it accepts them.
ACCESS_KEY = "test"
SECRET_KEY = "test"

# Below what Linux (32768 on) and macOS (49152 on) give to outgoing connections.
_PORTS = range(20_000, 32_768)
_START_SECONDS = 60
_STOP_SECONDS = 10


@dataclass(frozen=True)
class Running:
    """A live emulator. Its process id is also its process group's."""

    pid: int
    port: int

    @property
    def endpoint(self) -> str:
        """The address of all its AWS services."""
        return endpoint(self.port)

    def answers(self, timeout: float = 2) -> bool:
        """Whether it is up and ready for requests."""
        return answers(self.endpoint, timeout)

    def lives(self, state_dir: Path) -> bool:
        """Whether its process is still there."""
        return find(state_dir) is not None


@dataclass(frozen=True)
class Elsewhere:
    """An emulator that somebody else has started and stops, such as `docker compose`."""

    endpoint: str

    def answers(self) -> bool:
        """Whether it is up and ready for requests."""
        return answers(self.endpoint)

    def lives(self, _: Path) -> bool:
        """Nothing is known of its process."""
        return True


def answers(endpoint: str, timeout: float = 2) -> bool:
    """Whether an emulator is ready for requests there."""
    # No proxy of the environment may stand between this machine and itself.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{endpoint}/_ministack/ready", timeout=timeout) as answer:
            return answer.status == 200
    except (OSError, ValueError):
        return False


def endpoint(port: int) -> str:
    """The address of all the AWS services of an emulator."""
    return f"http://{HOST}:{port}"


def environment(endpoint_url: str | None = None) -> dict[str, str]:
    """The environment for programs that use the emulator: it, and never a real account."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("AWS_") and not name.lower().endswith("_proxy")
    }
    address = {"AWS_ENDPOINT_URL": endpoint_url} if endpoint_url else {}
    return (
        kept
        | address
        | {
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
    )


def settings(port: int) -> dict[str, str]:
    """How it is started; compose.yaml says the same."""
    return {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,
        "AUTH": "true",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "LAMBDA_EXECUTOR": "local",
        # Listeners that milkrun has no use for, and that would collide between two emulators.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }


def log_file(state_dir: Path) -> Path:
    """Where the emulator writes, the functions' log lines included."""
    return state_dir / "emulator.log"


def find(state_dir: Path) -> Running | None:
    """The live emulator of a state directory, if there is one."""
    try:
        with _pid_file(state_dir).open("r") as file:
            if _lock(file.fileno(), fcntl.LOCK_SH):
                return None
            pid, port = file.read().split()
            return Running(int(pid), int(port))
    except FileNotFoundError:
        return None
    except ValueError:
        raise Problem(
            "another `make up` is starting the emulator: wait for it, then try again"
        ) from None


def check_port(port: int, other: str = "make up PORT=4600") -> None:
    """Raises a problem where nothing can listen on a port; `other` shows how to name another."""
    with socket.socket() as probe:
        # As the emulator's own socket: a connection that has just closed does not count as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            taken = getattr(error, "errno", None) == errno.EADDRINUSE
            reason = "is taken" if taken else "cannot be used"
            raise Problem(
                f"port {port} {reason}: stop what listens there, or choose another, e.g. `{other}`"
            ) from None


def start(state_dir: Path, port: int | None) -> Running:
    """Starts an emulator in the background; port 0 takes a free one. Returns once it answers."""
    port = free_port() if port == 0 else port or DEFAULT_PORT
    check_port(port)
    temporary = _temporary(state_dir)
    temporary.mkdir(parents=True, exist_ok=True)
    # It unpacks the functions there; a directory of its own is removed with it.
    own = {"TMPDIR": str(temporary.resolve())}
    log = log_file(state_dir)
    with _pid_file(state_dir).open("a+") as pid_file, log.open("w") as output:
        if not _lock(pid_file.fileno(), fcntl.LOCK_EX):
            raise Problem("another `make up` is starting the emulator: wait for it, then try again")
        pid_file.truncate(0)
        process = subprocess.Popen(
            [sys.executable, "-m", "ministack"],
            env=environment(endpoint(port)) | settings(port) | own,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # A session of its own: a Ctrl-C in the terminal is not for the emulator, and one
            # signal to its process group reaches the functions that it runs.
            start_new_session=True,
            # The lock goes with this descriptor, and lasts until the emulator has ended.
            pass_fds=[pid_file.fileno()],
        )
        pid_file.write(f"{process.pid} {port}\n")
    started = Running(process.pid, port)
    try:
        _wait_until_ready(started, process, state_dir)
    except BaseException:
        stop(state_dir)
        raise
    return started


def stop(state_dir: Path, patience: float = _STOP_SECONDS) -> bool:
    """Stops the emulator and the functions it runs. Returns whether there was one."""
    running = find(state_dir)
    if running:
        _signal_group(running.pid, signal.SIGTERM)
        if not _ended(state_dir, patience):
            _signal_group(running.pid, signal.SIGKILL)
            if not _ended(state_dir, _STOP_SECONDS):
                raise Problem(f"the emulator (process {running.pid}) does not end: kill it by hand")
        # A function that ignored the signal.
        _signal_group(running.pid, signal.SIGKILL)
    _pid_file(state_dir).unlink(missing_ok=True)
    shutil.rmtree(_temporary(state_dir), ignore_errors=True)
    return running is not None


def died(state_dir: Path) -> Problem:
    """The problem to report when the emulator has ended by itself."""
    return Problem(
        f"the emulator has stopped by itself: see {log_file(state_dir)}, then run `make up` again"
    )


def _wait_until_ready(started: Running, process: subprocess.Popen[bytes], state_dir: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not started.answers():
        if process.poll() is not None:
            raise died(state_dir)
        if time.monotonic() > deadline:
            log = log_file(state_dir)
            raise Problem(f"the emulator does not answer after {_START_SECONDS} s: see {log}")
        time.sleep(0.05)


def _ended(state_dir: Path, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while find(state_dir):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


def _lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def free_port() -> int:
    """A port that nothing has, and that nothing gets before the emulator takes it.

    The system's own choice (port 0) is from the range of outgoing connections: one of another test
    may be given the same port in between.
    """
    for port in random.sample(_PORTS, 100):
        with contextlib.suppress(Problem):
            check_port(port)
            return port
    raise Problem(f"100 ports of {_PORTS.start} to {_PORTS.stop - 1} are taken: name one, PORT=…")


def _temporary(state_dir: Path) -> Path:
    return state_dir / "tmp"


def _pid_file(state_dir: Path) -> Path:
    return state_dir / "emulator.pid"
