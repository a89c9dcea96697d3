"""Refuse every connection but to this machine: Python imports this file at its start where it is on
PYTHONPATH.

The tests put it before the kernels that run the pages, and install it in their own process.
"""

import socket
from typing import Any

LOCAL = ("127.", "::1", "localhost", "0.0.0.0", "::ffff:127.")


def refuse(address: Any) -> None:
    """Raise ``ConnectionRefusedError`` unless ``address`` is a socket file or on this machine."""
    host = address[0] if isinstance(address, tuple) else address
    host = host.decode() if isinstance(host, bytes) else host
    if isinstance(address, tuple) and host not in ("", None) and not str(host).startswith(LOCAL):
        raise ConnectionRefusedError(f"no network in pages and tests: {host} was asked for")


def install() -> None:
    """Put :func:`refuse` before name look-up, connecting and sending."""
    if hasattr(socket, "a2e_offline"):
        return
    plain_lookup, plain_by_name = socket.getaddrinfo, socket.gethostbyname
    plain_sendto = socket.socket.sendto
    plain_connect, plain_connect_ex = socket.socket.connect, socket.socket.connect_ex

    def getaddrinfo(host: Any, *rest: Any, **options: Any) -> Any:
        refuse((host,))
        return plain_lookup(host, *rest, **options)

    def gethostbyname(host: str) -> str:
        refuse((host,))
        return plain_by_name(host)

    def connect(self: socket.socket, address: Any) -> None:
        refuse(address)
        plain_connect(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        refuse(address)
        return plain_connect_ex(self, address)

    def sendto(self: socket.socket, data: Any, *rest: Any) -> int:
        refuse(rest[-1])
        return plain_sendto(self, data, *rest)

    socket.getaddrinfo, socket.gethostbyname = getaddrinfo, gethostbyname
    for name, guarded in (("connect", connect), ("connect_ex", connect_ex), ("sendto", sendto)):
        setattr(socket.socket, name, guarded)
    socket.a2e_offline = True  # type: ignore[attr-defined]


install()
