#!/usr/bin/env python3
"""Runs what the documentation shows, and compares what it says comes out.

Every fenced block of a page is of one of these kinds:

    ```console   lines "$ command" with the output that follows each; "..." stands for
                 anything within a line, a line "..." for any lines; "# exit N" after the
                 output expects that status
    ```sh        commands without shown output: each block must succeed
    ```... file=NAME      a file that later blocks of the page use
    ```text, ```json, ```c ...   shown, not run

Each page runs in a folder of its own, which begins as a copy of the tree's examples/.
The build's bin/ is on PATH, its lib/ in $SEAM_LIB.

usage: docs.py PAGE...     ends with a line "docs: N passed, N failed"
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "help"))
import hints  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get("SEAM_BUILD", os.path.join(TOP, "build"))


def blocks(path):
    kind, start, lines = None, 0, []
    with open(path, encoding="utf-8") as page:
        for number, line in enumerate(page, 1):
            if line.startswith("```"):
                if kind is None:
                    kind, start, lines = line[3:].strip() or "text", number, []
                else:
                    yield kind, start, lines
                    kind = None
            elif kind is not None:
                lines.append(line.rstrip("\n"))


def steps(lines):
    """(command, expected output lines, expected status)"""
    found = []
    for line in lines:
        if line.startswith("$ "):
            found.append([line[2:], [], 0])
        elif found and line.startswith("> ") and not found[-1][1]:
            found[-1][0] += "\n" + line[2:]
        elif found and re.fullmatch(r"# exit \d+", line):
            found[-1][2] = int(line.split()[2])
        elif found:
            found[-1][1].append(line)
    return found


def matches(expected, got):
    pattern = ""
    for line in expected:
        if line.strip() == "...":
            pattern += r"(?:.*\n)*"
        else:
            pattern += ".*".join(re.escape(p) for p in line.rstrip().split("...")) + r"[ \t]*\n"
    return re.fullmatch(pattern, "".join(g.rstrip() + "\n" for g in got)) is not None


def run(command, folder, env):
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
    out = done.stdout.decode("utf-8", "replace")
    # said in every summary of a container that forbids namespaces, where everything else holds
    return done.returncode, [line for line in hints.without(out.splitlines()) if not line.startswith("seam: not isolated: ")]


def check_page(path):
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="seam-docs-") as folder:
        shutil.copytree(os.path.join(TOP, "examples"), os.path.join(folder, "examples"))
        # Debian's own programs, whatever else is installed
        env = dict(os.environ, PATH=os.path.join(BUILD, "bin") + ":/usr/bin:/bin:/usr/sbin:/sbin", HOME=folder,
                   SEAM_LIB=os.path.join(BUILD, "lib"), SEAM_TOP=TOP)
        env.pop("CI", None)
        for kind, start, lines in blocks(path):
            where = f"{os.path.relpath(path, TOP)}:{start}"
            named = re.search(r"file=(\S+)", kind)
            if named:
                target = os.path.join(folder, named.group(1))
                os.makedirs(os.path.dirname(target), exist_ok=True)
                with open(target, "w", encoding="utf-8") as f:
                    f.write("\n".join(lines) + "\n")
                continue
            if kind == "sh":
                todo = [["set -e\n" + "\n".join(lines), None, 0]]
            elif kind == "console":
                todo = steps(lines)
            else:
                continue
            for command, expected, status in todo:
                code, got = run(command, folder, env)
                if code == status and (expected is None or matches(expected, got)):
                    passed += 1
                    continue
                failed += 1
                print(f"{where}: $ {command}\n  exit {code}, expected {status}")
                if expected is not None:
                    print("  expected:\n" + "\n".join("    " + e for e in expected))
                print("  got:\n" + "\n".join("    " + g for g in got[-40:]))
    return passed, failed


def main(pages):
    passed = failed = 0
    for page in pages:
        p, f = check_page(os.path.abspath(page))
        passed, failed = passed + p, failed + f
    print(f"docs: {passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
