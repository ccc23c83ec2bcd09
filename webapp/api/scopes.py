"""What a key of a project opens: these operations and no others, so that a new operation stays closed to keys until somebody opens it here."""

import re
from functools import cache

from django.http import HttpRequest

from webapp.keys.models import PREDICT, READ, UPLOAD

START = "api/v1/"
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
OPEN = {
    PREDICT: """
        POST models/{model_id}/predict
        POST projects/{project_id}/predict
    """,
    UPLOAD: """
        POST projects/{project_id}/uploads
        GET uploads/{upload_id}
        POST projects/{project_id}/transfers
        HEAD transfers/{transfer_id}
        PATCH transfers/{transfer_id}
        DELETE transfers/{transfer_id}
    """,
    READ: """
        GET projects
        GET projects/{project_id}
        GET projects/{project_id}/images
        GET projects/{project_id}/instant
        GET projects/{project_id}/runs
        GET images/{image_id}
        GET runs/{run_id}
        GET runs/{run_id}/epochs
        GET runs/{run_id}/evaluation
        GET runs/{run_id}/metrics.csv
        GET models/{model_id}
        GET models/{model_id}/bundle
        GET models/{model_id}/bundles
        GET models/{model_id}/bundles/{format}
        GET collections/{collection_id}
        GET projects/{project_id}/models
        GET models/{model_id}/tunings
        GET tunings/{tuning_id}
        POST projects/{project_id}/similar
        POST similar
    """,
}
SCOPE = {tuple(line.split()): scope for scope, lines in OPEN.items() for line in lines.strip().splitlines()}
TELLING = {"neighbours"}  # questions whose answer tells of training pictures


def needed(request: HttpRequest) -> str | None:
    """The scope that a key must have for this call; None where no key opens the operation."""
    scope = SCOPE.get((request.method, plain(request.resolver_match.route)))
    return READ if scope == PREDICT and request.META.get("QUERY_STRING") and TELLING & set(request.GET) else scope


@cache
def plain(route: str) -> str:
    """A route of the resolver as it stands in OPEN: api/v1/runs/<uuid:run_id> is runs/{run_id}."""
    return PARAMETER.sub(r"{\1}", route.removeprefix(START))
