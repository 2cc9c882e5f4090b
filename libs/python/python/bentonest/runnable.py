"""Runnable classes: the decorator of their methods, and how they are loaded."""

import importlib
import importlib.util
import inspect
import os
import sys
from urllib.parse import unquote, urlparse

from .errors import BentoError

_ATTRIBUTE = "__bentonest_method__"

#: What the runner's handle has itself.
_RESERVED = ("name", "reload", "scale", "then")


class Runnable:
    """What a Runnable class may have beside its ``@runnable_method`` s; it need not inherit from this.

    It lives in the worker process; its constructor gets the runner's ``options`` as keyword arguments.
    """

    def setup(self):
        """Loads the model. The worker is ready when it has returned."""

    def metadata(self):
        """What the API process may know of the model, as JSON: sent once."""

    def example_calls(self):
        """Calls that warm the model up: ``[{"method": "predict", "args": [array]}]``.

        A worker of which one fails does not start, unless the call has ``"optional": True``.
        """
        return []

    def close(self):
        """Frees what the process's end does not free by itself."""


def runnable_method(function=None, *, batchable=False, batch_dim=0, idempotent=False):
    """Makes a method callable through its runner: ``runner.<method>.run(...)``.

    batchable: every argument is an array (or a dict of them, or a DataFrame) with the batch along
    ``batch_dim``, and so is the result; calls are then joined. batch_dim: one number for both, or
    ``(input, output)``. idempotent: may be run again where its worker died.
    """
    dims = list(batch_dim) if isinstance(batch_dim, (tuple, list)) else [batch_dim, batch_dim]
    if len(dims) != 2 or not all(isinstance(dim, int) and dim >= 0 for dim in dims):
        raise TypeError("batch_dim must be a dimension from 0 on, or (input, output), got %r." % (batch_dim,))

    def decorate(method):
        _check_method(method)
        options = {"batchable": bool(batchable), "batchDim": dims, "idempotent": bool(idempotent)}
        setattr(method, _ATTRIBUTE, options)
        return method

    return decorate if function is None else decorate(function)


def _check_method(method):
    name = method.__name__
    if name in _RESERVED:
        raise TypeError('A method cannot be called "%s": the runner itself has that name. Rename it.' % name)
    if inspect.isgeneratorfunction(method) or inspect.isasyncgenfunction(method):
        raise TypeError("Method %s is a generator, which a runner cannot stream. Return a list." % name)
    if inspect.iscoroutinefunction(method):
        raise TypeError("Method %s is async, and a worker runs one call at a time. Write it as def." % name)


class LoadedRunnable:
    """An instance, and its methods as the worker announces them."""

    def __init__(self, runner, instance):
        self.runner = runner
        self.instance = instance
        self._call_if_present("setup")
        describe = getattr(instance, "describe_methods", None)
        self.methods = describe() if describe is not None else _declared(instance)
        if not self.methods:
            raise TypeError(
                "Class %s has no @runnable_method: decorate the methods that the runner shall offer."
                % type(instance).__name__
            )
        self.metadata = self._call_if_present("metadata")
        self.names = {method["name"] for method in self.methods}

    def call(self, name, args):
        if name in self.names:
            return getattr(self.instance, name)(*args)
        raise BentoError(
            'Runner "%s" has no method "%s". It has: %s. Decorate the method with @runnable_method or call '
            "one of these." % (self.runner, name, ", ".join(sorted(self.names))),
            code="UNKNOWN_RUNNER_METHOD",
            status_code=500,
        )

    def example_calls(self):
        return self._call_if_present("example_calls") or []

    def close(self):
        self._call_if_present("close")

    def _call_if_present(self, name):
        method = getattr(self.instance, name, None)
        return method() if method is not None else None


def _declared(instance):
    methods = []
    for name in dir(type(instance)):
        options = getattr(getattr(type(instance), name), _ATTRIBUTE, None)
        if options is not None:
            methods.append(dict(options, name=name))
    return methods


def load_runnable(runner, module_url, class_name, options):
    """Imports the module, makes the Runnable and calls its ``setup()``.

    A dict of options becomes keyword arguments of the class; none, no argument.
    """
    module = _import(module_url)
    runnable = getattr(module, class_name, None)
    if not isinstance(runnable, type):
        names = [name for name, value in vars(module).items() if isinstance(value, type)]
        raise TypeError(
            "Expected the module to have a class \"%s\". It has: %s."
            % (class_name, ", ".join(names) or "no class")
        )
    if options is None:
        return LoadedRunnable(runner, runnable())
    instance = runnable(**options) if isinstance(options, dict) else runnable(options)
    return LoadedRunnable(runner, instance)


def _import(module_url):
    url = urlparse(module_url)
    if url.scheme != "file":
        return importlib.import_module(module_url[len("module:"):])
    path = unquote(url.path)
    sys.path.insert(0, os.path.dirname(path))
    name = os.path.splitext(os.path.basename(path))[0]
    # A file json.py must not take the place of the json that is loaded already.
    if name in sys.modules or not name.isidentifier():
        name = "_bentonest_runnable"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
