from django.urls import path

from webapp.training import compare_views, evaluation_views, history_views, preview_views, queue_views, views

app_name = "training"
urlpatterns = [
    path("projects/<uuid:project_id>/train/", views.runs, name="runs"),
    path("projects/<uuid:project_id>/train/start", views.start, name="start"),
    path("projects/<uuid:project_id>/train/offers", preview_views.offers, name="offers"),
    path("projects/<uuid:project_id>/train/preview", preview_views.start, name="preview"),
    path("previews/<uuid:preview_id>/", preview_views.progress, name="preview_progress"),
    path("previews/<uuid:preview_id>/<int:place>.jpg", preview_views.picture, name="preview_picture"),
    path("runs/<uuid:run_id>/", views.run, name="run"),
    path("runs/<uuid:run_id>/evaluation/", evaluation_views.evaluation, name="evaluation"),
    path("runs/<uuid:run_id>/cancel", views.cancel, name="cancel"),
    path("runs/<uuid:run_id>/change", history_views.change, name="change"),
    path("runs/<uuid:run_id>/again", history_views.again, name="again"),
    path("runs/<uuid:run_id>/metrics.csv", history_views.metrics, name="metrics"),
    path("runs/<uuid:run_id>/log.txt", history_views.log, name="log"),
    path("compare/", compare_views.show, name="compare"),
    path("runs/<uuid:run_id>/place", queue_views.place, name="place"),
    path("queue/", queue_views.show, name="queue"),
]
