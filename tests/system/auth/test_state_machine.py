"""No sequence of calls logs in without the factors that are enabled.

Hypothesis walks through log-ins, set-ups, removals, locks and replays, and holds each answer
against a small model of what the account should require.
"""

from __future__ import annotations

import time
from typing import Any, ClassVar

import psycopg2
import pyotp
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.common.database.pools import plain_url
from tests.running import Caller, System
from tests.system.auth.authenticator import SoftKey
from tests.system.auth.visitor import LOGIN, log_in
from tests.world import World

STEP = 30
ALLOWED = 5


class LogInMachine(RuleBasedStateMachine):
    """A model of one account, and all calls that could log in to it."""

    system: ClassVar[System]

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.system.load(self.world.tables)
        self.inside = self.system.caller(self.world.people["artist"])
        self.secret: str | None = None
        self.newest_step = 0
        self.key: SoftKey | None = None
        self.codes: list[str] = []
        self.spent: list[str] = []
        self.failures = 0

    # --- what the model expects -----------------------------------------------------------------

    @property
    def factors(self) -> bool:
        return self.secret is not None or self.key is not None

    def expect(self, answer: Any, *, proven: bool | None) -> None:
        """``proven`` is None if no proof was sent, False for a wrong one."""
        body = answer.json()
        if self.failures >= ALLOWED:
            assert body.get("too_many_failed_login_attemps") is True, body
        elif not self.factors or proven:
            assert body["login"] is True, body
            self.failures = 0
        elif proven is None:
            assert body.get("missing_OTP") is True, body
        else:
            self.failures += 1
            assert body.get("wrong_OTP") is True, body

    # --- at the door ----------------------------------------------------------------------------

    @rule()
    def log_in_with_the_password_only(self) -> None:
        self.expect(log_in(self.system), proven=None)

    @rule()
    def log_in_with_a_wrong_password(self) -> None:
        answer = log_in(self.system, password="no").json()
        assert answer.get("login") is False
        if self.failures < ALLOWED:
            self.failures += 1

    @precondition(lambda self: self.secret is not None)
    @rule(offset=st.integers(-3, 3))
    def log_in_with_a_totp_code(self, offset: int) -> None:
        before = int(time.time()) // STEP
        step = before + offset
        answer = log_in(self.system, totp=pyotp.TOTP(self.secret or "").generate_otp(step))
        if int(time.time()) // STEP != before:
            self.start_over()
            return
        good = abs(offset) <= 1 and step > self.newest_step
        unlocked = self.failures < ALLOWED
        self.expect(answer, proven=good)
        if good and unlocked:
            self.newest_step = step

    @precondition(lambda self: bool(self.codes))
    @rule(used=st.booleans())
    def log_in_with_a_recovery_code(self, used: bool) -> None:
        if not used:
            code, good = self.codes[0], True
        elif self.spent:
            code, good = self.spent[-1], False
        else:
            return
        unlocked = self.failures < ALLOWED
        self.expect(log_in(self.system, recovery_code=code), proven=good)
        if good and unlocked and self.factors:
            self.spent.append(self.codes.pop(0))

    @precondition(lambda self: self.key is not None)
    @rule(steal=st.booleans())
    def log_in_with_the_key(self, steal: bool) -> None:
        visitor = Caller(self.system.base, None)
        options = visitor.get("/auth/fido", params={"email": LOGIN["email"]}).json()
        proof = self.key.sign(options) if self.key else {}
        if steal:
            visitor.session.cookies.clear()
        response = visitor.post("/auth/login", {**LOGIN, "fido_authentication_response": proof})
        self.expect(response, proven=not steal)

    # --- inside ---------------------------------------------------------------------------------

    @precondition(lambda self: self.secret is None)
    @rule()
    def enable_totp(self) -> None:
        secret = self.inside.send("PUT", "/auth/totp").json()["otp_secret"]
        step = int(time.time()) // STEP
        code = pyotp.TOTP(secret).generate_otp(max(step - 1, 0))
        response = self.inside.post("/auth/totp", {"totp": code})
        if response.status_code != 200:  # the half minute ended, or an earlier code was as new
            return
        self.secret, self.newest_step = secret, max(step - 1, self.newest_step)
        self._note_codes(response.json())

    @precondition(lambda self: self.key is None)
    @rule()
    def register_a_key(self) -> None:
        key = SoftKey()
        options = self.inside.send("PUT", "/auth/fido").json()
        body = {"registration_response": key.register(options), "device_name": "it"}
        response = self.inside.post("/auth/fido", body)
        assert response.status_code == 200, response.text
        self.key = key
        self._note_codes(response.json())

    def _note_codes(self, answer: dict[str, Any]) -> None:
        if answer["otp_recovery_codes"]:
            self.codes, self.spent = answer["otp_recovery_codes"], []

    @precondition(lambda self: self.factors)
    @rule(which=st.sampled_from(["totp", "fido"]), proven=st.booleans())
    def disable_a_factor(self, which: str, proven: bool) -> None:
        body: dict[str, Any] = {"device_name": "it"}
        if proven and self.codes:
            body["recovery_code"] = self.codes[0]
        response = self.inside.send("DELETE", f"/auth/{which}", body)
        had = self.secret if which == "totp" else self.key
        if response.status_code == 200:
            assert proven, "removed without a proof"
            assert had is not None
            assert self.failures < ALLOWED
            self.spent.append(self.codes.pop(0))
            if which == "totp":
                self.secret = None
            else:
                self.key = None
            if not self.factors:
                self.codes = []

    @rule()
    def a_minute_passes(self) -> None:
        with psycopg2.connect(plain_url(self.system.parts.urls["auth"])) as connection:
            connection.cursor().execute(
                "UPDATE person SET last_login_failed = last_login_failed - interval '61 seconds'"
            )
        if self.failures >= ALLOWED:
            self.failures = 0

    def start_over(self) -> None:
        """The clock ticked during a step: the state of the codes is unknown."""
        self.__init__()  # type: ignore[misc]

    @invariant()
    def the_password_alone_never_suffices(self) -> None:
        """It logs in only to an account without factors."""
        answer = log_in(self.system).json()
        if self.factors or self.failures >= ALLOWED:
            assert answer.get("login") is not True
            assert "access_token" not in answer
        elif answer.get("login"):
            self.failures = 0


def test_no_sequence_of_calls_bypasses_enabled_factors(system: System) -> None:
    """Twelve runs of up to twenty steps."""
    LogInMachine.system = system
    case = LogInMachine.TestCase
    case.settings = settings(
        max_examples=12,
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    case().runTest()
