"""Places to search for pictures. A new one is one more file here with a Provider in it; nothing else needs to know."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from webapp.collect.providers.base import Provider


@cache
def providers() -> dict[str, Provider]:
    """Every provider by its name, in the order in which they are asked."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    found = sorted((kind() for kind in Provider.__subclasses__()), key=lambda provider: (provider.place, provider.name))
    return {provider.name: provider for provider in found}


def ready() -> list[str]:
    """Names of the providers that have all the settings they need."""
    return [name for name, provider in providers().items() if not provider.missing()]
