#!/usr/bin/env python3
"""Each own check finds what it is for, and only that."""

import json
import pathlib
import sys
import tempfile
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parents[1])]
import headers  # noqa: E402
import layers  # noqa: E402
import manners  # noqa: E402
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
