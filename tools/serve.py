"""Serve the built site on this machine:  python tools/serve.py [--port 8000]"""
import argparse
import functools
import http.server
import os
import pathlib
import sys

SITE = pathlib.Path(__file__).resolve().parent.parent / "_build" / "html"
HOST, PORT = "127.0.0.1", 8000
UNFINISHED = ".unfinished"       # beside the site while it is built


class Handler(http.server.SimpleHTTPRequestHandler):
    timeout = 30                 # seconds for which a connection may say nothing

    def translate_path(self, path):
        """A file of the folder; no file has a name with a null byte, so any other name does as well."""
        return super().translate_path(path).replace("\0", "\ufffd")

    def log_message(self, *args):
        pass

    def send_error(self, code, *args):
        """Show the site's page for what is not there."""
        page = pathlib.Path(self.directory, "404.html")
        if code != 404 or not page.is_file():
            return super().send_error(code, *args)
        content = page.read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


class Server(http.server.ThreadingHTTPServer):
    allow_reuse_address = os.name == "posix"  # elsewhere it would let two servers share a port

    def handle_error(self, *args):
        if not isinstance(sys.exception(), ConnectionError):  # a browser may hang up
            super().handle_error(*args)


def server(folder, port=None):
    """A server of ``folder`` on ``port``, or without one on the first free port from 8000 on."""
    handler = functools.partial(Handler, directory=folder)
    for candidate in [port] if port is not None else [*range(PORT, PORT + 20), 0]:
        try:
            return Server((HOST, candidate), handler)
        except OSError:
            continue
    raise SystemExit(f"Port {port} is in use: name another one, or none to get the next free port.")


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Serve the built site on this machine.")
    parser.add_argument("--port", type=int, help=f"listen there, not on the first free port from {PORT}")
    port = parser.parse_args(arguments).port
    if port is not None and not 0 <= port < 65536:
        raise SystemExit(f"A port is a number from 0 to 65535; got {port}.")
    if (SITE.parent / UNFINISHED).exists():
        raise SystemExit(f"The site in {SITE} is being built, or its last build failed: run `jupyter-book build .`")
    if not (SITE / "index.html").exists():
        raise SystemExit(f"There is no site in {SITE} yet: build it first with `jupyter-book build .`")
    with server(SITE, port) as httpd:
        print(f"The book is at http://{HOST}:{httpd.server_port}/ (Ctrl+C stops it)", flush=True)
        try:
            httpd.serve_forever()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    sys.exit(main())
