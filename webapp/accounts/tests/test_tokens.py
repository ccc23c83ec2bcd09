from io import StringIO

from django.core.management import CommandError, call_command

from webapp.accounts.models import Token, User
from webapp.accounts.services import MOST_TOKENS, create_token, revoke_token, user_of_token
from webapp.core.errors import UserError
from webapp.core.test import Cast


class AToken(Cast):
    def test_stands_for_its_person_until_it_is_revoked(self):
        token, plain = create_token(user=self.alice, name="robot")
        self.assertEqual(user_of_token(plain), self.alice)
        revoke_token(token=token)
        self.assertIsNone(user_of_token(plain))

    def test_is_kept_as_a_digest_only(self):
        token, plain = create_token(user=self.alice, name="robot")
        kept = " ".join(str(value) for value in Token.objects.values().get(id=token.id).values())
        self.assertNotIn(plain, kept)
        self.assertEqual((token.start, len(token.digest)), (plain[:12], 64))

    def test_of_a_disabled_person_and_nonsense_stand_for_nobody(self):
        token, plain = create_token(user=self.alice, name="robot")
        User.objects.filter(id=self.alice.id).update(is_active=False)
        for text in (plain, plain + "x", "", "\ud800", token.digest):
            with self.subTest(ascii(text[:10])):
                self.assertIsNone(user_of_token(text))

    def test_says_when_it_was_last_used_but_writes_that_once_a_minute(self):
        token, plain = create_token(user=self.alice, name="robot")
        user_of_token(plain)
        token.refresh_from_db()
        self.assertIsNotNone(token.last_used)
        with self.assertNumQueries(1):
            user_of_token(plain)

    def test_has_a_name_and_there_are_at_most_20(self):
        with self.assertRaises(UserError):
            create_token(user=self.alice, name=" ")
        for n in range(MOST_TOKENS):
            create_token(user=self.alice, name=str(n))
        with self.assertRaises(UserError):
            create_token(user=self.alice, name="one more")


class TheCommand(Cast):
    def last_line(self, *args):
        out = StringIO()
        call_command("create_token", *args, stdout=out)
        return out.getvalue().splitlines()[-1]

    def test_prints_a_token_of_the_account_on_its_last_line(self):
        self.assertEqual(user_of_token(self.last_line("--email", "ALICE@example.org")), self.alice)

    def test_makes_the_account_when_there_is_none(self):
        user = user_of_token(self.last_line("--email", "robot@example.org"))
        self.assertEqual((user.email, user.is_guest, user.has_usable_password()), ("robot@example.org", False, False))

    def test_refuses_what_is_no_email(self):
        with self.assertRaises(CommandError):
            self.last_line("--email", "robot")
