#!/usr/bin/env python3
"""Own checks that no tool off the shelf makes; each has its test in lint_test.py.

    manners.py [ROOT]     prints `file:line: what, and why`; exit status 1 when there is one
"""

import pathlib
import re
import subprocess
import sys

MAX_FILE_LINES = 800

# (name, pattern, which files, why)
FORBIDDEN = [
    ("coroutine", r"\bco_(await|return|yield)\b", r"\.(h|cc)$", "GCC 12.2 miscompiles coroutines"),
    ("std-format", r"\bstd::(format|print)\b|#include <(format|print)>", r"\.(h|cc)$", "not in libstdc++ 12: use fmt"),
    ("std-expected", r"\bstd::expected\b|#include <expected>", r"\.(h|cc)$", "use ward::Result, which is nodiscard"),
    ("atomic-shared-ptr", r"\bstd::atomic<\s*std::shared_ptr", r"\.(h|cc)$", "racy and slow here: use ward::Snapshot"),
    ("todo", r"\b(TODO|FIXME|XXX)\b", r"\.(h|cc|py|sh|cmake|proto)$", "finish it, or leave it out and say so"),
    ("using-namespace", r"^\s*using namespace (?!std::chrono_literals|std::string_literals|std::string_view_literals)",
     r"\.h$", "a header must not open a namespace"),
    ("thread-detach", r"\.detach\(\)", r"\.(h|cc)$", "every thread has an owner that joins it"),
    ("rand", r"\b(std::rand|srand|std::random_device|std::mt19937)\b", r"^(?!.*_test\.cc).*\.(h|cc)$", "randomness is a parameter (base/random.h)"),
    ("system-clock", r"\b(system_clock|steady_clock)::now\(\)", r"^src/(?!base/clock|net/system_io|.*_test\.cc|.*/testing/).*\.(h|cc)$",
     "time is a parameter (base/clock.h)"),
    ("absolute-path", r"(?<![\w.])/(work|root|home/\w+)/", r"", "a path of one machine"),
]
CODE_ONLY = {"coroutine", "std-format", "std-expected", "atomic-shared-ptr", "system-clock", "rand"}  # comments may name them
EXEMPT = re.compile(r"^tools/lint/|^\.clang-tidy$")


def check_text(name, text):
    """Problems of one file as `line: message`."""
    problems = []
    code = re.sub(r"//[^\n]*", "", text)
    if not EXEMPT.search(name):
        for rule, pattern, files, why in FORBIDDEN:
            if re.search(files, name):
                for match in re.finditer(pattern, code if rule in CODE_ONLY else text, re.M):
                    problems.append((text.count("\n", 0, match.start()) + 1, f"{rule}: `{match.group(0).strip()}`: {why}"))
    if name.endswith(".h") and name.startswith("src/") and "#pragma once" not in text:
        problems.append((1, "pragma-once: a header begins with its contract and `#pragma once`"))
    if name.startswith("src/") and name.endswith((".h", ".cc")):
        room = name.split("/")[1]
        own = r"(::\w+)?\b" if room == "base" else rf"::{room}\b"
        if not re.search(rf"^namespace ward{own}|^int main\(|^#define |LLVMFuzzerTestOneInput|impl/src\.hpp", text, re.M):
            problems.append((1, f"namespace: expected namespace ward::{room}, one namespace a room"))
    if re.search(r"\.(h|cc)$", name) and text.count("\n") > MAX_FILE_LINES:
        problems.append((1, f"file-length: {text.count(chr(10))} lines, at most {MAX_FILE_LINES}: it asks to be two"))
    return problems


TEST = re.compile(r"^(?:TYPED_)?TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)", re.M)
NAMED_TEST = re.compile(r"`([A-Z]\w+\.[A-Z]\w+)`")


def tests_in(text):
    """Names of the tests that a source declares, as `Suite.Test`."""
    return {f"{suite}.{test}" for suite, test in TEST.findall(text)}


def check_named_tests(name, text, tests):
    """Tests that a page of conformance rests on must exist."""
    if not name.endswith("-conformance.md"):
        return []
    return [(text.count("\n", 0, match.start()) + 1, f"named-test: no test `{match.group(1)}`: the rule beside it is held by nothing")
            for match in NAMED_TEST.finditer(text) if match.group(1) not in tests]


def tracked(root):
    out = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard"], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    return [line for line in out.splitlines() if not line.startswith("tests/fuzz/corpus/")]


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    status = 0
    texts = {}
    for name in tracked(root):
        path = root / name
        if not path.is_file():
            continue
        try:
            texts[name] = path.read_text()
        except UnicodeDecodeError:
            continue
    tests = {test for name, text in texts.items() if name.endswith("_test.cc") for test in tests_in(text)}
    for name, text in texts.items():
        for line, message in check_text(name, text) + check_named_tests(name, text, tests):
            print(f"{name}:{line}: {message}")
            status = 1
    if status == 0:
        print("manners: ok")
    return status


if __name__ == "__main__":
    sys.exit(main())
