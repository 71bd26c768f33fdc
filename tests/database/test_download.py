"""`fetch` over HTTP: interruptions, wrong files, servers that misbehave."""

import http.server
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from ecgutils import database
from ecgutils.database import download
from ecgutils.database.physionet import PUBLISHED_SUMS, fetch, verify
from ecgutils.errors import EcgError
from ecgutils.paths import PROJECT_ROOT
from tests.helpers.physionet_copy import FILE_NAMES, NAMES


class Server(http.server.ThreadingHTTPServer):
    """A server of one folder that understands ranges, and fails where a test wants it."""

    daemon_threads = True

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = folder
        self.requests = []  # (file name, Range header or None)
        self.understands_ranges = True
        self.cut = {}  # file name: bytes after which the connection is closed, once
        self.stalled = {}  # file name: bytes after which nothing comes until `go_on`, once
        self.go_on = threading.Event()
        self.replaced = {}  # file name: content

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}/mitdb/"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.rpartition("/")[2]
        requested = self.headers["Range"]
        self.server.requests.append((name, requested))
        if not (self.server.folder / name).exists():
            self.send_error(404)
            return
        content = self.server.replaced.get(name) or (self.server.folder / name).read_bytes()
        start = int(requested[len("bytes=") : -1]) if requested else 0
        if requested and self.server.understands_ranges:
            if start >= len(content):
                self.send_error(416)
                return
            content = content[start:]
            self.send_response(206)
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if stall := self.server.stalled.pop(name, 0):
            self.wfile.write(content[:stall])
            self.server.go_on.wait()
            return
        self.wfile.write(content[: self.server.cut.pop(name, len(content))])

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(originals, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with Server(originals) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.go_on.set()
        running.shutdown()
        thread.join()


def test_an_empty_folder_is_filled_over_http(server, tmp_path):
    assert fetch(tmp_path, server.address) == NAMES
    assert all(verdict.ok for verdict in verify(tmp_path))
    assert sorted(name for name, _ in server.requests) == sorted([PUBLISHED_SUMS, *FILE_NAMES])
    assert not list(tmp_path.glob("*.part"))
    assert fetch(tmp_path, server.address) == []
    assert len(server.requests) == 1 + len(FILE_NAMES)


@pytest.mark.parametrize("understands_ranges", [True, False])
def test_a_cut_download_goes_on_where_it_stopped(server, tmp_path, understands_ranges):
    server.understands_ranges = understands_ranges
    server.cut["114.dat"] = 1_000_000
    with pytest.raises(EcgError, match=r"114.dat: cannot be downloaded .*950000 more expected"):
        fetch(tmp_path, server.address)
    assert database.read("100", tmp_path).name == "100"
    assert not (tmp_path / "114.dat").exists()
    server.requests.clear()
    assert fetch(tmp_path, server.address) == ["114", "234"]
    # Neither record 100 nor the annotations of 114 are fetched again.
    name, requested = server.requests[0]
    held = int(requested.removeprefix("bytes=").removesuffix("-"))
    assert name == "114.dat"
    # What had come of the last chunk is not kept.
    assert 1_000_000 - download._CHUNK_BYTES < held <= 1_000_000
    assert all(verdict.ok for verdict in verify(tmp_path))


def test_a_wrong_file_is_discarded_and_fetched_again(server, tmp_path):
    server.replaced["100.dat"] = b"not the signals of record 100"
    with pytest.raises(EcgError, match=r"100.dat: expected SHA-256 [0-9a-f]{64}, what came has "):
        fetch(tmp_path, server.address)
    assert not (tmp_path / "100.dat").exists()
    server.replaced.clear()
    assert fetch(tmp_path, server.address) == NAMES


def test_a_rest_that_does_not_fit_is_discarded(server, tmp_path):
    downloads = tmp_path / "originals.part"
    downloads.mkdir()
    (downloads / "100.dat").write_bytes(bytes(3_000_000))
    assert fetch(tmp_path, server.address) == NAMES
    requests = [requested for name, requested in server.requests if name == "100.dat"]
    assert requests == ["bytes=3000000-", None]


def test_a_file_that_the_server_lacks_is_one_line(server, tmp_path):
    server.folder = tmp_path
    with pytest.raises(EcgError, match=r"/mitdb/SHA256SUMS.txt: the server answers 404 Not Found"):
        fetch(tmp_path / "new", server.address)


def test_an_endless_file_is_given_up(server, tmp_path, monkeypatch):
    monkeypatch.setattr("ecgutils.database.download.MAX_BYTES", 1_000_000)
    with pytest.raises(EcgError, match=r"100.dat: longer than any file of the databases"):
        fetch(tmp_path, server.address)


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:{port}/", "http://name.invalid/", "http://127.0.0.1:x/", "http://"],
)
def test_without_a_network_the_advice_is_a_local_copy(tmp_path, monkeypatch, address):
    monkeypatch.setenv("no_proxy", "*")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(EcgError, match=r"cannot be downloaded \(.+\); .* local copy with --from"):
        fetch(tmp_path / "new", address.format(port=port))
    assert not (tmp_path / "new").exists()


def test_a_rest_of_another_file_is_replaced_at_once(server, tmp_path):
    """Such as what is left of a file that PhysioNet has changed since."""
    downloads = tmp_path / "originals.part"
    downloads.mkdir()
    (downloads / "100.dat").write_bytes(bytes(1000))
    assert fetch(tmp_path, server.address) == NAMES
    requests = [requested for name, requested in server.requests if name == "100.dat"]
    assert requests == ["bytes=1000-", None]


def test_a_whole_file_is_not_fetched_twice(server, originals, tmp_path):
    downloads = tmp_path / "originals.part"
    downloads.mkdir()
    (downloads / "100.dat").write_bytes((originals / "100.dat").read_bytes())
    fetch(tmp_path, server.address)
    assert "100.dat" not in [name for name, _ in server.requests]


def test_what_cannot_be_written_is_one_line(server, tmp_path):
    (tmp_path / "originals.part").touch()
    with pytest.raises(EcgError, match=r"originals.part/SHA256SUMS.txt: cannot be written"):
        fetch(tmp_path, server.address)


@pytest.mark.slow
def test_an_interrupt_leaves_what_has_come_and_nothing_else(server, originals, tmp_path):
    """A process that is interrupted in the middle of a file, as by Ctrl-C."""
    server.stalled["114.dat"] = 500_000
    # Whoever starts the tests in the background lets their processes ignore an interrupt.
    script = "import signal, sys; from ecgutils.database import fetch; "
    script += "signal.signal(signal.SIGINT, signal.default_int_handler); fetch(*sys.argv[1:])"
    process = subprocess.Popen(
        [sys.executable, "-c", script, tmp_path, server.address],
        cwd=PROJECT_ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    part = tmp_path / "originals.part" / "114.dat"
    deadline = time.monotonic() + 60
    while not (part.exists() and part.stat().st_size > 490_000):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=60)
    server.go_on.set()
    assert complaint.endswith("KeyboardInterrupt\n")
    assert [path.name for path in tmp_path.glob("114*")] == []
    held = part.read_bytes()
    assert held == (originals / "114.dat").read_bytes()[: len(held)]
    server.requests.clear()
    assert fetch(tmp_path, server.address) == ["114", "234"]
    assert server.requests[0] == ("114.dat", f"bytes={len(held)}-")
    assert all(verdict.ok for verdict in verify(tmp_path))
