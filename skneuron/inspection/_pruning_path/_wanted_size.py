"""Which network on a path a user asks for: from sizes to a number of neurons."""

from typing import TYPE_CHECKING, Any

import numpy as np

from skneuron.inspection._pruning_path._minimum_sizes import count_of_share
from skneuron.inspection._pruning_path._stopping_rule import check_one_size
from skneuron.utils import checked_int, is_int, is_real

if TYPE_CHECKING:
    from skneuron.inspection._pruning_path._path import NeuronPruningPath


def size_of_path(
    path: "NeuronPruningPath", n_neurons: Any, max_parameters: Any = None, max_bytes: Any = None
) -> int | None:
    """The number of neurons of a network on the path; None if ``n_neurons`` is no number.

    Within ``max_parameters`` or ``max_bytes``, it is the largest network there is.

    Raises
    ------
    ValueError
        If not one of the three is given, or the path has no such network.
    """
    limits = {"max_parameters": max_parameters, "max_bytes": max_bytes}
    check_one_size({"n_neurons": n_neurons, **limits})
    for name, limit in limits.items():
        if limit is not None:
            return _largest_within(path, name, limit)
    largest = int(path.n_neurons[0])
    smallest = largest - len(path.layer)
    if is_int(n_neurons):
        why = "the sizes of the networks on the path"
        return checked_int("n_neurons", n_neurons, smallest, largest, why=why)
    if is_real(n_neurons):
        if not 0 < n_neurons <= 1:
            raise ValueError(f"n_neurons={n_neurons!r} is not above 0 and up to 1.")
        return max(count_of_share(n_neurons, largest), smallest)
    if n_neurons is None:  # Which is no limit at all in `minimum_sizes`.
        raise ValueError("n_neurons=None is not an int, a fraction or a list of ints.")
    return None


def _largest_within(path: "NeuronPruningPath", name: str, limit: Any) -> int:
    limit = checked_int(name, limit, 1)
    sizes = path._sizes_one_by_one()
    values = sizes[{"max_parameters": "n_parameters", "max_bytes": "bytes"}[name]]
    fits = values <= limit
    if not fits.any():
        raise ValueError(
            f"{name}={limit!r}: the smallest network on the path has {values[-1]}, with "
            f"{sizes['n_neurons'][-1]} hidden neurons."
        )
    return int(sizes["n_neurons"][np.argmax(fits)])
