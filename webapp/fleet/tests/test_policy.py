"""What the policy decides, case by case; what it never does stands in `test_policy_never.py`."""

from dataclasses import replace

from webapp.fleet.policy import CREATE, HOLD, HOUR, LEAVE, RUNNING, START, STARTING, STAY, STOP, STOPPED, Action, Has, Rules, Situation, decide

RULES = Rules(prices={"small": 0.5, "large": 1.0}, zones=("a", "b"), most=3, budget=100.0, disk=1.0, longest=6 * HOUR)
IDLE = Has("m", RUNNING, "small", "a", idle=900, age=2000)
BUSY = replace(IDLE, leases=1, idle=0)
ASLEEP = Has("s", STOPPED, "small", "b")


def said(situation: Situation, rules: Rules = RULES) -> list[tuple]:
    return [(action.verb, action.why, *filter(None, (action.machine, action.type, action.zone))) for action in decide(situation, rules)]


def waiting(count: int, *machines: Has, minutes: float = 3, **known) -> Situation:
    return Situation(machines, waiting=count, work=count * 60 * minutes, **known)


def test_nothing_is_started_while_nothing_waits():
    assert said(Situation()) == [(HOLD, "nothing_waits")]


def test_a_training_that_waits_starts_a_stopped_machine_before_a_new_one():
    assert said(waiting(1, ASLEEP)) == [(START, "work", "s", "small", "b")]
    assert said(waiting(1)) == [(CREATE, "work", "small", "a")]


def test_so_many_are_started_that_nothing_waits_longer_than_people_have_patience_for():
    assert said(waiting(3)) == [(CREATE, "work", "small", "a")]
    assert said(waiting(6)) == [(CREATE, "work", "small", "a")] * 2
    assert said(waiting(1, minutes=500)) == [(CREATE, "work", "small", "a")]


def test_no_more_than_the_limit_run_at_once():
    assert said(waiting(60)) == [(CREATE, "work", "small", "a")] * 3 + [(HOLD, "most")]


def test_where_there_is_none_to_be_had_the_next_zone_comes_and_then_the_next_type():
    assert said(waiting(1, refusals={("small", "a"): 10})) == [(CREATE, "work", "small", "b")]
    assert said(waiting(1, ASLEEP, refusals={("small", "a"): 10, ("small", "b"): 10})) == [(CREATE, "work", "large", "a")]
    everywhere = {(type, zone): 10 for type in RULES.prices for zone in RULES.zones}
    assert said(waiting(1, refusals=everywhere)) == [(HOLD, "no_capacity")]
    assert said(waiting(1, refusals=dict.fromkeys(everywhere, 301))) == [(CREATE, "work", "small", "a")]


def test_six_starts_an_hour_are_enough():
    assert said(waiting(1, starts=(10,) * 5 + (4000,))) == [(CREATE, "work", "small", "a")]
    assert said(waiting(1, starts=(10,) * 6)) == [(HOLD, "starts")]


def test_a_machine_that_is_on_its_way_is_not_started_twice():
    assert said(waiting(1, replace(IDLE, state=STARTING, is_ready=False, age=30, idle=30))) == [(HOLD, "coming")]


def test_an_idle_machine_is_stopped_after_its_time_and_not_before():
    assert said(Situation((IDLE,))) == [(STOP, "idle", "m", "small", "a"), (HOLD, "nothing_waits")]
    assert said(Situation((replace(IDLE, idle=899),))) == [(HOLD, "nothing_waits")]


def test_a_machine_at_work_is_not_stopped_whoever_asks_and_begins_nothing_new():
    assert said(Situation((BUSY,))) == [(HOLD, "at_work")]
    assert said(Situation((replace(BUSY, wish="off"),)))[0] == (LEAVE, "person", "m", "small", "a")
    assert said(Situation((replace(IDLE, wish="off", leaving=60),)))[0] == (STOP, "person", "m", "small", "a")


def test_a_machine_whose_worker_never_comes_is_stopped_and_another_one_takes_its_place():
    dumb = replace(IDLE, is_ready=False, age=601, idle=601)
    assert said(waiting(1, dumb)) == [(STOP, "no_worker", "m", "small", "a"), (CREATE, "work", "small", "a")]
    assert said(waiting(1, replace(dumb, is_ready=None))) == [(HOLD, "coming")]


def test_a_machine_that_takes_no_work_is_stopped_when_work_has_waited_for_long():
    assert said(waiting(1, IDLE, oldest=30)) == [(HOLD, "enough")]
    assert said(waiting(1, IDLE, oldest=700))[0] == (STOP, "takes_nothing", "m", "small", "a")
    assert said(waiting(1, replace(IDLE, idle=15), oldest=700), replace(RULES, idle=0)) == [(HOLD, "enough")]  # between two trainings


def test_nothing_is_begun_that_the_budget_might_not_pay_to_its_end():
    just = (6 * HOUR + 600) / HOUR * 0.5 + 0.5 + 1.0  # the longest training, an hour to spare, and the disk
    assert said(waiting(1), replace(RULES, budget=just)) == [(CREATE, "work", "small", "a")]
    assert said(waiting(1), replace(RULES, budget=just - 0.01)) == [(HOLD, "budget")]
    assert said(waiting(1, spent=97.0)) == [(HOLD, "budget")]


def test_a_machine_at_work_leaves_when_money_runs_short_and_comes_back_with_the_next_month():
    assert said(Situation((BUSY,), spent=96.5))[0] == (LEAVE, "too_dear", "m", "small", "a")
    leaving = replace(BUSY, leaving=3600)
    assert said(Situation((leaving,), spent=96.5)) == [(HOLD, "at_work")]
    assert said(Situation((leaving,)))[0] == (STAY, "affordable", "m", "small", "a")


def test_a_machine_that_its_provider_takes_back_is_no_hand_and_is_not_asked_to_stay():
    taken = replace(BUSY, leaving=5, is_useless=True)
    assert said(waiting(1, taken)) == [(CREATE, "work", "small", "a")]
    assert said(Situation((taken,))) == [(HOLD, "at_work")]


def test_without_a_budget_or_types_nothing_is_started():
    assert said(waiting(1), replace(RULES, budget=0)) == [(HOLD, "budget")]
    assert said(waiting(1), replace(RULES, prices={})) == [(HOLD, "no_types")]
    assert said(waiting(1), replace(RULES, zones=())) == [(HOLD, "no_zones")]


def test_while_it_is_paused_only_persons_start_and_stop():
    paused = replace(waiting(1, IDLE, ASLEEP), is_paused=True)
    assert said(paused) == [(HOLD, "paused")]
    assert said(replace(paused, is_wanted=True)) == [(START, "work", "s", "small", "b")]
    assert said(replace(paused, machines=(IDLE, replace(ASLEEP, wish="on")))) == [(START, "person", "s", "small", "b")]
    assert said(replace(paused, machines=(replace(IDLE, wish="off"),)))[0][:2] == (STOP, "person")


def test_a_provider_that_wants_quiet_is_left_alone():
    assert said(waiting(1, is_quiet=True)) == [(HOLD, "quiet")]


def test_machines_do_not_pile_up_where_stopped_ones_are_of_no_use():
    tired = [replace(ASLEEP, key=str(number), is_useless=True) for number in range(9)]
    assert said(waiting(1, *tired)) == [(HOLD, "kept")]
    assert isinstance(decide(waiting(1), RULES)[0], Action)
