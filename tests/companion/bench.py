"""What the companion's tests share: real runs of a small program, seam called as a
user calls it, and checks that count."""
import json
import os
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("SEAM_BUILD", os.path.join(TOP, "build"))

RULES = {
    "seam": 1,
    "services": {"api": {"protocol": "http", "at": ["api.example.com:80"]},
                 "lake": {"protocol": "s3", "at": ["lake.s3.amazonaws.com:80"]}},
    "correlate": ["json.job_id", "s3.meta.job-id"],
    "rules": [
        {"id": "job", "on": "http", "service": "api", "when": {"method": "POST", "path": "/v1/jobs/{kind}"},
         "do": {"status": 201, "json": {"job_id": "{{uuid}}", "state": "queued"}}},
        {"id": "get", "on": "http", "service": "api", "when": {"method": "GET", "path": "/v1/rates/{c}"},
         "do": {"status": 200, "json": {"rate": "1.08"}}}],
}

JOB = """set -e
total=${TOTAL:-19.90}
id=$(curl -sS -H 'content-type: application/json' -d "{\\"total\\":\\"$total\\",\\"tags\\":[${TAGS:-\\"a\\",\\"b\\"}]}" http://api.example.com/v1/jobs/export | sed 's/.*"job_id": *"\\([^"]*\\)".*/\\1/')
for c in ${CURRENCIES:-EUR USD}; do curl -sS -o /dev/null http://api.example.com/v1/rates/$c; done
echo "id,total" > report.csv; echo "1,$total" >> report.csv
curl -sS -o /dev/null -H "x-amz-meta-job-id: $id" -T report.csv http://lake.s3.amazonaws.com/reports/today.csv
"""


class Bench:
    def __init__(self, name):
        self.name, self.passed, self.failed, self.skipped = name, 0, 0, 0
        self.folder = tempfile.TemporaryDirectory(prefix="seam-companion-")
        self.dir = self.folder.name
        self.env = dict(os.environ, PATH=os.path.join(BUILD, "bin") + ":/usr/bin:/bin:/usr/sbin:/sbin", HOME=self.dir)
        for unwanted in ("CI", "GITHUB_STEP_SUMMARY", "NO_COLOR", "CLICOLOR_FORCE", "SEAM_RULES"):
            self.env.pop(unwanted, None)
        self.write("rules.json", json.dumps(RULES, indent=2) + "\n")
        self.write("job.sh", JOB)

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as f:
            return f.read()

    def run(self, *argv, env=None, timeout=120, stdin=""):
        done = subprocess.run(argv, cwd=self.dir, env=dict(self.env, **(env or {})), input=stdin.encode(), timeout=timeout,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")

    def seam(self, *argv, env=None, timeout=120, stdin=""):
        return self.run("seam", *argv, env=env, timeout=timeout, stdin=stdin)

    def record(self, trace, rules="rules.json", **env):
        code, out, err = self.seam("run", "-q", "-r", rules, "-t", trace, "--", "sh", "job.sh", env=env)
        if code:
            raise RuntimeError(f"the job failed: {code} {out} {err}")

    def check(self, what, ok, detail=""):
        if ok:
            self.passed += 1
        else:
            self.failed += 1
            print(f"{self.name}: FAILED: {what}\n{detail}", file=sys.stderr)
        return ok

    def skip(self, why):
        self.skipped += 1
        print(f"{self.name}: skipped: {why}")

    def end(self):
        print(f"companion-{self.name}: {self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else ""))
        self.folder.cleanup()
        sys.exit(1 if self.failed or not self.passed + self.skipped else 0)
