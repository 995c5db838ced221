#!/usr/bin/env python3
"""Every public header compiles alone.

A source or test of its room that includes a header before anything else shows that whenever it is compiled, so only the
headers that none begins with are compiled here: each as a file that includes nothing else, with the flags of its room,
through ccache where that is installed.

    headers.py [ROOT [BUILD]]     needs BUILD/compile_commands.json (default build/dev); exit status 1 when one does not
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import layers

COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.S)
BEGINS_WITH = re.compile(r'\s*#\s*include\s+"([^"]+)"')


def begins_with(text):
    """The header that is included before any other directive or code, or None."""
    found = BEGINS_WITH.match(COMMENT.sub("", text))
    return found.group(1) if found else None


def to_compile(source):
    """Public headers, as included, that no compiled source or test of their room begins with."""
    found = []
    for room, words in layers.read_rooms(source).items():
        compiled = [source / room / name for name in words.get("SOURCES", set()) | words.get("TESTS", set())]
        shown = {begins_with(path.read_text()) for path in compiled if path.is_file()}  # others are generated
        found += sorted(f"{room}/{name}" for name in words["HEADERS"] if f"{room}/{name}" not in shown)
    return found


def commands_of_rooms(build):
    """{room: (directory, arguments before the output)} of one source of each room."""
    commands = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        target = re.search(r"CMakeFiles/ward_(\w+)\.dir/", entry.get("output", entry["command"]))
        arguments = shlex.split(entry["command"])
        if target and "-o" in arguments:
            commands.setdefault(target.group(1), (entry["directory"], arguments[:arguments.index("-o")]))
    return commands


def compile_alone(header, command, folder, launcher):
    """What the compiler says against it; empty when nothing."""
    directory, arguments = command
    unit = folder / (header.replace("/", "_") + ".cc")
    text = f'#include "{header}"\n'
    if not unit.is_file() or unit.read_text() != text:
        unit.write_text(text)
    done = subprocess.run(launcher + arguments + ["-o", str(unit.with_suffix(".o")), "-c", str(unit)], cwd=directory,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return "" if done.returncode == 0 else f"src/{header}: does not compile alone\n{done.stdout}"


def check(root, build):
    """(how many were compiled here, what was found)"""
    headers = to_compile(root / "src")
    commands = commands_of_rooms(build)
    folder = (build / "headers").resolve()
    folder.mkdir(exist_ok=True)
    launcher = []
    if shutil.which("ccache"):
        launcher = ["env", f"CCACHE_BASEDIR={root.resolve()}", "CCACHE_NOHASHDIR=1", "ccache"]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        said = pool.map(lambda h: compile_alone(h, commands[h.split("/")[0]], folder, launcher), headers)
        return len(headers), [problem for problem in said if problem]


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    build = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else root / "build/dev"
    count, problems = check(root, build)
    print("\n".join(problems) if problems else f"headers: ok ({count} compiled here, the others begin a source)")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
