#!/usr/bin/env python3
"""Runs every case: a folder below this one that has a case.json. Each runs in a fresh copy of its
folder under seam run, and is compared with its golden trace and the output it should give.

usage: run.py [--update] [-k PATTERN]     ends with a line "cases: N passed, N failed, N skipped"

    --update      makes the runs the goldens (stdout and stderr files are written by hand)
    -k PATTERN    only cases whose path matches the regular expression

case.json: command (array), rules (array, default ["rules.json"]), profile, golden (default
golden.trace; false: there is none), exit (default 0), stdin, stdout, stderr (files), env, cwd (default
a fresh copy of the folder), timeout (seconds, default 60), skip (reason), and

    build     array of arrays: commands that make the program, not under seam
    bare      true: once more under the bare preload; the same golden holds
    summary   true: not quiet, so that stderr ends with seam's summary

In the stdout and stderr files "..." stands for anything on the line.
"""
import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "help"))
import hints  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get("SEAM_BUILD", os.path.join(TOP, "build"))
SEAM = os.path.join(BUILD, "bin", "seam")
SHIM = os.path.join(BUILD, "lib", "libseam.so")
KNOWN = {"command", "rules", "profile", "golden", "exit", "stdin", "stdout", "stderr", "env", "cwd", "timeout", "skip",
         "build", "bare", "summary", "about"}


class Failed(Exception):
    pass


def lines_match(expected, got):
    pattern = ".*".join(re.escape(part) for part in expected.split("..."))
    return re.fullmatch(pattern, got) is not None


class Case:
    def __init__(self, folder):
        self.folder, self.name = folder, os.path.relpath(folder, HERE)
        with open(os.path.join(folder, "case.json"), encoding="utf-8") as f:
            self.says = json.load(f)
        unknown = set(self.says) - KNOWN
        if unknown or "command" not in self.says:
            raise Failed(f"case.json: {sorted(unknown) or 'no command'}")

    def golden(self):
        name = self.says.get("golden", "golden.trace")
        return os.path.join(self.folder, name) if name else None

    def environment(self, work, way):
        keep = {k: v for k, v in os.environ.items() if k in ("ASAN_OPTIONS", "UBSAN_OPTIONS")}
        path = "/usr/bin:/bin" if way == "bare" else os.path.join(BUILD, "bin") + ":/usr/bin:/bin"
        keep.update(PATH=path, HOME=work, TMPDIR=os.path.join(os.path.dirname(work), "tmp"), LC_ALL="C.UTF-8", TZ="UTC")
        keep.update(self.says.get("env", {}))
        return keep

    def masks(self, work):
        """The rule files once more: their masks hold for the comparison."""
        return [word for file in self.says.get("rules", ["rules.json"]) for word in ("-r", os.path.join(work, file))]

    def start(self, work, way, trace):
        rules = self.says.get("rules", ["rules.json"])
        env = self.environment(work, way)
        if way == "bare":
            env.update(LD_PRELOAD=SHIM, SEAM_RULES=":".join(rules), SEAM_TRACE=trace)
            if "profile" in self.says:
                env["SEAM_PROFILE"] = self.says["profile"]
            return self.says["command"], env
        command = [SEAM, "run", "-t", trace]
        if not self.golden():
            command.append("--require-traffic")  # with a golden, seam diff sees to it
        if not self.says.get("summary"):
            command.append("-q")
        for file in rules:
            command += ["-r", file]
        if "profile" in self.says:
            command += ["--profile", self.says["profile"]]
        return command + ["--"] + self.says["command"], env

    def run(self, work, way, trace):
        command, env = self.start(work, way, trace)
        stdin = open(os.path.join(work, self.says["stdin"]), "rb") if "stdin" in self.says else subprocess.DEVNULL
        cwd = os.path.join(work, self.says.get("cwd", "."))
        program = subprocess.Popen(command, env=env, cwd=cwd, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   start_new_session=True)
        try:
            out, err = program.communicate(timeout=self.says.get("timeout", 60))
        except subprocess.TimeoutExpired:
            os.killpg(program.pid, signal.SIGKILL)
            raise Failed(f"still running after {self.says.get('timeout', 60)} s") from None
        code = program.returncode if program.returncode >= 0 else 128 - program.returncode
        return code, out.decode(errors="replace"), err.decode(errors="replace")

    def check_text(self, work, what, got):
        if what not in self.says:
            return 0
        with open(os.path.join(work, self.says[what]), encoding="utf-8") as f:
            expected = f.read().splitlines()
        got = hints.without(got.splitlines()) if what == "stderr" else got.splitlines()
        if len(expected) == len(got) and all(map(lines_match, expected, got)):
            return 1
        raise Failed("\n".join([f"{what}: expected"] + ["  " + line for line in expected] + ["got"] + ["  " + line for line in got]))

    def check(self, way, update):
        """One run and all its comparisons; raises what is wrong."""
        with tempfile.TemporaryDirectory(prefix="seam-case-") as temporary:
            work, trace = os.path.join(temporary, "work"), os.path.join(temporary, "run.trace")
            shutil.copytree(self.folder, work, ignore=shutil.ignore_patterns("__pycache__"))
            os.mkdir(os.path.join(temporary, "tmp"))
            for command in self.says.get("build", []):
                subprocess.run(command, cwd=work, check=True)
            code, out, err = self.run(work, way, trace)
            expected = self.says.get("exit", 0)
            if code != expected:
                raise Failed(f"exit {code}, expected {expected}\n{out}{err}")
            compared = self.check_text(work, "stdout", out)
            if way == "run" or not self.says.get("summary"):
                compared += self.check_text(work, "stderr", err)
            golden = self.golden()
            if golden and update and way == "run":
                subprocess.run([SEAM, "accept", "-q", *self.masks(work), golden, trace], env=dict(os.environ, CI=""), check=True)
            if golden and os.path.exists(golden):
                diff = subprocess.run([SEAM, "diff", *self.masks(work), golden, trace], capture_output=True, text=True, check=False)
                if diff.returncode:
                    raise Failed(f"seam diff: exit {diff.returncode}\n{diff.stdout}{diff.stderr}{err}")
                compared += 1
            if not compared:
                raise Failed("the case compares nothing: it has no golden, stdout or stderr")


def main():
    asked = argparse.ArgumentParser()
    asked.add_argument("--update", action="store_true")
    asked.add_argument("-k", metavar="PATTERN", default="")
    asked = asked.parse_args()
    folders = sorted(folder for folder, _, files in os.walk(HERE) if "case.json" in files)
    passed = failed = skipped = 0
    for folder in folders:
        name = os.path.relpath(folder, HERE)
        if not re.search(asked.k, name):
            continue
        ways = [""]
        try:
            case = Case(folder)
            if "skip" in case.says:
                print(f"skip {name}: {case.says['skip']}")
                skipped += 1
                continue
            ways = ["run", "bare"] if case.says.get("bare") else ["run"]
            for way in ways:
                case.check(way, asked.update)
                passed += 1
        except (Failed, OSError, ValueError, subprocess.SubprocessError) as e:
            failed += 1
            print(f"FAIL {name}: {e}")
    print(f"cases: {passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
