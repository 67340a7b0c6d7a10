"""Many tests on several workers: what one does is never seen by another."""
import os

import pytest


@pytest.mark.parametrize("n", range(int(os.environ.get("SEAM_MANY", "1000"))))
def test_no_cross_talk(seam, n):
    seam.run("curl", "-sSf", "-X", "PUT", "-d", str(n), f"http://raw.s3.amazonaws.com/test-{n}")
    found = seam.state("lake", key=f"test-{n}")["objects"]
    assert [o["text"] for o in found] == [str(n)]
    assert sorted(o["key"] for o in seam.state("lake")["objects"]) == ["seed.txt", f"test-{n}"]
