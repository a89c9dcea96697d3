"""Build the site from the committed notebooks: ``make book``, or ``python -m book.build [--fresh] [--output
DIR]``.

Strict: any warning fails the build. No page of the site asks another host for anything; MathJax is copied
from a PyPI package. The repository, launch and "report an error" buttons appear only where ``origin`` is on
GitHub.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import yaml
from a2e.paths import BUILD, ROOT

MATHJAX = ("tex-mml-chtml.js", "output/chtml/fonts/woff-v2")


def git(*arguments: str) -> str:
    """Return what git prints, or nothing where git or the repository is missing."""
    if not shutil.which("git"):
        return ""
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True).stdout.strip()


def github(origin: str) -> str | None:
    """Return the address of a GitHub repository from the URL of its remote, or None for any other remote.

    >>> github("git@github.com:someone/course.git")
    'https://github.com/someone/course'
    >>> github("https://github.com/someone/course")
    'https://github.com/someone/course'
    >>> github("/srv/git/course.git"), github("https://gitlab.com/someone/course.git")
    (None, None)
    """
    pattern = r"(?:https://(?:[^@/]+@)?|ssh://git@|git@)github\.com[:/]([\w.-]+)/([\w.-]+?)(?:\.git)?/?"
    found = re.fullmatch(pattern, origin)
    return f"https://github.com/{found[1]}/{found[2]}" if found else None


def configuration(address: str | None, has_student_branch: bool) -> dict[str, Any]:
    """Return ``_config.yml`` with the buttons for the repository at ``address``.

    Launch buttons open the branch ``student``, which the publishing workflow fills with notebooks without
    answers; where no such branch is known there are none.
    """
    config: dict[str, Any] = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    if address is None:
        return config
    config["repository"] = {"url": address, "branch": "main", "path_to_book": ""}
    config["html"] |= {"use_repository_button": True, "use_issues_button": True}
    if has_student_branch:
        config["repository"]["branch"] = "student"
        config["launch_buttons"] = {
            "notebook_interface": "jupyterlab",
            "binderhub_url": "https://mybinder.org",
        }
    return config


def vendor() -> None:
    """Copy MathJax from the package that carries it to ``_build/vendor/mathjax``, once."""
    target = BUILD / "vendor" / "mathjax"
    package = distribution("django-static-mathjax")
    source = Path(str(package.locate_file("mathjax/static/mathjax/es5")))
    for name in MATHJAX:
        if (target / name).exists():
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name)
        else:
            shutil.copy(source / name, target / name)


def build(output: Path, fresh: bool = False) -> subprocess.CompletedProcess[str]:
    """Build the site into ``output/_build/html``; ``fresh`` forgets the last build first."""
    vendor()
    student = bool(git("rev-parse", "--verify", "--quiet", "refs/remotes/origin/student"))
    config = BUILD / "config.yml"
    text = yaml.safe_dump(
        configuration(github(git("remote", "get-url", "origin")), student), allow_unicode=True
    )
    if not config.exists() or config.read_text(encoding="utf-8") != text:
        config.write_text(text, encoding="utf-8")
    if fresh:
        shutil.rmtree(output / "_build" / "html", ignore_errors=True)
        shutil.rmtree(output / "_build" / ".doctrees", ignore_errors=True)
    command = [
        str(Path(sys.executable).with_name("jupyter-book")),
        "build",
        str(ROOT),
        "--config",
        str(config),
    ]
    command += ["--path-output", str(output), "-q", "-W", "--keep-going", "-n"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


def main() -> None:
    """Build, then say where to open the site, or print what went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="forget the last build first")
    parser.add_argument("--output", type=Path, default=ROOT, help="folder that gets _build/html")
    options = parser.parse_args()
    index = options.output.resolve() / "_build" / "html" / "index.html"
    print("Building the site ...", flush=True)
    done = build(options.output.resolve(), options.fresh)
    if done.returncode or not index.exists():
        sys.exit(
            f"{done.stdout}\n{done.stderr}\nThe site was not built; the warnings above say what to mend."
        )
    print(f"The book is built. Open {index.as_uri()} in a browser, or run `make serve`.")


if __name__ == "__main__":
    main()
