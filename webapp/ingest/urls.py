from django.urls import path

from webapp.ingest import views

app_name = "ingest"
urlpatterns = [
    path("sample", views.sample, name="sample"),
    path("projects/<uuid:project_id>/upload", views.receive, name="receive"),
    path("uploads/<uuid:upload_id>/", views.upload, name="upload"),
    path("uploads/<uuid:upload_id>/cancel", views.cancel, name="cancel"),
]
