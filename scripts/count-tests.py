#!/usr/bin/env python3
"""Prints `passed failed skipped` of the xUnit reports in a folder, as `swift test --xunit-output` writes them.

What failed goes to stderr, one line each with why."""
import glob
import sys
import xml.etree.ElementTree as tree

passed = failed = skipped = 0
for path in sorted(glob.glob(f"{sys.argv[1]}/*.xml")):
    for case in tree.parse(path).iter("testcase"):
        complaints = [each for each in case if each.tag in ("failure", "error")]
        if complaints:
            failed += 1
            why = " | ".join(each.get("message") or each.text or "" for each in complaints)
            print(f"{case.get('classname')} {case.get('name')}: {' '.join(why.split())[:400]}", file=sys.stderr)
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
print(passed, failed, skipped)
