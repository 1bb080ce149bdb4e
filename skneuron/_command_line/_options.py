"""The options of each command, and what may be said for them."""

import argparse
from typing import Any, NoReturn

from skneuron import __version__
from skneuron._command_line._workers import CLUSTERS
from skneuron.datasets import DATASET_NAMES
from skneuron.study import TASKS
from skneuron.surgery import REFITS
from skneuron.utils import MAX_SEED
from skneuron.warmup import DTYPES

BAD_INPUT = 2
CANNOT_WRITE = 74  # EX_IOERR of sysexits.h

STATUSES = (
    f"exit status: 0 if all went well, also if nobody reads on; {BAD_INPUT} for bad input; "
    f"{CANNOT_WRITE} if results could not be written or printed; 130 after Ctrl-C, 143 after "
    "SIGTERM, 129 after SIGHUP"
)
# More neurons in a layer than any memory is for; less than where numpy's sizes overflow.
LARGEST_LAYER = 10_000_000
LARGEST_NUMBER = 2**31 - 1


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"{self.prog}: error: {message}\n")


def _whole(text: str, least: int, most: int) -> int | None:
    """The number that a text is, if it is within the bounds."""
    digits = text.strip()
    # Python refuses to read thousands of digits.
    if not digits.isdecimal() or len(digits) > 20 or not least <= int(digits) <= most:
        return None
    return int(digits)


def _positive(text: str) -> int:
    value = _whole(text, 1, LARGEST_NUMBER)
    if value is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a whole number from 1 up to {LARGEST_NUMBER}"
        )
    return value


def _hidden(text: str) -> tuple[int, ...]:
    sizes = [_whole(size, 1, LARGEST_LAYER) for size in text.split(",")]
    if None in sizes:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a list of layer sizes from 1 up to {LARGEST_LAYER}, such as 64,32"
        )
    return tuple(size for size in sizes if size is not None)


def _seeds(text: str) -> tuple[int, ...]:
    seeds = [_whole(seed, 0, MAX_SEED) for seed in text.split(",")]
    if None in seeds:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a list of seeds from 0 to {MAX_SEED}, such as 0,1,2"
        )
    return tuple(seed for seed in seeds if seed is not None)


def _noise(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share < 1:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a share from 0 and below 1, such as 0.4"
        )
    return share


def _file(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError(f"{text!r} names no file")
    return text


def _folder(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError(f"{text!r} names no folder; the one you are in is '.'")
    return text


Options = dict[str, dict[str, Any]]

STUDY: Options = {
    "names": {
        "metavar": "NAME",
        "nargs": "+",
        "help": f"data set: {', '.join(DATASET_NAMES)}; several are studied one after the other. "
        "Or a CSV file of your own, with --target",
    },
    "--target": {"metavar": "COLUMN", "help": "of the CSV file, what is to be predicted"},
    "--task": {
        "choices": TASKS,
        "default": "auto",
        "help": "whether the target is a class or a number (default: a number if it holds more "
        "than 20 different ones)",
    },
    "--drop": {
        "metavar": "COLUMN",
        "action": "append",
        "default": [],
        "help": "a column that is not to be learnt from, such as an id; may be repeated",
    },
    "--test": {
        "metavar": "CSV",
        "type": _file,
        "help": "another file to evaluate on (default: a quarter of the rows)",
    },
    "--encoding": {
        "metavar": "NAME",
        "default": "utf-8",
        "help": "of the CSV files, such as latin-1 (default: utf-8)",
    },
    "--hidden": {
        "metavar": "N[,N...]",
        "type": _hidden,
        "action": "append",
        "help": "hidden layer sizes, such as 64,32; may be repeated (default: 100 and 100,50)",
    },
    "--seeds": {
        "metavar": "N[,N...]",
        "type": _seeds,
        "default": (0,),
        "help": "random seeds (default: 0)",
    },
    "--data-home": {"metavar": "DIR", "type": _folder, "help": "scikit-learn's data folder"},
    "--out": {
        "metavar": "DIR",
        "type": _folder,
        "help": "write report.html, results.json, neurons.csv, the pruned network "
        "(model.joblib, model.onnx, use_model.py) and the whole one (whole.joblib) into this "
        "folder; of several data sets, into folders in it",
    },
    "--max-iter": {
        "metavar": "N",
        "type": _positive,
        "help": "epochs (default: enough for the data set)",
    },
    "--n-train": {
        "metavar": "N",
        "type": _positive,
        "help": "use only so many training samples",
    },
    "--label-noise": {
        "metavar": "SHARE",
        "type": _noise,
        "default": 0.0,
        "help": "make this share of the training and validation labels random, from 0 and below "
        "1, and compare removal with what else helps then (default: 0)",
    },
    "--refit": {
        "choices": tuple(REFITS),
        "help": "also remove most neurons, and repair this of what is left without labels",
    },
    "--jobs": {
        "metavar": "N",
        "type": _positive,
        "help": "processes that study a network each and share the cores (default: 1)",
    },
    "--backend": {
        "choices": tuple(CLUSTERS),
        "help": "let a cluster's workers study the networks",
    },
    "--scheduler": {
        "metavar": "ADDRESS",
        "help": "of the cluster, such as tcp://10.0.0.1:8786 (default: --jobs workers here)",
    },
    "--quiet": {"action": "store_true", "help": "no progress, no table"},
}

WARMUP: Options = {
    "--dtype": {
        "nargs": "+",
        "choices": DTYPES,
        "default": DTYPES,
        "help": "types of numbers (both)",
    },
    "--all": {
        "action": "store_true",
        "help": "also for sparse samples, pairs of neurons and Shapley values",
    },
    "--jobs": {
        "metavar": "N",
        "type": _positive,
        "help": "processes (default: as many as cores)",
    },
    "--quiet": {"action": "store_true", "help": "no progress, no result"},
}

# By command: one line of what it does, several, and its options.
COMMANDS = {
    "study": (
        "train networks on images or a table, remove every neuron in turn, prune, report",
        "Train networks on an image data set, or on a CSV file of your own (study my.csv --target "
        "COLUMN), remove every hidden neuron in turn on validation samples, prune the rotten "
        "ones, and evaluate the result on test samples.",
        STUDY,
    ),
    "warmup": (
        "compile beforehand what the first calls would wait for",
        "Compile what training, ablation, pruning and the study need, for this processor, into "
        "the user's cache folder or NUMBA_CACHE_DIR.",
        WARMUP,
    ),
}


def parser() -> argparse.ArgumentParser:
    """Of the whole command line; what it finds wrong ends the process with status 2."""
    top = _Parser(
        prog="skneuron",
        description="Look into scikit-learn's neural networks, neuron by neuron.",
        epilog=STATUSES,
    )
    top.add_argument("--version", action="version", version=f"skneuron {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (line, description, options) in COMMANDS.items():
        command = commands.add_parser(name, help=line, description=description, epilog=STATUSES)
        for option, settings in options.items():
            command.add_argument(option, **settings)
    return top
