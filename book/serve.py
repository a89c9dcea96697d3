"""Show the built site on localhost: ``make serve [PORT=8000]``."""

import functools
import sys
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from a2e.paths import BUILD


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and prints nothing for each of them."""

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


def server(folder: Path, port: int) -> ThreadingHTTPServer:
    """Return a server of ``folder`` on localhost; port 0 takes any free one."""
    if not (folder / "index.html").exists():
        raise ValueError(f"folder is {folder}, which holds no index.html; run make book first")
    return ThreadingHTTPServer(("127.0.0.1", port), functools.partial(Quiet, directory=str(folder)))


def main() -> None:
    """Serve until the reader presses Ctrl-C."""
    text = sys.argv[1] if len(sys.argv) > 1 else "8000"
    if not text.isdigit() or not 0 <= int(text) < 65536:
        sys.exit(f"PORT={text} is not a port; give a number from 1024 to 65535")
    try:
        running = server(BUILD / "html", int(text))
    except OSError as error:
        sys.exit(f"PORT={text} cannot be used ({error.strerror}); try make serve PORT={int(text) + 1}")
    print(f"The book is at http://localhost:{running.server_port}/ until you press Ctrl-C.", flush=True)
    try:
        running.serve_forever()
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    main()
