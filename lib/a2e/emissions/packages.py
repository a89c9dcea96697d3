"""Data files inside installed packages, found without importing the packages.

CodeCarbon takes seconds to import and EcoLogits pulls in its clients, but their data are plain files.
``importlib.metadata`` knows where they lie, so reading one costs milliseconds.
"""

import json
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from a2e.shapes import Text, checked


@checked
def data_file(package: Text, path: Text) -> Path:
    """Return the file ``path`` (inside the package's folder) of the installed ``package``.

    Raise ``ValueError`` when the package is not installed or carries no such file.

    >>> data_file("ecologits", "data/electricity_mixes.json").name
    'electricity_mixes.json'
    """
    found = Path(str(_installed(package).locate_file(f"{package}/{path}")))
    if not found.is_file():
        raise ValueError(f"path is {path!r}: give a file of {package} {version(package)}, or install the "
                         "pinned version")  # fmt: skip
    return found


@checked
def data_json(package: Text, path: Text) -> Any:
    """Return what the JSON file ``path`` of the installed ``package`` holds; ``ValueError`` for none."""
    try:
        return json.loads(data_file(package, path).read_bytes())
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise ValueError(f"path is {path!r}: give a file that holds JSON") from None


@checked
def version(package: Text) -> str:
    """Return the installed version of ``package``, for a source line.

    >>> version("ecologits").count(".")
    2
    """
    return _installed(package).version


def _installed(package: str) -> Distribution:
    try:
        return distribution(package)
    except PackageNotFoundError:
        raise ValueError(f"package is {package!r}: install it by pip install {package}") from None
