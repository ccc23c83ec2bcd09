"""Several cores for a model in the browser: WebAssembly has threads only on a page that loads nothing of other sites, and whose workers say the same.

The settings name this file, so it knows nothing of Django.
"""

HEADERS = {"Cross-Origin-Embedder-Policy": "require-corp"}
OF_WORKERS = ("/live/", "/runtime/")  # folders of static files in which the scripts of workers lie


def add_headers(headers: dict, path: str, url: str) -> None:
    """Called by whitenoise for each static file: the script of a worker must be as isolated as the page that starts it."""
    if url.endswith("js") and any(folder in url for folder in OF_WORKERS):
        for name, value in HEADERS.items():
            headers[name] = value
