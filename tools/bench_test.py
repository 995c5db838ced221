#!/usr/bin/env python3
"""The table of `./dev bench`: what it shows of a row, which goals it calls missed, and what it refuses."""

import contextlib
import io
import json
import pathlib
import tempfile
import unittest

import bench

ECHO = '{"name":"a/echo","value":12.5,"unit":"ns","limit":10,"ratio":1.25}'


def row(**fields):
    return bench.parse_row(json.dumps({"name": "a/b", "value": 8, "unit": "1/s", **fields}))


def goal(of, **bound):
    return {"of": of, **bound}


def programs(**scripts):
    """A folder of programs, each a shell script."""
    root = pathlib.Path(tempfile.mkdtemp())
    for name, script in scripts.items():
        path = root / f"ward_bench_{name}"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
    return root


def run(*arguments):
    """What a run prints, and what it exits with: None, or the message of a failure."""
    out, failure = io.StringIO(), None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()) as err:
        try:
            bench.main([str(argument) for argument in arguments])
        except SystemExit as exit_:
            failure = exit_.code if isinstance(exit_.code, str) else err.getvalue()
    return out.getvalue(), failure


class Rows(unittest.TestCase):
    def test_a_row_has_every_key(self):
        self.assertEqual(tuple(bench.parse_row(ECHO)), bench.KEYS)
        self.assertIsNone(bench.parse_row(ECHO)["goal"])

    def test_other_lines_are_no_rows(self):
        rows, errors = bench.parse_rows(f"noise\n{ECHO}\n")
        self.assertEqual((len(rows), errors), (1, []))

    def test_what_is_no_row_is_said(self):
        for line, said in [('{"name":"a"', "not JSON"), ('{"name":"a","unit":"","value":1,"colour":2}', "keys among"),
                           ('{"name":"a","unit":""}', "finite number"), ('{"name":"a","unit":"","value":NaN}', "finite number"),
                           ('{"unit":"ns","value":1}', "strings"), ('{"name":"a","unit":"","value":1,"limit":"x"}', "`limit`"),
                           ('{"name":"a","unit":"","value":1,"peer":true}', "`peer`")]:
            rows, errors = bench.parse_rows(line)
            self.assertEqual((rows, len(errors)), ([], 1), line)
            self.assertIn(said, errors[0])

    def test_a_goal_names_a_figure_and_one_side(self):
        for wrong in [5, {"of": "value"}, {"of": "limit", "at_most": 1}, {"of": "value", "at_most": "1"},
                      {"of": "value", "at_most": 1, "at_least": 0}]:
            with self.assertRaisesRegex(bench.BadRow, "expected a goal"):
                row(goal=wrong)
        with self.assertRaisesRegex(bench.BadRow, "needs a limit"):
            row(goal=goal("ratio", at_least=0.8))


class Goals(unittest.TestCase):
    def test_no_goal_is_not_missed(self):
        self.assertFalse(bench.is_missed(row()))

    def test_less_is_better_or_more_is(self):
        for bound, missed in [({"at_most": 7.9}, True), ({"at_most": 8}, False), ({"at_least": 8}, False), ({"at_least": 8.1}, True)]:
            self.assertEqual(bench.is_missed(row(goal=goal("value", **bound))), missed, bound)

    def test_a_goal_of_the_ratio_looks_at_the_ratio(self):
        self.assertTrue(bench.is_missed(row(limit=16, ratio=0.5, goal=goal("ratio", at_least=0.75))))
        self.assertFalse(bench.is_missed(row(limit=10, ratio=0.8, goal=goal("ratio", at_least=0.75))))


class Table(unittest.TestCase):
    def lines(self, *rows):
        return bench.format_table(rows).splitlines()

    def test_cells_stand_under_their_heads(self):
        head, line = self.lines(row(limit=10, ratio=0.8, peer=2, goal=goal("value", at_least=8)))
        for word, cell in [("value", "8"), ("limit", "10"), ("ratio", "0.8"), ("peer", "2")]:
            end = head.index(word) + len(word)
            self.assertEqual(line[:end].split()[-1], cell, word)
        self.assertEqual(line[head.index("goal"):], ">= 8")

    def test_an_empty_cell_moves_no_other(self):
        head, line = self.lines(row(peer=2))
        self.assertEqual(line.split(), ["a/b", "8", "1/s", "2"])
        self.assertEqual(line[:head.index("peer") + 4].split()[-1], "2")

    def test_only_a_missed_goal_is_marked(self):
        _, missed, met = self.lines(row(limit=16, ratio=0.5, goal=goal("ratio", at_least=0.75)), row(goal=goal("value", at_most=9)))
        self.assertTrue(missed.endswith("ratio >= 0.75  missed"), missed)
        self.assertTrue(met.endswith("<= 9"), met)

    def test_large_figures_keep_their_digits(self):
        self.assertEqual([bench.format_number(n) for n in (1234567.8, 500_000, 1234.5, 0.01234)],
                         ["1,234,568", "500,000", "1,234", "0.01234"])


class Runs(unittest.TestCase):
    def test_an_unknown_name_is_answered_with_the_known_ones(self):
        for name in ("nope", "*", "a?"):  # a name is no pattern
            _, failure = run(programs(ab=f"echo '{ECHO}'", cd="exit 1"), name)
            self.assertIn(f"no benchmark `{name}`, expected one of: ab, cd", failure)

    def test_nothing_built_is_said(self):
        self.assertIn("no benchmark programs", run(programs())[1])

    def test_an_unknown_option_is_answered_with_the_usage(self):
        _, failure = run(programs(ab="exit 0"), "--slow")
        self.assertIn("usage: ./dev bench [NAME] [--quick] [--json FILE]", failure)

    def test_a_name_runs_that_program_only_and_quick_is_passed_on(self):
        value = '[ "$1" = --quick ] && echo \'{"name":"quick","value":1,"unit":""}\' || echo \'{"name":"whole","value":1,"unit":""}\''
        folder = programs(one=value, two="exit 1")
        self.assertIn("whole", run(folder, "one")[0])
        out, failure = run(folder, "one", "--quick")
        self.assertIn("\nquick ", out)
        self.assertIsNone(failure)

    def test_temporary_files_lie_beside_the_programs_and_are_removed(self):
        folder = programs(one=f"echo '{ECHO}'; touch \"$TMPDIR/left\"; dirname \"$TMPDIR\" >\"$(dirname \"$0\")/seen\"")
        self.assertIsNone(run(folder)[1])
        self.assertEqual((folder / "seen").read_text().strip(), str(folder / "bench.tmp"))
        self.assertEqual(list((folder / "bench.tmp").iterdir()), [])

    def test_rows_are_written_as_json_with_every_key(self):
        path = pathlib.Path(tempfile.mkdtemp()) / "rows.json"
        run(programs(one=f"echo '{ECHO}'"), "--json", path)
        written = json.loads(path.read_text())
        self.assertEqual([tuple(r) for r in written["rows"]], [bench.KEYS])
        self.assertEqual(written["rows"][0]["ratio"], 1.25)

    def test_a_path_that_cannot_be_written_is_refused_before_anything_runs(self):
        folder = programs(one="touch \"$(dirname \"$0\")/ran\"")
        self.assertIn("cannot write", run(folder, "--json", folder / "none" / "rows.json")[1])
        self.assertFalse((folder / "ran").exists())

    def test_a_missed_goal_fails_nothing(self):
        out, failure = run(programs(one='echo \'{"name":"a","value":1,"unit":"s","goal":{"of":"value","at_most":0.5}}\''))
        self.assertIn("1 with a goal, 1 missed", out)
        self.assertIsNone(failure)

    def test_a_program_that_fails_is_named_and_the_others_are_shown(self):
        for script, said in [("exit 3", "status 3"), ("exit 0", "printed no row"), ("echo '{}'", "must be strings")]:
            out, failure = run(programs(bad=script, good=f"echo '{ECHO}'"))
            self.assertIn("a/echo", out)
            self.assertIn("bench: bad: ", failure)
            self.assertIn(said, failure)


if __name__ == "__main__":
    unittest.main()
