"""The file neurons.csv."""

import csv
import io

from sklearn.utils import Bunch

from skneuron.study._neurons_csv import neurons_csv


def test_csv_has_one_line_a_neuron(digits_study):
    rows = list(csv.DictReader(io.StringIO(neurons_csv(digits_study))))
    assert len(rows) == 12 + 16
    ablation = digits_study.networks[1].ablation
    second = [row for row in rows if row["hidden"] == "10-6"]
    assert [int(row["layer"]) for row in second] == ablation.layer.tolist()
    assert [int(row["n_broken"]) for row in second] == ablation.n_broken.tolist()
    assert [float(row["importance"]) for row in second] == ablation.importances.tolist()
    per_class = [float(row["importance_7"]) for row in second]
    assert per_class == ablation.class_importances[:, 7].tolist()
    tested = [float(row["test_importance"]) for row in second]
    assert tested == digits_study.networks[1].test_importances.tolist()


def test_csv_names_classes_by_their_names(digits_study):
    images = Bunch(**digits_study.images)
    images.class_names = [f"class {i}" for i in range(10)]
    study = Bunch(images=images, networks=digits_study.networks)
    header = neurons_csv(study).splitlines()[0]
    assert header.endswith("n_broken," + ",".join(
        f"importance_class {i}" for i in range(10)
    ) + ",loss_importance,loss_std,test_importance")  # fmt: skip
