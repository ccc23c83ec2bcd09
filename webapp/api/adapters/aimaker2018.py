"""AI Maker of 2018: one address, to which bots send `id`, `apikey` and a picture as `base64` or `file`.

`id` is the id of a project, `apikey` one of its keys (or a token of the account). `state` is 1 when there is an answer; everything else is an error.
"""

from django.http import HttpRequest, JsonResponse

from webapp.api.adapters.door import ask, caller, door, project_id, published, timing
from webapp.api.adapters.form import fields, no_picture, picture, text
from webapp.core.errors import UserError


def refused(error: UserError) -> JsonResponse:
    """Bots that look only for the best label find an empty list."""
    return JsonResponse({"state": 0, "error": error.code, "message": str(error), "labels": []}, status=error.status)


@door(refused)
def classify(request: HttpRequest) -> JsonResponse:
    """What the published model of a project sees in a picture: {"state": 1, "labels": [{"score", "label"}]}, best first."""
    form = fields(request)
    user = caller(request, text(form, "apikey"))
    model = published(user, project_id(text(form, "id")))
    found = ask(request, model, sent(form))
    labels = [{"score": confidence, "label": label} for label, confidence in found.answers]
    # The first service gave an address under which the picture lay for all to see; ours keeps it nowhere.
    return JsonResponse({"state": 1, "url": None, "labels": labels, "unknown": found.unknown, "timing": timing(request)})


def sent(form: dict[str, bytes]) -> bytes:
    if form.get("file"):
        return form["file"]
    if form.get("base64"):
        return picture(form["base64"])
    raise no_picture("base64", "file")
