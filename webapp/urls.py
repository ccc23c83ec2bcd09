from django.urls import include, path

from webapp.api.urls import api

urlpatterns = [
    path("api/v1/", api.urls),  # first: what is asked most often should not be looked for among all pages
    path("", include("webapp.core.urls")),
    path("", include("webapp.projects.urls")),
    path("", include("webapp.images.urls")),
    path("", include("webapp.ingest.urls")),
    path("", include("webapp.collect.urls")),
    path("", include("webapp.training.urls")),
    path("", include("webapp.review.urls")),
    path("", include("webapp.exports.urls")),
    path("", include("webapp.instant.urls")),
    path("", include("webapp.serving.urls")),
    path("", include("webapp.takedown.urls")),
    path("", include("webapp.keys.urls")),
    path("", include("webapp.answers.urls")),
    path("", include("webapp.live.urls")),
    path("", include("webapp.sharing.urls")),
    path("", include("webapp.similar.urls")),
    path("", include("webapp.tuning.urls")),
    path("", include("webapp.bundles.urls")),
    path("", include("webapp.watch.urls")),
    path("", include("webapp.fleet.urls")),
    path("", include("webapp.api.adapters.urls")),
    path("accounts/", include("webapp.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
]

handler404 = "webapp.core.views.not_found"
handler500 = "webapp.core.views.server_error"
