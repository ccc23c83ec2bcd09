from django.urls import path

from webapp.sharing import embed, gallery_views, pictures, play, quiz_views, remix_views, reports_views, settings

app_name = "sharing"
urlpatterns = [
    # what strangers see of one project, by its short address
    path("p/<slug:code>", play.play, name="play"),
    path("p/<slug:code>/examples/<uuid:image_id>", play.example, name="example"),
    path("p/<slug:code>/examples/<uuid:image_id>/small", play.example_thumb, name="example_thumb"),
    path("p/<slug:code>/embed", embed.embed, name="embed"),
    path("p/<slug:code>/qr.svg", pictures.qr, name="qr"),
    path("p/<slug:code>/card.png", pictures.card, name="card"),
    # what its owner chooses
    path("projects/<uuid:project_id>/sharing", settings.share, name="share"),
    path("projects/<uuid:project_id>/sharing/renew", settings.renew, name="renew"),
    # games and reports about it, by its short address
    path("p/<slug:code>/quiz", quiz_views.page, name="quiz"),
    path("p/<slug:code>/quiz/start", quiz_views.start, name="quiz_start"),
    path("p/<slug:code>/quiz/guess", quiz_views.guess, name="quiz_guess"),
    path("p/<slug:code>/quiz/next", quiz_views.go_on, name="quiz_next"),
    path("p/<slug:code>/quiz/name", quiz_views.publish, name="quiz_name"),
    path("p/<slug:code>/quiz/<int:place>.jpg", quiz_views.picture, name="quiz_picture"),
    path("p/<slug:code>/scores/<uuid:score_id>/delete", quiz_views.delete_score, name="delete_score"),
    path("p/<slug:code>/report", reports_views.report, name="report"),
    path("reports/", reports_views.listed, name="reports"),
    path("reports/<uuid:project_id>/hide", reports_views.hide, name="hide"),
    path("reports/<uuid:project_id>/unhide", reports_views.unhide, name="unhide"),
    path("reports/<uuid:project_id>/settle", reports_views.settle, name="settle"),
    path("projects/<uuid:project_id>/hidden/again", reports_views.ask_again, name="ask_again"),
    # the gallery of all, and remixes
    path("gallery/", gallery_views.page, name="gallery"),
    path("p/<slug:code>/remix", remix_views.remix, name="remix"),
    path("remixes/<uuid:remix_id>/", remix_views.progress, name="remix_progress"),
    path("remixes/<uuid:remix_id>/cancel", remix_views.cancel, name="remix_cancel"),
    path("remixes/<uuid:remix_id>/again", remix_views.again, name="remix_again"),
]
