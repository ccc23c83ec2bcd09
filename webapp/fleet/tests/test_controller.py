"""The controller on real rows, with a provider that pretends: what it does, and that a kill at any moment leaves one machine for one wish."""

from datetime import timedelta
from unittest import mock

from django.test import override_settings
from django.utils import timezone

from webapp.core import broker, jobs
from webapp.core.test import Cast
from webapp.fleet import controller, costs, demand, events, holding
from webapp.fleet.forgetting import forget_old
from webapp.fleet.leaving import is_leaving, taken_back
from webapp.fleet.models import Controller, Event, Machine, Stretch
from webapp.fleet.providers import Limited, NotAllowed, Pretend, Unreachable
from webapp.projects.models import Project
from webapp.training.models import Run

FLEET = {"FLEET_PROVIDER": "pretend", "FLEET_TYPES": {"small": 0.5, "large": 1.0}, "FLEET_ZONES": ["a", "b"], "FLEET_MOST": 2, "FLEET_BUDGET": 100, "FLEET_DISK": 1, "FLEET_IDLE_MINUTES": 15}


class Killed(BaseException):
    """The process ends here."""


@override_settings(**FLEET)
class ControllerTest(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.now = timezone.now()
        self.cloud = Pretend(clock=lambda: self.now)
        patcher = mock.patch("webapp.core.broker.who", lambda: self.present)  # Redis says who is there; here we do
        patcher.start()
        self.addCleanup(patcher.stop)
        self.present: dict | None = {}

    def look(self, minutes: float = 0.25, holder: str = "one") -> bool:
        self.now += timedelta(minutes=minutes)
        return controller.look(self.cloud, holder, lambda: self.now)

    def run_waits(self, **values) -> Run:
        return Run.objects.create(project=self.project, preset="balanced", **values)

    def machine(self) -> Machine:
        return Machine.objects.exclude(state=Machine.GONE).get()

    def kinds(self) -> list[str]:
        return list(Event.objects.order_by("id").values_list("kind", flat=True))

    def up(self) -> Machine:
        """A machine that was started for a training and whose worker is there."""
        self.run_waits()
        self.look()
        machine = self.machine()
        self.present = {f"{machine.instance_id}:1": (1, broker.Strength(1, 4))}
        self.look()
        return self.machine()

    def test_a_training_that_waits_gets_one_machine_and_idleness_ends_it(self):
        machine = self.up()
        assert machine.state == Machine.RUNNING and machine.ready
        run = jobs.claim(Run, Run.objects.get().id, f"{machine.instance_id}:1")
        self.look(20)
        jobs.finish(run)
        self.look(14)
        assert self.machine().state == Machine.RUNNING
        self.look(2), self.look()
        assert self.machine().state == Machine.STOPPED and self.cloud.calls == [("create", machine.token), ("stop", machine.instance_id)]
        stretch = Stretch.objects.get()
        assert stretch.price == 0.5 and timedelta(minutes=36) < stretch.ended - stretch.began < timedelta(minutes=37)

    def test_a_stopped_machine_is_started_again_before_a_new_one_is_made(self):
        machine = self.up()
        Run.objects.all().delete()
        self.look(16), self.look()
        self.run_waits()
        self.look(), self.look()
        assert self.cloud.calls[-1] == ("start", machine.instance_id) and self.machine().state == Machine.RUNNING

    def test_a_machine_that_takes_a_row_in_the_last_moment_is_not_stopped(self):
        machine = self.up()
        run = Run.objects.get()
        with mock.patch("webapp.fleet.policy.decide", lambda *_args: [controller.policy.stop(self.has(machine), "idle")]):
            jobs.claim(Run, run.id, f"{machine.instance_id}:1")
            self.look()
        assert ("stop", machine.instance_id) not in self.cloud.calls and self.machine().leaving is None

    def has(self, machine: Machine):
        return controller.as_has(machine, demand.leases(), True, self.now)

    def test_a_machine_that_is_to_go_begins_nothing_new(self):
        machine = self.up()
        with override_settings(WORKER_NAME=machine.instance_id):
            assert not is_leaving()
            Machine.objects.update(leaving=self.now)
            assert is_leaving()

    def test_a_machine_that_its_provider_takes_back_makes_room_for_another_one_while_it_gives_its_work_back(self):
        machine = self.up()
        jobs.claim(Run, Run.objects.get().id, f"{machine.instance_id}:1")
        with override_settings(WORKER_NAME=machine.instance_id):
            taken_back()
        Run.objects.create(project=Project.objects.create(owner=self.alice, name="Birds"), preset="balanced")
        self.look(), self.look()
        assert len(self.cloud.machines) == 2 and Machine.objects.get(id=machine.id).leaving and events.TAKEN in self.kinds()

    @override_settings(FLEET_ZONES=[])
    def test_without_zones_all_are_meant_that_the_provider_has(self):
        self.cloud.places = lambda: ("c", "d")
        self.cloud.refuses = {("small", "c")}
        self.run_waits()
        self.look()
        assert self.machine().zone == "d"

    @override_settings(FLEET_ZONES=[])
    def test_zones_that_cannot_be_read_keep_no_idle_machine_on(self):
        machine = self.up()
        Run.objects.all().delete()
        self.cloud.places = mock.Mock(side_effect=NotAllowed("We may not."))
        self.look(16)
        assert ("stop", machine.instance_id) in self.cloud.calls

    def test_wishes_without_an_answer_are_forgotten_after_a_day_with_their_events(self):
        self.cloud.refuses = {(type, zone) for type in ("small", "large") for zone in ("a", "b")}
        self.run_waits()
        self.look()
        forget_old(None)
        assert Machine.objects.count() == 4 and Event.objects.count() == 8
        Machine.objects.update(created=self.now - timedelta(hours=25))
        Event.objects.create(kind=events.PAUSED, at=self.now - timedelta(days=91))
        forget_old(None)
        assert not Machine.objects.exists() and not Event.objects.exists()

    def test_a_machine_that_was_never_seen_cost_nothing(self):
        Machine.objects.create(instance_id="i-9", state=Machine.GONE, created=self.now - timedelta(hours=2))
        assert costs.since(self.now - timedelta(days=1), self.now, disk=100).total == 0

    def test_where_there_is_no_capacity_the_next_zone_and_type_are_tried_at_once(self):
        self.cloud.refuses = {("small", "a"), ("small", "b")}
        self.run_waits()
        self.look()
        assert (self.machine().type, self.machine().zone) == ("large", "a")
        assert self.kinds() == [events.TRIED, events.NO_CAPACITY, events.TRIED, events.NO_CAPACITY, events.CREATE]

    def test_a_person_gets_one_machine_more_where_it_is_to_be_had(self):
        self.cloud.refuses = {("small", "a")}
        holding.row()
        Controller.objects.update(wanted=True)
        self.look(), self.look()
        assert (self.machine().zone, Controller.objects.get().wanted) == ("b", False)

    def test_killed_before_the_call_the_wish_is_found_and_asked_for_once(self):
        self.run_waits()
        self.cloud.troubles = [Killed()]
        with self.assertRaises(Killed):
            self.look()
        self.free(), self.look(holder="two"), self.look(holder="two")
        assert len(self.cloud.machines) == 1 and self.machine().state == Machine.RUNNING and self.kinds() == [events.CREATE]

    def test_killed_after_the_call_the_machine_is_found_by_its_token(self):
        self.run_waits()
        away = mock.patch.object(Machine.objects, "filter", side_effect=Killed)
        with away, mock.patch("webapp.fleet.controller.ask_for", self.asked_and_killed), self.assertRaises(Killed):
            self.look()
        self.free(), self.look(holder="two"), self.look(holder="two")
        assert list(self.cloud.machines) == [self.machine().instance_id] and self.kinds() == [events.CREATE]

    def asked_and_killed(self, machine, provider, *_args):
        provider.create(machine.type, machine.zone, machine.token)
        raise Killed

    def free(self) -> None:
        """The lease of the dead controller runs out."""
        Controller.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    def test_an_answer_that_is_lost_does_not_cost_a_second_machine(self):
        self.run_waits()
        self.cloud.troubles = [Unreachable("No answer came.")]
        self.look()
        assert self.machine().state == Machine.WISHED and Controller.objects.get().trouble == "No answer came."
        self.look(), self.look()
        assert len(self.cloud.machines) == 1 and self.machine().state == Machine.RUNNING

    def test_one_controller_looks_and_the_other_one_waits(self):
        assert self.look(holder="one") and not self.look(holder="two")
        fence = Controller.objects.get().fence
        self.free()
        assert self.look(holder="two")
        with self.assertRaises(holding.Lost):
            holding.keep(fence)

    def test_a_provider_that_is_asked_too_often_is_left_alone(self):
        self.run_waits()
        self.cloud.troubles = [Limited("Too often.", retry_after=120)]
        self.look(), self.look()
        assert len(self.cloud.calls) == 1
        self.look(3)
        assert len(self.cloud.machines) == 1

    def test_what_may_not_be_done_is_written_down_once(self):
        self.run_waits()
        self.cloud.troubles = [NotAllowed("We may not.")] * 9
        self.look(), self.look()
        assert self.kinds() == [events.TRIED, events.NOT_ALLOWED]

    def test_a_machine_that_nobody_of_us_made_is_taken_in_and_ended_when_idle(self):
        self.cloud.create("strange", "a", "somebody's")
        self.look()
        assert self.machine().type == "strange" and self.kinds() == [events.FOUND] and Stretch.objects.get().price == 1.0
        self.present = {}
        self.look(16), self.look()
        assert self.machine().state == Machine.STOPPED

    def test_a_machine_that_ends_by_itself_is_seen_and_paid_no_longer(self):
        machine = self.up()
        self.cloud.stop(machine.instance_id)
        self.look()
        assert self.machine().state in (Machine.STOPPED, Machine.STARTING) and events.ENDED_BY_ITSELF in self.kinds()

    def test_without_redis_nothing_is_taken_for_broken(self):
        self.run_waits()
        self.look()
        self.present = None
        self.look(12)
        assert self.machine().state == Machine.RUNNING

    def test_a_quick_training_needs_no_machine_where_any_worker_is(self):
        Run.objects.create(project=self.project, preset="quick")
        assert demand.demand(set(), {"here:1": (1, broker.Strength(0, 4))}).waiting == 0
        assert demand.demand(set(), {}).waiting == 1
