"""Pages of the site with what is in benchmarks/results/*.json."""

import json
from pathlib import Path
from typing import Any

# The file -> what it measures. The script that wrote NAME.json is benchmarks/bench_NAME.py.
TITLES = {
    "ablation": "Ablation, against loops, PyTorch and Captum",
    "calibration": "How often verdicts are wrong",
    "cluster": "Studies in several processes",
    "cold": "First calls on a machine",
    "cv": "Cross-validating thresholds",
    "gain": "What pruning gains with wrong labels",
    "label_noise": "Repairs of networks that have learnt wrong labels",
    "memory": "Memory",
    "path": "Pruning paths, and predict after them",
    "quality": "What is lost when most neurons go",
    "scaling": "What grows with samples, neurons, classes and layers",
    "sparse": "Sparse input",
    "states": "Calls in a loop, after a rest and after a product",
    "train": "Training, growth and first fits",
    "train_200": "Training in batches of 200",
}
SCRIPTS = {"train_200": "bench_train.py"}
# Tables with more rows are in the file only.
MOST_ROWS = 200
MOST_COLUMNS = 14


def flat(row: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Cells of a nested row, by names with dots."""
    cells: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            cells |= flat(value, f"{prefix}{name}.")
        else:
            cells[prefix + name] = value
    return cells


def cell(value: Any) -> str:
    """A value, short; "|" would end the cell."""
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, list):
        return ", ".join(map(cell, value))
    return "" if value is None else str(value).replace("|", "\\|")


def table(rows: list[dict[str, Any]]) -> str:
    """A Markdown table of rows, some of which may lack cells of others."""
    cells = [flat(row) for row in rows]
    columns = list(dict.fromkeys(name for row in cells for name in row))[:MOST_COLUMNS]
    lines = [columns, ["---"] * len(columns)]
    lines += [[cell(row.get(name)) for name in columns] for row in cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def page(name: str, results: dict[str, Any]) -> str:
    """One file's results, with the machine, versions, date and command."""
    script = SCRIPTS.get(name, f"bench_{name}.py")
    machine = results["machine"]
    about = [{"": key, "what": value} for key, value in flat(machine).items()]
    parts = [
        f"# {TITLES[name]}",
        f"`python benchmarks/{script}` wrote [{name}.json](../../benchmarks/results/{name}.json)"
        f" on {machine['date']}. Columns are named as in the file, where there are more of them.",
    ]
    for part, rows in results.items():
        if isinstance(rows, list) and rows and part != "machine":
            shown = f"The first {MOST_ROWS} of {len(rows)} rows:\n\n" * (len(rows) > MOST_ROWS)
            parts.append(f"## {part.replace('_', ' ').capitalize()}")
            parts.append(shown + table(rows[:MOST_ROWS]))
    parts += ["## Machine and versions", table(about)]
    return "\n\n".join(parts) + "\n"


def index(names: list[str]) -> str:
    """The page that leads to the others."""
    pages = "\n".join(names)
    return (
        "# Benchmarks\n\nEvery figure of these pages is from a file in `benchmarks/results/`, "
        "made by the command that is named there. Rivals run in turn in one process, so "
        "ratios hold where seconds do not; [the guide](../speed.md) says what they mean.\n\n"
        f"```{{toctree}}\n:maxdepth: 1\n\n{pages}\n```\n"
    )


def write(results: Path, folder: Path) -> None:
    """Write a page for each file of results, and their index, where they have changed."""
    folder.mkdir(exist_ok=True)
    files = sorted(results.glob("*.json"))
    pages = {file.stem: page(file.stem, json.loads(file.read_text("utf-8"))) for file in files}
    pages["index"] = index([file.stem for file in files])
    for name, text in pages.items():
        path = folder / f"{name}.md"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
