"""Large arguments of many tasks, which a worker process is sent once and not with every task."""

import pickle
from typing import Any, cast
from weakref import WeakKeyDictionary

import cloudpickle
import numpy as np


class Parcel:
    """An object on its way to another process: its arrays apart, so that nothing copies them.

    joblib's own processes map the arrays into their memory.
    """

    def __init__(self, content: Any):
        buffers: list[pickle.PickleBuffer] = []
        # Scorers are often lambdas, which pickle itself does not send.
        self._pickled = cloudpickle.dumps(content, protocol=5, buffer_callback=buffers.append)
        self._buffers = [np.frombuffer(buffer.raw(), np.uint8) for buffer in buffers]

    def open(self) -> Any:
        return pickle.loads(self._pickled, buffers=cast(Any, self._buffers))

    def __sizeof__(self) -> int:
        """In bytes; schedulers of clusters ask for it."""
        return len(self._pickled) + sum(buffer.nbytes for buffer in self._buffers)


class Shared:
    """An argument that many tasks have in common, see `skneuron.utils.spread`.

    Keep it as long as there are more tasks with the same ``content``: where a cluster has it
    already, it is not sent again.
    """

    def __init__(self, content: Any):
        self.content = content
        self._parcel: Parcel | None = None
        self._sent: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()  # futures by dask's client

    def __reduce__(self) -> tuple[Any, ...]:
        return Shared, (self.content,)

    def for_backend(self, backend: Any) -> Any:
        """What takes its place in a task for processes: `Parcel`, or dask's future of one."""
        if self._parcel is None:
            self._parcel = Parcel(self.content)
        client: Any = getattr(backend, "client", None)
        if not hasattr(client, "scatter"):
            return self._parcel
        if client not in self._sent:
            # To all of them: data that only one worker has is lost with it. And without a hash,
            # by which dask would mistake it for data that it has just forgotten.
            self._sent[client] = client.scatter(self._parcel, broadcast=True, hash=False)
        return self._sent[client]


def opened(argument: Any) -> Any:
    """What a task in another process gets for an argument."""
    return argument.open() if isinstance(argument, Parcel) else argument
