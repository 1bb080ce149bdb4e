"""Who gets what pruners are given besides ``X`` and ``y``."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn import get_config
from sklearn.utils import Bunch
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing

from skneuron.pruning._fit_and_fine_tune import weights_for_fit
from skneuron.utils import check_sample_weight, num_samples, params_of_rows


@dataclass(frozen=True, eq=False)
class RoutedParams:
    """Parameters of `RottenNeuronPruner.fit`, by who gets them.

    Attributes
    ----------
    sample_weight : array-like of shape (n_samples,) or None
        For scoring and fine-tuning.
    fit_params : dict
        For ``fit`` of the estimator inside, by the names that it has for them.
    split_params : dict
        For ``split`` of a splitter ``cv``.
    """

    sample_weight: Any
    fit_params: dict[str, Any]
    split_params: dict[str, Any]

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
        If weights or groups have another number of entries.
    """
    given = _given(fit_params)
    if get_config()["enable_metadata_routing"]:
        return given
    if "sample_weight" in given:
        given["sample_weight"] = check_sample_weight(given["sample_weight"], X)
    n_groups, n_samples = num_samples(given.get("groups", [])), num_samples(X)
    if "groups" in given and n_groups != n_samples:
        raise ValueError(f"groups has {n_groups} entries, but X has {n_samples} samples.")
    return given


def router_of(owner: Any, **inner: Any) -> MetadataRouter:
    """From ``owner`` to the estimator ``inner``, by its parameter's name, and to its splitter."""
    mapping = MethodMapping().add(caller="fit", callee="fit").add(caller="score", callee="score")
    router = MetadataRouter(owner=type(owner).__name__).add(**inner, method_mapping=mapping)
    if hasattr(owner.cv, "get_metadata_routing"):
        splitting = MethodMapping().add(caller="fit", callee="split")
        router.add(splitter=owner.cv, method_mapping=splitting)
    return router


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
        return RoutedParams(to_fit.get("sample_weight"), to_fit, _to_split(routed))
    _check_known(pruner, given)
    groups = {"groups": given["groups"]} if "groups" in given else {}
    if groups and (isinstance(pruner.cv, str) or not hasattr(pruner.cv, "split")):
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
    if isinstance(pruner.cv, str) or not hasattr(pruner.cv, "split"):
        inner.pop("groups", None)
    return Bunch(fit_params=inner, split_params=groups)


def _given(fit_params: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fit_params.items() if value is not None}


def _to_split(routed: Bunch) -> dict[str, Any]:
    return dict(routed.splitter.split) if "splitter" in routed else {}


def _check_known(owner: Any, given: dict[str, Any]) -> None:
    unknown = sorted(set(given) - {"sample_weight", "groups"})
    if unknown:
        raise TypeError(
            f"{type(owner).__name__}.fit got {unknown}; without metadata routing "
            "(sklearn.set_config(enable_metadata_routing=True)) it takes sample_weight and "
            "groups only."
        )
