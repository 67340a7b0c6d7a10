#!/usr/bin/env python3
"""The line with which seam's messages name their entries in docs/troubleshooting.md: resolved, and taken away,
so that tests compare the messages themselves."""
import os
import re

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = "docs/troubleshooting.md"
LINE = re.compile(r"seam: help       (\S.*)")


def slug(heading):
    """As GitHub makes anchors of headings."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def entries():
    with open(os.path.join(TOP, PAGE), encoding="utf-8") as f:
        return {slug(line[3:]) for line in f if line.startswith("## ")}


def without(lines):
    """The lines but those; an AssertionError when one leads nowhere."""
    kept = []
    for line in lines:
        said = LINE.fullmatch(line.rstrip())
        if not said:
            kept.append(line)
            continue
        page, *anchors = re.split(r" ?#", said[1])
        if page != PAGE or not anchors or not set(anchors) <= entries():
            raise AssertionError(f"leads nowhere: {line}")
    return kept


def main():
    """Every entry that hints.def knows is a heading, and every heading with a message is led to."""
    with open(os.path.join(TOP, "src/base/hints.def"), encoding="utf-8") as f:
        known = re.findall(r'^HINT\("(.*)", "(.*)"\)$', f.read(), re.M)
    lost = [entry for _, entry in known if entry not in entries()]
    print(*(f"FAIL {entry}: no such heading in {PAGE}" for entry in lost), sep="\n", end="\n" if lost else "")
    print(f"hints: {len(known) - len(lost)} passed, {len(lost)} failed")
    return 1 if lost or len(entries()) < 20 else 0


if __name__ == "__main__":
    raise SystemExit(main())
