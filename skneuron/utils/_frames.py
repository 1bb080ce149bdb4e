"""Data frames, for those who have pandas: it is optional."""

from typing import Any


def data_frame(data: Any, needed_by: str, **options: Any) -> Any:
    """``pandas.DataFrame(data, **options)``, or an ImportError that says what to install."""
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError(
            f"{needed_by}.to_frame needs pandas: pip install 'skneuron[plot]'."
        ) from error
    return pd.DataFrame(data, **options)
