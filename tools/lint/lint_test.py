#!/usr/bin/env python3
"""Each own check finds what it is for, and only that."""

import json
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parents[1])]
import headers  # noqa: E402
import layers  # noqa: E402
import manners  # noqa: E402
import tidy  # noqa: E402
import test_summary  # noqa: E402


def tree(files):
    root = pathlib.Path(tempfile.mkdtemp())
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


class Layers(unittest.TestCase):
    ROOMS = {
        "base/CMakeLists.txt": "ward_room(base HEADERS a.h)",
        "codec/CMakeLists.txt": "ward_room(codec DEPS base HEADERS json.h SOURCES json.cc)",
        "journal/CMakeLists.txt": "ward_room(journal DEPS base HEADERS journal.h TEST_DEPS codec)",
    }

    def check(self, files):
        return layers.check(tree({**self.ROOMS, **files}))

    def test_named_dependencies_pass(self):
        self.assertEqual(self.check({"codec/json.cc": '#include "codec/json.h"\n#include "base/a.h"\n#include <boost/json.hpp>\n'}), [])

    def test_undeclared_room_is_found(self):
        found = self.check({"journal/journal.h": '#include "codec/json.h"\n'})
        self.assertEqual(len(found), 1)
        self.assertIn("does not name codec", found[0])

    def test_test_deps_are_for_tests(self):
        self.assertEqual(self.check({"journal/journal_test.cc": '#include "codec/json.h"\n#include <gtest/gtest.h>\n'}), [])

    def test_upward_dependency_is_found(self):
        found = self.check({"base/CMakeLists.txt": "ward_room(base DEPS codec)"})
        self.assertIn("stands above it", found[0])

    def test_foreign_door_is_found(self):
        self.assertIn("codec only", self.check({"journal/x.cc": "#include <boost/json.hpp>\n"})[0])
        self.assertIn("crypto, net only", self.check({"journal/x.cc": "#include <openssl/evp.h>\n"})[0])

    def test_third_party_type_in_public_header_is_found(self):
        self.assertIn("public header", self.check({"codec/json.h": "#include <boost/json.hpp>\n"})[0])

    def test_test_library_outside_tests_is_found(self):
        self.assertIn("outside tests", self.check({"codec/json.cc": "#include <gtest/gtest.h>\n"})[0])


class Headers(unittest.TestCase):
    ROOM = "ward_room(base HEADERS a.h SOURCES a.cc TESTS a_test.cc)"

    def left(self, **files):
        named = {f"base/{name}": text for name, text in {"a.cc": "", "a_test.cc": "", **files}.items()}
        return headers.to_compile(tree({"base/CMakeLists.txt": self.ROOM, "base/a.h": "", **named}))

    def test_a_header_that_a_source_or_a_test_begins_with_is_shown_there(self):
        self.assertEqual(self.left(**{"a.cc": '// Why.\n/* more\n */\n#include "base/a.h"\n#include <string>\n'}), [])
        self.assertEqual(self.left(**{"a_test.cc": '#include "base/a.h"\n'}), [])

    def test_what_comes_before_the_include_could_have_helped_it(self):
        for text in ('#include <string>\n#include "base/a.h"\n', '#include "base/b.h"\n#include "base/a.h"\n',
                     '#define X\n#include "base/a.h"\n', 'int x;\n#include "base/a.h"\n', '// #include "base/a.h"\n', ""):
            self.assertEqual(self.left(**{"a.cc": text}), ["base/a.h"], text)

    def test_a_source_that_is_not_compiled_shows_nothing(self):
        self.assertEqual(self.left(**{"b.cc": '#include "base/a.h"\n'}), ["base/a.h"])

    def test_a_header_that_does_not_compile_alone_is_found(self):
        for text, expected in (("#include <string>\nstd::string f();\n", 0), ("std::string f();\n", 1)):
            root = tree({"src/base/CMakeLists.txt": self.ROOM, "src/base/a.h": text, "src/base/a.cc": "",
                         "src/base/a_test.cc": ""})
            build = root / "build"
            build.mkdir()
            command = f"c++ -I{root}/src -o CMakeFiles/ward_base.dir/a.cc.o -c {root}/src/base/a.cc"
            (build / "compile_commands.json").write_text(json.dumps(
                [{"directory": str(root), "command": command, "file": f"{root}/src/base/a.cc"}]))
            count, problems = headers.check(root, build)
            self.assertEqual((count, len(problems)), (1, expected))
            if problems:
                self.assertIn("src/base/a.h: does not compile alone", problems[0])


class Tidy(unittest.TestCase):
    """The tool itself is played, but for one test: it is only there where lint is set up."""

    def setUp(self):
        self.asked = []  # what each run of the tool was to read
        self.said = {}   # source -> what the tool says of a unit that has it

    def play(self, command, _):
        if command[1] == "--version":
            return 0, "tool 1"
        if command[0] == tidy.CLANG:
            return 0, f"x.o: {command[-1]} \\\n {self.root}/src/base/a.h"
        paths = [line.split('"')[1] for line in pathlib.Path(command[command.index("--") - 1]).read_text().splitlines()]
        self.asked.append(paths)
        said = "".join(self.said.get(frozenset(key), "") for key in self.said if set(key) <= set(paths))
        return (1, said) if said else (0, "")

    def make(self, sources, runner=None):
        self.root = tree({".clang-tidy": "Checks: '-*,cert-err33-c'\n", "src/base/a.h": "", **sources})
        (self.root / "build").mkdir()
        (self.root / "build/compile_commands.json").write_text(json.dumps(
            [{"directory": str(self.root), "file": f"{self.root}/{path}", "command": f"c++ -std=c++20 -o x.o -c {self.root}/{path}"}
             for path in sources]))
        return self.again(runner)

    def again(self, runner=None):
        made = tidy.Tidy(self.root, self.root / "build", runner or self.play)
        return made, tidy.units_of(made.root, made.commands)

    def check(self, made, units):
        found = [made.check(name, sources) for name, sources in units.items()]
        return [one for findings, _, _ in found for one in findings], sum(known for _, _, known in found)

    def test_what_ships_is_read_room_by_room_and_tests_are_not(self):
        _, units = self.make({path: "" for path in ("src/base/b.cc", "src/base/c.cc", "src/os/b.cc", "src/os/b_test.cc", "apps/ward/main.cc")})
        self.assertEqual(units, {"apps_ward": ["apps/ward/main.cc"], "src_base": ["src/base/b.cc", "src/base/c.cc"], "src_os": ["src/os/b.cc"]})

    def test_sources_that_mean_two_things_by_one_alias_are_not_together(self):
        _, units = self.make({"src/base/b.cc": "namespace wire = a::b;\n", "src/base/c.cc": "", "src/base/d.cc": "namespace wire = a::c;\n"})
        self.assertEqual(units, {"src_base": ["src/base/b.cc", "src/base/c.cc"], "src_base_2": ["src/base/d.cc"]})

    def test_a_clean_unit_is_read_again_when_a_header_or_the_configuration_changed(self):
        self.assertEqual(self.check(*self.make({"src/base/b.cc": ""})), ([], 0))
        self.assertEqual(self.check(*self.again()), ([], 1))
        for path in ("src/base/a.h", ".clang-tidy"):
            (self.root / path).write_text("# changed\n")
            self.assertEqual(self.check(*self.again()), ([], 0), path)
            self.assertEqual(self.check(*self.again()), ([], 1), path)

    def test_what_was_found_is_found_again(self):
        self.said = {frozenset({"src/base/b.cc"}): "b.cc:1:1: error: x [cert-err33-c]"}
        made = self.make({"src/base/b.cc": "", "src/base/c.cc": ""})
        self.assertEqual(len(self.check(*made)[0]), 1)
        self.assertEqual(len(self.check(*self.again())[0]), 1)

    def test_a_source_that_does_not_stand_with_the_others_is_read_apart(self):
        made, units = self.make({f"src/base/{name}.cc": "" for name in "bcd"})
        both = frozenset({"src/base/b.cc", "src/base/c.cc"})
        self.said = {both: f"{made.root}/src/base/c.cc:1:1: error: redefinition of 'x' [clang-diagnostic-error]\n"}
        self.assertEqual(self.check(made, units)[0], [])
        self.assertEqual(self.asked[1:], [["src/base/b.cc", "src/base/d.cc"], ["src/base/c.cc"]])

    def test_what_is_found_only_beside_another_source_is_no_finding(self):
        made, units = self.make({f"src/base/{name}.cc": "" for name in "bcd"})
        self.said = {frozenset({"src/base/b.cc", "src/base/c.cc"}): f"{made.root}/src/base/c.cc:1:1: error: shadows [clang-diagnostic-shadow]\n"}
        self.assertEqual(self.check(made, units)[0], [])
        self.assertEqual(self.asked[1:], [["src/base/b.cc", "src/base/d.cc"], ["src/base/c.cc"]])
        self.said = {frozenset({"src/base/c.cc"}): f"{made.root}/src/base/c.cc:1:1: error: x [cert-err33-c]\n"}
        (made.root / "src/base/a.h").write_text("// changed\n")
        self.assertEqual(len(self.check(*self.again())[0]), 1)

    def test_a_source_that_does_not_compile_by_itself_is_a_finding(self):
        made, units = self.make({"src/base/b.cc": "", "src/base/c.cc": ""})
        self.said = {frozenset({"src/base/c.cc"}): f"{made.root}/src/base/c.cc:1:1: error: x [clang-diagnostic-error]\n"}
        self.assertEqual(len(self.check(made, units)[0]), 1)

    @unittest.skipUnless(shutil.which(tidy.TIDY) and shutil.which(tidy.CLANG), "clang-tidy is not installed")
    def test_the_tool_finds_what_stands_in_an_included_source(self):
        text = "#include <cstdio>\nvoid {}() {{ {}std::fclose(nullptr); }}\n"
        made = self.make({"src/base/b.cc": text.format("b", "(void)"), "src/base/c.cc": text.format("c", "")}, tidy.run)
        findings, _ = self.check(*made)
        self.assertEqual(len(findings), 1)
        self.assertIn("src/base/c.cc:2", findings[0])
        self.assertNotIn("src/base/b.cc", findings[0])


class Manners(unittest.TestCase):
    def rules(self, name, text):
        return [message.split(":")[0] for _, message in manners.check_text(name, text)]

    def test_clean_file_passes(self):
        self.assertEqual(self.rules("src/codec/a.cc", "namespace ward::codec {\n}\n"), [])

    def test_each_forbidden_word_is_found(self):
        body = "namespace ward::codec {{\n{}\n}}\n"
        for word, rule in [("co_await x;", "coroutine"), ("std::format(x);", "std-format"), ("std::expected<int> x;", "std-expected"),
                           ("std::atomic<std::shared_ptr<int>> x;", "atomic-shared-ptr"), ("// TODO x", "todo"),
                           ("t.detach();", "thread-detach"), ("std::mt19937 r;", "rand"),
                           ("auto t = std::chrono::system_clock::now();", "system-clock"), ('"/root/x"', "absolute-path")]:
            self.assertEqual(self.rules("src/codec/a.cc", body.format(word)), [rule], word)

    def test_clock_itself_and_tests_may_ask_the_system(self):
        text = "namespace ward {\nauto t = std::chrono::system_clock::now();\n}\n"
        self.assertEqual(self.rules("src/base/clock.cc", text), [])
        self.assertEqual(self.rules("src/base/clock_test.cc", text), [])

    def test_header_without_pragma_wrong_namespace_and_length(self):
        self.assertEqual(self.rules("src/codec/a.h", "namespace ward::codec {}\n"), ["pragma-once"])
        self.assertEqual(self.rules("src/codec/a.cc", "namespace ward::other {}\n"), ["namespace"])
        self.assertEqual(self.rules("src/codec/a.cc", "namespace ward::codec {}\n" * 801), ["file-length"])

    def test_a_rule_held_by_no_test_is_found(self):
        tests = manners.tests_in("TEST_F(Suite, Is) {}\nTEST(\n    Other, Is) {}\n")
        self.assertEqual(tests, {"Suite.Is", "Other.Is"})
        text = "| a | `Suite.Is`, `Other.Is` |\n| b | `Suite.IsNot` |\n"
        self.assertEqual([line for line, _ in manners.check_named_tests("docs/x-conformance.md", text, tests)], [2])
        self.assertEqual(manners.check_named_tests("docs/x.md", text, tests), [])


class Summary(unittest.TestCase):
    JUNIT = '<testsuite><testcase name="a" status="{}"/><testcase name="script" status="run"/></testsuite>'
    REPORT = ('{"testsuites":[{"name":"S","testsuite":[{"name":"ok","status":"RUN","result":"COMPLETED"},'
              '{"name":"skip","status":"RUN","result":"SKIPPED","skipped":[{"message":"no data"}]}]}]}')

    def test_counts_cases_scripts_and_skips(self):
        root = tree({"ctest.xml": self.JUNIT.format("run"), "ward_a_test.json": self.REPORT})
        passed, failed, skipped = test_summary.summarise(root)
        self.assertEqual((passed, failed), (2, 0))
        self.assertEqual(skipped, [("S.skip", "no data")])

    def test_a_process_that_failed_after_its_cases_is_a_failure(self):
        root = tree({"ctest.xml": self.JUNIT.format("fail"), "ward_a_test.json": self.REPORT})
        self.assertEqual(test_summary.summarise(root)[1], 1)

    def test_a_process_that_died_without_report_is_a_failure(self):
        self.assertEqual(test_summary.summarise(tree({"ctest.xml": self.JUNIT.format("fail")}))[1], 1)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
