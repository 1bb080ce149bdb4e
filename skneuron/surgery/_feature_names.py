"""What the inputs of a network are called, behind whatever its samples go through first."""

from collections.abc import Sequence
from typing import Any

from skneuron.surgery._network import nested, unwrap


def feature_names_of(estimator: Any, columns: Sequence[Any] | None = None) -> list[str]:
    """A readable name for each input of the network inside.

    Columns of data frames keep their names, also behind steps that can tell what they make of
    them: ``num__age`` is "age" again, ``cat__city_Paris`` is "city: Paris". Without names, or
    behind steps that do not tell, inputs are called x0, x1 and so on. ``columns`` are those of
    samples at hand, for estimators that were fitted to arrays.
    """
    mlp, transformers = unwrap(estimator)
    holders = [*nested(estimator), *transformers]
    given = next((n for one in holders if (n := _names_in(one)) is not None), None)
    if given is None and columns is not None:
        given = [str(column) for column in columns]
    n_inputs = len(mlp.coefs_[0])
    names = _names_behind(transformers, given)
    if names is None or len(names) != n_inputs:
        names = _names_in(mlp) or [f"x{at}" for at in range(n_inputs)]
    if not transformers:
        return names
    known = given or [f"x{at}" for at in range(transformers[0].n_features_in_)]
    return readable_names(names, known)


def readable_names(names: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Names of features as people read them: a column, and what was made of it.

    Parameters
    ----------
    names : sequence of str
        What transformers call the features that they make.
    columns : sequence of str
        What they make them of.
    """
    readable = [_readable(name, columns) for name in names]
    # The full names where short ones would be the same.
    return [
        short if readable.count(short) == 1 else name
        for short, name in zip(readable, names, strict=True)
    ]


def _names_in(estimator: Any) -> list[str] | None:
    """The columns that it was fitted to, if they had names."""
    names = getattr(estimator, "feature_names_in_", None)
    return None if names is None else [str(name) for name in names]


def _names_behind(transformers: list[Any], names: list[str] | None) -> list[str] | None:
    """Of what the transformers make of columns; None if one of them cannot tell."""
    try:
        for transformer in transformers:
            names = [str(name) for name in transformer.get_feature_names_out(names)]
    except (AttributeError, NotImplementedError, TypeError, ValueError):
        return None
    return names


def _readable(name: str, columns: Sequence[str]) -> str:
    """Without the names of transformers in front; a column and what was made of it, apart."""
    rest = name
    while rest:
        if rest in columns:
            return rest
        column = max(filter(rest.startswith, columns), key=len, default=None)
        # Followed by two underscores it is a transformer's name; by others, part of a longer one.
        if column is not None and rest[len(column) :][:1] == "_" != rest[len(column) + 1 :][:1]:
            return f"{column}: {rest[len(column) + 1 :]}"
        _, _, rest = rest.partition("__")
    return name
