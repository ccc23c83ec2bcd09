from django.urls import path

from webapp.review import changes, views

app_name = "review"
urlpatterns = [
    path("projects/<uuid:project_id>/review/", views.review, name="review"),
    path("projects/<uuid:project_id>/review/pictures", views.pictures, name="pictures"),
    path("projects/<uuid:project_id>/review/summary", views.summary, name="summary"),
    path("projects/<uuid:project_id>/review/progress", views.progress, name="progress"),
    path("projects/<uuid:project_id>/review/line", views.line, name="line"),
    path("projects/<uuid:project_id>/review/check", views.check, name="check"),
    path("projects/<uuid:project_id>/review/change", changes.change, name="change"),
    path("projects/<uuid:project_id>/review/changes", changes.changes, name="changes"),
    path("projects/<uuid:project_id>/review/undo", changes.undo, name="undo"),
]
