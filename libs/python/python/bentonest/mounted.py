"""The application that BENTONEST_APP names ("module:app"), below the path that it is mounted at.

The server says with each request which path that is, in X-Forwarded-Prefix, with its escapes; it lets no
other pass.
"""

import importlib
import os
from urllib.parse import unquote_to_bytes

from . import calls

#: Headers of the server beside which the application is mounted.
_PREFIX = b"x-forwarded-prefix"


def load():
    """Imports the application.

    Raises what its module raises; ImportError where it has no such name, and for the errors that the servers
    take for their own: uvicorn hides an AttributeError, and gunicorn starts again after a SystemExit, for ever.
    """
    module_name, _, path = os.environ["BENTONEST_APP"].partition(":")
    try:
        found = importlib.import_module(module_name)
    except (AttributeError, SystemExit) as error:
        name = type(error).__name__
        raise ImportError("The module %s raised %s: %s" % (module_name, name, error)) from error
    for name in (path or "app").split("."):
        if not hasattr(found, name):
            raise ImportError("Expected %r in the module %s. It has no such name." % (path or "app", module_name))
        found = getattr(found, name)
    return found


class AsgiApplication:
    """Sets the root path, as the ASGI specification has it: ``path`` begins with it, both without escapes."""

    def __init__(self, application):
        self._application = application

    async def __call__(self, scope, receive, send):
        if scope["type"] != "lifespan":
            headers = dict(scope["headers"])
            prefix = headers.get(_PREFIX, b"")
            if prefix:
                root_path = unquote_to_bytes(prefix).decode("utf-8", "replace")
                scope = dict(scope, root_path=root_path, path=root_path + scope["path"])
                if scope.get("raw_path") is not None:
                    scope["raw_path"] = prefix + scope["raw_path"]
            calls.begin_request(_text(headers, b"x-request-id"), _text(headers, b"traceparent"))
        await self._application(scope, receive, send)


def _text(headers, name):
    value = headers.get(name)
    return None if value is None else value.decode("latin-1")


class WsgiApplication:
    """Sets SCRIPT_NAME, and the address that a unix socket does not have."""

    def __init__(self, application):
        self._application = application

    def __call__(self, environ, start_response):
        prefix = environ.get("HTTP_X_FORWARDED_PREFIX", "").encode("latin-1")
        if prefix:
            # Bytes as latin-1, as all of PEP 3333.
            environ["SCRIPT_NAME"] = unquote_to_bytes(prefix).decode("latin-1")
        client = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")[0].strip()
        if client:
            environ["REMOTE_ADDR"] = client
        calls.begin_request(environ.get("HTTP_X_REQUEST_ID"), environ.get("HTTP_TRACEPARENT"))
        return self._application(environ, start_response)


def __getattr__(name):
    # Made when the server asks for one: gunicorn does so in each of its workers.
    if name == "asgi":
        return AsgiApplication(load())
    if name == "wsgi":
        return WsgiApplication(load())
    raise AttributeError("module %r has no attribute %r" % (__name__, name))
