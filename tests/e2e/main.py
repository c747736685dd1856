"""Runs the end-to-end tests, two at a time, and closes with how many passed and failed.

Each test is a process of its own: what it starts is bound to its own free ports and its own folder,
and most of its time is waiting. Arguments are names of tests (unittest syntax)."""
import concurrent.futures
import os
import re
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
AT_ONCE = int(os.environ.get("CHORUS_E2E_JOBS", "2"))
LONGEST_S = 600


def names_of(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from names_of(item)
        else:
            yield item.id()


def run(name):
    """(name, outcome, seconds, what it wrote)"""
    start = time.monotonic()
    try:
        done = subprocess.run([sys.executable, "-m", "unittest", "-v", name], cwd=HERE, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LONGEST_S)
        code, out = done.returncode, done.stdout
    except subprocess.TimeoutExpired as late:
        code, out = 1, f"not done after {LONGEST_S} s\n{late.output or ''}"
    skipped = re.search(r"skipped '(.*)'", out)
    outcome = "FAIL" if code else f"skipped: {skipped.group(1)}" if skipped else "ok"
    return name, outcome, time.monotonic() - start, out


def main():
    sys.path.insert(0, HERE)
    loader = unittest.TestLoader()
    if len(sys.argv) > 1:
        suite = loader.loadTestsFromNames(sys.argv[1:])
    else:
        suite = loader.discover(HERE, pattern="test_*.py")
    names = list(names_of(suite))
    outcomes = []
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for name, outcome, seconds, out in (f.result() for f in concurrent.futures.as_completed(
                [pool.submit(run, name) for name in names])):
            outcomes.append(outcome)
            print(f"{seconds:6.1f} s  {name}: {outcome}", flush=True)
            if outcome == "FAIL":
                print(out, flush=True)
    failed = outcomes.count("FAIL")
    passed = outcomes.count("ok")
    print(f"{passed} passed, {failed} failed, {len(outcomes) - passed - failed} skipped")
    return 1 if failed or not outcomes else 0


if __name__ == "__main__":
    sys.exit(main())
