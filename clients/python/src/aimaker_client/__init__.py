"""AI Maker from Python. `Client` waits for each answer, `AsyncClient` is awaited; both do the same."""

from aimaker_client.asynchronous import AsyncClient
from aimaker_client.errors import AiMakerError, ApiError, Failed, NotAuthenticated, NotFound, NotReached, TimedOut, TooMany, Unavailable
from aimaker_client.rows import Collection, Epoch, Evaluation, Image, Label, LabelScore, Model, Prediction, Project, Run, Upload
from aimaker_client.synchronous import Client

__all__ = [
    "AiMakerError",
    "ApiError",
    "AsyncClient",
    "Client",
    "Collection",
    "Epoch",
    "Evaluation",
    "Failed",
    "Image",
    "Label",
    "LabelScore",
    "Model",
    "NotAuthenticated",
    "NotFound",
    "NotReached",
    "Prediction",
    "Project",
    "Run",
    "TimedOut",
    "TooMany",
    "Unavailable",
    "Upload",
]
__version__ = "1.0.0"
