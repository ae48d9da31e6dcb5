"""Token caches and single flight, with threads that meet where it hurts."""

import gc
import pickle
import threading
import time
import weakref

import pytest

import thingpost
from thingpost.tokens import MemoryTokenCache, TokenKey, TokenSource, _Flight

KEY = TokenKey("https://host", "pk", "dn")


def token(value="t", *, fresh=100.0, valid=200.0):
    now = time.time()
    return thingpost.Token(value, issued_at=now, refresh_at=now + fresh, expires_at=now + valid)


def soon(seconds=10.0):
    return time.monotonic() + seconds


class Authentication:
    """Counts how often it is called; each call takes until it is let go."""

    def __init__(self, *results, held=False):
        self.calls = 0
        self.began = threading.Event()
        self.let_go = threading.Event()
        if not held:
            self.let_go.set()
        self._results = list(results)

    def __call__(self):
        self.calls += 1
        self.began.set()
        self.let_go.wait(10)
        result = self._results.pop(0)
        if isinstance(result, Exception):
            raise result
        return result


def in_threads(count, work):
    """Run in so many threads; give (threads, results), where a result may be an exception."""
    results = []

    def run():
        try:
            results.append(work())
        except Exception as error:
            results.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads, results


def join(threads):
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


# ---- The cache ----


def test_a_token_is_kept_until_it_is_dropped_by_its_value():
    cache = MemoryTokenCache()
    cache.put(KEY, token("old"))
    cache.put(KEY, token("new"))
    cache.drop(KEY, "old")  # a late rejection of the older one
    assert cache.get(KEY).value == "new"
    cache.drop(KEY, "new")
    assert cache.get(KEY) is None
    cache.drop(KEY, "new")


def test_the_memory_cache_is_bounded(monkeypatch):
    monkeypatch.setattr("thingpost.tokens.MAX_TOKENS", 10)
    cache = MemoryTokenCache()
    for index in range(25):
        cache.put(KEY._replace(device_name=str(index)), token())
    kept = [index for index in range(25) if cache.get(KEY._replace(device_name=str(index)))]
    assert kept == list(range(15, 25))


@pytest.mark.parametrize("value", ["", "a b", "a\n", "\u00fc", "t" * 1025])
def test_a_token_that_no_header_can_carry_is_none(value):
    with pytest.raises(thingpost.ProtocolError):
        token(value)


def test_a_token_is_not_pickled():
    with pytest.raises(TypeError, match="neither pickled nor copied"):
        pickle.dumps(token())


# ---- Single flight ----


def test_many_threads_cause_one_authentication():
    source, authenticate = TokenSource(MemoryTokenCache()), Authentication(token("one"), held=True)
    threads, results = in_threads(64, lambda: source.get(KEY, authenticate, soon()))
    authenticate.began.wait(5)
    authenticate.let_go.set()
    join(threads)
    assert authenticate.calls == 1
    assert [result.value for result in results] == ["one"] * 64


def test_clients_that_share_a_cache_share_the_flight():
    cache, authenticate = MemoryTokenCache(), Authentication(token("one"), held=True)
    threads, results = in_threads(8, lambda: TokenSource(cache).get(KEY, authenticate, soon()))
    authenticate.began.wait(5)
    time.sleep(0.1)
    authenticate.let_go.set()
    join(threads)
    assert authenticate.calls == 1
    assert len(results) == 8


def test_a_cache_that_takes_no_weak_references_works_for_its_client():
    class Slotted(MemoryTokenCache):
        __slots__ = ()

    class Plain:
        __slots__ = ("tokens",)

        def __init__(self):
            self.tokens = {}

        def get(self, key):
            return self.tokens.get(key)

        def put(self, key, token):
            self.tokens[key] = token

        def drop(self, key, value):
            if self.tokens[key].value == value:
                del self.tokens[key]

    for cache in (Slotted(), Plain()):
        assert TokenSource(cache).get(KEY, Authentication(token("one")), soon()).value == "one"


def test_a_cache_is_not_kept_alive_by_its_flights():
    cache = MemoryTokenCache()
    TokenSource(cache).get(KEY, Authentication(token("one")), soon())
    gone = weakref.ref(cache)
    del cache
    gc.collect()
    assert gone() is None


def test_devices_do_not_wait_for_each_other():
    source, slow = TokenSource(MemoryTokenCache()), Authentication(token("slow"), held=True)
    threads, _ = in_threads(1, lambda: source.get(KEY, slow, soon()))
    slow.began.wait(5)
    other = KEY._replace(device_name="other")
    assert source.get(other, Authentication(token("quick")), soon()).value == "quick"
    slow.let_go.set()
    join(threads)


def test_an_error_of_the_leader_is_that_of_all_who_waited():
    error = thingpost.errors.platform_error(20000, "no")
    source, authenticate = TokenSource(MemoryTokenCache()), Authentication(error, held=True)
    threads, results = in_threads(16, lambda: source.get(KEY, authenticate, soon()))
    authenticate.began.wait(5)
    time.sleep(0.2)  # until all of them wait
    authenticate.let_go.set()
    join(threads)
    assert authenticate.calls == 1
    assert {type(result) for result in results} == {thingpost.AuthError}
    assert len({id(result) for result in results}) == 16  # each has its own, with its own traceback


def test_when_the_leaders_deadline_ends_the_next_waiter_takes_over():
    late = thingpost.DeadlineExceeded("late")
    source, authenticate = TokenSource(MemoryTokenCache()), Authentication(late, token("second"), held=True)
    threads, results = in_threads(8, lambda: source.get(KEY, authenticate, soon()))
    authenticate.began.wait(5)
    time.sleep(0.2)
    authenticate.let_go.set()
    join(threads)
    assert authenticate.calls == 2
    assert results.count(late) == 1
    assert [result.value for result in results if result is not late] == ["second"] * 7


def test_a_waiter_gives_up_at_its_own_deadline_and_the_others_go_on():
    source, authenticate = TokenSource(MemoryTokenCache()), Authentication(token("one"), held=True)
    threads, results = in_threads(1, lambda: source.get(KEY, authenticate, soon()))
    authenticate.began.wait(5)
    with pytest.raises(thingpost.DeadlineExceeded):
        source.get(KEY, authenticate, soon(0.1))
    authenticate.let_go.set()
    join(threads)
    assert results[0].value == "one"


def test_a_leader_that_is_interrupted_leaves_the_way_free():
    source = TokenSource(MemoryTokenCache())

    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        source.get(KEY, interrupted, soon())
    assert source.get(KEY, Authentication(token("one")), soon()).value == "one"


def test_a_flight_whose_leader_was_torn_away_is_given_up_after_its_deadline():
    """An interruption can come between any two steps; here the leader dies without a word."""
    source = TokenSource(MemoryTokenCache())
    source._flights.by_key[KEY] = lost = _Flight(time.monotonic() - 0.7)
    lost.thread = None
    assert source.get(KEY, Authentication(token("one")), soon()).value == "one"


def test_signing_in_from_inside_of_ones_own_flight_does_not_wait_for_itself():
    """As a signal handler or a finaliser does, that publishes while its thread authenticates."""
    source = TokenSource(MemoryTokenCache())

    def interrupted():
        return source.get(KEY, Authentication(token("inner")), soon())

    assert source.get(KEY, interrupted, soon()).value == "inner"


def test_what_a_leader_says_of_its_message_is_not_said_to_those_who_waited():
    error = thingpost.ConnectError("down")
    source, authenticate = TokenSource(MemoryTokenCache()), Authentication(error, held=True)

    def lead():
        try:
            source.get(KEY, authenticate, soon())
        except thingpost.ConnectError as raised:
            raised.may_have_arrived = True  # as Publish does where its message went out before
            raise

    leader, _ = in_threads(1, lead)
    authenticate.began.wait(5)
    threads, results = in_threads(4, lambda: source.get(KEY, authenticate, soon()))
    time.sleep(0.2)
    authenticate.let_go.set()
    join(leader + threads)
    assert [result.may_have_arrived for result in results] == [False] * 4


def test_a_rejected_token_is_replaced_once_for_all_who_saw_it_rejected():
    source, authenticate = TokenSource(MemoryTokenCache()), Authentication(token("one"), token("two"))
    first = source.get(KEY, authenticate, soon())

    def rejected():
        source.reject(KEY, first)
        return source.get(KEY, authenticate, soon())

    threads, results = in_threads(64, rejected)
    join(threads)
    assert authenticate.calls == 2
    assert {result.value for result in results} == {"two"}


# ---- Renewing ahead ----


def test_a_token_near_its_end_is_renewed_by_one_while_the_others_go_on_with_it():
    cache = MemoryTokenCache()
    cache.put(KEY, token("old", fresh=-1))
    source, authenticate = TokenSource(cache), Authentication(token("new"), held=True)
    threads, results = in_threads(1, lambda: source.get(KEY, authenticate, soon()))
    authenticate.began.wait(5)
    assert source.get(KEY, authenticate, soon()).value == "old"
    authenticate.let_go.set()
    join(threads)
    assert results[0].value == "new"
    assert source.get(KEY, authenticate, soon()).value == "new"
    assert authenticate.calls == 1


def test_a_token_that_cannot_be_renewed_is_used_while_it_is_valid():
    cache = MemoryTokenCache()
    cache.put(KEY, token("old", fresh=-1))
    assert TokenSource(cache).get(KEY, Authentication(thingpost.ConnectError("down")), soon()).value == "old"


def test_a_token_that_was_rejected_meanwhile_is_not_fallen_back_on():
    cache = MemoryTokenCache()
    old = token("old", fresh=-1)
    cache.put(KEY, old)
    source = TokenSource(cache)

    def rejected_meanwhile():
        source.reject(KEY, old)
        raise thingpost.ConnectError("down")

    with pytest.raises(thingpost.ConnectError):
        source.get(KEY, rejected_meanwhile, soon())


def test_an_expired_token_is_not_used():
    cache = MemoryTokenCache()
    cache.put(KEY, token("old", fresh=-2, valid=-1))
    assert TokenSource(cache).get(KEY, Authentication(token("new")), soon()).value == "new"
