"""When and with what a page was made."""

import platform
from datetime import date

import numpy as np
import sklearn


def versions() -> str:
    """Of what computes the numbers."""
    import skneuron

    return (
        f"skneuron {skneuron.__version__}, scikit-learn {sklearn.__version__}, "
        f"NumPy {np.__version__}, Python {platform.python_version()}"
    )


def today() -> str:
    """The date, as the computer has it."""
    return date.today().isoformat()


def made_with() -> list[tuple[str, str]]:
    """Facts for the end of a page."""
    return [("Versions", versions()), ("Date", today())]
