"""The pruned network as it is saved: it predicts what the study has evaluated."""

import io
import subprocess
import sys
from dataclasses import replace

import joblib
import numpy as np
import pytest
from sklearn.base import is_classifier

from skneuron.datasets import load_images
from skneuron.study import run_study
from skneuron.study._saved_model import (
    best_pruned,
    files_that_need_more,
    loss_text,
    model_files,
    model_of,
    model_text,
    unscaled,
)

pd = pytest.importorskip("pandas", reason="pandas is not installed")


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    rng = np.random.default_rng(0)
    n = 400
    frame = pd.DataFrame(
        {
            "age": np.where(rng.random(n) < 0.1, np.nan, rng.integers(18, 80, n)),
            "plan": rng.choice(["basic", "pro"], n),
            "vip": rng.random(n) < 0.3,
        }
    )
    age = frame["age"].fillna(50)
    frame["churned"] = np.where(age + rng.normal(0, 8, n) > 50, "yes", "no")
    frame["price"] = 1000 + 30 * age + 200 * frame["vip"] + rng.normal(0, 20, n)
    path = tmp_path_factory.mktemp("table") / "customers.csv"
    frame.to_csv(path, index=False)
    return path


def studied(table, target, drop, **options):
    return run_study(table, target=target, drop=[drop], hidden=[(12,)], max_iter=30, **options)


@pytest.fixture(scope="module")
def classes(table):
    return studied(table, "churned", "price", refit="outputs")


@pytest.fixture(scope="module")
def numbers(table):
    return studied(table, "price", "churned")


def loaded(study):
    return joblib.load(io.BytesIO(model_files(study)["model.joblib"]))


def test_rows_of_the_file_go_in_and_classes_come_out(classes):
    network, kind = best_pruned(classes)
    model = loaded(classes)
    predicted = model.predict(classes.data.frame_test)
    assert set(predicted) <= {"yes", "no"}
    score = np.mean(predicted == classes.data.y_test)
    assert score == network.removals[kind].test_score
    assert is_classifier(model)
    # Columns may come in any order, with others among them.
    shuffled = classes.data.frame_test[["vip", "plan", "age"]].assign(more=1)
    np.testing.assert_array_equal(model.predict(shuffled), predicted)


def test_numbers_are_as_they_are_in_the_file(numbers):
    network, kind = best_pruned(numbers)
    assert kind == "greedy"
    data = numbers.data
    predicted = loaded(numbers).predict(data.frame_test)
    true = data.y_test * data.y_scaling.unit + data.y_scaling.shift
    r2 = 1 - np.sum((true - predicted) ** 2) / np.sum((true - true.mean()) ** 2)
    assert r2 == pytest.approx(network.removals[kind].test_score)
    assert 1000 < predicted.mean() < 5000


def test_the_whole_network_is_saved_as_well(numbers, classes, digits_study):
    """Where the pruned one was worse, it was all there was."""
    for study in (numbers, classes, digits_study):
        network, _ = best_pruned(study)
        data = study.data
        model = joblib.load(io.BytesIO(model_files(study)["whole.joblib"]))
        assert type(model) is type(model_of(study))
        true = data.y_test * data.y_scaling.unit + data.y_scaling.shift if (
            study is numbers
        ) else data.y_test  # fmt: skip
        samples = load_images("digits").X_test if study is digits_study else data.frame_test
        assert model.score(samples, true) == pytest.approx(network.baseline_score, abs=0.003)
    assert [layer.shape[0] for layer in model.coefs_[1:]] == list(network.hidden)


def with_removal(study, **changes):
    network, kind = best_pruned(study)
    removals = network.removals | {kind: replace(network.removals[kind], **changes)}
    return replace(study, networks=[replace(network, baseline_score=0.9, removals=removals)])


def test_a_loss_beyond_chance_is_said_on_top_of_the_snippet(classes, numbers):
    """A network that is worse was saved without a word."""
    worse = with_removal(classes, test_score=0.85, p_value=0.001)
    assert loss_text(worse) == (
        "model.joblib holds the pruned network, which is worse than the whole one beyond chance "
        "on test rows (85.00 % instead of 90.00 %, -5.00 points of accuracy): whole.joblib has "
        "that"
    )
    lines = model_files(worse)["use_model.py"].splitlines()
    assert lines[0].startswith("# Mind: model.joblib holds the pruned network, which is worse ")
    n_comments = [line.startswith("# ") for line in lines].index(False)
    assert " ".join(line[2:] for line in lines[:n_comments]) == f"Mind: {loss_text(worse)}."
    assert max(map(len, lines[:n_comments])) < 100
    assert "-0.0500 R2)" in loss_text(with_removal(numbers, test_score=0.85, p_value=0.001))


@pytest.mark.parametrize(("score", "p_value"), [(0.85, 0.3), (0.95, 0.001), (0.9, 0.001)])
def test_what_may_be_chance_or_is_better_is_no_loss(classes, score, p_value):
    study = with_removal(classes, test_score=score, p_value=p_value)
    assert loss_text(study) == ""
    text = model_files(study)["use_model.py"]
    assert text.startswith('"""How to use model.joblib')
    whole = "before anything was removed: accuracy 90.00 % on test samples.\n"
    assert f"whole.joblib is the same network {whole}" in text


def test_networks_for_images_take_pixels(digits_study):
    raw = load_images("digits")
    network, kind = best_pruned(digits_study)
    model = model_of(digits_study)
    score = model.score(raw.X_test, raw.y_test)
    assert score == pytest.approx(network.removals[kind].test_score, abs=0.003)  # float32
    whole = unscaled(network.mlp, digits_study.data)
    np.testing.assert_allclose(
        whole.predict_proba(raw.X_test),
        network.mlp.predict_proba(digits_study.data.X_test),
        atol=1e-4,
    )
    assert network.mlp.coefs_[0] is not whole.coefs_[0]


def test_the_best_on_validation_samples_is_saved(digits_study):
    network, kind = best_pruned(digits_study)
    scores = [one.pruned["greedy"].validation_score for one in digits_study.networks]
    assert kind == "greedy"
    assert network is digits_study.networks[int(np.argmax(scores))]


def test_a_repaired_network_goes_first(classes):
    network, kind = best_pruned(classes)
    assert ("repaired" in network.removals) == any(one.is_chosen for one in network.repairs)
    assert kind == ("repaired" if "repaired" in network.removals else "greedy")


def printed_by(folder, cwd, *arguments):
    done = subprocess.run(
        [sys.executable, str(folder / "use_model.py"), *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_snippet_runs_from_anywhere_and_on_any_file(classes, table, tmp_path):
    results, elsewhere = tmp_path / "results", tmp_path / "elsewhere"
    results.mkdir()
    elsewhere.mkdir()
    for name, content in model_files(classes).items():
        data = content.encode() if isinstance(content, str) else content
        (results / name).write_bytes(data)
    (elsewhere / "two.csv").write_text("\n".join(table.read_text().splitlines()[:3]))
    assert printed_by(results, elsewhere).count("'") == 2 * 400
    assert printed_by(results, elsewhere, "two.csv").count("'") == 2 * 2


def test_the_snippet_knows_where_a_relative_path_led(table, tmp_path, monkeypatch):
    monkeypatch.chdir(table.parent)
    study = run_study(table.name, target="churned", hidden=[(2,)], max_iter=1)
    assert repr(str(table)) in model_files(study)["use_model.py"]


@pytest.mark.parametrize(
    ("options", "spaced"),
    [({"sep": ";", "decimal": ",", "encoding": "utf-16"}, False), ({"sep": "|"}, True)],
)
def test_the_snippet_reads_the_file_as_the_study_does(table, tmp_path, options, spaced):
    frame = pd.read_csv(table).drop(columns="price").rename(columns={"age": "age, in years"})
    if spaced:
        frame = frame.rename(columns=lambda name: f" {name} ")
    path = tmp_path / "it's mine.csv"
    frame.to_csv(path, index=False, **options)
    encoding = options.get("encoding", "utf-8")
    study = run_study(path, target="churned", hidden=[(4,)], max_iter=2, encoding=encoding)
    contents = model_files(study)
    (tmp_path / "model.joblib").write_bytes(contents["model.joblib"])
    (tmp_path / "use_model.py").write_text(contents["use_model.py"])
    assert printed_by(tmp_path, tmp_path.parent).count("'") == 2 * 400


def test_the_snippet_says_which_network_it_is(classes, digits_study):
    text = model_files(classes)["use_model.py"]
    assert f"beside this file: {model_text(classes)}.\n" in text
    network, kind = best_pruned(classes)
    removal = network.removals[kind]
    assert model_text(classes) == (
        f"one hidden layer of 12 neurons, seed 0, without {removal.n_removed} of its 12 neurons "
        f"({'repaired' if kind == 'repaired' else 'greedy'}), accuracy "
        f"{100 * removal.test_score:.2f} % on test samples"
    )
    assert "use_model.py [ANOTHER.csv, with the same columns]" in text


def test_the_snippet_of_images_needs_no_file(digits_study, tmp_path):
    contents = model_files(digits_study)
    assert "CSV" not in contents["use_model.py"]
    (tmp_path / "model.joblib").write_bytes(contents["model.joblib"])
    (tmp_path / "use_model.py").write_text(contents["use_model.py"])
    assert printed_by(tmp_path, tmp_path.parent).startswith("[")


def test_onnx_is_the_network_behind_the_columns(numbers, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    pytest.importorskip("skl2onnx", reason="skl2onnx is not installed")
    session = onnxruntime.InferenceSession(model_files(numbers)["model.onnx"])
    model = model_of(numbers)
    X = model[:-1].transform(numbers.data.frame_test).astype(np.float32)
    (predicted,) = session.run(None, {session.get_inputs()[0].name: X})
    np.testing.assert_allclose(predicted[:, 0], model[-1].predict(X), rtol=1e-4)


def test_without_skl2onnx_there_is_no_onnx(numbers, monkeypatch):
    monkeypatch.setitem(sys.modules, "skl2onnx", None)
    assert files_that_need_more() == {"model.onnx": "skl2onnx"}
    assert set(model_files(numbers)) == {"model.joblib", "whole.joblib", "use_model.py"}


def test_a_converter_that_fails_costs_its_file_only(numbers, monkeypatch):
    skl2onnx = pytest.importorskip("skl2onnx", reason="skl2onnx is not installed")

    def fail(*args, **options):
        raise RuntimeError("unknown operator")

    monkeypatch.setattr(skl2onnx, "to_onnx", fail)
    with pytest.warns(UserWarning, match=r"no model.onnx: skl2onnx failed \(unknown operator\)"):
        assert set(model_files(numbers)) == {"model.joblib", "whole.joblib", "use_model.py"}
