"""The daily sweep reaches rooms that whoever sweeps must not know."""

from django.dispatch import Signal

# Sent with `older_than` (seconds: what is younger is left alone) and `check` (called all the while, may raise to stop); receivers give how many files they deleted.
sweeping = Signal()
