"""The image data of the examples and studies: loaded, split and scaled, in one call."""

import errno
import os
import sys
import uuid
import warnings
import zlib
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException
from importlib.util import find_spec
from math import prod
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import fetch_openml, get_data_home, load_digits
from sklearn.model_selection import GroupShuffleSplit, train_test_split
from sklearn.utils import Bunch, check_random_state

__all__ = ["DATASET_NAMES", "DataUnavailableError", "load_images"]

_DTYPES = ("float32", "float64", "uint8")
# Change it whenever the content of the cache files changes: old files are then not looked at.
_CACHE_VERSION = 1
_DIGITS = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
_GARMENTS = "T-shirt/top, Trouser, Pullover, Dress, Coat, Sandal, Shirt, Sneaker, Bag, Ankle boot"
_UNWRITABLE = (errno.EACCES, errno.EEXIST, errno.ENOSPC, errno.ENOTDIR, errno.EPERM, errno.EROFS)


@dataclass(frozen=True)
class _Source:
    """What `load_images` needs to know of a data set, to fetch, split and scale it."""

    about: str
    image_shape: tuple[int, ...]
    n_rows: int
    n_train: int
    white: int = 255  # the pixel value that becomes 1.0
    class_names: tuple[str, ...] = _DIGITS
    openml_name: str | None = None  # None: shipped with scikit-learn, no official split
    block_size: int = 1  # about so many consecutive rows may show parts of the same photo

    @property
    def n_features(self) -> int:
        return prod(self.image_shape)


_DATASETS = {
    "digits": _Source(
        about="Handwritten digits, 8 x 8 grey levels from 0 to 16 (E. Alpaydin and C. Kaynak, "
        "1998).\nSource: sklearn.datasets.load_digits (UCI). Terms: CC BY 4.0.",
        image_shape=(8, 8),
        n_rows=1797,
        n_train=1297,
        white=16,
    ),
    "fashion_mnist": _Source(
        about="Fashion-MNIST, Zalando's pictures of garments, 28 x 28 grey levels (H. Xiao, "
        "K. Rasul and R. Vollgraf, 2017).\nSource: OpenML. Terms: MIT licence.",
        image_shape=(28, 28),
        n_rows=70_000,
        n_train=60_000,
        class_names=tuple(_GARMENTS.split(", ")),
        openml_name="Fashion-MNIST",
    ),
    "mnist": _Source(
        about="MNIST, handwritten digits, 28 x 28 grey levels (Y. LeCun, C. Cortes and "
        "C. Burges, 1998).\nSource: OpenML. Terms: free.",
        image_shape=(28, 28),
        n_rows=70_000,
        n_train=60_000,
        openml_name="mnist_784",
    ),
    "svhn": _Source(
        about="SVHN, house numbers cropped to single digits, 32 x 32 RGB (Y. Netzer et al., "
        "2011).\nSource: OpenML. Terms: non-commercial research use only.",
        image_shape=(32, 32, 3),
        n_rows=99_289,
        n_train=73_257,
        openml_name="SVHN",
        block_size=50,
    ),
}

DATASET_NAMES = tuple(_DATASETS)  #: Names of the data sets that `load_images` loads.


class ImageData(Bunch):
    """What `load_images` returns; attributes are keys as well.

    Attributes
    ----------
    X_train, X_test : ndarray of shape (n_samples, n_pixels)
        Pixels, in the ``dtype`` asked for; C-contiguous and writeable.
    y_train, y_test : ndarray of shape (n_samples,), int64
        Indices into ``class_names``.
    image_shape : tuple of int
        The shape to which a row of ``X_train`` can be reshaped.
    class_names : list of str
    name : str
        Name of the data set.
    groups_train : ndarray of shape (n_samples,), int64, or None
        For "svhn", whose neighbouring samples are overlapping crops of one photo: splits that
        keep equal numbers together (`GroupShuffleSplit`, `GroupKFold`) do not leak. Else None.
    DESCR : str
        Source, split and terms of use.
    """

    X_train: NDArray[Any]
    X_test: NDArray[Any]
    y_train: NDArray[np.int64]
    y_test: NDArray[np.int64]
    image_shape: tuple[int, ...]
    class_names: list[str]
    name: str
    groups_train: NDArray[np.int64] | None
    DESCR: str


class DataUnavailableError(OSError):
    """The data can neither be read from the data home nor be downloaded.

    See Also
    --------
    load_images : Raises it.
    """


def load_images(
    name: str,
    *,
    data_home: str | os.PathLike[str] | None = None,
    dtype: str = "float32",
    cache: bool = True,
    random_state: int | np.random.RandomState | None = 0,
    verbose: bool = True,
) -> ImageData:
    """Load an image data set, split into training set and test set and scaled to [0, 1].

    "digits" comes with scikit-learn. The first load of any other data set downloads it from
    OpenML and parses it, which is faster with pandas. Later loads read a compact copy of it.

    Parameters
    ----------
    name : {"digits", "fashion_mnist", "mnist", "svhn"}
        Name of the data set.
    data_home : path-like, default=None
        Folder where the data is kept; None means `sklearn.datasets.get_data_home()`.
    dtype : {"float32", "float64", "uint8"}, default="float32"
        "float32" and "float64" scale the pixels to [0, 1]; "uint8" leaves them raw (0 to 16 for
        "digits", 0 to 255 else). The default is the type that networks train fastest in.
    cache : bool, default=True
        Whether to read and write the compact copy in `data_home/skneuron`, one byte a pixel.
        Without it every load parses scikit-learn's copy of the download again.
    random_state : int, RandomState instance or None, default=0
        Seed of the split of "digits" and of an incomplete "svhn". By default the split is the
        same everywhere; the other data sets come with a split of their own.
    verbose : bool, default=True
        Whether to announce, on standard error, a load that may take long.

    Returns
    -------
    data : ImageData
        A `sklearn.utils.Bunch` with `X_train`, `y_train`, `X_test`, `y_test`, `image_shape`,
        `class_names`, `name`, `groups_train` and `DESCR`.

    Raises
    ------
    ValueError
        If `name` or `dtype` is none of the above.
    DataUnavailableError
        An `OSError`, if the data is not in the data home and cannot be downloaded, or is damaged.

    Warns
    -----
    UserWarning
        If the data home holds a part of SVHN only, pandas is missing, or no copy can be written.

    See Also
    --------
    sklearn.datasets.fetch_openml : Any data set of OpenML.
    skneuron.study.run_study : Trains and prunes networks on these images.

    Examples
    --------
    >>> from skneuron.datasets import load_images
    >>> digits = load_images("digits")
    >>> digits.X_train.shape, digits.X_train.max().item(), digits.image_shape
    ((1297, 64), 1.0, (8, 8))
    """
    if name not in DATASET_NAMES:
        raise ValueError(
            f"name={name!r} is unknown; known are {', '.join(map(repr, DATASET_NAMES))}."
        )
    if dtype not in _DTYPES:
        raise ValueError(f"dtype={dtype!r} is not one of {', '.join(map(repr, _DTYPES))}.")
    try:
        check_random_state(random_state)
    except (TypeError, ValueError):
        raise ValueError(
            f"random_state={random_state!r} must be None, an int from 0 to {2**32 - 1} or a "
            "numpy.random.RandomState."
        ) from None
    spec = _DATASETS[name]
    if spec.openml_name is None:
        X, y = load_digits(return_X_y=True)
        X = X.astype(np.uint8)
    else:
        X, y = _load_openml(name, spec, data_home, cache, verbose)
    groups = np.arange(len(y), dtype=np.int64) // spec.block_size
    train, test, how = _split(spec, y, groups, random_state)
    y_train, y_test = y[train].astype(np.int64), y[test].astype(np.int64)
    return ImageData(
        X_train=_scale(X[train], spec.white, dtype),
        y_train=y_train,
        X_test=_scale(X[test], spec.white, dtype),
        y_test=y_test,
        image_shape=spec.image_shape,
        class_names=list(spec.class_names),
        name=name,
        groups_train=groups[train] if spec.block_size > 1 else None,
        DESCR=f"{spec.about}\nSplit: {how}; {len(y_train)} training, {len(y_test)} test rows.",
    )


def _load_openml(
    name: str,
    spec: _Source,
    data_home: str | os.PathLike[str] | None,
    cache: bool,
    verbose: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Return all rows as uint8 X and y, from the compact copy or through scikit-learn."""
    try:
        home = Path(get_data_home(data_home))
    except OSError as exc:
        # It cannot be created. That is no reason to stop: only the caching is lost.
        home = Path(exc.filename if data_home is None else data_home).expanduser()
    path = home / "skneuron" / f"{name}-v{_CACHE_VERSION}.npz"
    if cache and (arrays := _read_cache(path, spec)) is not None:
        return arrays
    if verbose:
        message = f"fetching {spec.openml_name} from OpenML, or from its copy in {home} ..."
        print(message, file=sys.stderr, flush=True)
    X, y = _fetch(name, spec, home)
    is_part = spec.block_size > 1 and len(X) < spec.n_rows
    if X.shape[1:] != (spec.n_features,) or not (is_part or len(X) == spec.n_rows):
        raise DataUnavailableError(
            f"OpenML's {spec.openml_name!r} in the data home {str(home)!r} has the shape "
            f"{X.shape}, not {(spec.n_rows, spec.n_features)}: delete it in the openml folder "
            "there to download it again, or pass another data_home."
        )
    if is_part:
        warnings.warn(
            f"The data home {str(home)!r} holds only {len(X):,} of the {spec.n_rows:,} rows of "
            f"{spec.openml_name}, so the official split cannot be made. Using a seeded split by "
            f"blocks of {spec.block_size} neighbouring rows instead, because neighbouring rows "
            "are crops of the same photo.",
            UserWarning,
            stacklevel=3,
        )
    # Only complete data is cached, and that never changes: version 1 of an OpenML data set is
    # fixed. So no cached copy can be stale, whatever replaces the files in the openml folder.
    elif cache:
        _write_cache(path, X, y)
    return X, y


def _fetch(name: str, spec: _Source, home: Path) -> tuple[np.ndarray, np.ndarray]:
    """Let scikit-learn read or download the data; return it as uint8 arrays."""
    if find_spec("pandas") is None:
        # scikit-learn builds a float64 array and copies it: 17 bytes a pixel with ours.
        gigabytes = 17 * spec.n_rows * spec.n_features / 2**30
        warnings.warn(
            f"Without pandas, parsing {spec.openml_name} is slow and takes about {gigabytes:.1f} "
            'GiB of memory the first time; `pip install "skneuron[plot]"` makes it fast.',
            UserWarning,
            stacklevel=4,
        )
        options: dict[str, Any] = {"parser": "liac-arff"}
    else:
        # One byte a pixel from the start. The label column must be read as text, too: pandas 3
        # makes integers of it otherwise, at which scikit-learn raises a TypeError.
        types: dict[int, type] = dict.fromkeys(range(spec.n_features), np.uint8)
        types[spec.n_features] = str
        options = {"parser": "pandas", "read_csv_kwargs": {"dtype": types}}
    outer = sys.exception()
    try:
        data, target = _fetch_openml(spec, home, options)
    except (OSError, HTTPException, ValueError, EOFError, zlib.error) as exc:
        # scikit-learn downloads again what it failed to read. If that fails as well, the first
        # error, and not the last, tells what is wrong.
        first: BaseException = exc
        while not first.__suppress_context__ and first.__context__ not in (None, outer):
            first = first.__context__
        raise DataUnavailableError(
            f"Cannot load {name!r}: OpenML's {spec.openml_name!r} could neither be read from the "
            f"data home {str(home)!r} nor be downloaded ({type(first).__name__}: {first}). "
            "Connect to the internet and try again (delete a damaged file in its openml folder "
            "first), or copy the data home of a machine that has the data and pass its path as "
            "data_home. load_images('digits') works offline."
        ) from exc
    # Depending on the parser, labels come quoted or not. The authors of SVHN call the zero 10.
    y = np.array([int(str(label).strip("'\"")) % 10 for label in target], dtype=np.uint8)
    # Always a copy: pandas returns columns, and read-only ones.
    return np.array(data, dtype=np.uint8, order="C"), y


def _fetch_openml(
    spec: _Source, home: Path, options: dict[str, Any]
) -> tuple[np.ndarray, np.ndarray]:
    """Call `fetch_openml`; where it cannot write to the data home, let it do without."""
    fetch = partial(fetch_openml, spec.openml_name, version=1, as_frame=False, return_X_y=True)
    with warnings.catch_warnings():
        # Retries are not worth a warning: either one succeeds or an error tells why none did.
        for message in ("A network error", "Invalid cache", "Downloaded file could"):
            warnings.filterwarnings("ignore", message=message)
        try:
            return fetch(data_home=home, **options)
        except OSError as exc:
            if exc.errno not in _UNWRITABLE:
                raise
        return fetch(cache=False, **options)


def _read_cache(path: Path, spec: _Source) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the cached X and y, or None if there are none or the file is damaged."""
    try:
        with ZipFile(path) as archive:
            X, y = _read_array(archive, "X"), _read_array(archive, "y")
    except Exception:  # noqa: BLE001 -- of damaged files, NumPy's parser raises many
        return None
    if X.shape != (spec.n_rows, spec.n_features) or y.shape != (spec.n_rows,):
        return None
    return (X, y) if X.dtype == y.dtype == np.uint8 else None


def _read_array(archive: ZipFile, name: str) -> np.ndarray:
    with archive.open(f"{name}.npy") as file:
        array = np.lib.format.read_array(file, allow_pickle=False)
        # Reading a member to its end checks its CRC, hence all of its bytes. `np.load` does not,
        # where the damage is in what says how long the array is, or where it begins.
        if file.read(1):
            raise ValueError("the array ends before its file")
    return array


def _write_cache(path: Path, X: np.ndarray, y: np.ndarray) -> None:
    """Write a cache file in one step, so that no reader ever meets a part of it."""
    # Not `tempfile`: its files are private, but data homes are shared between users.
    temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # As `np.savez` does, which leaves its archive open where a disk is full.
        with temporary.open("xb") as file, ZipFile(file, "w") as archive:
            for name, array in (("X", X), ("y", y)):
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, array, allow_pickle=False)
        os.replace(temporary, path)
    except OSError as exc:
        warnings.warn(
            f"Cannot write {str(path)!r}, so the next load will be as slow as this one: {exc}",
            UserWarning,
            stacklevel=4,
        )
    finally:
        with suppress(OSError):  # it is renamed, or was never made
            temporary.unlink()


def _split(
    spec: _Source,
    y: np.ndarray,
    groups: np.ndarray,
    random_state: int | np.random.RandomState | None,
) -> tuple[Any, Any, str]:
    """Return what selects the training rows, what selects the test rows, and how it was made."""
    if len(y) < spec.n_rows:
        # A photo astride the border of two blocks still leaks; OpenML does not say which do.
        splitter = GroupShuffleSplit(n_splits=1, test_size=0.2, random_state=random_state)
        train, test = next(splitter.split(y, groups=groups))
        return train, test, f"seeded, by blocks of {spec.block_size} rows of an incomplete copy"
    if spec.openml_name is None:
        train, test = train_test_split(
            np.arange(len(y)), train_size=spec.n_train, stratify=y, random_state=random_state
        )
        return train, test, "seeded, stratified"
    return slice(spec.n_train), slice(spec.n_train, None), "official"


def _scale(X: np.ndarray, white: int, dtype: str) -> np.ndarray:
    """Return X in the wanted type, dividing in that type so that no wider copy is made."""
    if dtype == "uint8":
        return np.ascontiguousarray(X)
    return np.divide(X, white, dtype=dtype)
