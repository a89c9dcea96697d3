"""Open JupyterLab at the introduction, in the notebooks without answers: ``make lab``."""

import os
import sys
from pathlib import Path

from a2e.paths import ROOT

from book.student import STUDENT


def main() -> None:
    """Replace this process by JupyterLab, which asks no other host for news or versions."""
    first = (STUDENT / "intro.ipynb").relative_to(ROOT)
    program = str(Path(sys.executable).with_name("jupyter-lab"))
    quiet = ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.news_url=None"]
    os.chdir(ROOT)
    os.execv(program, [program, str(first), *quiet, *sys.argv[1:]])


if __name__ == "__main__":
    main()
