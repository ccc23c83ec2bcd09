"""Places to search for pictures. Each is a folder here, found by itself; `docs/providers.md` shows how to add one."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from webapp.collect.providers.base import Provider


@cache
def providers() -> dict[str, Provider]:
    """Every provider by its name, in the order in which they are asked."""
    kinds = [kind for folder in folders() for kind in kinds_of(import_module(f"{__name__}.{folder}.provider"))]
    found = sorted((kind() for kind in kinds), key=lambda provider: (provider.place, provider.name))
    return {provider.name: provider for provider in found}


def folders() -> list[str]:
    """Names of the folders beside this file that hold a provider."""
    return sorted(module.name for module in iter_modules(__path__) if module.ispkg)


def kinds_of(module) -> list[type[Provider]]:
    """The classes of providers that a module defines itself."""
    return [kind for kind in vars(module).values() if isinstance(kind, type) and issubclass(kind, Provider) and kind.__module__ == module.__name__]


def ready() -> list[str]:
    """Names of the providers that have all the settings they need."""
    return [name for name, provider in providers().items() if not provider.missing()]
