from django.urls import path

from webapp.similar import map_views, views

app_name = "similar"
urlpatterns = [
    path("projects/<uuid:project_id>/similar/", views.find, name="find"),
    path("similar/", views.everywhere, name="everywhere"),
    path("projects/<uuid:project_id>/map/", map_views.page, name="map"),
    path("projects/<uuid:project_id>/map/points", map_views.points, name="map_points"),
    path("projects/<uuid:project_id>/map/progress", map_views.progress, name="map_progress"),
    path("projects/<uuid:project_id>/map/parts", map_views.parts, name="map_parts"),
    path("projects/<uuid:project_id>/map/start", map_views.start, name="map_start"),
    path("maps/<uuid:map_id>/cancel", map_views.cancel, name="map_cancel"),
]
