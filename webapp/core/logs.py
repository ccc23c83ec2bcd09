"""How a line of the log looks, and what each line of one request or one piece of work carries. Knows no Django: a child that trains uses it too.

All code writes through `logging`; structlog makes the lines: for people (LOG_FORMAT=line) or one JSON object each (json). Every line passes `masks`.
"""

import logging
import logging.config
import os
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from structlog.contextvars import bind_contextvars, bound_contextvars, get_contextvars

from webapp.core.masks import masked_deep

LINE, JSON = LOOKS = ("line", "json")
WORK = "work"  # the logger of lines about each piece of work: that it ended, and what a training says of itself
FACTS = ("event", "level", "logger", "timestamp", "exception", "stack", "pid")
CONTROL = {number: f"\\x{number:02x}" for number in (*range(32), 127)}  # so that nobody's text begins a line of its own

EventDict = dict[str, object]


def settings(look: str, level: str, work: str = "WARNING") -> dict:
    """What `logging.config` is told: one handler, also for servers that would write lines of their own. `work` is the level of lines about each piece of work."""
    ours = {"handlers": ["console"], "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"ours": {"()": formatter, "look": look}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "ours"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django.request": {"level": "ERROR"},
            "faiss.loader": {"level": "WARNING"},  # which kinds of it this processor cannot use is nobody's business
            WORK: {"level": work},
            "gunicorn.error": ours | {"level": "WARNING"},
            "uvicorn": {"handlers": [], "propagate": True, "level": "WARNING"},
            "uvicorn.error": {"handlers": [], "propagate": True},
        },
    }


def formatter(look: str) -> logging.Formatter:
    """What makes lines of records; `look` is one of LOOKS."""
    render = structlog.processors.JSONRenderer(ensure_ascii=False, default=str) if look == JSON else as_line
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.format_exc_info, with_pid, without_secrets, render],
    )


def with_pid(_logger: object, _name: str, event: EventDict) -> EventDict:
    return event | {"pid": os.getpid()}


def without_secrets(_logger: object, _name: str, event: EventDict) -> EventDict:
    return masked_deep(event)


def as_line(_logger: object, _name: str, event: EventDict) -> str:
    """WARNING webapp.core.jobs: no heartbeat (request=..., row=...), and below it the traceback where there is one."""
    carried = ", ".join(f"{name}={value}" for name, value in event.items() if name not in FACTS)
    line = f"{str(event['level']).upper()} {event['logger']}: {event['event']}".translate(CONTROL)
    line += f" ({carried})".translate(CONTROL) if carried else ""
    return f"{line}\n{event['exception']}" if event.get("exception") else line


def carry(**facts: str) -> None:
    """From now on each line that this thread, or task of an event loop, writes says this."""
    bind_contextvars(**facts)


@contextmanager
def carrying(**facts: str) -> Iterator[None]:
    """While the block runs each line of this thread says this; facts that are empty are left out."""
    with bound_contextvars(**{name: value for name, value in facts.items() if value}):
        yield


def carried(name: str) -> str:
    """What lines say under this name now; nothing where they do not."""
    return get_contextvars().get(name, "")


def baggage() -> dict:
    """What a child process must know to write lines like ours: how they look, from which level on, and what they carry."""
    root = logging.getLogger()
    look = JSON if any(is_json(handler) for handler in root.handlers) else LINE
    work = logging.getLogger(WORK).getEffectiveLevel()
    return {"look": look, "level": logging.getLevelName(root.level), "work": logging.getLevelName(work), "facts": get_contextvars()}


def is_json(handler: logging.Handler) -> bool:
    processors = getattr(handler.formatter, "processors", ())
    return any(isinstance(processor, structlog.processors.JSONRenderer) for processor in processors)


def unpack(baggage: dict) -> None:
    """Write lines from now on as `baggage` says; what a child does first."""
    logging.config.dictConfig(settings(baggage["look"], baggage["level"], baggage["work"]))
    carry(**baggage["facts"])
