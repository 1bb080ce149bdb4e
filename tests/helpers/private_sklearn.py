"""scikit-learn's private parts that the package takes, all of them in utils/_sklearn.py.

`PRIVATE_NAMES` is what is imported, called or overridden, with its signatures, and
`PRIVATE_ATTRIBUTES` what is read or written of scikit-learn's objects.
"""

from typing import NamedTuple


class PrivateName(NamedTuple):
    """A class or function that scikit-learn may change without notice."""

    relied_on_by: str
    # In all versions from the lowest that pyproject.toml allows to the newest, oldest first.
    signatures: list[str]


_MODULE = "sklearn.neural_network._multilayer_perceptron"
_MLP = f"{_MODULE}.BaseMultilayerPerceptron"
_OPTIMIZERS = "sklearn.neural_network._stochastic_optimizers"
_BUFFERS = "activations, deltas, coef_grads, intercept_grads"

PRIVATE_NAMES = {
    f"{_MLP}._fit": PrivateName(
        "TrainingMixin, which overrides and calls it",
        ["(self, X, y, sample_weight=None, incremental=False)"],
    ),
    f"{_MLP}._fit_stochastic": PrivateName(
        "TrainingMixin, which overrides it",
        [f"(self, X, y, sample_weight, {_BUFFERS}, layer_units, incremental)"],
    ),
    f"{_MLP}._fit_lbfgs": PrivateName(
        "TrainingMixin, which overrides and calls it",
        [f"(self, X, y, sample_weight, {_BUFFERS}, layer_units)"],
    ),
    f"{_MLP}._backprop": PrivateName(
        "TrainingMixin, which overrides and calls it",
        [f"(self, X, y, sample_weight, {_BUFFERS})"],
    ),
    f"{_MLP}._forward_pass_fast": PrivateName(
        "TrainingMixin, which overrides and calls it, and forward_by_layers",
        ["(self, X, check_input=True)"],
    ),
    f"{_MODULE}.MLPClassifier._score": PrivateName(
        "TrainingMixin, which overrides it, and validation_score",
        ["(self, X, y, sample_weight=None)"],
    ),
    f"{_MODULE}.MLPRegressor._score": PrivateName(
        "TrainingMixin, which overrides it, and validation_score",
        ["(self, X, y, sample_weight=None)"],
    ),
    f"{_MODULE}.MLPClassifier._predict": PrivateName(
        "TrainingMixin._score", ["(self, X, check_input=True)"]
    ),
    f"{_MODULE}.MLPRegressor._predict": PrivateName(
        "TrainingMixin._score", ["(self, X, check_input=True)"]
    ),
    f"{_MODULE}.MLPClassifier._validate_input": PrivateName(
        "TrainingMixin, which overrides and calls it", ["(self, X, y, incremental, reset)"]
    ),
    f"{_MODULE}.MLPRegressor._validate_input": PrivateName(
        "TrainingMixin, which overrides and calls it", ["(self, X, y, incremental, reset)"]
    ),
    f"{_MLP}._update_no_improvement_count": PrivateName(
        "note_improvement", ["(self, early_stopping, X, y, sample_weight)"]
    ),
    f"{_OPTIMIZERS}.AdamOptimizer": PrivateName(
        "start_optimizer",
        ["(params, learning_rate_init=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-08)"],
    ),
    f"{_OPTIMIZERS}.SGDOptimizer": PrivateName(
        "start_optimizer",
        [
            "(params, learning_rate_init=0.1, lr_schedule='constant', momentum=0.9, "
            "nesterov=True, power_t=0.5)"
        ],
    ),
    f"{_OPTIMIZERS}.SGDOptimizer.iteration_ends": PrivateName(
        "fit_stochastic", ["(self, time_step)"]
    ),
    f"{_OPTIMIZERS}.SGDOptimizer.trigger_stopping": PrivateName(
        "fit_stochastic", ["(self, msg, verbose)"]
    ),
    "sklearn.base.BaseEstimator._html_repr": PrivateName(
        "NotebookPageMixin, which overrides and calls it", ["(estimator)"]
    ),
    "sklearn.base.BaseEstimator._get_doc_link": PrivateName(
        "NotebookPageMixin, whose class attributes it looks at", ["(self)"]
    ),
    "sklearn.base._fit_context": PrivateName(
        "fit of the pruners", ["(*, prefer_skip_nested_validation)"]
    ),
    "sklearn.callback.CallbackSupportMixin._init_callback_context": PrivateName(  # since 1.9
        "new_callback_context",
        ["(self, task_name='fit', task_id=0, max_subtasks=0, sequential_subtasks=True)"],
    ),
    "sklearn.metrics._scorer._BaseScorer": PrivateName(
        "scorer_parts", ["(score_func, sign, kwargs, response_method='predict')"]
    ),
    "sklearn.metrics._scorer._Scorer": PrivateName(
        "scorer_parts", ["(score_func, sign, kwargs, response_method='predict')"]
    ),
    "sklearn.metrics._scorer._Scorer._score": PrivateName(
        "scorer_parts", ["(self, method_caller, estimator, X, y_true, **kwargs)"]
    ),
    "sklearn.metrics._scorer._MultimetricScorer": PrivateName(
        "scorers_by_name", ["(*, scorers, raise_exc=True)"]
    ),
    "sklearn.utils._safe_indexing": PrivateName(
        "what takes some of the samples", ["(X, indices, *, axis=0)"]
    ),
    "sklearn.utils._param_validation.HasMethods": PrivateName(
        "parameter constraints of the pruners", ["(methods)"]
    ),
    "sklearn.utils._param_validation.Interval": PrivateName(
        "parameter constraints of all estimators", ["(type, left, right, *, closed)"]
    ),
    "sklearn.utils._param_validation.RealNotInt": PrivateName(
        "parameter constraints of the pruners", ["()"]
    ),
    "sklearn.utils._param_validation.StrOptions": PrivateName(
        "parameter constraints of all estimators", ["(options, *, deprecated=None)"]
    ),
    "sklearn.utils.validation._check_feature_names_in": PrivateName(
        "get_feature_names_out of the pruners",
        ["(estimator, input_features=None, *, generate_names=True)"],
    ),
    "sklearn.utils.validation._check_method_params": PrivateName(
        "what takes fit parameters of some of the samples", ["(X, params, indices=None)"]
    ),
    "sklearn.utils.validation._check_sample_weight": PrivateName(
        "what takes sample_weight",
        [
            "(sample_weight, X, *, dtype=None, ensure_non_negative=False, copy=False)",
            "(sample_weight, X, *, dtype=None, force_float_dtype=True, ensure_non_negative=False, "
            "ensure_same_device=True, copy=False)",
            "(sample_weight, X, *, dtype=None, force_float_dtype=True, ensure_non_negative=False, "
            "ensure_same_device=True, copy=False, allow_all_zero_weights=False)",
        ],
    ),
    "sklearn.utils.validation._get_feature_names": PrivateName("checked_X", ["(X)"]),
    "sklearn.utils.validation._is_fitted": PrivateName(
        "NotebookPageMixin", ["(estimator, attributes=None, all_or_any=<built-in function all>)"]
    ),
    "sklearn.utils.validation._num_samples": PrivateName("what counts samples", ["(x)"]),
}

# Attributes of scikit-learn's objects, and the functions of that file that read or write them.
PRIVATE_ATTRIBUTES = {
    "_best_coefs": "copy_parameters, replace_parameters, restore_best_parameters",
    "_best_intercepts": "copy_parameters, replace_parameters, restore_best_parameters",
    "_kwargs": "scorer_parts",
    "_label_binarizer": "label_binarizer",
    "_no_improvement_count": "complete_progress, forget_progress, n_epochs_without_improvement, "
    "restart_improvement_count",
    "_optimizer": "start_optimizer, optimizer_fits, slice_optimizer_state",
    "_parameter_constraints": "estimators with parameters of their own, in their class bodies",
    "_parent_callback_ctx": "is_own_attribute",
    "_random_state": "random_state_in_use",
    "_response_method": "scorer_parts",
    "_score_func": "scorer_parts",
    "_scorers": "scorers_by_name",
    "_sign": "scorer_parts",
    "_skl_callbacks": "is_own_attribute, own_callbacks",
}
