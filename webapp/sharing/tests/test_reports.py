"""Reports by anybody, what an admin does about them, and what the owner of a hidden AI is told."""

from io import StringIO

from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.urls import reverse

from webapp.core.limits import LIMITS
from webapp.core.test import Cast
from webapp.projects.models import Project
from webapp.sharing.models import Hiding, Report, Sharing


class ReportTest(Cast):
    def setUp(self) -> None:
        super().setUp()
        cache.clear()
        self.project.visibility = "public"
        self.project.save()
        self.code = Sharing.objects.get().code
        self.admin = self.person("admin")
        call_command("admin", email="Admin@example.org", stdout=StringIO())

    def report(self, **values: str):
        return self.client.post(reverse("sharing:report", args=[self.code]), {"reason": "person", "words": "That is <b>me</b>"} | values)

    def do(self, name: str, **values: str):
        self.login(self.admin)
        answer = self.client.post(reverse(f"sharing:{name}", args=[self.project.id]), values)
        self.client.logout()
        return answer

    def listed(self, show: str = ""):
        self.login(self.admin)
        return self.client.get(reverse("sharing:reports"), {"show": show})

    def test_anybody_reports_and_an_admin_reads_it(self) -> None:
        self.assertRedirects(self.report(), reverse("sharing:play", args=[self.code]), fetch_redirect_response=False)
        page = self.listed()
        self.assertContains(page, "That is &lt;b&gt;me&lt;/b&gt;")
        self.assertContains(page, "It shows a person who did not agree")
        self.do("settle")
        assert Report.objects.get().settled_by == self.admin
        self.assertContains(self.listed(), "Nothing to look at")

    def test_what_is_no_report_is_refused_and_the_words_stay_in_the_form(self) -> None:
        self.assertContains(self.report(reason=""), "That is &lt;b&gt;me", status_code=422)
        assert self.report(words="x" * 1001).status_code == 422 and not Report.objects.exists()
        Project.objects.update(visibility="private")
        assert self.report().status_code == 404
        self.login(self.bob)
        assert self.report().status_code == 409

    def test_one_address_reports_so_often_and_no_more(self) -> None:
        assert {self.report().status_code for _time in range(LIMITS["report"].amount)} == {302}
        assert self.report().status_code == 429 and Report.objects.count() == LIMITS["report"].amount

    def test_a_hidden_ai_is_gone_for_strangers_at_once_and_its_owner_reads_why_and_what_to_do(self) -> None:
        self.report()
        self.do("hide", reason="person", words="Picture 3, please")
        assert self.client.get(reverse("sharing:play", args=[self.code])).status_code == 404
        assert Report.objects.get().settled and self.do("hide", reason="person").status_code == 409
        self.login(self.alice)
        for address in (reverse("images:project", args=[self.project.id]), reverse("projects:settings", args=[self.project.id])):
            page = self.client.get(address)
            for text in ("This AI is hidden", "It shows a person who did not agree", "Picture 3, please", "Ask for another look"):
                self.assertContains(page, text)

    def test_asked_for_another_look_an_admin_sees_it_and_shows_it_again(self) -> None:
        self.do("hide", reason="rights")
        self.assertContains(self.listed(), "Nothing to look at")
        self.assertContains(self.listed("hidden"), "It uses pictures without permission")
        self.login(self.alice)
        self.client.post(reverse("sharing:ask_again", args=[self.project.id]))
        self.assertContains(self.client.get(reverse("images:project", args=[self.project.id])), "You asked for another look")
        self.assertContains(self.listed(), "its owner asked for another look")
        self.do("unhide")
        assert self.client.get(reverse("sharing:play", args=[self.code])).status_code == 200
        kept = Hiding.objects.get()
        assert kept.lifted and (kept.reason, kept.by) == ("rights", self.admin), "what was decided, and why, stays known"
        self.assertContains(self.listed(), "Nothing to look at")

    def test_an_admin_looks_at_what_is_hidden_and_at_nothing_that_nobody_shares(self) -> None:
        play = reverse("sharing:play", args=[self.code])
        self.do("hide", reason="person", words="")
        assert self.client.get(play).status_code == 404
        assert play in self.listed("hidden").content.decode() and self.client.get(play).status_code == 200
        self.assertEqual(self.client.get(reverse("projects:settings", args=[self.project.id])).status_code, 404)
        Project.objects.update(visibility="private")
        assert self.client.get(play).status_code == 404

    def test_a_member_reads_it_too_but_only_the_owner_asks(self) -> None:
        self.do("hide", reason="other")
        self.login(self.bob)
        page = self.client.get(reverse("images:project", args=[self.project.id]))
        self.assertContains(page, "This AI is hidden")
        self.assertNotContains(page, "Ask for another look")

    def test_an_admin_is_named_on_the_server_and_can_be_one_no_longer(self) -> None:
        assert self.listed().status_code == 200
        call_command("admin", email="admin@example.org", end=True, stdout=StringIO())
        assert self.listed().status_code == 404 and self.do("hide", reason="other").status_code == 404
        with self.assertRaisesMessage(CommandError, "Nobody has signed up"):
            call_command("admin", email="nobody@example.org")

    def test_many_reports_cost_no_more_queries(self) -> None:
        self.report()
        self.listed()
        with self.assertNumQueries(6):  # session, person, projects, labels, reports, hidings
            self.client.get(reverse("sharing:reports"))
        Report.objects.bulk_create(Report(project=self.project, reason="other") for _number in range(30))
        with self.assertNumQueries(6):
            self.client.get(reverse("sharing:reports"))
