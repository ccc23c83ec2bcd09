from django.urls import path

from webapp.takedown import views

app_name = "takedown"
urlpatterns = [path("images/<uuid:image_id>/take-down", views.take_down, name="take_down")]
