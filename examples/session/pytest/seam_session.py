"""Fixtures for tests whose programs run against seam's fakes. Copy it beside your tests and
put `pytest_plugins = ["seam_session"]` into conftest.py.

    seam          per test: the world is the seed's, and is so again afterwards
    seam_module   per module: what the module's tests share is set up once, with snapshot and restore
    requires_profiles("billing")   marks a test: a session with that profile is started, and only then

With pytest-xdist every worker has sessions of its own, each begun from one saved seed.
"""
import json
import os
import socket
import subprocess
import tempfile
import time

import pytest

RULES = os.environ.get("SEAM_TEST_RULES", "rules.json")


class Session:
    """A seam session: a host that outlives the programs of one test."""

    def __init__(self, profile, seed=None):
        command = ["seam", "session", "start", "-r", RULES, "--owner", str(os.getpid())]
        command += ["--profile", profile] if profile else []
        command += ["--from", seed] if seed else []
        started = time.monotonic()
        self.folder = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        self.start_ms = (time.monotonic() - started) * 1000

    def order(self, do, **members):
        """One order, over the session's own socket: no process is started for it."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(os.path.join(self.folder, "ctl"))
            connection.sendall(json.dumps(dict(members, do=do)).encode() + b"\n")
            with connection.makefile() as answer:
                said = json.load(answer)
        assert "error" not in said, said
        return said

    def run(self, *command, **options):
        """Runs a program in the session."""
        options = dict({"check": True, "capture_output": True, "text": True}, **options)
        return subprocess.run(["seam", "run", "--session", self.folder, "--", *command], **options)

    def state(self, service, **question):
        return self.order("state", service=service, question=question)["state"]

    def wait(self, expect, timeout_ms=10000):
        said = self.order("wait", expect=expect if isinstance(expect, str) else json.dumps(expect), timeout_ms=timeout_ms)
        assert said["holds"], said["why"]


_sessions = {}


def pytest_configure(config):
    config.addinivalue_line("markers", "requires_profiles(name, ...): the seam profiles that a test needs")
    if hasattr(config, "workerinput"):
        return
    # once for all workers: the seed, read from the rules and saved
    config.seam_seed = tempfile.mkdtemp(prefix="seam-seed-")
    os.environ["SEAM_TEST_SEEDS"] = config.seam_seed


def pytest_unconfigure(config):
    for session in _sessions.values():
        session.order("stop")
    _sessions.clear()
    if hasattr(config, "seam_seed"):
        for name in os.listdir(config.seam_seed):
            os.unlink(os.path.join(config.seam_seed, name))
        os.rmdir(config.seam_seed)


def _session(profile):
    """Started by the first test that needs it. The first of all saves the seed for the others."""
    if profile not in _sessions:
        seed = os.path.join(os.environ["SEAM_TEST_SEEDS"], f"{profile or 'default'}.seed")
        known = os.path.exists(seed)
        session = _sessions[profile] = Session(profile, seed if known else None)
        if not known:
            session.order("save", file=seed)
    return _sessions[profile]


def _profile_of(request):
    marker = request.node.get_closest_marker("requires_profiles")
    return marker.args[0] if marker else None


@pytest.fixture
def seam(request):
    session = _session(_profile_of(request))
    session.order("begin", name=request.node.nodeid)
    before = f"before {request.node.nodeid}"
    session.order("snapshot", name=before)
    yield session
    session.order("restore", name=before)
    session.order("end")


@pytest.fixture(scope="module")
def seam_module(request):
    session = _session(None)
    session.order("reset")
    yield session
    session.order("reset")


@pytest.fixture(scope="session")
def seam_session():
    return _session(None)


def pytest_terminal_summary(terminalreporter):
    for profile, session in _sessions.items():
        terminalreporter.write_line(f"seam: session {profile or 'default'} started in {session.start_ms:.0f} ms")
