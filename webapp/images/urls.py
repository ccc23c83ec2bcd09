from django.urls import path

from webapp.images import changes, file_views, views

app_name = "images"
urlpatterns = [
    path("projects/<uuid:project_id>/", views.project, name="project"),
    path("projects/<uuid:project_id>/shelf", views.shelf_changes, name="shelf"),
    path("images/<uuid:image_id>/picture.jpg", file_views.picture, name="picture"),
    path("images/<uuid:image_id>/thumb.jpg", file_views.thumb, name="thumb"),
    path("projects/<uuid:project_id>/pictures", changes.change, name="change"),
    path("images/<uuid:image_id>/move", changes.change_one, {"do": "move"}, name="move"),
    path("images/<uuid:image_id>/set-aside", changes.change_one, {"do": "aside"}, name="set_aside"),
    path("images/<uuid:image_id>/keep", changes.change_one, {"do": "keep"}, name="keep"),
    path("images/<uuid:image_id>/delete", changes.change_one, {"do": "delete"}, name="delete"),
    path("undo/<str:key>", changes.undo, name="undo"),
]
