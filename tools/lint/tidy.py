#!/usr/bin/env python3
"""clang-tidy on everything that ships: src/ and apps/, without tests.

What a file costs is mostly its headers, so the sources of a room are read together, as one unit that includes them in
turn; that is a tenth of reading each by itself. A file that does not stand with the others (it has a local name that
another has) is read apart from them, and it says so; what is found in a file among others counts if it is found in it by itself. A unit that was clean is not read again until its text, a header of
it, the flags, the configuration or the tool change.

    tidy.py [ROOT [BUILD]]     needs BUILD/compile_commands.json and generated headers; exit status 1 on a finding
"""

import collections
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

TIDY = "clang-tidy-19"
CLANG = "clang++-19"
ALIAS = re.compile(r"^namespace (\w+) = ([\w:]+);", re.M)


def read_commands(root, build):
    """{source, as a path from the root: (directory, flags)} of what ships."""
    commands = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = os.path.relpath(entry["file"], root.resolve())
        arguments = shlex.split(entry["command"])
        if re.match(r"(src|apps)/.*\.cc$", path) and not path.endswith("_test.cc") and "-o" in arguments:
            commands[path] = (entry["directory"], arguments[1:arguments.index("-o")])
    return commands


def units_of(root, paths):
    """{name: sources that are read together}: those of one room that mean one thing by each alias of a namespace."""
    units = collections.defaultdict(list)
    meanings = {}
    for path in sorted(paths):
        room = "_".join(path.split("/")[:2])
        aliases = dict(ALIAS.findall((root / path).read_text()))
        number = 0
        while any(meanings.get((room, number), {}).get(name, means) != means for name, means in aliases.items()):
            number += 1
        meanings.setdefault((room, number), {}).update(aliases)
        units[room + (f"_{number + 1}" if number else "")].append(path)
    return dict(units)


class Digests:
    """Of files, each read once."""

    def __init__(self):
        self.known = {}

    def of(self, path):
        if path not in self.known:
            try:
                self.known[path] = hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
            except OSError:
                self.known[path] = "absent"
        return self.known[path]


def run(command, directory):
    done = subprocess.run(command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


class Tidy:
    def __init__(self, root, build, runner=run):
        self.root, self.build, self.run = root.resolve(), build.resolve(), runner
        self.commands = read_commands(root, build)
        self.digests = Digests()
        self.folder = self.build / "tidy"
        self.folder.mkdir(exist_ok=True)
        _, version = self.run([TIDY, "--version"], self.build)
        self.ground = version + (self.root / ".clang-tidy").read_text()

    def digest(self, flags, dependencies):
        whole = [self.ground, *flags] + [f"{path} {self.digests.of(path)}" for path in dependencies]
        return hashlib.sha256("\n".join(whole).encode()).hexdigest()

    def dependencies(self, unit, directory, flags):
        """Paths of all that the unit includes, itself too."""
        status, rule = self.run([CLANG, *flags, "-w", "-M", str(unit)], directory)
        if status != 0:
            return None
        paths = rule.replace("\\\n", " ").split(":", 1)[1].split()
        return sorted({os.path.normpath(os.path.join(directory, path)) for path in paths})

    def look(self, name, sources):
        """(finding or empty, whether it was known to be clean)"""
        directory, flags = self.commands[sources[0]]
        flags = [*flags, f"-I{self.root}"]
        unit = self.folder / f"{name}.cc"
        text = "".join(f'#include "{path}"  // NOLINT(bugprone-suspicious-include)\n' for path in sources)
        if not unit.is_file() or unit.read_text() != text:
            unit.write_text(text)
        stamp = self.folder / f"{name}.clean"
        if stamp.is_file():
            known, *paths = stamp.read_text().splitlines()
            if known == self.digest(flags, paths):
                return "", True
        status, said = self.run([TIDY, "--quiet", "--warnings-as-errors=*", f"--config-file={self.root}/.clang-tidy",
                                 f"--header-filter=^{re.escape(str(self.root))}/(src|apps)/", str(unit), "--", *flags], directory)
        if status != 0:
            stamp.unlink(missing_ok=True)
            return said, False
        paths = self.dependencies(unit, directory, flags)
        if paths is not None:
            stamp.write_text("\n".join([self.digest(flags, paths), *paths]))
        return "", False

    def check(self, name, sources):
        """(findings, notes, how many units were known to be clean) of one unit."""
        said, was_known = self.look(name, sources)
        if not said:
            return [], [], int(was_known)
        found = [line for line in said.splitlines() if " error: " in line]
        errors = [line for line in found if "[clang-diagnostic-error" in line]
        apart = [path for path in sources if any(line.startswith(f"{self.root}/{path}:") for line in errors or found)]
        if len(sources) == 1 or not (errors or apart):
            return [said], [], 0
        if errors and len(apart) in (0, len(sources)):
            apart = sources[1:]
        together = [path for path in sources if path not in apart]
        notes = [f"{name}: {', '.join(apart)} read apart, because of {(errors or found)[0]}"]
        parts = [(f"{name}_apart", apart)] if errors else [(f"{name}_{path.replace('/', '_')}", [path]) for path in apart]
        if together:
            parts.insert(0, (f"{name}_less", together))
        findings, known = [], 0
        for part, paths in parts:
            more = self.check(part, paths)
            findings, notes, known = findings + more[0], notes + more[1], known + more[2]
        return findings, notes, known


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    build = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else root / "build/dev"
    tidy = Tidy(root, build)
    units = units_of(root, tidy.commands)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        # The longest first, so that none is left to run alone at the end.
        order = sorted(units, key=lambda name: -len(units[name]))
        done = list(pool.map(lambda name: tidy.check(name, units[name]), order))
    findings = [finding for found, _, _ in done for finding in found]
    for line in findings + [f"   {note}" for _, notes, _ in done for note in notes]:
        print(line)
    print(f"tidy: {len(findings)} with findings" if findings else
          f"tidy: ok ({len(tidy.commands)} files in {len(units)} units, {sum(known for _, _, known in done)} of them unchanged)")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
