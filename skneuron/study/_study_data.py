"""What a study trains on, chooses by and evaluates on, whatever it comes from."""

from dataclasses import dataclass, field
from os import PathLike
from typing import Any, NamedTuple

import numpy as np

from skneuron.datasets import load_images
from skneuron.neural_network import PrunableMLPClassifier, PrunableMLPRegressor
from skneuron.utils import FloatArray, NDArray

NETWORKS: dict[str, Any] = {
    "classification": PrunableMLPClassifier,
    "regression": PrunableMLPRegressor,
}
SCORE_NAMES = {"classification": "accuracy", "regression": "R2"}


class Scaling(NamedTuple):
    """``(values - shift) / unit``"""

    shift: float = 0.0
    unit: float = 1.0


AS_IT_IS = Scaling()


@dataclass(frozen=True, eq=False)
class StudyData:
    """A training part and a test part, as networks take them.

    Attributes
    ----------
    name : str
    DESCR : str
        Where it is from, and how the test part was split off.
    task : {"classification", "regression"}
    unit : str
        What samples are, in words: "images" or "rows".
    X_train, X_test : ndarray of shape (n_samples, n_features)
    y_train, y_test : ndarray of shape (n_samples,)
    command : list of str
        What the command `study` is told to find it again.
    class_names : list of str
        In the order of the classes; empty if there are none.
    groups_train : ndarray of shape (n_samples,), default=None
        Samples of one group are not split.
    image_shape : tuple of int, default=None
    feature_names : list of str, default=None
        Of what networks take, if they have names.
    preprocessor : transformer, default=None
        What has made features of the columns of a table; fitted to the training part.
    frame_test : DataFrame, default=None
        The test rows of a table as its file has them.
    target : str, default=None
        The column of a table that is predicted.
    reading : dict, default=None
        What ``pandas.read_csv`` has to be told about the file of a table.
    warnings : list of str
        What a reader must know before anything else.
    X_scaling, y_scaling : Scaling, default=nothing
        What was done to all features alike, and to the numbers to predict.
    """

    name: str
    DESCR: str
    task: str
    unit: str
    X_train: FloatArray
    y_train: NDArray[Any]
    X_test: FloatArray
    y_test: NDArray[Any]
    command: list[str]
    class_names: list[str]
    groups_train: NDArray[Any] | None = None
    image_shape: tuple[int, ...] | None = None
    feature_names: list[str] | None = None
    preprocessor: Any = None
    frame_test: Any = None
    target: str | None = None
    reading: dict[str, Any] | None = None
    X_scaling: Scaling = AS_IT_IS
    y_scaling: Scaling = AS_IT_IS
    warnings: list[str] = field(default_factory=list)

    @property
    def score_name(self) -> str:
        """What networks are scored by."""
        return SCORE_NAMES[self.task]

    @property
    def is_classification(self) -> bool:
        return self.task == "classification"

    @property
    def n_outputs(self) -> int:
        return len(self.class_names) or 1

    def network(self, hidden_layer_sizes: tuple[int, ...], **parameters: Any) -> Any:
        """One for this task, not trained."""
        return NETWORKS[self.task](hidden_layer_sizes=hidden_layer_sizes, **parameters)


def image_data(
    name: str, *, data_home: str | PathLike[str] | None = None, verbose: bool = False
) -> StudyData:
    """A data set of `skneuron.datasets.load_images`, its pixels standardised."""
    images = load_images(name, data_home=data_home, verbose=verbose)
    scaling = _standardize(images.X_train, images.X_test)
    return StudyData(
        name=images.name,
        DESCR=images.DESCR,
        task="classification",
        unit="images",
        X_train=images.X_train,
        y_train=images.y_train,
        X_test=images.X_test,
        y_test=images.y_test,
        command=[name],
        class_names=list(images.class_names),
        groups_train=images.groups_train,
        image_shape=images.image_shape,
        X_scaling=scaling,
    )


def _standardize(X_train: FloatArray, X_test: FloatArray) -> Scaling:
    """Shift and scale all pixels, in place, to mean 0 and variance 1 over the training images.

    On pixels between 0 and 1 most relu units of a network for SVHN die in the first epochs.
    """
    mean, std = X_train.mean(dtype=np.float64), X_train.std(dtype=np.float64)
    for X in (X_train, X_test):
        X -= mean
        X /= std
    return Scaling(float(mean), float(std))
