"""REST version 1: the contract that other programs drive AI Maker by. One file per resource."""

from csp.decorators import csp_update
from ninja import NinjaAPI

from webapp.api import errors
from webapp.api.auth import session_auth, token_auth
from webapp.api.once import once
from webapp.api.openapi import DESCRIPTION, with_errors
from webapp.api.resources import (
    bundles,
    collections,
    exports,
    history,
    images,
    instant,
    keys,
    labels,
    models,
    projects,
    publishing,
    queue,
    runs,
    similar,
    transfers,
    tunings,
    uploads,
)


class Api(NinjaAPI):
    def get_openapi_schema(self, **options):
        return with_errors(super().get_openapi_schema(**options))


api = Api(
    title="AI Maker",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    auth=[token_auth, session_auth],
    docs_decorator=csp_update({"img-src": ["data:"]}),  # the arrows of the documentation page lie in its style sheet
)
errors.install(api)
api.add_decorator(once, mode="view")
for resource in (models, bundles, runs, history, queue, projects, labels, uploads, transfers, collections, images, exports, instant, publishing, tunings, similar, keys):  # what is asked most often is looked for first
    api.add_router("", resource.router)
