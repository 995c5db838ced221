#!/usr/bin/env python3
"""Adds up what the test executables of one run reported and prints `N passed, N failed, N skipped`.

Reads a folder with one GoogleTest JSON report an executable and CTest's JUnit file. A CTest test without a
GoogleTest report (a script) counts as one test; an executable that died before it wrote its report is one failure.
"""

import json
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def count_gtest(report):
    """(passed, failed, [skipped names with reasons]) of one GoogleTest JSON report."""
    passed = failed = 0
    skipped = []
    for suite in report.get("testsuites", []):
        for case in suite.get("testsuite", []):
            name = f'{suite["name"]}.{case["name"]}'
            if case.get("failures"):
                failed += 1
            elif case.get("result") == "SKIPPED":
                reason = " ".join(s.get("message", "") for s in case.get("skipped", [])).strip()
                skipped.append((name, reason))
            elif case.get("status") == "RUN":
                passed += 1
    return passed, failed, skipped


def summarise(folder):
    """Adds up one results folder: (passed, failed, skipped list)."""
    folder = pathlib.Path(folder)
    reports = {}
    for path in sorted(folder.glob("*.json")):
        reports[path.stem] = json.loads(path.read_text())
    passed = failed = 0
    skipped = []
    for case in ElementTree.parse(folder / "ctest.xml").getroot().iter("testcase"):
        name = case.get("name")
        report = reports.get(f"ward_{name}_test")
        status = case.get("status")
        if report is not None:
            p, f, s = count_gtest(report)
            passed, failed, skipped = passed + p, failed + f, skipped + s
            if status == "fail" and f == 0:
                failed += 1  # all cases passed, yet the process failed: a sanitizer, a leak, a crash at exit
        elif status == "run":
            passed += 1
        elif status in ("notrun", "disabled"):
            skipped.append((name, "not run"))
        else:
            failed += 1
    return passed, failed, skipped


def main():
    passed, failed, skipped = summarise(sys.argv[1])
    for name, reason in skipped:
        print(f"SKIPPED {name}: {reason}")
    print(f"{passed} passed, {failed} failed, {len(skipped)} skipped")
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
