from django.urls import path

from webapp.ingest import transfer_views, views

app_name = "ingest"
urlpatterns = [
    path("sample", views.sample, name="sample"),
    path("projects/<uuid:project_id>/upload", views.receive, name="receive"),
    path("projects/<uuid:project_id>/transfers", transfer_views.start, name="transfers"),
    path("transfers/<uuid:transfer_id>", transfer_views.one, name="transfer"),
    path("transfers/<uuid:transfer_id>/discard", transfer_views.discard, name="discard"),
    path("uploads/<uuid:upload_id>/", views.upload, name="upload"),
    path("uploads/<uuid:upload_id>/cancel", views.cancel, name="cancel"),
    path("uploads/<uuid:upload_id>/take-back", views.take_back, name="take_back"),
]
