"""Data files inside installed packages, found without importing the packages.

CodeCarbon takes seconds to import and EcoLogits pulls in its clients, but their data are plain files.
``importlib.metadata`` knows where they lie, so reading one costs milliseconds.
"""

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path


def data_file(package: str, path: str) -> Path:
    """The file ``path`` (inside the package's folder) of the installed ``package``.

    Raises ValueError when the package is not installed or carries no such file.

    >>> data_file("ecologits", "data/electricity_mixes.json").name
    'electricity_mixes.json'
    """
    try:
        found = Path(str(distribution(package).locate_file(f"{package}/{path}")))
    except PackageNotFoundError:
        raise ValueError(f"package={package!r} is not installed: pip install {package}") from None
    if not found.is_file():
        raise ValueError(f"path={path!r} is not in {package} {version(package)}: install the pinned version")
    return found


def version(package: str) -> str:
    """The installed version of ``package``, for a source line.

    >>> version("ecologits").count(".")
    2
    """
    return distribution(package).version
