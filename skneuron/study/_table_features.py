"""What a network can learn from of a table: its columns, and how they become numbers."""

from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skneuron.surgery import readable_names

# Rarer values of a column of texts share one feature.
MAX_CATEGORIES = 30
# A text that differs in more than this share of the rows names the row and says nothing of others.
MOST_DIFFERENT = 0.5
# What pandas calls a column without a name: its own `to_csv` writes one, with the numbers of rows.
UNNAMED = "Unnamed: "
# The square of anything larger is infinite.
LARGEST = 1e150


def sorted_columns(frame: Any) -> tuple[list[str], list[str], dict[str, str]]:
    """Columns of numbers, columns of texts, and those that are left out, with the reason."""
    numbers: list[str] = []
    texts: list[str] = []
    left_out: dict[str, str] = {}
    for name in frame.columns:
        values = frame[name]
        n_different = values.nunique(dropna=True)
        if n_different == 0:
            left_out[name] = "empty"
        elif n_different == 1 and values.notna().all():
            left_out[name] = "always the same"
        elif name.startswith(UNNAMED) and values.dtype.kind == "i" and values.is_unique:
            left_out[name] = "row numbers without a name"
        elif values.dtype.kind in "biuf":
            numbers.append(name)
        elif n_different > max(MAX_CATEGORIES, MOST_DIFFERENT * values.notna().sum()):
            kind = _though_numbers(values)
            left_out[name] = f"{different_texts(values)}{kind}"
        else:
            texts.append(name)
    return numbers, texts, left_out


def different_texts(values: Any) -> str:
    """How many there are in a column, and of which rows that is said."""
    rows = f"{len(values):,} training and validation rows"
    return f"{values.nunique():,} different texts in the {rows}"


def _though_numbers(values: Any) -> str:
    """What makes texts of a column of numbers, if it is one but for that; empty if it is none."""
    texts = values.dropna().astype(str)
    stray = [text for text in texts if not _is_number(text)]
    if len(stray) > len(texts) / 2:
        return ""
    if not stray:  # Something else is in the test part.
        return ", all of them numbers there"
    return f", most of them numbers, but not {stray[0]!r}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def preprocessor_of(numbers: list[str], texts: list[str]) -> ColumnTransformer:
    """Missing numbers become medians, numbers are scaled, texts become a feature a value."""
    of_numbers = make_pipeline(
        # A column of the training part alone may have no gaps, and the test part have some.
        SimpleImputer(strategy="median", add_indicator=True),
        StandardScaler(),
    )
    of_texts = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="missing"),
        OneHotEncoder(
            handle_unknown="infrequent_if_exist",
            max_categories=MAX_CATEGORIES,
            sparse_output=False,
        ),
    )
    return ColumnTransformer(
        [("numbers", of_numbers, numbers), ("texts", of_texts, texts)],
        verbose_feature_names_out=False,
    )


def as_read(frame: Any, numbers: list[str], texts: list[str]) -> Any:
    """The columns that are learnt from, of types that the preprocessor takes.

    True and False are numbers, and texts are texts also where all of them look like numbers.
    Spaces around names of columns are nobody's business.

    Raises
    ------
    ValueError
        If a column of numbers holds something else.
    """
    chosen = frame.rename(columns=lambda name: str(name).strip())[[*numbers, *texts]].copy()
    for name in numbers:
        try:
            chosen[name] = chosen[name].astype(np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(f"column {name!r} is one of numbers: {error}") from error
        if (chosen[name].abs() > LARGEST).any():
            raise ValueError(f"column {name!r} holds numbers that are infinite or too large")
    for name in texts:
        chosen[name] = chosen[name].astype(object).where(chosen[name].notna(), np.nan)
        chosen[name] = chosen[name].map(_as_text, na_action="ignore")
    return chosen


def _as_text(value: Any) -> str:
    """What a file says; 101 is 101.0 in a column of numbers with gaps."""
    is_whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if is_whole else value)


def readable_features(preprocessor: ColumnTransformer) -> list[str]:
    """What a fitted preprocessor makes, as people read it: "plan: basic", "no age"."""
    names = readable_names(
        preprocessor.get_feature_names_out(), preprocessor.feature_names_in_.tolist()
    )
    names = [name.replace(": infrequent_sklearn", ": others") for name in names]
    gaps = "missingindicator_"
    return [f"no {name[len(gaps) :]}" if name.startswith(gaps) else name for name in names]
