"""The network is really refused: here, and in a kernel as the pages run in."""

import socket

import nbformat
import pytest
from nbclient import NotebookClient

OUTSIDE = ("192.0.2.1", 80)  # an address that RFC 5737 reserves for documents


@pytest.mark.parametrize("ask", ["create_connection", "getaddrinfo", "gethostbyname", "sendto", "connect_ex"])
def test_every_way_out_is_refused_here(ask):
    with pytest.raises(ConnectionRefusedError, match="no network in pages and tests"):
        if ask == "create_connection":
            socket.create_connection(OUTSIDE, timeout=1)
        elif ask == "getaddrinfo":
            socket.getaddrinfo("example.org", 443)
        elif ask == "gethostbyname":
            socket.gethostbyname("example.org")
        else:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                udp.sendto(b"x", OUTSIDE) if ask == "sendto" else udp.connect_ex(OUTSIDE)


def test_this_machine_may_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()


def test_a_kernel_refuses_the_network_too():
    code = (
        "import urllib.request\n"
        "try:\n"
        "    urllib.request.urlopen('http://192.0.2.1/', timeout=2)\n"
        "except OSError as error:\n"
        "    print(error)"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    assert "no network in pages and tests: 192.0.2.1" in notebook.cells[0].outputs[0].text
