"""One world per test, per module, per run."""
import subprocess

import pytest


def keys(session):
    return sorted(o["key"] for o in session.state("lake")["objects"])


def put(session, key, text="x"):
    session.run("curl", "-sSf", "-X", "PUT", "--data-binary", text, f"http://raw.s3.amazonaws.com/{key}")


@pytest.mark.parametrize("turn", (1, 2))
def test_each_test_begins_with_the_seed(seam, turn):
    assert keys(seam) == ["seed.txt"]
    put(seam, f"mine-{turn}")
    assert keys(seam) == [f"mine-{turn}", "seed.txt"]


@pytest.fixture(scope="module")
def loaded(seam_module):
    put(seam_module, "shared")
    return seam_module


def test_a_module_shares_what_it_set_up(loaded, seam):
    assert keys(seam) == ["seed.txt", "shared"]
    put(seam, "of-this-test")


def test_and_no_test_of_it_disturbs_the_next(loaded, seam):
    assert keys(seam) == ["seed.txt", "shared"]


@pytest.mark.requires_profiles("billing")
def test_a_profile_that_is_needed_is_started(seam):
    assert seam.run("curl", "-sS", "http://billing.example.com/pay").stdout == "paid"


def test_without_it_nobody_answers(seam):
    assert seam.run("curl", "-sS", "http://billing.example.com/pay", check=False).returncode != 0


def test_wait_for_a_streaming_job(seam):
    job = subprocess.Popen(["seam", "run", "--session", seam.folder, "--", "sh", "-c",
                            "while :; do curl -sS -X PUT -d x http://raw.s3.amazonaws.com/batch; sleep 0.05; done"])
    seam.wait({"on": "s3.PutObject", "when": {"key": "batch"}, "count": {"ge": 3}})
    job.terminate()
    job.wait()
