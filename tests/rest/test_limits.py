"""How often somebody may come: all at once, and then as fast as it grows back."""

from djirgo.rest import limits
from djirgo.rest.limits import Limiter


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_so_many_may_come_at_once_and_then_one_by_one() -> None:
    clock = Clock()
    limiter = Limiter(5, 10, clock=clock)
    assert [limiter.come("ann").remaining for _ in range(5)] == [4, 3, 2, 1, 0]
    refused = limiter.come("ann")
    assert (refused.is_over, refused.remaining, refused.wait) == (True, 0, 2.0)
    clock.now += 2
    assert not limiter.come("ann").is_over
    assert limiter.come("ann").is_over
    clock.now += 10
    assert [limiter.come("ann").remaining for _ in range(6)] == [4, 3, 2, 1, 0, 0]


def test_whoever_asks_again_and_again_is_not_set_back_for_it() -> None:
    clock = Clock()
    limiter = Limiter(1, 10, clock=clock)
    limiter.come("ann")
    for _ in range(9):
        clock.now += 1
        assert limiter.come("ann").is_over
    clock.now += 1
    assert not limiter.come("ann").is_over


def test_everybody_has_their_own() -> None:
    limiter = Limiter(1, 10, clock=Clock())
    assert not limiter.come("ann").is_over
    assert not limiter.come("bob").is_over
    assert limiter.come("ann").is_over


def test_however_many_come_no_more_are_remembered_than_there_is_room_for() -> None:
    limiter = Limiter(1, 10, clock=Clock())
    for who in range(limits.REMEMBERED + 10):
        limiter.come(who)
    assert len(limiter._full_at) == limits.REMEMBERED
    assert limiter.come(limits.REMEMBERED + 9).is_over
    assert not limiter.come(0).is_over


def test_it_is_said_in_the_form_of_the_draft() -> None:
    clock = Clock()
    limiter = Limiter(100, 10, clock=clock)
    limiter.come("ann")
    assert limiter.come("ann").headers() == {
        "RateLimit-Policy": '"default";q=100;w=10',
        "RateLimit": '"default";r=98;t=1',
    }
