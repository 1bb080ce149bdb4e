"""The files with a study's best pruned network, and the whole one, for use without the study."""

import io
import os
import warnings
from copy import deepcopy
from importlib.util import find_spec
from textwrap import wrap
from typing import Any

import joblib
import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skneuron.report import counted, network_in_words
from skneuron.study._cells import SCORE_FORMATS
from skneuron.study._experiment import Study
from skneuron.study._held_out_evaluation import LUCK
from skneuron.study._network_study import NetworkStudy
from skneuron.study._study_data import StudyData
from skneuron.study._table_features import as_read
from skneuron.surgery import with_network

# The removal whose network is saved: the first of these that a study has.
SAVED = ("repaired", "automatic", "greedy")
HOW_REMOVED = {"repaired": "repaired", "automatic": "automatic choice", "greedy": "greedy"}

SNIPPET = '''\
{loss}"""How to use model.joblib, which `skneuron study` has written beside this file: {which}.

whole.joblib is the same network before anything was removed: {whole}.

{usage}
"""

{imports}

# This runs code of the file: only if you trust its author.
model = joblib.load(Path(__file__).with_name("model.joblib"))
{lines}
'''
OF_TABLE = {
    "usage": "    python use_model.py [ANOTHER.csv, with the same columns]",
    "imports": "import sys\nfrom pathlib import Path\n\nimport joblib\nimport pandas as pd",
    "lines": "path = sys.argv[1] if len(sys.argv) > 1 else {path!r}\n"
    "print(model.predict(pd.read_csv(path, low_memory=False{options})))",
}
OF_IMAGES = {
    "usage": "    python use_model.py",
    "imports": "from pathlib import Path\n\nimport joblib\nimport numpy as np",
    "lines": "print(model.predict(np.zeros((1, {n_pixels}))))",
}


def best_pruned(study: Study) -> tuple[NetworkStudy, str]:
    """The network study whose pruned network scores highest on validation samples, and which."""
    kinds = [next(kind for kind in SAVED if kind in one.pruned) for one in study.networks]
    scores = [
        one.pruned[kind].validation_score for one, kind in zip(study.networks, kinds, strict=True)
    ]
    best = int(np.argmax(scores))
    return study.networks[best], kinds[best]


def model_text(study: Study) -> str:
    """Which network is saved, in words."""
    network, kind = best_pruned(study)
    removal = network.removals[kind]
    score = SCORE_FORMATS[network.score_name].whole(removal.test_score)
    return (
        f"{network_in_words(network.hidden)}, seed {network.seed}, without {removal.n_removed} of "
        f"its {counted(sum(network.hidden), 'neuron')} ({HOW_REMOVED[kind]}), "
        f"{network.score_name} {score} on test samples"
    )


def loss_text(study: Study) -> str:
    """That the saved network is worse than the whole one; empty if that may be chance."""
    network, kind = best_pruned(study)
    removal = network.removals[kind]
    if removal.p_value >= LUCK or removal.test_score >= network.baseline_score:
        return ""
    whole, change, unit = SCORE_FORMATS[network.score_name]
    return (
        "model.joblib holds the pruned network, which is worse than the whole one beyond chance "
        f"on test {study.data.unit} ({whole(removal.test_score)} instead of "
        f"{whole(network.baseline_score)}, {change(removal.test_score - network.baseline_score)} "
        f"{unit}): whole.joblib has that"
    )


def model_of(study: Study, *, is_whole: bool = False) -> Any:
    """The best pruned network as an estimator for what the data set's samples are.

    It takes rows as a table's file has them, or pixels from 0 to 1, and predicts classes or
    numbers as they are there. ``is_whole`` asks for the same network before its pruning.
    """
    network, kind = best_pruned(study)
    data = study.data
    pruned = with_network(network.mlp, network.pruned[kind].network)
    mlp = unscaled(network.mlp if is_whole else pruned, data)
    if data.preprocessor is None:
        return mlp
    numbers, texts = (columns for _, _, columns in data.preprocessor.transformers)
    reader = FunctionTransformer(as_read, kw_args={"numbers": numbers, "texts": texts})
    return make_pipeline(reader, data.preprocessor, mlp)


def unscaled(mlp: Any, data: StudyData) -> Any:
    """A network that takes features, and predicts numbers, as they were before `Scaling`."""
    mlp = deepcopy(mlp)
    dtype = mlp.coefs_[0].dtype
    first, last = data.X_scaling, data.y_scaling
    weights = mlp.coefs_[0].astype(np.float64) / first.unit
    mlp.intercepts_[0] = (mlp.intercepts_[0] - first.shift * weights.sum(axis=0)).astype(dtype)
    mlp.coefs_[0] = weights.astype(dtype)
    mlp.coefs_[-1] = (mlp.coefs_[-1] * last.unit).astype(dtype)
    mlp.intercepts_[-1] = (mlp.intercepts_[-1] * last.unit + last.shift).astype(dtype)
    return mlp


def model_files(study: Study) -> dict[str, str | bytes]:
    """Contents by file name; model.onnx is there if skl2onnx is installed."""
    model = model_of(study)
    contents: dict[str, str | bytes] = {
        "model.joblib": _dumped(model),
        "whole.joblib": _dumped(model_of(study, is_whole=True)),
        "use_model.py": _snippet(study, model),
    }
    onnx = _onnx(model)
    return contents if onnx is None else contents | {"model.onnx": onnx}


def files_that_need_more() -> dict[str, str]:
    """What has to be installed, by the file of `model_files` that is not made without it."""
    return {} if find_spec("skl2onnx") else {"model.onnx": "skl2onnx"}


def _dumped(model: Any) -> bytes:
    stream = io.BytesIO()
    joblib.dump(model, stream)
    return stream.getvalue()


def _snippet(study: Study, model: Any) -> str:
    """Code that reads the model, and the file of the study or another one."""
    if study.data.preprocessor is None:
        parts = OF_IMAGES | {"lines": OF_IMAGES["lines"].format(n_pixels=model.n_features_in_)}
    else:
        usual = {"encoding": "utf-8-sig", "sep": ","}
        told = set((study.data.reading or {}).items()) - set(usual.items())
        options = "".join(f", {name}={value!r}" for name, value in sorted(told))
        # From wherever it is run.
        path = os.path.abspath(study.data.command[0])
        parts = OF_TABLE | {"lines": OF_TABLE["lines"].format(path=path, options=options)}
    network, _ = best_pruned(study)
    whole = SCORE_FORMATS[network.score_name].whole(network.baseline_score)
    lines = wrap(f"Mind: {loss_text(study)}.", 97) if loss_text(study) else []
    return SNIPPET.format(
        loss="".join(f"# {line}\n" for line in lines),
        which=model_text(study),
        whole=f"{network.score_name} {whole} on test samples",
        **parts,
    )


def _onnx(model: Any) -> bytes | None:
    """The network alone, which takes what the steps before it make of the rows.

    None without skl2onnx, or if it fails: hours of work are not to be lost with a converter.
    """
    try:
        from skl2onnx import to_onnx

        import skneuron.onnx  # noqa: F401
    except ImportError:
        return None
    mlp = model[-1] if hasattr(model, "steps") else model
    options = {"zipmap": False} if hasattr(mlp, "classes_") else None
    X = np.zeros((1, mlp.n_features_in_), dtype=np.float32)
    try:
        onnx: bytes = to_onnx(mlp, X, options=options).SerializeToString()
    except Exception as error:  # noqa: BLE001 (whatever a converter raises)
        warnings.warn(f"no model.onnx: skl2onnx failed ({error})", UserWarning, stacklevel=2)
        return None
    return onnx
