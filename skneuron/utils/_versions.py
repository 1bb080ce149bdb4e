"""What computes here: versions, processor, threads; for reports of faults and of results."""

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version

import numba
from threadpoolctl import threadpool_info

REQUIRED = ("scikit-learn", "numpy", "scipy", "numba", "llvmlite", "joblib", "threadpoolctl")
# Of the extras.
OPTIONAL = (
    "matplotlib", "pandas", "jinja2", "rich", "skl2onnx", "onnx", "onnxruntime", "skops",
    "distributed",
)  # fmt: skip
# What changes speed or results, if it is set.
VARIABLES = (
    "NUMBA_NUM_THREADS", "NUMBA_CACHE_DIR", "NUMBA_DISABLE_JIT", "NUMBA_CPU_NAME",
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENBLAS_CORETYPE", "MKL_NUM_THREADS",
)  # fmt: skip


def installed(names: tuple[str, ...]) -> dict[str, str | None]:
    """The version of each distribution; None for those that are not installed."""
    found: dict[str, str | None] = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def show_versions() -> None:
    """Print what this package runs on: put it into reports of faults.

    Versions of Python, of this package and of those that it needs or can use, the processor, how
    many threads there are, the linear algebra libraries, and environment variables that matter.

    See Also
    --------
    sklearn.show_versions : Versions that scikit-learn depends on.
    warmup : Compiles what this package needs on this machine.

    Examples
    --------
    >>> import skneuron
    >>> skneuron.show_versions()  # doctest: +ELLIPSIS
    System:
    ...
    """
    blas = {
        f"{one['internal_api']} {one['version']} ({one.get('architecture', 'unknown')})"
        for one in threadpool_info()
        if one["user_api"] == "blas"
    }
    sections: dict[str, dict[str, object]] = {
        "System": {
            "python": sys.version.replace("\n", " "),
            "executable": sys.executable,
            "machine": platform.platform(),
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "numba threads": numba.config.NUMBA_NUM_THREADS,
            "linear algebra": ", ".join(sorted(blas)) or "unknown",
        },
        "Needed": dict(installed(("skneuron", *REQUIRED))),
        "Extras": dict(installed(OPTIONAL)),
        "Environment": {name: os.environ[name] for name in VARIABLES if name in os.environ},
    }
    for title, entries in sections.items():
        if entries:
            print(f"{title}:")
            width = max(map(len, entries))
            for name, value in entries.items():
                print(f"    {name.rjust(width)}: {'not installed' if value is None else value}")
            print()
