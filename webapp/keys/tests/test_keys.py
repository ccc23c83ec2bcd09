from datetime import timedelta

from django.test import override_settings
from django.utils import timezone

from webapp.accounts.models import User
from webapp.accounts.services import absorb_guest
from webapp.core.errors import UserError
from webapp.core.test import Cast
from webapp.keys.models import Key
from webapp.keys.services import MOST_KEYS, MOST_ORIGINS, change_key, clean_origins, create_key, key_of, living, person_of, revoke_key, rotate_key
from webapp.projects.models import Project
from webapp.projects.rules import ASK, OWN, visible


class AKey(Cast):
    def make(self, **values) -> tuple[Key, str]:
        return create_key(**{"project": self.project, "user": self.alice, "name": "robot"} | values)

    def test_stands_for_its_person_on_its_project_until_it_is_revoked(self):
        key, plain = self.make()
        person = person_of(key_of(plain))
        self.assertEqual((person, person.only_project, person.email), (self.alice, self.project.id, self.alice.email))
        revoke_key(key=key)
        self.assertIsNone(key_of(plain))

    def test_is_kept_as_a_digest_only_and_looks_unlike_a_token(self):
        key, plain = self.make()
        kept = " ".join(str(value) for value in Key.objects.values().get(id=key.id).values())
        self.assertNotIn(plain, kept)
        self.assertEqual((key.start, len(key.digest), plain[:5]), (plain[:12], 64, "aimk_"))

    def test_may_only_ask_unless_more_was_chosen(self):
        self.assertEqual(self.make()[0].scope_names, ["predict"])
        key = key_of(self.make(scopes=["read", "upload"])[1])
        self.assertEqual([key.may(scope) for scope in ("predict", "upload", "read")], [False, True, True])
        for scopes in ([], ["all"], ["predict", "own"]):
            with self.subTest(scopes), self.assertRaises(UserError):
                self.make(scopes=scopes)

    def test_of_a_disabled_person_one_that_has_ended_and_nonsense_open_nothing(self):
        key, plain = self.make(days=30)
        others = [plain + "x", "", "aimk_\ud800", key.digest, "aim_" + plain]
        self.assertEqual([key_of(text) for text in others], [None] * len(others))
        Key.objects.update(expires=timezone.now() - timedelta(seconds=1))
        self.assertIsNone(key_of(plain))
        Key.objects.update(expires=None)
        self.assertIsNotNone(key_of(plain))
        User.objects.filter(id=self.alice.id).update(is_active=False)
        self.assertIsNone(key_of(plain))

    def test_shows_the_gate_its_project_alone_also_of_what_everybody_may_ask(self):
        Project.objects.create(owner=self.alice, name="Another")
        Project.objects.create(owner=self.bob, name="Public", visibility="public")
        person = person_of(key_of(self.make()[1]))
        for need in (ASK, "view", "edit", OWN):
            with self.subTest(need):
                self.assertEqual(list(visible(person, Project, need)), [self.project])

    def test_opens_nothing_more_when_its_person_is_no_member_any_more(self):
        plain = self.make(user=self.bob)[1]
        self.assertEqual(list(visible(person_of(key_of(plain)), Project)), [self.project])
        self.bob.memberships.all().delete()
        self.assertEqual(list(visible(person_of(key_of(plain)), Project)), [])

    def test_costs_one_query(self):
        plain = self.make()[1]
        key_of(plain)
        with self.assertNumQueries(1):
            person_of(key_of(plain))

    def test_of_a_guest_moves_into_the_account(self):
        guest = User.objects.create_guest()
        plain = create_key(project=Project.objects.create(owner=guest, name="Guest's"), user=guest, name="robot")[1]
        absorb_guest(guest=guest, into=self.charlie)
        self.assertEqual(person_of(key_of(plain)), self.charlie)

    def test_has_a_name_and_there_are_at_most_20_that_can_be_used(self):
        with self.assertRaises(UserError):
            self.make(name=" ")
        revoke_key(key=self.make()[0])
        keys = [self.make()[0] for _ in range(MOST_KEYS)]
        with self.assertRaises(UserError):
            self.make()
        revoke_key(key=keys[0])
        self.make()

    @override_settings(API_RATE=100)
    def test_has_at_most_as_many_calls_a_minute_as_the_site_allows(self):
        self.assertEqual([self.make(rate=rate)[0].rate for rate in (None, 5, 101)], [None, 5, 100])
        for rate in (0, -1):
            with self.subTest(rate), self.assertRaises(UserError):
                self.make(rate=rate)


class Rotation(Cast):
    def setUp(self):
        super().setUp()
        self.key, self.plain = create_key(project=self.project, user=self.bob, name="robot", scopes=["read"], origins=["https://a.example"], rate=7)

    def rotate(self, **overlap: int) -> tuple[Key, str]:
        return rotate_key(key=self.key, user=self.alice, overlap=timedelta(**overlap))

    def test_gives_a_key_that_may_the_same_while_the_old_one_goes_on_for_as_long_as_was_chosen(self):
        new, plain = self.rotate(hours=1)
        self.assertNotEqual(plain, self.plain)
        self.assertEqual([key_of(text).scopes + key_of(text).origins + str(key_of(text).rate) for text in (plain, self.plain)], ["read\nhttps://a.example\n7"] * 2)
        self.assertEqual((new.replaces, new.user, new.expires), (self.key, self.alice, None))
        self.key.refresh_from_db()
        self.assertAlmostEqual((self.key.expires - timezone.now()).total_seconds(), 3600, delta=60)

    def test_can_end_the_old_one_at_once_and_never_lets_it_live_longer(self):
        ends = timezone.now() + timedelta(minutes=5)
        Key.objects.update(expires=ends)
        new, _plain = self.rotate(days=1)
        self.key.refresh_from_db()
        self.assertEqual(self.key.expires, ends)
        revoke_key(key=new)
        plain = self.rotate()[1]
        self.assertEqual((key_of(self.plain), bool(key_of(plain))), (None, True))

    def test_is_refused_for_a_key_that_has_ended_and_for_too_long(self):
        for overlap in (timedelta(days=31), timedelta(days=-1)):
            with self.subTest(overlap), self.assertRaises(UserError):
                rotate_key(key=self.key, user=self.alice, overlap=overlap)
        revoke_key(key=self.key)
        with self.assertRaises(UserError):
            self.rotate(hours=1)
        self.assertEqual(Key.objects.count(), 1)

    def test_is_refused_while_there_is_a_successor_and_adds_at_most_one_for_each_key(self):
        new, _plain = self.rotate(days=30)
        with self.assertRaisesMessage(UserError, "revoke it first"):
            self.rotate(days=30)
        for key in range(MOST_KEYS - 2):
            create_key(project=self.project, user=self.alice, name=str(key))
        with self.assertRaises(UserError) as caught:
            while True:  # each key the successor of the one before, and all of them living
                new, _plain = rotate_key(key=new, user=self.alice, overlap=timedelta(days=30))
        self.assertEqual((caught.exception.code, living(Key.objects.all()).count()), ("too_many_keys", 2 * MOST_KEYS))
        self.assertIsNone(rotate_key(key=new, user=self.alice, overlap=timedelta())[0].expires)

    def test_gives_a_key_that_lives_as_long_also_when_the_first_successor_was_lost(self):
        Key.objects.update(created=timezone.now() - timedelta(days=20), expires=timezone.now() + timedelta(days=10))
        for _time in range(2):
            new, _plain = self.rotate(hours=1)
            self.assertAlmostEqual((new.expires - timezone.now()).total_seconds(), timedelta(days=30).total_seconds(), delta=60)
            revoke_key(key=new)


class Origins(Cast):
    def test_are_kept_as_browsers_send_them(self):
        typed = ["https://Shop.example/cart?x=1", "HTTPS://shop.example:443", " http://localhost:3000 ", "", "https://日本.example", "http://[::1]:80"]
        self.assertEqual(clean_origins(typed).split(), ["https://shop.example", "http://localhost:3000", "https://xn--wgv71a.example", "http://[::1]"])
        self.assertEqual(clean_origins([]), "")

    def test_that_are_none_are_refused(self):
        for text in ("*", "https://*.example", "null", "shop.example", "file:///etc", "https://", "https://a:b@c.example", "https://a.example:99999", "https://" + "a" * 300, "https://a b.example"):
            with self.subTest(text), self.assertRaises(UserError):
                clean_origins([text])
        with self.assertRaises(UserError):
            clean_origins(f"https://{number}.example" for number in range(MOST_ORIGINS + 1))

    def test_are_those_of_the_key_to_the_letter(self):
        key, plain = create_key(project=self.project, user=self.alice, name="page", origins=["https://shop.example"])
        origins = ["https://shop.example", "https://shop.example.evil.example", "http://shop.example", "https://shop.example:8443", "https://shop.exampl", "", "null"]
        self.assertEqual([key_of(plain).allows(origin) for origin in origins], [True] + [False] * 6)
        self.assertEqual([key_of(plain).serves(origin) for origin in origins], [True] + [False] * 4 + [True, False])
        change_key(key=key, name="page", scopes=["predict"], origins=[], rate=None)
        self.assertEqual([key_of(plain).serves(origins[1]), key_of(plain).allows(origins[0])], [True, False])
