"""The decorator for a Runnable's methods, and loading a Runnable class."""

import importlib
import importlib.util
import inspect
import os
import sys
from urllib.parse import unquote, urlparse

_ATTRIBUTE = "__bentonest_method__"


def runnable_method(function=None, *, batchable=False, batch_dim=0, idempotent=False):
    """Makes a method callable through its runner: ``runner.<method>.run(...)``.

    batchable: every argument is an array (or a dict of them, or a DataFrame) with the batch along
    ``batch_dim``, and so is the result; calls are then joined. batch_dim: one number for both, or
    ``(input, output)``. idempotent: may be run again where its worker died.
    """
    dims = list(batch_dim) if isinstance(batch_dim, (tuple, list)) else [batch_dim, batch_dim]

    def decorate(method):
        if inspect.isgeneratorfunction(method) or inspect.isasyncgenfunction(method):
            raise TypeError(
                "Method %s is a generator, which a runner cannot stream. Return a list." % method.__name__
            )
        options = {"batchable": batchable, "batchDim": dims, "idempotent": idempotent}
        setattr(method, _ATTRIBUTE, options)
        return method

    return decorate if function is None else decorate(function)


class LoadedRunnable:
    """An instance, and its methods as the worker announces them."""

    def __init__(self, instance):
        self.instance = instance
        setup = getattr(instance, "setup", None)
        if setup is not None:
            setup()
        describe = getattr(instance, "describe_methods", None)
        self.methods = describe() if describe is not None else _declared(instance)
        if not self.methods:
            raise TypeError(
                "Class %s has no @runnable_method: decorate the methods that the runner shall offer."
                % type(instance).__name__
            )
        metadata = getattr(instance, "metadata", None)
        self.metadata = metadata() if metadata is not None else None
        self.names = {method["name"] for method in self.methods}

    def call(self, name, args):
        if name not in self.names:
            from .errors import BentoError

            raise BentoError(
                "The runner has no method \"%s\". It has: %s." % (name, ", ".join(sorted(self.names))),
                code="UNKNOWN_RUNNER_METHOD",
                status_code=500,
            )
        return getattr(self.instance, name)(*args)

    def example_calls(self):
        examples = getattr(self.instance, "example_calls", None)
        return examples() if examples is not None else []

    def close(self):
        close = getattr(self.instance, "close", None)
        if close is not None:
            close()


def _declared(instance):
    methods = []
    for name in dir(type(instance)):
        options = getattr(getattr(type(instance), name), _ATTRIBUTE, None)
        if options is not None:
            methods.append(dict(options, name=name))
    return methods


def load_runnable(module_url, class_name, options):
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
        return LoadedRunnable(runnable())
    return LoadedRunnable(runnable(**options) if isinstance(options, dict) else runnable(options))


def _import(module_url):
    url = urlparse(module_url)
    if url.scheme != "file":
        return importlib.import_module(module_url[len("module:"):])
    path = unquote(url.path)
    if os.name == "nt":
        path = path.lstrip("/")
    sys.path.insert(0, os.path.dirname(path))
    name = os.path.splitext(os.path.basename(path))[0]
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
