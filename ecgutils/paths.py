"""Where everything lives, resolved from the project's root and never from the working folder."""

import os
from pathlib import Path

PACKAGE_DIR = Path(__file__).resolve().parent
PROJECT_ROOT = PACKAGE_DIR.parent
DATA_DIR = PROJECT_ROOT / "data"
MITDB_DIR = DATA_DIR / "mitdb"
NSTDB_DIR = DATA_DIR / "nstdb"
SVDB_DIR = DATA_DIR / "svdb"
BUILD_DIR = Path(os.environ.get("ECGUTILS_BUILD") or PROJECT_ROOT / "build").resolve()
CACHE_DIR = BUILD_DIR / "cache"
FIGURES_DIR = PROJECT_ROOT / "figures"
NOTEBOOKS_DIR = PROJECT_ROOT / "notebooks"
