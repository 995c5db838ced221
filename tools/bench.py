#!/usr/bin/env python3
"""Runs benchmark programs and prints one table: bench.py BIN_DIR [NAME] [--quick] [--json FILE]

Each program prints one JSON object a line (tests/bench/row.h). A figure stands beside its physical limit, measured in
the same run, and the best figure known of a peer.
"""

import argparse
import json
import pathlib
import platform
import subprocess
import sys


def parse_rows(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def format_table(rows):
    """Rows as aligned text."""
    head = ("name", "value", "unit", "limit", "ratio", "peer")
    cells = [head]
    for row in rows:
        cells.append(tuple("" if row.get(key) is None else f"{row[key]:,.4g}" if isinstance(row[key], (int, float))
                           else str(row[key]) for key in head))
    widths = [max(len(line[i]) for line in cells) for i in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) if i in (0, 2) else cell.rjust(width)
                               for i, (cell, width) in enumerate(zip(line, widths))).rstrip() for line in cells)


def machine():
    model = "unknown processor"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    cores = sum(1 for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("processor"))
    return f"{cores} x {model}, {platform.system()} {platform.release()}"


def main():
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("bin", type=pathlib.Path)
    parser.add_argument("name", nargs="?")
    parser.add_argument("--quick", action="store_true", help="smaller sizes, quicker answers")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE")
    args = parser.parse_args()
    programs = sorted(args.bin.glob(f"ward_bench_{args.name or '*'}"))
    if not programs:
        known = ", ".join(p.name.removeprefix("ward_bench_") for p in sorted(args.bin.glob("ward_bench_*")))
        sys.exit(f"bench: no benchmark `{args.name}`, expected one of: {known}")
    rows, failed = [], []
    for program in programs:
        print(f"== {program.name}", file=sys.stderr)
        done = subprocess.run([program] + (["--quick"] if args.quick else []), stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            failed.append(program.name)
        rows += parse_rows(done.stdout)
    print(machine())
    print(format_table(rows))
    if args.json:
        args.json.write_text(json.dumps({"machine": machine(), "rows": rows}, indent=1) + "\n")
    if failed:
        sys.exit(f"bench: failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
