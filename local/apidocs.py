"""`make docs`: serves the API reference on this machine, offline.

The page, the OpenAPI document and their neighbours in `docs/api/`, and its renderer from the
installed node modules, under the names that the page asks for. Nothing else is served.
"""

from __future__ import annotations

import argparse
import functools
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from .console import Problem, run
from .emulator import HOST, check_port
from .options import port_number

PAGES = Path("docs/api")
RENDERER = "/redoc.standalone.js"
RENDERER_FILE = Path("node_modules/redoc/bundles/redoc.standalone.js")


class Handler(SimpleHTTPRequestHandler):
    """Files of `docs/api/`, and the renderer."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | {
        ".yaml": "application/yaml",
        ".md": "text/markdown",
    }

    def translate_path(self, path: str) -> str:
        if path.partition("?")[0] == RENDERER:
            return str(RENDERER_FILE)
        return super().translate_path(path)

    def end_headers(self) -> None:
        # So that a reload shows the last edit.
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_request(self, *_: object) -> None:
        """Silent: only errors are worth a line."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", default="8080", help="0 takes a free one (default: %(default)s)")
    port = port_number(parser.parse_args().port) or 0
    for needed in (PAGES / "index.html", RENDERER_FILE):
        if not needed.is_file():
            raise Problem(f"{needed} is missing: run `make docs` from a complete checkout")
    if port:
        check_port(port, "make docs DOCS_PORT=8090")
    handler = functools.partial(Handler, directory=str(PAGES))
    with ThreadingHTTPServer((HOST, port), handler) as server:
        print(f"API reference: http://{HOST}:{server.server_port}/  (Ctrl-C ends it)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    run(main)
