"""The benchmark: its arithmetic, on a clock of the test's own; its command, on bounds so tight that it takes a moment."""

import dataclasses
import gc
import importlib.util
import inspect
import itertools
import json
import statistics
import sys

import pytest
from click.testing import CliRunner

import thingpost
from thingpost.bench import baseline, many, one, plot, records, report, results, runner, suite
from thingpost.bench.contenders import Contender, Work
from thingpost.bench.runner import Job, Limits
from thingpost.cli import main

TINY = suite.Bounds("tiny", Limits(1e-5, 3, 0.0), (1, 10), 10, 20, 10.0)
SECTIONS = {"single", "context", "busy", "verify", "batch", "widths", "threads", "verify_batch"}
needs_matplotlib = pytest.mark.skipif(
    importlib.util.find_spec("matplotlib") is None, reason="matplotlib is not installed: pip install thingpost[bench]"
)


@pytest.fixture(scope="module", autouse=True)
def tiny():
    """Let `thingpost bench`, full or quick, measure the least that can be measured."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(suite, "BUSY_MINIMUM", 1e-5)
        patch.setattr(suite, "BUSY_ROWS", 1)
        patch.setattr(thingpost.bench, "FULL", TINY)
        patch.setattr(thingpost.bench, "QUICK", dataclasses.replace(TINY, name="quick"))
        yield


@pytest.fixture(scope="module")
def measured(tiny):
    """A run of one method, and how many blocks it said were done."""
    done = []
    return suite.run(["hmacsha1"], TINY, done.append), done


@pytest.fixture
def saved(measured, tmp_path):
    """The file that keeps this run."""
    path = tmp_path / "saved.json"
    path.write_text(json.dumps(measured[0].as_dict()))
    return path


# Before version 8.2, click's runner counts what goes to standard error (progress, on a slow machine) as standard output, too.
SEPARATE = {"mix_stderr": False} if "mix_stderr" in inspect.signature(CliRunner).parameters else {}


def invoke(*arguments):
    result = CliRunner(**SEPARATE).invoke(main, ["bench", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


# ---- Rounds and ratios ----


class Clock:
    """Stands still but for what a job takes: `seconds`, times the drift of the round."""

    def __init__(self):
        self.now, self.order = 0.0, []

    def __call__(self):
        return self.now

    def job(self, name, seconds, against=(), signatures=1):
        def run():
            self.order.append(name)
            self.now += seconds() if callable(seconds) else seconds

        return Job(name, signatures, run, against)


def test_a_ratio_is_formed_within_a_round_so_that_drift_cancels():
    """Both become slower and slower, as on a machine that others use; ours stays three times as fast."""
    clock = Clock()
    jobs = [
        clock.job("base", lambda: 3.0 * (1 + len(clock.order) // 2), ("base",)),
        clock.job("ours", lambda: 1.0 * (1 + len(clock.order) // 2), ("base",)),
    ]
    base, ours = runner.measure(jobs, Limits(0.0, 6, 1e9), clock=clock)
    assert len(ours.rates) == 6
    assert max(ours.rates) > 2 * min(ours.rates)
    assert statistics.median(ours.ratios) == pytest.approx(3.0, rel=0.35)
    assert base.ratios == (1.0,) * 6


def test_the_base_is_the_one_that_is_faster_over_all_rounds():
    jobs = [
        Job("slow", 1, int, ("slow", "fast")),
        Job("fast", 1, int, ("slow", "fast")),
        Job("ours", 1, int, ("slow", "fast")),
    ]
    slow, fast, ours = runner.compare(jobs, [[9.0, 1.0, 1.0], [2.0, 2.0, 2.0], [4.0, 6.0, 8.0]])
    assert {timing.against for timing in (slow, fast, ours)} == {"fast"}
    assert ours.ratios == (2.0, 3.0, 4.0)
    assert slow.ratios == (4.5, 0.5, 0.5)


def test_a_job_without_a_base_has_no_ratio():
    (alone,) = runner.compare([Job("ours", 1, int, ("left out",))], [[1.0, 2.0]])
    assert (alone.against, alone.ratios) == (None, ())


def test_every_round_begins_with_the_next_contender():
    clock = Clock()
    runner.measure([clock.job(name, 1.0) for name in "abc"], Limits(0.5, 3, 1e9), clock=clock)
    assert "".join(clock.order) == "abc" + "abc" + "bca" + "cab"  # the first three find out how often to repeat


def test_a_measurement_takes_the_minimum_at_least_and_counts_every_signature():
    clock = Clock()
    (timing,) = runner.measure([clock.job("ours", 0.001, signatures=7)], Limits(0.1, 3, 1e9), clock=clock)
    assert timing.rates == pytest.approx([7_000.0] * 3)
    assert clock.now >= 3 * 0.1


def test_no_round_begins_after_the_budget_but_the_least_are_made():
    for budget, rounds in ((0.0, runner.LEAST_ROUNDS), (4.5, 5), (1e9, 20)):
        clock = Clock()
        (timing,) = runner.measure([clock.job("ours", 1.0)], Limits(0.5, 20, budget), clock=clock)
        assert len(timing.rates) == rounds


def test_the_garbage_collector_is_off_while_measuring_and_as_before_afterwards():
    seen = []
    runner.measure([Job("ours", 1, lambda: seen.append(gc.isenabled()))], Limits(0.0, 3, 1e9))
    assert not any(seen)
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError):
        runner.measure([Job("ours", 1, lambda: 1 / 0)], Limits(0.0, 3, 1e9))
    assert gc.isenabled()


def test_quartiles():
    assert runner.quartiles([4.0, 1.0, 3.0, 2.0, 5.0]) == results.Quartiles(2.0, 3.0, 4.0)


# ---- Records and contenders ----


def test_records_are_the_same_each_time_and_of_the_stated_size():
    made = records.make(20)
    assert made == records.make(20)
    assert {len(secret) for secret in made.secrets} == {32}
    assert {len(thingpost.content(row)) for row in made.dicts} == {89}
    assert len({thingpost.content(row) for row in made.dicts}) == 20
    assert len(set(made.secrets)) == 20


def test_rows_beyond_the_distinct_ones_repeat_them(monkeypatch):
    monkeypatch.setattr(records, "DISTINCT", 8)
    made = records.make(20)
    assert len(made) == len(made.dicts) == len(made.secret_octets) == 20
    assert made.dicts[3] is made.dicts[11] is made.dicts[19]
    assert [len(column) for column in made.head(3).octets.values()] == [3] * 4
    device = made.one_device()
    assert len(set(device.secrets)) == 1
    assert len({row["timestamp"] for row in device.dicts}) == 8


@pytest.mark.parametrize("method", thingpost.METHODS)
def test_every_contender_gives_what_the_standard_library_gives(method):
    rows = records.make(5).one_device()
    signs = baseline.loop(rows, baseline.DIGESTS[method])
    assert signs == [thingpost.sign(secret, row, method) for secret, row in zip(rows.secrets, rows.dicts, strict=True)]
    signing = [one.single(), one.context(), many.batch(), many.widths(thingpost.lanes().available), many.threads()]
    verifying = [one.verify(signs), many.verify_batch(signs)]
    for expected, groups in ((signs, signing), ([True] * 5, verifying)):
        for contender in itertools.chain.from_iterable(groups):
            if contender.missing() is None:
                assert contender.prepare(rows, method).outputs() == expected, contender.name


def test_a_contender_that_signs_something_else_ends_the_run():
    wrong = Contender("wrong", lambda *_: Work(int, lambda: ["0"]), ())
    block = suite.Block("single", "hmacsha1", records.make(1), ["1"], [wrong])
    with pytest.raises(AssertionError, match=r"wrong .* another result"):
        suite.measure(block, TINY, results.Result({}, {}))


def test_a_missing_package_is_named_with_what_to_type(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    found = results.Result({}, {})
    rows = records.make(2)
    suite.measure(suite.Block("single", "hmacmd5", rows, baseline.loop(rows, "md5"), one.single()), TINY, found)
    assert found.missing == {name: f"not installed: pip install {name}" for name in ("cryptography", "pycryptodome")}
    assert [figure.contender for figure in found.figures] == ["hmac.new", "hmac.digest", "thingpost.sign"]


def test_a_package_that_is_too_slow_for_the_size_is_left_out():
    slow = Contender("slow", lambda *_: pytest.fail("it was run"), (), package="cryptography")
    figure = results.Figure("batch", "hmacmd5", 10, "slow", results.Quartiles(1.0, 1.0, 1.0), None, None, 3)
    found = results.Result({}, {}, [figure])
    block = suite.Block("batch", "hmacmd5", records.make(100), [], [slow])
    assert suite._takes_too_long(slow, block, TINY, found)
    assert not suite._takes_too_long(slow, dataclasses.replace(block, records=records.make(5)), TINY, found)


# ---- A run ----


def test_a_run_has_every_section_and_tells_how_far_it_is(measured):
    result, done = measured
    assert {figure.section for figure in result.figures} == SECTIONS
    assert done == list(range(1, suite.count(["hmacsha1"], TINY) + 1))
    for figure in result.figures:
        assert 0 < figure.rate.low <= figure.rate.median <= figure.rate.high
        assert figure.ratio is None or figure.ratio.low <= figure.ratio.median <= figure.ratio.high
    sizes = {figure.rows for figure in result.figures if figure.section == "batch"}
    assert sizes == set(TINY.sizes)
    assert {"cpu", "python", "openssl", "thingpost", "lanes", "system"} <= result.machine.keys()


def test_json_has_the_shape_of_the_run(tmp_path):
    result = invoke("--method", "hmacmd5", "--json", "--save", tmp_path / "saved.json")
    assert result.exit_code == 0
    value = json.loads(result.stdout)
    assert value == json.loads((tmp_path / "saved.json").read_text())
    assert value["format"] == results.FORMAT
    assert {figure["method"] for figure in value["figures"]} == {"hmacmd5"}
    figure = next(figure for figure in value["figures"] if figure["contender"] == "thingpost.sign")
    assert figure.keys() == {"section", "method", "rows", "contender", "rate", "against", "ratio", "rounds"}
    assert figure["against"] in one.ONE_SHOT
    assert figure["rate"].keys() == figure["ratio"].keys() == {"low", "median", "high"}


def test_quick_takes_the_quick_bounds(monkeypatch):
    monkeypatch.setattr(suite, "_blocks", lambda *_: [])
    result = invoke("--quick", "--method", "hmacsha256", "--json")
    assert json.loads(result.stdout)["settings"]["bounds"] == "quick"


def test_a_saved_run_is_shown_again_without_measuring(measured, saved, monkeypatch):
    monkeypatch.setattr(runner, "measure", lambda *_: pytest.fail("it measured"))
    assert results.load(saved.read_text()) == measured[0]
    assert json.loads(invoke("--from", saved, "--json").stdout) == measured[0].as_dict()
    shown = invoke("--from", saved).stdout
    for table in report.tables(measured[0]):
        assert table.title in shown
    for name in ("hmac.digest loop", "HMAC.copy(), bound", "BoundKey.sign", "sign_batch, packed"):
        assert name in shown


def test_cells():
    half = results.Quartiles(1.9, 2.0, 2.1)
    figure = results.Figure("single", "hmacmd5", 1, "ours", results.Quartiles(1e6, 2e6, 3e6), "base", half, 3)
    assert report.cell(figure) == "2.00x \u00b15%"
    assert report.cell(dataclasses.replace(figure, contender="base")) == "2 M/s"
    assert report.cell(dataclasses.replace(figure, ratio=None)) == "2 M/s"
    assert report.cell(dataclasses.replace(figure, ratio=results.Quartiles(12.0, 12.34, 13.0))) == "12.3x \u00b14%"
    busy = dataclasses.replace(figure, section="busy", ratio=results.Quartiles(0.6, 0.64, 0.7))
    assert report.cell(busy) == "64% (2 M/s)"
    assert [report.rate(number) for number in (999.0, 12_345.0, 1.5e7)] == ["999 /s", "12.3 k/s", "15 M/s"]


@needs_matplotlib
@pytest.mark.filterwarnings("ignore::DeprecationWarning:matplotlib")  # older ones call a newer pyparsing by old names
@pytest.mark.parametrize(("name", "start"), [("plot.svg", b"<?xml"), ("plot.png", b"\x89PNG")])
def test_a_plot_is_drawn_and_the_same_run_gives_the_same_file(saved, tmp_path, name, start):
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
        assert invoke("--from", saved, "--plot", tmp_path / folder / name).exit_code == 0
    drawn = (tmp_path / "first" / name).read_bytes()
    assert drawn.startswith(start)
    assert drawn == (tmp_path / "second" / name).read_bytes()


def test_a_plot_without_matplotlib_says_what_to_type(saved, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match="pip install"):
        plot.require()
    result = invoke("--from", saved, "--plot", tmp_path / "plot.svg")
    assert result.exit_code == 2
    assert 'pip install "thingpost[bench]"' in result.stderr


# ---- Wrong usage ----


@pytest.mark.parametrize(
    "arguments",
    [
        ["--method", "hmacsha512"],
        ["--plot", "plot.jpg"],
        ["--plot", "/no/such/directory/plot.svg"],
        ["--save", "/no/such/directory/saved.json"],
        ["--from", "/no/such/file"],
        ["--quick", "--from", __file__],
        ["--from", __file__, "--method", "hmacmd5"],
        ["--from", __file__],
    ],
)
def test_wrong_usage_exits_with_2_before_anything_is_measured(arguments, monkeypatch):
    monkeypatch.setattr(suite, "_blocks", lambda *_: pytest.fail("it measured"))
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert result.stderr


def test_a_run_that_another_version_saved_is_refused(saved):
    value = json.loads(saved.read_text())
    for change in ({"format": 99}, {"figures": [{}]}, {"figures": 5}, {"extra": 1}):
        saved.write_text(json.dumps({**value, **change}))
        assert invoke("--from", saved).exit_code == 2
    saved.write_text("[]")
    assert invoke("--from", saved).exit_code == 2
