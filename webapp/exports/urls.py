from django.urls import path

from webapp.exports import views

app_name = "exports"
urlpatterns = [
    path("projects/<uuid:project_id>/export/", views.exports, name="exports"),
    path("projects/<uuid:project_id>/export/start", views.start, name="start"),
    path("projects/<uuid:project_id>/sources/", views.sources, name="sources"),
    path("exports/<uuid:export_id>/", views.export, name="export"),
    path("exports/<uuid:export_id>/cancel", views.cancel, name="cancel"),
    path("exports/<uuid:export_id>/pictures.zip", views.download, name="download"),
]
