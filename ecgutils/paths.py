"""Where everything lives, resolved from the project's root and never from the working folder."""

import os
from pathlib import Path

from ecgutils.errors import EcgError

PACKAGE_DIR = Path(__file__).resolve().parent
PROJECT_ROOT = PACKAGE_DIR.parent
DATA_DIR = PROJECT_ROOT / "data"
MITDB_DIR = DATA_DIR / "mitdb"
NSTDB_DIR = DATA_DIR / "nstdb"
SVDB_DIR = DATA_DIR / "svdb"
FIGURES_DIR = PROJECT_ROOT / "figures"
NOTEBOOKS_DIR = PROJECT_ROOT / "notebooks"

NOTEBOOK_NAMES = "[0-9][0-9]_*[a-z].ipynb"
"""The notebooks of this repository, not what else JupyterLab's users make beside them.

It calls a copy `01_name-Copy1.ipynb`, and a new notebook `Untitled.ipynb`.
"""


def in_checkout() -> bool:
    """Tell whether the package lies in a checkout; pip installs it without data and notebooks."""
    return (PROJECT_ROOT / "pyproject.toml").is_file()


def need_checkout(what: str) -> None:
    """Raise an EcgError if the package has been installed without the repository around it."""
    if not in_checkout():
        how = "get the repository and call `make run` in it"
        raise EcgError(f"{what} needs the data and notebooks of a checkout; {how}")


def _build_dir() -> Path:
    """Return the folder for what is made: of the checkout, or else the user's cache."""
    if named := os.environ.get("ECGUTILS_BUILD"):
        return Path(named).resolve()
    if in_checkout():
        return PROJECT_ROOT / "build"
    from platformdirs import user_cache_path

    return user_cache_path("ecgutils")


BUILD_DIR = _build_dir()
CACHE_DIR = BUILD_DIR / "cache"
