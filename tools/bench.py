#!/usr/bin/env python3
"""Runs benchmark programs and prints one table: bench.py BIN_DIR [NAME] [--quick] [--json FILE]

Each program prints one JSON object a line (tests/bench/row.h). A figure stands beside its physical limit, measured in
the same run, the best figure known of a peer, and its goal. A goal that is missed is marked, and fails nothing: figures
depend on the machine. A program that fails, or prints what is no row, does fail the run. See docs/performance.md.
"""

import argparse
import contextlib
import fcntl
import json
import math
import os
import pathlib
import platform
import struct
import subprocess
import sys
import tempfile
import time

PREFIX = "ward_bench_"
KEYS = ("name", "value", "unit", "limit", "peer", "ratio", "goal")
SIDES = {"at_most": "<=", "at_least": ">="}
PROGRAM_SECONDS_MAX = 600  # a program that hangs must not hang the run


class BadRow(ValueError):
    pass


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def check_goal(row):
    goal = row["goal"]
    if not (isinstance(goal, dict) and goal.get("of") in ("value", "ratio") and len(goal) == 2
            and any(is_number(goal.get(side)) for side in SIDES)):
        raise BadRow(f"expected a goal as {{\"of\": \"value\" or \"ratio\", \"at_most\" or \"at_least\": NUMBER}}, got {json.dumps(goal)}")
    if row[goal["of"]] is None:
        raise BadRow("a goal of the ratio needs a limit")


def parse_row(line):
    """One line as a row that has every one of KEYS, None where the program said nothing."""
    try:
        row = json.loads(line)
    except ValueError as error:
        raise BadRow(f"not JSON: {error}") from None
    if not isinstance(row, dict) or set(row) - set(KEYS):
        raise BadRow(f"expected an object with keys among {', '.join(KEYS)}")
    row = {key: row.get(key) for key in KEYS}
    if not (isinstance(row["name"], str) and row["name"] and isinstance(row["unit"], str)):
        raise BadRow("`name` and `unit` must be strings")
    if not is_number(row["value"]):
        raise BadRow(f"`value` must be a finite number, got {row['value']}")
    for key in ("limit", "peer", "ratio"):
        if row[key] is not None and not is_number(row[key]):
            raise BadRow(f"`{key}` must be a finite number, got {row[key]}")
    if row["goal"] is not None:
        check_goal(row)
    return row


def parse_rows(text):
    """The rows among the lines of a program, and what is wrong with the lines that are none."""
    rows, errors = [], []
    for line in text.splitlines():
        if not line.startswith("{"):
            continue
        try:
            rows.append(parse_row(line))
        except BadRow as error:
            errors.append(f"{error}: {line}")
    return rows, errors


def is_missed(row):
    """Whether the row has a goal and its figure does not reach it."""
    if row["goal"] is None:
        return False
    figure = row[row["goal"]["of"]]
    if "at_most" in row["goal"]:
        return figure > row["goal"]["at_most"]
    return figure < row["goal"]["at_least"]


def format_number(value):
    return "" if value is None else f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:,.4g}"


def format_goal(goal):
    if goal is None:
        return ""
    side = next(side for side in SIDES if side in goal)
    return f"{'ratio ' if goal['of'] == 'ratio' else ''}{SIDES[side]} {format_number(goal[side])}"


def format_table(rows):
    """Rows as aligned text."""
    cells = [("name", "value", "unit", "limit", "ratio", "peer", "goal", "")]
    for row in rows:
        cells.append((row["name"], format_number(row["value"]), row["unit"], format_number(row["limit"]),
                      format_number(row["ratio"]), format_number(row["peer"]), format_goal(row["goal"]),
                      "missed" if is_missed(row) else ""))
    left = (0, 2, 6, 7)  # words; numbers stand to the right
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    return "\n".join("  ".join(cell.ljust(width) if i in left else cell.rjust(width)
                               for i, (cell, width) in enumerate(zip(line, widths))).rstrip() for line in cells)


def machine():
    model = "unknown processor"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    cores = sum(1 for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("processor"))
    return f"{cores} x {model}, {platform.system()} {platform.release()}"


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(prog="./dev bench", usage="./dev bench [NAME] [--quick] [--json FILE]",
                                     description="Measures the release build; each figure beside its physical limit.")
    parser.add_argument("bin", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("name", nargs="?", metavar="NAME", help="one benchmark; without it, all of them")
    parser.add_argument("--quick", action="store_true", help="smaller sizes, all figures within 40 s")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write the rows to FILE, too")
    return parser.parse_args(arguments)


def find_programs(directory, name=None):
    """The benchmark programs, or the one of that name; exits with the names there are."""
    known = {path.name.removeprefix(PREFIX): path for path in sorted(directory.glob(f"{PREFIX}*"))}
    if not known:
        sys.exit(f"bench: no benchmark programs in `{directory}`, expected {PREFIX}NAME; build the release preset")
    if name is None:
        return list(known.values())
    if name not in known:
        sys.exit(f"bench: no benchmark `{name}`, expected one of: {', '.join(known)}")
    return [known[name]]


def spread(directory):
    """Asks ext4 to put each folder in here into a block group of its own (`chattr +T`); other file systems refuse.

    Where ext4 has no journal it looks, for each new file, at every one deleted in its group in the last minutes: a run
    would pay for the files of the run before.
    """
    get_flags, set_flags, topdir = 0x80086601, 0x40086602, 0x00020000  # FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, FS_TOPDIR_FL
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        flags = struct.unpack("l", fcntl.ioctl(descriptor, get_flags, bytes(8)))[0]
        fcntl.ioctl(descriptor, set_flags, struct.pack("l", flags | topdir))
    except OSError:
        pass
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def scratch_directory(program):
    """For a program's temporary files: on the disk that the build is on, where a sync is a sync, and not in a /tmp that
    may be memory; gone when the program ends, in whatever way."""
    root = program.parent / "bench.tmp"
    root.mkdir(exist_ok=True)
    spread(root)
    with tempfile.TemporaryDirectory(dir=root) as directory:
        yield directory


def run_program(program, is_quick):
    """Rows of one program, and what went wrong."""
    try:
        with scratch_directory(program.absolute()) as scratch:
            done = subprocess.run([program] + (["--quick"] if is_quick else []), stdout=subprocess.PIPE, text=True,
                                  timeout=PROGRAM_SECONDS_MAX, env={**os.environ, "TMPDIR": scratch})
    except subprocess.TimeoutExpired:
        return [], [f"no answer within {PROGRAM_SECONDS_MAX} s"]
    except OSError as error:
        return [], [f"does not start: {error.strerror}"]
    rows, errors = parse_rows(done.stdout)
    if done.returncode != 0:
        errors.append(f"ended with status {done.returncode}")
    elif not rows and not errors:
        errors.append("printed no row")
    return rows, errors


def open_json(path):
    """Opened before anything is measured: a wrong path must not cost a run."""
    try:
        return path.open("w")
    except OSError as error:
        sys.exit(f"bench: cannot write `{path}`: {error.strerror}")


def main(arguments=None):
    args = parse_arguments(arguments)
    programs = find_programs(args.bin, args.name)
    json_file = open_json(args.json) if args.json else None
    rows, failures = [], []
    began = time.monotonic()
    for program in programs:
        name, started = program.name.removeprefix(PREFIX), time.monotonic()
        print(f"== {name}", file=sys.stderr, flush=True)
        found, errors = run_program(program, args.quick)
        print(f"   {len(found)} figures, {time.monotonic() - started:.1f} s", file=sys.stderr)
        rows += found
        failures += [f"{name}: {error}" for error in errors]
    print(machine() + (", --quick: small sizes, more noise" if args.quick else ""))
    print(format_table(rows))
    goals, missed = sum(row["goal"] is not None for row in rows), sum(map(is_missed, rows))
    print(f"{len(rows)} figures, {goals} with a goal, {missed} missed; {time.monotonic() - began:.0f} s")
    if json_file:
        with json_file:
            json.dump({"machine": machine(), "quick": args.quick, "rows": rows}, json_file, indent=1)
            json_file.write("\n")
    if failures:
        sys.exit("\n".join(f"bench: {failure}" for failure in failures))


if __name__ == "__main__":
    main()
