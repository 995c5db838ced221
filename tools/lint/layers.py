#!/usr/bin/env python3
"""Holds every #include in src/ against the DEPS of its room and the doors to third-party libraries.

Rules (docs/architecture.md): a file of room R includes `R/...` and `D/...` where D is in R's DEPS (tests also
TEST_DEPS); DEPS name rooms of a lower layer, or of the same layer declared earlier, so there are no cycles; a
third-party header is included by its one room, and not from a public header.
"""

import pathlib
import re
import sys

# In layer order; a room may depend on rooms to its left.
LAYERS = [
    ["base"], ["codec", "os", "crypto"], ["spiffe", "cedar", "net", "http", "grpc"], ["world", "corpus", "analyze"],
    ["journal", "evidence", "authority", "attest"], ["decide", "elevate", "signal", "govern"], ["enforce"],
    ["server", "agent", "gateway"],
]
ORDER = [room for layer in LAYERS for room in layer]
NEVER_TOGETHER = {"server", "agent", "gateway"}

# Third-party header -> the rooms that are its door. Tests may use test libraries freely.
DOORS = {
    r"openssl/": {"crypto", "net"},
    r"boost/json": {"codec"}, r"boost/url": {"codec"},
    r"boost/asio": {"net"}, r"boost/beast": {"http"}, r"boost/": {"net", "http", "codec"},
    r"nghttp2/": {"http"},
    r"google/protobuf/": {"grpc", "world", "evidence"},  # who owns messages of a contract
    r"sqlite3\.h": {"journal"},
    r"cvc5/": {"analyze"},
    r"unicode/": {"codec"},
    r"toml\+\+/|toml\.h": {"codec"},
    r"spdlog/": {"base"},
    r"sys/socket\.h|sys/un\.h|netinet/|arpa/": {"os", "net"},
}
ANYWHERE = re.compile(r"fmt/")
TEST_LIBRARIES = re.compile(r"gtest/|gmock/|rapidcheck|tests/")
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.M)


def read_rooms(source):
    """{room: {"DEPS": set, "TEST_DEPS": set, "HEADERS": set}} from the ward_room() calls."""
    rooms = {}
    for path in sorted(source.glob("*/CMakeLists.txt")):
        text = re.sub(r"#.*", "", path.read_text())
        call = re.search(r"ward_room\(\s*(\w+)(.*?)\)", text, re.S)
        if not call or call.group(1) != path.parent.name:
            raise SystemExit(f"{path}: expected ward_room({path.parent.name} ...)")
        words = {"DEPS": set(), "TEST_DEPS": set(), "HEADERS": set()}
        current = None
        for word in call.group(2).split():
            if re.fullmatch(r"[A-Z_]+", word):
                current = words.setdefault(word, set())
            elif current is not None:
                current.add(word)
        rooms[call.group(1)] = words
    return rooms


def check_deps(rooms):
    for room, words in rooms.items():
        if room not in ORDER:
            yield f"src/{room}: not a room of docs/architecture.md"
            continue
        for dep in sorted(words["DEPS"]):
            if dep not in rooms:
                yield f"src/{room}: DEPS names `{dep}`, which is no room"
            elif ORDER.index(dep) >= ORDER.index(room):
                yield f"src/{room}: DEPS names `{dep}`, which stands above it"
            elif room in NEVER_TOGETHER and dep in NEVER_TOGETHER:
                yield f"src/{room}: DEPS names `{dep}`; programs never include each other"


def check_file(path, room, words, rooms, text):
    is_test = path.name.endswith("_test.cc") or "testing" in path.parts
    allowed = {room} | words["DEPS"] | (words["TEST_DEPS"] if is_test else set())
    is_public = path.suffix == ".h" and str(path.relative_to(path.parents[len(path.parts)-2])) and \
        "/".join(path.parts[path.parts.index(room) + 1:]) in words["HEADERS"]
    for match in INCLUDE.finditer(text):
        target = match.group(2)
        line = text.count("\n", 0, match.start()) + 1
        top = target.split("/", 1)[0]
        if TEST_LIBRARIES.match(target):
            if not is_test:
                yield f"{path}:{line}: `{target}` outside tests"
        elif match.group(1) == '"' and (top in rooms or top in ORDER):
            if top not in allowed:
                yield f"{path}:{line}: includes `{target}`, but DEPS of {room} does not name {top}"
        elif match.group(1) == '"' and target.endswith(".pb.h"):
            pass  # generated contracts of api/, linked per target
        else:
            yield from check_door(path, line, room, target, is_public, is_test)


def check_door(path, line, room, target, is_public, is_test):
    if ANYWHERE.match(target):
        return
    for pattern, doors in DOORS.items():
        if re.match(pattern, target):
            if room not in doors and not is_test:
                yield f"{path}:{line}: `{target}` is included by {', '.join(sorted(doors))} only"
            elif is_public and not target.startswith("google/protobuf/"):
                yield f"{path}:{line}: third-party `{target}` in a public header"
            return


def check(source):
    rooms = read_rooms(source)
    problems = list(check_deps(rooms))
    for room, words in rooms.items():
        for path in sorted((source / room).rglob("*")):
            if path.suffix in (".h", ".cc"):
                problems += check_file(path, room, words, rooms, path.read_text())
    return problems


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    problems = check(root / "src")
    print("\n".join(problems) if problems else "layers: ok")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
