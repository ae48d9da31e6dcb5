"""Drive the two machines of the protocol by hand, with prepared replies."""

import json

import thingpost
from thingpost import errors
from thingpost.identity import Identity
from thingpost.protocol import Authenticate, Publish, Retry
from thingpost.replies import Reply
from thingpost.steps import Done, NeedToken, Now, Send, Token, Wait

WALL = 1_700_000_000.0
DATE = "Tue, 14 Nov 2023 22:13:20 GMT"  # WALL
TOPIC = "/pk/dn/user/pub"


def reply(document, status=200, **headers):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def refusal(code, **headers):
    return reply({"code": code, "message": "no"}, **headers)


def granted(token="a" * 32):
    return reply({"code": 0, "message": "success", "info": {"token": token}})


def accepted(message_id=892687627916247040):
    return reply({"code": 0, "message": "success", "info": {"messageId": message_id}})


def token(value="t" * 32):
    return Token(value, issued_at=WALL, refresh_at=WALL + 10, expires_at=WALL + 20)


def broken(*, may_have_arrived):
    error = thingpost.ConnectError("broke")
    error.may_have_arrived = may_have_arrived
    return error


class Driver:
    """Resumes a machine with prepared outcomes, keeps its steps, and lets time pass while it waits."""

    def __init__(self, machine, wall=WALL):
        self.machine = machine
        self.wall = wall
        self.monotonic = 1000.0
        self.steps = []

    def run(self, *outcomes):
        """Give each Send (and each NeedToken, where an outcome is a Token or an error for it) the next outcome."""
        queue = list(outcomes)
        outcome = None
        while True:
            step = self.machine.resume(Now(self.wall, self.monotonic), outcome)
            self.steps.append(step)
            outcome = None
            if isinstance(step, Done):
                assert not queue, "outcomes were left over"
                return step.result
            if isinstance(step, Send):
                outcome = queue.pop(0)
            elif isinstance(step, NeedToken):
                outcome = queue.pop(0) if queue and isinstance(queue[0], (Token, errors.AuthError)) else token()
            elif isinstance(step, Wait):
                self.wall += step.seconds
                self.monotonic += step.seconds

    def kinds(self):
        return [type(step).__name__ for step in self.steps]

    def sent(self):
        return [step.request for step in self.steps if isinstance(step, Send)]

    def waits(self):
        return [step.seconds for step in self.steps if isinstance(step, Wait)]


def authenticating(*, retry=None, timeout=30.0, random=lambda: 0.5, wall=WALL, **identity):
    who = Identity("pk", "dn", "secret", **identity)
    return Driver(Authenticate(who, retry=retry or Retry(), deadline=1000.0 + timeout, random=random), wall)


def publishing(*, retry=None, timeout=30.0, payload=b"data"):
    return Driver(Publish(TOPIC, payload, retry=retry or Retry(), deadline=1000.0 + timeout, random=lambda: 0.5))
