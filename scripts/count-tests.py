#!/usr/bin/env python3
"""Prints `passed failed skipped` of the xUnit reports in a folder, as `swift test --xunit-output` writes them."""
import glob
import sys
import xml.etree.ElementTree as tree

passed = failed = skipped = 0
for path in glob.glob(f"{sys.argv[1]}/*.xml"):
    for case in tree.parse(path).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
print(passed, failed, skipped)
