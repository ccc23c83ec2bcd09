"""The page of the machines: who sees it, what it says, and what its buttons wish."""

from datetime import timedelta

from django.contrib.messages import get_messages
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from webapp.core.test import Cast
from webapp.fleet.models import Controller, Event, Machine, Stretch
from webapp.fleet.policy import LEAVE, Has, Rules, Situation, decide

PAGE = "/fleet/"


@override_settings(FLEET_PROVIDER="pretend", FLEET_BUDGET=100, FLEET_DISK=0)
class PageTest(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.alice.is_staff = True
        self.alice.save()
        self.login(self.alice)
        now = timezone.now()
        Controller.objects.create(looked=now, thoughts={"actions": [{"why": "most", "facts": {"most": 2}}]})
        self.machine = Machine.objects.create(instance_id="i-1", type="small", zone="a", state=Machine.RUNNING, created=now, seen=now)

    def post(self, name: str, *args) -> None:
        assert self.client.post(reverse(f"fleet:{name}", args=args)).status_code == 302
        self.machine.refresh_from_db()

    def test_it_does_not_exist_for_others(self):
        self.login(self.bob)
        assert self.client.get(PAGE).status_code == 404

    def test_it_says_what_is_there_what_it_costs_and_why(self):
        Stretch.objects.create(machine=self.machine, price=2.0, began=timezone.now() - timedelta(minutes=1))
        Event.objects.create(kind="create", at=timezone.now(), machine=self.machine, facts={"why": "work"})
        text = self.client.get(PAGE).content.decode()
        for said in ("i-1", "running", "As many machines run as may run at once (2).", "Spent this month: 0.03 of 100", "Made and started. A training waits."):
            assert said in text, said

    def test_what_was_not_seen_lately_is_not_known(self):
        Machine.objects.update(seen=timezone.now() - timedelta(minutes=9))
        Controller.objects.update(looked=timezone.now() - timedelta(minutes=9))
        text = self.client.get(PAGE).content.decode()
        assert ">unknown<" in text and ">running<" not in text and "Nobody looks after the machines" in text

    def test_stop_is_a_wish_that_can_be_taken_back(self):
        self.post("off", self.machine.id), self.post("off", self.machine.id)
        assert self.machine.wish == Machine.OFF and Event.objects.filter(kind="wished_off").count() == 1
        self.undo()
        assert self.machine.wish == "" and Event.objects.filter(kind="taken_back", by=self.alice).count() == 1

    def undo(self) -> None:
        """Press Undo in the last message."""
        last = list(get_messages(self.client.get(PAGE).wsgi_request))[-1]
        assert self.client.post(last.extra_tags).status_code == 302
        self.machine.refresh_from_db()

    def test_a_start_that_is_taken_back_leaves_the_machine_as_it_was(self):
        for wish in ("", Machine.OFF):
            Machine.objects.update(state=Machine.STOPPED, wish=wish)
            self.machine.refresh_from_db()
            self.post("on", self.machine.id)
            assert self.machine.wish == Machine.ON
            self.undo()
            assert self.machine.wish == wish

    def test_one_machine_more_can_be_taken_back_until_it_was_answered(self):
        self.post("start"), self.undo()
        assert not Controller.objects.get().wanted and Event.objects.filter(kind="taken_back").count() == 1
        self.post("want_none")
        assert "answered already" in self.client.get(PAGE).content.decode() and Event.objects.filter(kind="taken_back").count() == 1

    def test_start_pressed_twice_is_one_wish(self):
        self.post("start"), self.post("start")
        assert Controller.objects.get().wanted and Event.objects.filter(kind="wanted").count() == 1

    def test_pause_and_go_on(self):
        self.post("pause")
        assert Controller.objects.get().paused
        self.post("resume")
        assert not Controller.objects.get().paused

    def test_a_machine_that_is_too_dear_is_told_of_without_numbers_that_are_not_known(self):
        [action] = [action for action in decide(Situation((Has("m", "running", "small", "a", leases=1),), spent=9.0), Rules({"small": 1.0}, budget=9.0)) if action.verb == LEAVE]
        Event.objects.create(kind="leave", at=timezone.now(), machine=self.machine, facts={"why": action.why, **action.facts})
        text = self.client.get(PAGE).content.decode()
        assert "The budget of the month (9) leaves too little for it to begin another training: 9 is spent." in text

    def test_it_asks_the_database_no_more_often_for_three_machines(self):
        for number in (2, 3):
            Machine.objects.create(instance_id=f"i-{number}", type="small", zone="a", state=Machine.STOPPED, created=timezone.now())
        with self.assertNumQueries(8):
            self.client.get(PAGE)
