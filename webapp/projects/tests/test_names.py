from django.test import SimpleTestCase

from webapp.core.errors import UserError
from webapp.projects.names import clean_name, key_of, split_names


class ALineOfNames(SimpleTestCase):
    def test_is_split_at_the_commas_of_any_script(self):
        self.assertEqual(split_names("猫、犬, rabbit；ラーメン\n fried  rice "), ["猫", "犬", "rabbit", "ラーメン", "fried rice"])

    def test_gives_each_name_once_as_it_was_first_written(self):
        self.assertEqual(split_names("Cat, dog, cat, ｃａｔ"), ["Cat", "dog"])

    def test_may_be_empty(self):
        self.assertEqual(split_names(" , 、\n"), [])


class AName(SimpleTestCase):
    def test_is_the_same_in_another_width_case_or_composition(self):
        self.assertEqual(len({key_of(name) for name in ("cat", "Cat", "ｃａｔ", " CAT ")}), 1)
        self.assertEqual(key_of("cafe\u0301"), key_of("café"))
        self.assertEqual(key_of("ﾗｰﾒﾝ"), key_of("ラーメン"))

    def test_differs_between_two_emoji_and_with_and_without_an_accent(self):
        self.assertEqual(len({key_of(name) for name in ("🐱", "🐶", "cafe", "café")}), 4)

    def test_loses_control_characters_and_direction_marks_but_keeps_joined_emoji(self):
        self.assertEqual(clean_name("\u202eca\x00t\x1b\u2066\n"), "cat")
        self.assertEqual(clean_name("👩\u200d🍳"), "👩\u200d🍳")

    def test_may_be_markup_and_stays_text(self):
        self.assertEqual(clean_name('"><script>'), '"><script>')

    def test_is_refused_when_nothing_can_be_seen_of_it(self):
        for nothing in ("", "  ", "\x00\x01", "\u200b", "\u200d", "\ufe0f"):
            with self.subTest(repr(nothing)), self.assertRaises(UserError) as refused:
                clean_name(nothing)
            self.assertEqual(refused.exception.code, "empty_name")

    def test_has_at_most_100_characters(self):
        self.assertEqual(len(clean_name("猫" * 100)), 100)
        with self.assertRaises(UserError):
            clean_name("猫" * 101)
