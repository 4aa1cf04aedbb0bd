"""Hostile command lines, requests and notebooks that are handed in: a sentence and an exit status, never a traceback."""
import contextlib
import importlib
import io
import json
import os
import random
import socket
import threading

import bench
import execute
import lab
import mutate
import pdf
import preview
import pytest
import serve
from cases import few
from hypothesis import given
from hypothesis import strategies as st
from test_marking import STUBS, submit, table

from unrolled.exercises import marking

# Command lines

def ends(main, *arguments):
    """What a command says when it refuses."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said), pytest.raises(SystemExit) as ended:
        raise SystemExit(main([str(a) for a in arguments]))
    assert ended.value.code not in (0, None)
    words = said.getvalue() + (ended.value.code if isinstance(ended.value.code, str) else "")
    assert len(words.split()) >= 4 and "Traceback" not in words
    return words


def test_command_lines(tmp_path):
    experiments = importlib.import_module("unrolled.reproductions.__main__")
    marking = importlib.import_module("unrolled.exercises.__main__")
    for arguments in ([], ["nope"], ["run"], ["run", "nope"], ["run", "S1-2.1c", "--seeds", "0"],
                      ["run", "all", "--jobs", "-3"], ["run", "all", "--seeds", "x"], ["run", ""], ["run", "../x"], ["--\0"]):
        ends(experiments.main, *arguments)
    full = tmp_path / "full"
    submit(full / "ada.ipynb", *STUBS)
    for arguments in ([], [tmp_path / "empty"], [tmp_path / "none"], [tmp_path, "--chapter", "99"], ["\0"],
                      [tmp_path, "--jobs", "x"],
                      *([full, option, value] for option in ("--memory", "--seconds", "--cell-seconds", "--jobs")
                        for value in ("nan", "inf", "-1", "1e400", "9" * 30))):
        ends(marking.main, *arguments)
    for arguments in (["--port", "x"], ["--port", "70000"], ["--port", "-1"], ["--nope"]):
        ends(serve.main, *arguments)
    (tmp_path / "none").mkdir()
    for arguments in ([tmp_path / "none"], [tmp_path / "nowhere"], ["\0"], ["--nope"], ["/dev/null"]):
        ends(execute.main, *arguments)
    notebook = tmp_path / "x.ipynb"
    for content in ("", "{", "[]", "null", '{"nbformat": 4}', '{"nbformat": 4, "cells": 3}', '{"nbformat": 3, "cells": []}',
                    '{"nbformat": 4, "nbformat_minor": "x", "metadata": {}, "cells": []}', "[" * 100_000,
                    '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": 1, "source": []}]}'):
        notebook.write_text(content)
        ends(execute.main, notebook)
        assert notebook.read_text() == content
    notebook.write_bytes(b"\xff\xfe")
    ends(execute.main, notebook)


@pytest.mark.parametrize("content", ["", "[]", "null", "{}", '{"fresh": 1, "units": 3}', '{"fresh": false, "units": [[1]]}',
                                     "[" * 99_999], ids=range(7))
@pytest.mark.parametrize("ending", [".json", ".unfinished.json"])
def test_results_that_are_damaged(tmp_path, content, ending):
    experiments = importlib.import_module("unrolled.reproductions.__main__")
    (tmp_path / f"S1-2.1c{ending}").write_text(content)
    assert "S1-2.1c" in ends(experiments.main, "run", "S1-2.1c", "--out", tmp_path)
    assert os.listdir(tmp_path) == [f"S1-2.1c{ending}"]


@pytest.mark.parametrize("content", ["", "[]", "null", "3", '{"a": []}', "[" * 99_999], ids=range(6))
def test_the_record_of_a_lab_that_is_damaged(tmp_path, content):
    (tmp_path / "book").mkdir()
    (tmp_path / "lab").mkdir()
    (tmp_path / "book/a.ipynb").write_text("new")
    (tmp_path / "lab/a.ipynb").write_text("mine")
    (tmp_path / "lab/.editions.json").write_text(content)
    assert lab.copy_chapters(tmp_path / "book", tmp_path / "lab") == ["a.ipynb"]
    assert (tmp_path / "lab/a.ipynb").read_text() == "mine"


def test_command_lines_of_tools(tmp_path, monkeypatch):
    for arguments in (["--nope"], ["--rounds", "0"], ["--rounds", "x"], ["--only", "nope"], ["--peak", "ours"],
                      ["--peak", "x"]):
        ends(bench.main, *arguments)
    monkeypatch.setattr(mutate, "KEPT", tmp_path / "mutate")
    for arguments in (["--nope"], ["nope.py"], ["../.."], ["--number", "-1"], ["--number", "x"], ["--survivors"], ["\0"]):
        ends(mutate.main, *arguments)
    (tmp_path / "mutate/survivors.json").write_text("[" * 99_999)
    ends(mutate.main, "--survivors")
    monkeypatch.setattr(preview, "BOOK", tmp_path)
    for content in (None, "{", "[]", '{"cells": []}', '{"cells": [3]}'):
        if content is not None:
            (tmp_path / "index.ipynb").write_text(content)
        ends(preview.main)
    ends(preview.main, "--nope")
    monkeypatch.setattr(serve, "SITE", tmp_path / "html")
    for arguments in ([], ["nope"], ["--nope"], ["\0"]):
        ends(pdf.main, *arguments)
    (tmp_path / "html/book").mkdir(parents=True)
    (tmp_path / "html/book/a.html").touch()
    for arguments in (["nope"], ["../a"], ["a.html"]):
        assert "The site has no page" in ends(pdf.main, *arguments)
    monkeypatch.setenv("PATH", "")
    assert "needs a browser" in ends(pdf.main, "a")


@pytest.mark.parametrize("content", ["", "[]", "[" * 99_999, '{"data": {"layout-restorer:data": {"main": {"current": 3}}}}',
                                     *(json.dumps({"data": {"layout-restorer:data": {"main": {"current": f"notebook:{name}"}}}})
                                       for name in ("\0", "a" * 5000, "..", "/etc", "no.ipynb"))], ids=range(9))
def test_a_record_of_tabs_that_is_damaged(tmp_path, content):
    (tmp_path / "a.jupyterlab-workspace").write_text(content)
    (tmp_path / "b.jupyterlab-workspace").mkdir()
    (tmp_path / "c.jupyterlab-workspace").write_bytes(b"\xff")
    assert lab.last_opened(tmp_path, tmp_path) == "index.ipynb"


# Requests to the server

@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    """Send bytes to a server of a folder beside a secret; what it answers within five seconds."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "secret").write_text("secret")
    (folder / "site/a b").mkdir(parents=True)
    (folder / "site/index.html").write_text("hello")
    (folder / "site/404.html").write_text("missing")
    with serve.server(folder / "site", 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()

        def talked(data, half_open=True):
            with socket.create_connection((serve.HOST, server.server_port), timeout=5) as connection:
                with contextlib.suppress(ConnectionError):
                    connection.sendall(data)
                    if half_open:
                        with contextlib.suppress(OSError):           # it has hung up already
                            connection.shutdown(socket.SHUT_WR)
                    parts = []
                    while part := connection.recv(65536):
                        parts.append(part)
                    return b"".join(parts)
            return b""
        yield talked
        server.shutdown()
        thread.join()


PATHS = ["/../secret", "/%2e%2e/secret", "/..%2fsecret", "/%2e%2e%2fsecret", "//../secret", "/a%20b/../../secret",
         "/..\\secret", "/%5c..%5csecret", "/./../secret", "/%00", "/index.html%00", "/%", "/%zz", "/%ff", "/\xff",
         "/" + "a" * 5000, "/" * 500, "//example.org/%2e%2e", "/" + "../" * 300 + "etc/passwd", "*", "",
         "http://example.org/", "/a%20b",
         "/?" + "x" * 9000]


@pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
def test_paths(talk, path, capfd):
    for method in ("GET", "HEAD"):
        said = talk(f"{method} {path} HTTP/1.1\r\nHost: x\r\nRange: bytes=9-1,x\r\nConnection: close\r\n\r\n".encode("latin-1"))
        assert said.startswith((b"HTTP/1.", b"missing", b"<!DOCTYPE"))
        assert b"secret" not in said.split(b"\r\n\r\n", 1)[-1].replace(path.encode(), b"")
        location = [line for line in said.split(b"\r\n") if line.lower().startswith(b"location:")]
        assert not any(line.split()[1].startswith((b"//", b"http")) and b"example" in line.split()[1][:14] for line in location)
    assert b"hello" in talk(b"GET / HTTP/1.0\r\n\r\n") and "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("data", [
    b"", b"\r\n", b"\0" * 100, b"GET", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/x\r\n\r\n", b"G" * 100_000,
    b"GET / " + b"x" * 70_000,
    b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"DELETE /index.html HTTP/1.1\r\n\r\n", b"PUT /new HTTP/1.1\r\n\r\nx",
    b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 500 + b"\r\n", b"GET / HTTP/1.1\r\nA: " + b"b" * 100_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nIf-Modified-Since: \xff\r\n\r\n", b"GET / HTTP/1.1\r\nbroken\r\n\r\n", b"\x16\x03\x01\x02\x00"],
    ids=range(16))
def test_requests(talk, data, capfd):
    said = talk(data)
    assert not said or said.startswith((b"HTTP/1.", b"<!DOCTYPE", b"hello"))
    assert b"hello" in talk(b"GET / HTTP/1.0\r\n\r\n") and "Traceback" not in capfd.readouterr().err


@given(data=st.binary(max_size=200))
@few(40)
def test_any_request(talk, data):
    for sent in (data, b"GET /" + data, b"GET / HTTP/1.1\r\n" + data + b"\r\n\r\n"):
        talk(sent)
    assert b"hello" in talk(b"GET / HTTP/1.0\r\n\r\n")


def test_connections_that_say_nothing_are_closed(talk, monkeypatch):
    assert serve.Handler.timeout <= 60
    monkeypatch.setattr(serve.Handler, "timeout", 0.5)
    for data in (b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n"):
        assert talk(data, half_open=False) == b""


# Notebooks that are handed in

def test_files_that_are_no_submissions(tmp_path):
    folder = tmp_path / "in"
    submit(folder / "good.ipynb", *STUBS)
    good = (folder / "good.ipynb").read_bytes()
    rng = random.Random(0)
    contents = [b"", b"\xff\xfe", b"null", b"3", b"[]", b"{}", b"[" * 100_000, b"9" * 10_000, b'{"cells": null}',
                b'{"cells": [3]}', b'{"cells": [{"cell_type": "code", "source": "\\ud800"}]}',
                b'{"cells": [{"cell_type": "code"}]}', b'{"cells": [{"cell_type": "code", "source": 3}]}',
                b'{"cells": [{"cell_type": "code", "source": [3]}]}',
                b'{"cells": [{"cell_type": "code", "source": "", "metadata": 3}]}',
                b'{"cells": [{"cell_type": "code", "source": "", "metadata": {"tags": 3}}]}',
                *(good[:rng.randrange(len(good))] for _ in range(60))]
    for content in contents:
        (folder / "bad.ipynb").write_bytes(content)
        try:
            cells = marking.read(folder / "bad.ipynb")
        except ValueError as error:
            assert str(error) == "The file is not a notebook, or was cut short.", content
        else:
            assert all(c.source.encode() is not None for c in cells)     # can be sent to a kernel
    with open(folder / "bad.ipynb", "wb") as file:
        file.truncate(60_000_000)
    with pytest.raises(ValueError, match="larger than 50 MB"):
        marking.read(folder / "bad.ipynb")
    (folder / "folder.ipynb").mkdir()
    (folder / "link.ipynb").symlink_to(folder / "good.ipynb")
    (folder / "loop").symlink_to(folder)
    (folder / "gone.ipynb").symlink_to(folder / "nowhere")
    os.mkfifo(folder / "pipe.ipynb")
    assert [student for student, _ in marking.submissions(folder)] == ["bad", "good"]


@pytest.mark.slow
def test_hostile_submissions(tmp_path):
    """They end, one after another, and what others have done is marked."""
    folder = tmp_path / "in"
    check, journal = 'exercises.check("05.3", 14)', "import os; p = os.environ['UNROLLED_JOURNAL']; os.unlink(p); "
    submit(folder / "a.ipynb", STUBS[0], check, "import os, shutil; shutil.rmtree(os.getcwd()); os.chdir('/')", check)
    submit(folder / "b.ipynb", STUBS[0], check, journal + "os.symlink('/dev/zero', p)")
    submit(folder / "c.ipynb", STUBS[0], check, journal + "os.mkfifo(p)")
    submit(folder / "d.ipynb", STUBS[0], check, "import sys\nwhile True: print('x' * 10**6)")
    submit(folder / "e.ipynb", STUBS[0], check, "import os; os._exit(3)")
    submit(folder / "f.ipynb", STUBS[0], check, "# \u202e \0 \x1b[2J", 'exercises.check("05.' + "9" * 5000 + '", 1)')
    submit(folder / "g.ipynb", STUBS[0], check, "input()", "exit()", check)
    submit(folder / "h.ipynb", STUBS[0], check, f"import shutil; shutil.rmtree({str(folder)!r})")
    submit(folder / "i.ipynb", STUBS[0], check)
    marks = table(folder, "--cell-seconds", "2", "--seconds", "20", "--memory", "2", "--jobs", "1")
    for student in "aefgh":
        assert marks[student, "05.3"] == ("right", ""), student
    assert marks["d", "05.3"] == ("right", "")
    assert marks["b", "05.3"][0] == marks["c", "05.3"][0] == "unanswered"
    assert marks["i", ""] == ("error", "The file cannot be read: No such file or directory.")
