"""Where what pruners are given besides X and y goes to."""

from typing import Any

from sklearn import get_config
from sklearn.utils import Bunch
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing

from skneuron.pruning._fit_and_fine_tune import weights_for_fit
from skneuron.utils import check_sample_weight, num_samples


def checked_fit_params(fit_params: dict[str, Any], X: Any) -> dict[str, Any]:
    """Those of `fit` that are given, of which weights and groups have one entry a row.

    Where metadata are routed, names are for those who ask for them to understand.

    Raises
    ------
    ValueError
        If they have not.
    """
    given = _given(fit_params)
    if get_config()["enable_metadata_routing"]:
        return given
    if "sample_weight" in given:
        given["sample_weight"] = check_sample_weight(given["sample_weight"], X)
    if "groups" in given and num_samples(given["groups"]) != num_samples(X):
        raise ValueError(
            f"groups has {num_samples(given['groups'])} entries, but X has {num_samples(X)} rows."
        )
    return given


def router_of(owner: Any, **inner: Any) -> MetadataRouter:
    """To the estimator inside, by the name that the owner has for it, and to a splitter ``cv``."""
    mapping = MethodMapping().add(caller="fit", callee="fit").add(caller="score", callee="score")
    router = MetadataRouter(owner=type(owner).__name__).add(**inner, method_mapping=mapping)
    if hasattr(owner.cv, "get_metadata_routing"):
        splitting = MethodMapping().add(caller="fit", callee="split")
        router.add(splitter=owner.cv, method_mapping=splitting)
    return router


def split_fit_params(pruner: Any, estimator: Any, fit_params: dict[str, Any]) -> Bunch:
    """Parameters of `fit` by who gets them.

    Returns
    -------
    parameters : Bunch
        ``weight`` of the rows, ``fit_params`` for ``estimator.fit``, ``split_params`` for the
        splitter.

    Raises
    ------
    TypeError
        If metadata routing is not enabled, and there is one that it would take.
    ValueError
        If there are groups that nothing looks at.
    """
    given = _given(fit_params)
    if given and get_config()["enable_metadata_routing"]:
        routed = process_routing(pruner, "fit", **given)
        to_fit = dict(routed.estimator.fit)
        return Bunch(
            weight=to_fit.get("sample_weight"), fit_params=to_fit, split_params=_to_split(routed)
        )
    _check_known(pruner, given)
    groups = {"groups": given["groups"]} if "groups" in given else {}
    if groups and (isinstance(pruner.cv, str) or not hasattr(pruner.cv, "split")):
        raise ValueError(
            f"groups were given, but cv={pruner.cv!r} does not look at them; use a splitter such "
            "as GroupShuffleSplit(n_splits=1)."
        )
    weight = given.get("sample_weight")
    return Bunch(weight=weight, fit_params=weights_for_fit(estimator, weight), split_params=groups)


def cv_fit_params(search: Any, pruner: Any, fit_params: dict[str, Any]) -> Bunch:
    """Parameters of `RottenNeuronPrunerCV.fit` by who gets them.

    Returns
    -------
    parameters : Bunch
        ``fit_params`` for ``pruner.fit``, ``split_params`` for the splitter into folds. Without
        metadata routing, groups are for all splitters there are.
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
