"""Signatures a second against the size of a batch, as a picture."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

    from thingpost.bench.results import Figure, Result

SUFFIXES: Final = (".svg", ".png")

# Okabe and Ito's colours, which the colour-blind tell apart; markers and dashes say it once more.
_STYLES: Final = {
    "sign_batch, packed": ("#D55E00", "o", "-"),
    "sign_batch, columns": ("#0072B2", "s", "-"),
    "sign_batch, dicts": ("#009E73", "^", "-"),
    "thingpost.sign loop": ("#CC79A7", "D", "-"),
    "hmac.digest loop, bytes": ("#000000", "o", "--"),
    "hmac.digest loop": ("#000000", "s", ":"),
    "cryptography loop": ("#E69F00", "v", "--"),
    "pycryptodome loop": ("#56B4E9", "P", "--"),
}


def require() -> None:
    """Load matplotlib.

    Raises:
        ImportError: it is not installed; says what to type.
    """
    try:
        importlib.import_module("matplotlib.figure")
    except ImportError:
        raise ImportError('a plot needs matplotlib: pip install "thingpost[bench]"') from None


def draw(result: Result, path: Path) -> None:
    """Draw a panel a method, a line a contender, both axes logarithmic, to an SVG or PNG file."""
    require()
    matplotlib: Any = importlib.import_module("matplotlib")
    figure_class: Any = importlib.import_module("matplotlib.figure").Figure  # no pyplot: no display, no global state
    figures = [figure for figure in result.figures if figure.section == "batch"]
    methods = list(dict.fromkeys(figure.method for figure in figures))
    # The salt makes the same file of the same run; text as paths looks the same without the font.
    with matplotlib.rc_context({"svg.hashsalt": "thingpost", "svg.fonttype": "path"}):
        picture = figure_class(figsize=(4.4 * max(len(methods), 1) + 0.6, 5.4), layout="constrained")
        panels = picture.subplots(1, len(methods), sharey=True, squeeze=False)[0] if methods else []
        for panel, method in zip(panels, methods, strict=True):
            _panel(panel, method, [figure for figure in figures if figure.method == method])
        if methods:
            panels[0].set_ylabel("signatures a second")
            handles, labels = panels[0].get_legend_handles_labels()
            picture.legend(handles, labels, loc="outside lower center", ncols=min(4, 2 * len(methods)), frameon=False)
        machine = f"{result.machine['cpu']}, {result.machine['lanes']['name']}"
        picture.suptitle(f"Signatures a second by batch size, one thread\n{machine}", fontsize="medium")
        metadata = {"Date": None} if path.suffix == ".svg" else None
        picture.savefig(path, dpi=120, metadata=metadata)


def _panel(panel: Any, method: str, figures: list[Figure]) -> None:
    ticker: Any = importlib.import_module("matplotlib.ticker")
    for contender, (colour, marker, line) in _STYLES.items():
        points = sorted((f.rows, f.rate) for f in figures if f.contender == contender)
        if not points:
            continue
        sizes = [rows for rows, _ in points]
        panel.plot(
            sizes, [rate.median for _, rate in points], color=colour, marker=marker, linestyle=line, label=contender
        )
        panel.fill_between(
            sizes, [rate.low for _, rate in points], [rate.high for _, rate in points], color=colour, alpha=0.15, lw=0
        )
    panel.set(title=method, xscale="log", yscale="log", xlabel="rows in the batch")
    for axis in (panel.xaxis, panel.yaxis):
        axis.set_major_formatter(ticker.EngFormatter(sep=" "))  # 10 k, 1 M
    panel.grid(visible=True, which="major", color="#dddddd")
    panel.grid(visible=True, which="minor", axis="y", color="#f2f2f2")
    panel.set_axisbelow(True)
