from django.urls import path

from webapp.projects import views

app_name = "projects"
urlpatterns = [
    path("", views.front, name="front"),
    path("projects/", views.mine, name="mine"),
    path("projects/<uuid:project_id>/settings", views.settings, name="settings"),
    path("projects/<uuid:project_id>/labels", views.add_labels, name="add_labels"),
    path("projects/<uuid:project_id>/edit", views.edit, name="edit"),
    path("projects/<uuid:project_id>/delete", views.delete, name="delete"),
    path("labels/<uuid:label_id>/rename", views.rename_label, name="rename_label"),
    path("labels/<uuid:label_id>/remove", views.remove_label, name="remove_label"),
]
