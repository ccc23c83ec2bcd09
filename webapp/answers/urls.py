from django.urls import path

from webapp.answers import correction_views, views

app_name = "answers"
urlpatterns = [
    path("projects/<uuid:project_id>/answers/", views.answers, name="answers"),
    path("projects/<uuid:project_id>/answers.csv", views.csv, name="csv"),
    path("projects/<uuid:project_id>/answers/keep", views.keep, name="keep"),
    path("projects/<uuid:project_id>/answers/delete", views.delete_all, name="delete_all"),
    path("answers/<uuid:answer_id>/picture", views.picture, name="picture"),
    path("answers/<uuid:answer_id>/delete", views.delete, name="delete"),
    path("projects/<uuid:project_id>/corrections", correction_views.correct, name="correct"),
    path("corrections/<uuid:correction_id>/", correction_views.correction, name="correction"),
    path("corrections/<uuid:correction_id>/compare", correction_views.compare, name="compare"),
    path("corrections/<uuid:correction_id>/undo", correction_views.undo, name="undo"),
]
