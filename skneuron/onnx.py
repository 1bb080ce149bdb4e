"""ONNX: importing this module tells skl2onnx how to convert the estimators of this package.

It can then convert networks and fitted pruners: alone, in Pipelines, and inside other estimators
that skl2onnx knows. Of a pruner the pruned network is converted. A pruner whose activations are
another step's features cannot be converted: that is an error.

Weights and sums are float32. They are float64 if the input is declared so (``DoubleTensorType``,
or float64 samples for ``to_onnx``). float32 agrees with ``predict_proba`` to some 1e-6, float64
to some 1e-15.

Needs ``pip install "skneuron[onnx]"``; docs/persistence.md has an example with a Pipeline.

For example:

>>> import numpy as np
>>> import onnxruntime
>>> from skl2onnx import to_onnx
>>> from sklearn.datasets import load_digits
>>> import skneuron.onnx
>>> from skneuron import PrunableMLPClassifier
>>> X, y = load_digits(return_X_y=True)
>>> X = (X / 16).astype(np.float32)
>>> network = PrunableMLPClassifier((20,), early_stopping=True, random_state=0).fit(X, y)
>>> model = to_onnx(network, X[:1], options={"zipmap": False}).SerializeToString()
>>> _, probabilities = onnxruntime.InferenceSession(model).run(None, {"X": X})
>>> bool(abs(probabilities - network.predict_proba(X)).max() < 1e-3)
True
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import FeatureUnion, Pipeline

from skneuron.neural_network import PrunableMLPClassifier, PrunableMLPRegressor
from skneuron.pruning import RottenNeuronPruner, RottenNeuronPrunerCV
from skneuron.surgery import Network, unwrap
from skneuron.utils import trained_classes

try:
    from skl2onnx import update_registered_converter, update_registered_parser
    from skl2onnx._parse import _parse_sklearn as parse
    from skl2onnx._parse import sklearn_parsers_map
    from skl2onnx.common.data_types import (
        BooleanTensorType,
        DoubleTensorType,
        FloatTensorType,
        Int64TensorType,
        StringTensorType,
        guess_proto_type,
        guess_tensor_type,
    )
    from skl2onnx.common.utils import check_input_and_output_numbers, check_input_and_output_types
    from skl2onnx.proto import onnx_proto
except ImportError as error:
    raise ImportError(
        f"skneuron.onnx needs skl2onnx and onnx, which are not installed ({error}): "
        'python -m pip install "skneuron[onnx]"'
    ) from error

_PRUNERS = (RottenNeuronPruner, RottenNeuronPrunerCV)
_NODES = {
    "identity": "Identity",
    "logistic": "Sigmoid",
    "tanh": "Tanh",
    "relu": "Relu",
    "softmax": "Softmax",
    "exp": "Exp",
}
_NUMBERS = [BooleanTensorType, Int64TensorType, FloatTensorType, DoubleTensorType]
# As skl2onnx has them for scikit-learn's own classifiers.
_OPTIONS = {
    "zipmap": [True, False, "columns"],
    "output_class_labels": [False, True],
    "nocl": [True, False],
}


class _Graph:
    """Adds nodes whose results get names by themselves to what skl2onnx converts."""

    def __init__(self, scope: Any, container: Any):
        self.scope = scope
        self.container = container

    def node(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """Name of the result, ``output`` if that is given."""
        result = self.scope.get_unique_variable_name(kind.lower()) if output is None else output
        name = self.scope.get_unique_operator_name(kind)
        self.container.add_node(kind, list(inputs), result, name=name, **attributes)
        return result

    def constant(self, values: Any, proto_type: int) -> str:
        """Name of an array, or of a single number."""
        name = self.scope.get_unique_variable_name("constant")
        self.container.add_initializer(name, proto_type, np.shape(values), np.ravel(values))
        return name


def _outputs_of(graph: _Graph, mlp: Any, X: str, number: int) -> str:
    """The activations of the output layer, (n_samples, n_outputs); ``number`` is their type."""
    network = Network.from_mlp(mlp, finite=False)
    hidden = [network.activation] * (len(network.coefs) - 1)
    activations = [*hidden, network.out_activation]
    values = graph.node("Cast", X, to=number)
    for W, b, name in zip(network.coefs, network.intercepts, activations, strict=True):
        values = graph.node("MatMul", values, graph.constant(W, number))
        values = graph.node("Add", values, graph.constant(b, number))
        axis: dict[str, Any] = {"axis": 1} if name == "softmax" else {}
        values = graph.node(_NODES[name], values, **axis)
    return values


def _is_multilabel(mlp: Any) -> bool:
    return trained_classes(mlp)[1] == "multilabel-indicator"


def _labels(mlp: Any) -> tuple[Any, int]:
    """The classes as ONNX has them, one for each probability, and their type there."""
    classes = np.asarray(mlp.classes_)
    if len(classes) == 1:
        classes = classes.repeat(2)  # it is predicted whatever the probabilities are
    if all(isinstance(label, str) for label in classes):
        return [label.encode() for label in classes], onnx_proto.TensorProto.STRING
    codes = classes.astype(np.int64)
    if (codes != classes).any():
        raise ValueError(
            f"classes_={classes!r}: ONNX has labels that are integers or strings only. Train on "
            "such labels."
        )
    return codes, onnx_proto.TensorProto.INT64


def _convert_regressor(scope: Any, operator: Any, container: Any) -> None:
    graph, (X,) = _Graph(scope, container), operator.inputs
    values = _outputs_of(graph, operator.raw_operator, X.full_name, _number(X))
    graph.node("Identity", values, output=operator.outputs[0].full_name)


def _convert_classifier(scope: Any, operator: Any, container: Any) -> None:
    graph, mlp, (X,) = _Graph(scope, container), operator.raw_operator, operator.inputs
    label, probabilities = (output.full_name for output in operator.outputs)
    number = _number(X)
    values = _outputs_of(graph, mlp, X.full_name, number)
    if _is_multilabel(mlp):
        graph.node("Identity", values, output=probabilities)
        found = graph.node("Greater", values, graph.constant(0.5, number))
        graph.node("Cast", found, to=onnx_proto.TensorProto.INT64, output=label)
        return
    if mlp.n_outputs_ == 1:
        other = graph.node("Sub", graph.constant(1.0, number), values)
        values = graph.node("Concat", other, values, axis=1)
    graph.node("Identity", values, output=probabilities)
    position = graph.node("ArgMax", values, axis=1, keepdims=0)
    graph.node("Gather", graph.constant(*_labels(mlp)), position, output=label)


def _number(variable: Any) -> int:
    """The type that is computed in: float64 for float64, else float32."""
    found = guess_proto_type(variable.type)
    double = onnx_proto.TensorProto.DOUBLE
    return double if found == double else onnx_proto.TensorProto.FLOAT


def _set_shapes(operator: Any) -> None:
    """Tell skl2onnx the types and shapes of a network's or pruner's outputs."""
    mlp = unwrap(operator.raw_operator)[0]
    check_input_and_output_numbers(operator, input_count_range=1)
    check_input_and_output_types(operator, good_input_types=_NUMBERS)
    n_samples = operator.inputs[0].get_first_dimension()
    numbers = guess_tensor_type(operator.inputs[0].type)
    numbers.shape = [n_samples, mlp.n_outputs_]
    if is_classifier(mlp):
        if _is_multilabel(mlp):
            label = Int64TensorType([n_samples, mlp.n_outputs_])
        else:
            is_text = _labels(mlp)[1] == onnx_proto.TensorProto.STRING
            label = (StringTensorType if is_text else Int64TensorType)([n_samples])
            numbers.shape = [n_samples, max(2, mlp.n_outputs_)]
        operator.outputs[0].set_type(label)
    operator.outputs[-1].set_type(numbers)


def _parse_pruner(scope: Any, pruner: Any, inputs: Any, custom_parsers: Any = None) -> Any:
    """Have converted in its place what a pruner predicts with."""
    mlp, transformers = unwrap(pruner)
    for transformer in transformers:
        inputs = parse(scope, transformer, inputs, custom_parsers=custom_parsers)
    # scikit-learn's own become ours: skl2onnx gives several outputs of theirs as one column, knows
    # no Poisson loss, and takes two labels for two classes.
    kind = PrunableMLPClassifier if is_classifier(mlp) else PrunableMLPRegressor
    mlp = kind.from_sklearn(mlp)
    if is_classifier(mlp):
        scope.add_options(id(mlp), scope.get_options(pruner, {"zipmap": True}))
    return parse(scope, mlp, inputs, custom_parsers=custom_parsers)


def _convert_pruner(scope: Any, operator: Any, container: Any) -> None:
    """For estimators of scikit-learn's that have a pruner inside."""
    pruner, graph = operator.raw_operator, _Graph(scope, container)
    scope.add_options(id(pruner), {"zipmap": False})
    found = _parse_pruner(scope, pruner, operator.inputs)
    for inner, outer in zip(found, operator.outputs, strict=True):
        graph.node("Identity", inner.full_name, output=outer.full_name)


def _steps_before_the_last(pipeline: Any) -> list[Any]:
    return pipeline.steps[:-1]


# What estimators of scikit-learn's use as transformers.
_TRANSFORMERS: dict[type, Callable[[Any], list[Any]]] = {
    Pipeline: _steps_before_the_last,
    FeatureUnion: lambda union: union.transformer_list,
    ColumnTransformer: lambda columns: columns.transformers_,
}


def _refusing_pruners_as_transformers(cls: type) -> Callable[..., Any]:
    """The parser of ``cls``, after a check: it would take a pruner's predictions for features."""
    parser = sklearn_parsers_map[cls]

    def checking(scope: Any, model: Any, inputs: Any, custom_parsers: Any = None) -> Any:
        for name, step, *_ in _TRANSFORMERS[cls](model):
            while isinstance(step, Pipeline):
                step = step.steps[-1][1]
            if isinstance(step, _PRUNERS):
                raise TypeError(
                    f"{name!r}, a {type(step).__name__}, is a transformer in this {cls.__name__}: "
                    "skneuron.onnx converts what pruners predict, not their activations."
                )
        return parser(scope, model, inputs, custom_parsers=custom_parsers)

    return checking


def _register() -> None:
    network, pruner = "SkneuronNetwork", "SkneuronPruner"
    update_registered_converter(
        PrunableMLPClassifier, f"{network}Classifier", _set_shapes, _convert_classifier,
        options=_OPTIONS,
    )  # fmt: skip
    update_registered_converter(
        PrunableMLPRegressor, f"{network}Regressor", _set_shapes, _convert_regressor
    )
    for cls in _PRUNERS:
        update_registered_converter(
            cls, f"{pruner}{cls.__name__}", _set_shapes, _convert_pruner,
            parser=_parse_pruner, options=_OPTIONS,
        )  # fmt: skip
    for holder in _TRANSFORMERS:
        update_registered_parser(holder, _refusing_pruners_as_transformers(holder))


_register()
