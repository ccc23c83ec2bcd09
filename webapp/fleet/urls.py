from django.urls import path

from webapp.fleet import views

app_name = "fleet"
urlpatterns = [path("fleet/", views.page, name="page")]
