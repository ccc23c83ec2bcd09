import re

from django.urls import reverse

from webapp.accounts.models import Token, User
from webapp.accounts.services import create_token, user_of_token
from webapp.core.test import Cast

EVIL = '"><script>alert(1)</script>'
TOKENS = "accounts:tokens"


class TokensPageTest(Cast):
    def test_a_new_token_is_shown_once_and_works(self) -> None:
        self.login(self.alice)
        page = self.client.post(reverse(TOKENS), {"name": "weather robot"})
        plain = re.search(r'id="plain">([^<]+)<', page.content.decode())[1]
        assert user_of_token(plain) == self.alice and "no-store" in page["Cache-Control"]
        later = self.client.get(reverse(TOKENS))
        self.assertContains(later, "weather robot")
        self.assertNotContains(later, plain)

    def test_a_token_without_a_name_is_refused_at_the_field(self) -> None:
        self.login(self.alice)
        self.assertContains(self.client.post(reverse(TOKENS), {"name": ""}), "Give it a name")
        assert not Token.objects.exists()

    def test_a_revoked_token_is_dead_and_stays_in_the_list(self) -> None:
        self.login(self.alice)
        token, plain = create_token(user=self.alice, name=EVIL)
        page = self.client.post(reverse("accounts:revoke", args=[token.id]), follow=True)
        assert user_of_token(plain) is None
        self.assertContains(page, "Revoked")
        self.assertNotContains(page, EVIL)

    def test_somebody_elses_token_is_neither_listed_nor_revoked(self) -> None:
        token, plain = create_token(user=self.alice, name="of Alice")
        self.login(self.charlie)
        self.assertNotContains(self.client.get(reverse(TOKENS)), "of Alice")
        assert self.client.post(reverse("accounts:revoke", args=[token.id])).status_code == 404
        assert user_of_token(plain) == self.alice

    def test_guests_and_nobody_are_asked_to_sign_up_and_get_no_token(self) -> None:
        for guest in (None, User.objects.create_guest()):
            if guest:
                self.login(guest)
            self.assertContains(self.client.get(reverse(TOKENS)), reverse("account_signup"))
            assert self.client.post(reverse(TOKENS), {"name": "x"}).status_code == 403
        assert not Token.objects.exists()

    def test_the_page_asks_as_often_for_three_tokens_as_for_one(self) -> None:
        self.login(self.alice)
        for more in (1, 2):
            for number in range(more):
                create_token(user=self.alice, name=f"{more} {number}")
            with self.assertNumQueries(3):
                self.client.get(reverse(TOKENS))


class DoorsTest(Cast):
    def test_every_page_of_the_account_is_drawn_in_our_frame_without_anything_inline(self) -> None:
        names = ["login", "signup", "reset_password", "reset_password_done", "inactive", "email_verification_sent"]
        self.check([reverse(f"account_{name}") for name in names])
        self.login(self.alice)
        self.check([reverse(f"account_{name}") for name in ("logout", "change_password", "email")] + [reverse(TOKENS)])

    def check(self, addresses: list[str]) -> None:
        for address in addresses:
            page = self.client.get(address).content.decode()
            assert 'class="site wrap"' in page and "core/components.css" in page, address
            assert " style=" not in page and all("src=" in tag or "application/json" in tag for tag in re.findall(r"<script[^>]*>", page)), address

    def test_signing_up_says_that_everything_is_kept(self) -> None:
        self.login(User.objects.create_guest())
        self.assertContains(self.client.get(reverse("account_signup")), "Everything you made in this browser comes along")

    def test_a_guest_is_warned_before_logging_out_and_others_are_not(self) -> None:
        self.login(self.alice)
        self.assertNotContains(self.client.get(reverse("account_logout")), "Sign up first")
        self.login(User.objects.create_guest())
        self.assertContains(self.client.get(reverse("account_logout")), "Sign up first")

    def test_a_wrong_password_is_said_over_the_form_and_the_address_stays(self) -> None:
        page = self.client.post(reverse("account_login"), {"login": "alice@example.org", "password": "wrong"})
        self.assertContains(page, 'role="alert"')
        self.assertContains(page, 'value="alice@example.org"')

    def test_the_pages_speak_japanese(self) -> None:
        self.client.cookies["django_language"] = "ja"
        self.assertContains(self.client.get(reverse("account_login")), "パスワード")
