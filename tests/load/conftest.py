from tests.faults.conftest import house, template

__all__ = ["house", "template"]
