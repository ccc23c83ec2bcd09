from django.urls import path

from webapp.sharing import play

app_name = "sharing"
urlpatterns = [
    # what strangers see of one project, by its short address
    path("p/<slug:code>", play.play, name="play"),
    # what its owner chooses
    # games and reports about it, by its short address
    # the gallery of all, and remixes
]
