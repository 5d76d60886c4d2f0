"""Routes of ``auth``: sessions, people, the studio."""

from gateway.routes.table import PUBLIC, REFRESHING, SIGNED_IN, Body, Route, data

# fmt: off
ROUTES = (
    Route("POST", "/auth/login",         "auth.log_in",        PUBLIC,     200, Body.LENIENT, caller=True, slow=True, answer="signed_in"),
    Route("GET",  "/auth/logout",        "auth.log_out",       SIGNED_IN,  200, caller=True, answer="signed_out"),
    Route("GET",  "/auth/authenticated", "auth.who_am_i"),
    Route("GET",  "/auth/refresh-token", "auth.refresh_token", REFRESHING, 200, caller=True, answer="refreshed"),
    *data("departments", service="auth"),
    *data("organisations", service="auth"),
    *data("persons", service="auth"),
    *data("studios", service="auth"),
)
