"""Routes of ``auth``: sessions, people, the studio."""

from gateway.routes.table import PUBLIC, REFRESHING, SIGNED_IN, Body, Route, avatar, data

#: One's own e-mail is only changed with a proof.
OF_ACCOUNT = {
    "caller": True,
    "summary": (
        "Change: person. A change of one's own e-mail must prove a second factor (totp, email_otp, "
        "fido_authentication_response, recovery_code), or without one the password."
    ),
}
# fmt: off
ROUTES = (
    Route("GET",    "/config",               "auth.show_config",         PUBLIC, kept=("organisation",)),
    Route("POST",   "/auth/login",           "auth.log_in",              PUBLIC,     body=Body.LENIENT, caller=True, slow=True, answer="signed_in"),
    Route("GET",    "/auth/logout",          "auth.log_out",             SIGNED_IN,  caller=True, answer="signed_out", effect=True),
    Route("GET",    "/auth/authenticated",   "auth.show_caller",            kept=("person", "login", "password", "factor", "recovery-codes", "bot-token", "organisation", "department", "studio"), effect=True),
    Route("GET",    "/auth/refresh-token",   "auth.refresh_token",       REFRESHING, caller=True, answer="refreshed", effect=True),
    Route("POST",   "/auth/change-password", "auth.change_password",     SIGNED_IN,  body=Body.LENIENT, caller=True, slow=True),
    Route("POST",   "/auth/reset-password",  "auth.request_reset",       PUBLIC,     body=Body.LENIENT, caller=True),
    Route("PUT",    "/auth/reset-password",  "auth.reset_password",      PUBLIC,     body=Body.LENIENT, caller=True, slow=True),
    Route("PUT",    "/auth/totp",            "auth.prepare_totp"),
    Route("POST",   "/auth/totp",            "auth.enable_totp",         SIGNED_IN,  body=Body.LENIENT, caller=True, answer="signed_in"),
    Route("DELETE", "/auth/totp",            "auth.disable_totp",        SIGNED_IN,  body=Body.LENIENT, caller=True),
    Route("GET",    "/auth/email-otp",       "auth.mail_code",           PUBLIC,     query=True, caller=True, effect=True),
    Route("PUT",    "/auth/email-otp",       "auth.prepare_email_otp"),
    Route("POST",   "/auth/email-otp",       "auth.enable_email_otp",    SIGNED_IN,  body=Body.LENIENT, caller=True, answer="signed_in"),
    Route("DELETE", "/auth/email-otp",       "auth.disable_email_otp",   SIGNED_IN,  body=Body.LENIENT, caller=True),
    Route("GET",    "/auth/fido",            "auth.create_fido_challenge",      PUBLIC,     query=True, caller=True, answer="challenged", effect=True),
    Route("PUT",    "/auth/fido",            "auth.prepare_fido",        answer="challenged"),
    Route("POST",   "/auth/fido",            "auth.enable_fido",         SIGNED_IN,  body=Body.LENIENT, caller=True, answer="signed_in"),
    Route("DELETE", "/auth/fido",            "auth.disable_fido",        SIGNED_IN,  body=Body.LENIENT, caller=True),
    Route("PUT",    "/auth/recovery-codes",  "auth.renew_recovery_codes", SIGNED_IN, body=Body.LENIENT, caller=True),
    Route("POST",   "/actions/persons/{ident}/change-password",     "auth.set_password",     body=Body.LENIENT, slow=True),
    Route("POST",   "/actions/persons/{ident}/reset-password-link", "auth.mail_reset_link"),
    Route("GET",    "/actions/persons/{ident}/invite",              "auth.mail_reset_link",  fixed=(("invite", True),), effect=True),
    Route("DELETE", "/actions/persons/{ident}/disable-two-factor-authentication", "auth.remove_factors", status=204),
    Route("POST",   "/actions/persons/{ident}/departments/add",     "auth.join_department",  status=201, body=Body.LENIENT),
    Route("DELETE", "/actions/persons/{ident}/departments/{department_id}", "auth.leave_department", status=204),
    Route("GET",    "/data/events/login-logs/last",                 "auth.list_login_logs",  query=True, repeat=True),
    Route("GET",    "/data/user/desktop-login-logs",                "auth.list_desktop_logs"),
    Route("POST",   "/data/user/desktop-login-logs",                "auth.log_desktop_login", status=201, body=Body.LENIENT),
    Route("GET",    "/data/persons/{ident}/desktop-login-logs",     "auth.list_desktop_logs"),
    Route("POST",   "/data/persons/{ident}/desktop-login-logs",     "auth.log_desktop_login", status=201, body=Body.LENIENT),
    Route("DELETE", "/actions/persons/{ident}/clear-avatar",        "auth.clear_avatar", status=204, fixed=(("kind", "persons"),)),
    Route("DELETE", "/actions/user/clear-avatar",                   "auth.clear_avatar", status=204, fixed=(("kind", "persons"),)),
    *avatar("persons", service="auth"),
    *avatar("organisations", service="auth"),
    *data("departments", service="auth"),
    *data("organisations", service="auth", kept=("organisation",)),
    *data("persons", service="auth", update=OF_ACCOUNT),
    *data("studios", service="auth"),
)
