"""Who gets what pruners are given besides ``X`` and ``y``."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn import get_config
from sklearn.utils import Bunch
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    get_routing_for_object,
    process_routing,
)

from skneuron.pruning._fit_and_fine_tune import weights_for_fit
from skneuron.utils import checked_sample_weight, naming, num_samples, params_of_rows


@dataclass(frozen=True, eq=False)
class RoutedParams:
    """Parameters of `RottenNeuronPruner.fit`, by who gets them.

    Attributes
    ----------
    sample_weight : array-like of shape (n_samples,) or None
        For scoring.
    fit_params : dict
        For ``fit`` of the estimator inside, by the names that it has for them.
    split_params : dict
        For ``split`` of a splitter ``cv``; of these, a refit looks at ``groups``.
    """

    sample_weight: Any
    fit_params: dict[str, Any]
    split_params: dict[str, Any]

    @property
    def train_weight(self) -> Any:
        """The weights that the estimator is trained with, also for fine-tuning."""
        for name, weight in self.fit_params.items():
            if name.split("__")[-1] == "sample_weight":
                return weight
        return None

    @property
    def groups(self) -> np.ndarray | None:
        """Groups of the samples, of which a splitter and a refit hold out whole ones."""
        groups = self.split_params.get("groups")
        return None if groups is None else np.asarray(groups)

    def of_rows(self, X: Any, rows: np.ndarray) -> "RoutedParams":
        """Those of some samples of ``X``."""
        weight = {} if self.sample_weight is None else {"sample_weight": self.sample_weight}
        return RoutedParams(
            params_of_rows(X, weight, rows).get("sample_weight"),
            params_of_rows(X, self.fit_params, rows),
            params_of_rows(X, self.split_params, rows),
        )


def checked_fit_params(fit_params: dict[str, Any], X: Any) -> dict[str, Any]:
    """Parameters of `fit` that are not None; weights and groups have one entry a sample.

    With metadata routing enabled nothing is checked: what a name means is known only to those
    who request it.

    Raises
    ------
    ValueError
        If weights or groups have another number of entries, or weights are negative or no
        numbers.
    """
    given = _given(fit_params)
    if get_config()["enable_metadata_routing"]:
        return given
    if "sample_weight" in given:
        given["sample_weight"] = checked_sample_weight(
            given["sample_weight"], X, ensure_non_negative=True
        )
    with naming("groups"):
        n_groups, n_samples = num_samples(given.get("groups", [])), num_samples(X)
    if "groups" in given and n_groups != n_samples:
        raise ValueError(f"groups has {n_groups} entries, but X has {n_samples} samples.")
    return given


def router_of(owner: Any, scoring: Any = None, **inner: Any) -> MetadataRouter:
    """From ``owner`` to the estimator ``inner``, by its parameter's name, and to its splitter.

    In `fit` to the scorer as well, if it says what it asks for. Any other scorer gets the weights
    that the estimator is trained with. `score` asks whichever of the two says what it scores
    with.
    """
    mapping = MethodMapping().add(caller="fit", callee="fit")
    if not _has_requests(scoring):
        mapping.add(caller="score", callee="score")
    router = MetadataRouter(owner=type(owner).__name__).add(**inner, method_mapping=mapping)
    if hasattr(owner.cv, "get_metadata_routing"):
        splitting = MethodMapping().add(caller="fit", callee="split")
        router.add(splitter=owner.cv, method_mapping=splitting)
    if _has_requests(scoring):
        mapping = MethodMapping().add(caller="fit", callee="score")
        router.add(scorer=scoring, method_mapping=mapping.add(caller="score", callee="score"))
    return router


def _has_requests(scoring: Any) -> bool:
    """Whether ``scoring`` is a scorer whose ``set_score_request`` has been called."""
    if not hasattr(scoring, "get_metadata_routing"):
        return False
    requests = get_routing_for_object(scoring).score.requests
    return any(alias is not None for alias in requests.values())


def split_fit_params(pruner: Any, estimator: Any, fit_params: dict[str, Any]) -> RoutedParams:
    """Parameters of `RottenNeuronPruner.fit` by who gets them.

    Parameters
    ----------
    pruner : RottenNeuronPruner
        Whose requests are followed.
    estimator : estimator
        Inside it; its parameter, or what None stands for.
    fit_params : dict

    Raises
    ------
    TypeError
        If a parameter is neither ``sample_weight`` nor ``groups``, and metadata routing is not
        enabled.
    ValueError
        If there are groups that no splitter uses.
    """
    given = _given(fit_params)
    if given and get_config()["enable_metadata_routing"]:
        routed = process_routing(pruner, "fit", **given)
        to_fit = dict(routed.estimator.fit)
        return RoutedParams(_score_weight(routed), to_fit, _to_split(routed))
    _check_known(pruner, given)
    groups = {"groups": given["groups"]} if "groups" in given else {}
    if groups and not _looks_at_groups(pruner):
        raise ValueError(
            f"groups were given, but cv={pruner.cv!r} does not look at them; use a splitter such "
            "as GroupShuffleSplit(n_splits=1)."
        )
    weight = given.get("sample_weight")
    return RoutedParams(weight, weights_for_fit(estimator, weight), groups)


def cv_fit_params(search: Any, pruner: Any, fit_params: dict[str, Any]) -> Bunch:
    """Parameters of `RottenNeuronPrunerCV.fit` by who gets them.

    Returns
    -------
    parameters : Bunch
        ``fit_params`` for ``pruner.fit``, ``split_params`` for the splitter into folds. Without
        metadata routing, groups are for both splitters, if the pruner has one.
    """
    given = _given(fit_params)
    if given and get_config()["enable_metadata_routing"]:
        routed = process_routing(search, "fit", **given)
        return Bunch(fit_params=dict(routed.pruner.fit), split_params=_to_split(routed))
    _check_known(search, given)
    groups = {"groups": given["groups"]} if "groups" in given else {}
    inner = dict(given)
    if not _looks_at_groups(pruner):
        inner.pop("groups", None)
    return Bunch(fit_params=inner, split_params=groups)


def _looks_at_groups(pruner: Any) -> bool:
    """Whether the pruner has a splitter, or, where nothing is split, a repair that does."""
    if isinstance(pruner.cv, str):
        return pruner.refit is not None
    return hasattr(pruner.cv, "split")


def _given(fit_params: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fit_params.items() if value is not None}


def _to_split(routed: Bunch) -> dict[str, Any]:
    return dict(routed.splitter.split) if "splitter" in routed else {}


def _score_weight(routed: Bunch) -> Any:
    """What a scorer asks for; the weights of the training if it has no requests."""
    if "scorer" not in routed:
        return routed.estimator.fit.get("sample_weight")
    unknown = sorted(set(routed.scorer.score) - {"sample_weight"})
    if unknown:
        raise TypeError(f"scoring asks for {unknown}; pruners pass sample_weight only to scorers.")
    return routed.scorer.score.get("sample_weight")


def score_params(owner: Any, inner: str, params: dict[str, Any]) -> dict[str, Any]:
    """What the scorer of ``owner``, or the estimator inside it, is given to score with.

    Parameters
    ----------
    owner : estimator
        Whose requests are followed.
    inner : str
        The name that its router has for the estimator inside.
    params : dict
        What `score` is given besides ``X`` and ``y``.
    """
    given = _given(params)
    if given and get_config()["enable_metadata_routing"]:
        routed = process_routing(owner, "score", **given)
        return dict(routed["scorer" if "scorer" in routed else inner].score)
    return given


def _check_known(owner: Any, given: dict[str, Any]) -> None:
    unknown = sorted(set(given) - {"sample_weight", "groups"})
    if unknown:
        raise TypeError(
            f"{type(owner).__name__}.fit got {unknown}; without metadata routing "
            "(sklearn.set_config(enable_metadata_routing=True)) it takes sample_weight and "
            "groups only."
        )
