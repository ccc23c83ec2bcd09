"""What a key of a project opens: these operations and no others, so that a new operation stays closed to keys until somebody opens it here."""

from django.http import HttpRequest

from webapp.keys.models import PREDICT, READ, UPLOAD

START = "api/v1/"
OPEN = {
    PREDICT: """
        POST models/<uuid:model_id>/predict
        POST projects/<uuid:project_id>/predict
    """,
    UPLOAD: """
        POST projects/<uuid:project_id>/uploads
        GET uploads/<uuid:upload_id>
        POST projects/<uuid:project_id>/transfers
        HEAD transfers/<uuid:transfer_id>
        PATCH transfers/<uuid:transfer_id>
        DELETE transfers/<uuid:transfer_id>
    """,
    READ: """
        GET projects
        GET projects/<uuid:project_id>
        GET projects/<uuid:project_id>/images
        GET projects/<uuid:project_id>/instant
        GET projects/<uuid:project_id>/runs
        GET images/<uuid:image_id>
        GET runs/<uuid:run_id>
        GET runs/<uuid:run_id>/epochs
        GET runs/<uuid:run_id>/evaluation
        GET runs/<uuid:run_id>/metrics
        GET models/<uuid:model_id>
        GET models/<uuid:model_id>/bundle
        GET collections/<uuid:collection_id>
        POST projects/<uuid:project_id>/similar
    """,
}
SCOPE = {tuple(line.split()): scope for scope, lines in OPEN.items() for line in lines.strip().splitlines()}
TELLING = {"neighbours"}  # questions whose answer tells of training pictures


def needed(request: HttpRequest) -> str | None:
    """The scope that a key must have for this call; None where no key opens the operation."""
    scope = SCOPE.get((request.method, request.resolver_match.route.removeprefix(START)))
    return READ if scope == PREDICT and request.META.get("QUERY_STRING") and TELLING & set(request.GET) else scope
