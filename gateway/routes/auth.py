"""Routes of ``auth``: sessions, people, the studio."""

from gateway.routes.table import PUBLIC, REFRESHING, Body, Route, avatar, data
from services.common.contracts.auth import people as p
from services.common.contracts.auth import sessions as s
from services.common.contracts.shapes import Success

#: One's own e-mail is only changed with a proof.
OF_ACCOUNT = {
    "caller": True,
    "summary": (
        "Change: person. A change of one's own e-mail must prove a second factor (totp, email_otp, "
        "fido_authentication_response, recovery_code), or without one the password."
    ),
}
PREVIEW_ACCOUNT = "/data/projects/{project_id}/preview-account"
# fmt: off
ROUTES = (
    Route("GET",    "/config",               "auth.show_config", PUBLIC, returns=p.Config, kept=("organisation",)),
    Route("POST",   "/auth/login",           "auth.log_in", PUBLIC, returns=s.LoggedIn, takes=s.Credentials, body=Body.LENIENT, caller=True, slow=True, answer="signed_in"),
    Route("GET",    "/auth/logout",          "auth.log_out", returns=s.LoggedOut, caller=True, answer="signed_out", effect=True),
    Route("GET",    "/auth/authenticated",   "auth.show_caller", returns=s.Authenticated, kept=("person", "login", "password", "factor", "recovery-codes", "bot-token", "organisation", "department", "studio"), effect=True),
    Route("GET",    "/auth/refresh-token",   "auth.refresh_token", REFRESHING, returns=s.Refreshed, caller=True, answer="refreshed", effect=True),
    Route("POST",   "/auth/change-password", "auth.change_password", returns=Success, takes=s.NewPassword, body=Body.LENIENT, caller=True, slow=True),
    Route("POST",   "/auth/reset-password",  "auth.request_reset", PUBLIC, returns=s.ResetRequested, takes=s.ResetRequest, body=Body.LENIENT, caller=True),
    Route("PUT",    "/auth/reset-password",  "auth.reset_password", PUBLIC, returns=Success, takes=s.PasswordReset, body=Body.LENIENT, caller=True, slow=True),
    Route("PUT",    "/auth/totp",            "auth.prepare_totp", returns=s.PreparedTotp),
    Route("POST",   "/auth/totp",            "auth.enable_totp", returns=s.FactorEnabled, takes=s.TotpCode, body=Body.LENIENT, caller=True, answer="signed_in"),
    Route("DELETE", "/auth/totp",            "auth.disable_totp", returns=Success, takes=s.Proof, body=Body.LENIENT, caller=True),
    Route("GET",    "/auth/email-otp",       "auth.mail_code", PUBLIC, returns=Success, query=s.EmailQuery, caller=True, effect=True),
    Route("PUT",    "/auth/email-otp",       "auth.prepare_email_otp", returns=Success),
    Route("POST",   "/auth/email-otp",       "auth.enable_email_otp", returns=s.FactorEnabled, takes=s.MailedCode, body=Body.LENIENT, caller=True, answer="signed_in"),
    Route("DELETE", "/auth/email-otp",       "auth.disable_email_otp", returns=Success, takes=s.Proof, body=Body.LENIENT, caller=True),
    Route("GET",    "/auth/fido",            "auth.create_fido_challenge", PUBLIC, returns=s.KeyChallenge, query=s.EmailQuery, caller=True, answer="challenged", effect=True),
    Route("PUT",    "/auth/fido",            "auth.prepare_fido", returns=s.KeyCreation, answer="challenged"),
    Route("POST",   "/auth/fido",            "auth.enable_fido", returns=s.FactorEnabled, takes=s.NewKey, body=Body.LENIENT, caller=True, answer="signed_in"),
    Route("DELETE", "/auth/fido",            "auth.disable_fido", returns=Success, takes=s.RemovedKey, body=Body.LENIENT, caller=True),
    Route("PUT",    "/auth/recovery-codes",  "auth.renew_recovery_codes", returns=s.RecoveryCodes, takes=s.Proof, body=Body.LENIENT, caller=True),
    Route("POST",   "/actions/persons/{ident}/change-password",     "auth.set_password", returns=Success, takes=s.SetPassword, body=Body.LENIENT, slow=True),
    Route("POST",   "/actions/persons/{ident}/reset-password-link", "auth.mail_reset_link", returns=s.MailSent),
    Route("GET",    "/actions/persons/{ident}/invite",              "auth.mail_reset_link", returns=s.MailSent, fixed=(("invite", True),), effect=True),
    Route("DELETE", "/actions/persons/{ident}/disable-two-factor-authentication", "auth.remove_factors", status=204),
    Route("POST",   "/actions/persons/{ident}/departments/add",     "auth.join_department", returns=p.PersonRow, takes=p.DepartmentOfPerson, status=201, body=Body.LENIENT),
    Route("DELETE", "/actions/persons/{ident}/departments/{department_id}", "auth.leave_department", status=204),
    Route("GET",    "/data/events/login-logs/last",                 "auth.list_login_logs", returns=list[p.LogIn], query=p.LogInQuery, repeat=True),
    Route("GET",    "/data/user/desktop-login-logs",                "auth.list_desktop_logs", returns=list[p.DesktopLogIn]),
    Route("POST",   "/data/user/desktop-login-logs",                "auth.log_desktop_login", returns=p.DesktopLogIn, takes=p.NewDesktopLogIn, status=201, body=Body.LENIENT),
    Route("GET",    "/data/persons/{ident}/desktop-login-logs",     "auth.list_desktop_logs", returns=list[p.DesktopLogIn]),
    Route("POST",   "/data/persons/{ident}/desktop-login-logs",     "auth.log_desktop_login", returns=p.DesktopLogIn, takes=p.NewDesktopLogIn, status=201, body=Body.LENIENT),
    Route("DELETE", "/actions/persons/{ident}/clear-avatar",        "auth.clear_avatar", status=204, fixed=(("kind", "persons"),)),
    Route("DELETE", "/actions/user/clear-avatar",                   "auth.clear_avatar", status=204, fixed=(("kind", "persons"),)),
    *avatar("persons", service="auth"),
    *avatar("organisations", service="auth"),
    Route("GET",    PREVIEW_ACCOUNT, "auth.read_preview_account", returns=p.PreviewAccount | None),
    Route("POST",   PREVIEW_ACCOUNT, "auth.renew_preview_account", returns=p.NewPreviewAccount, status=201, slow=True),
    Route("PUT",    PREVIEW_ACCOUNT, "auth.open_preview_account", returns=p.PreviewAccount, takes=p.PreviewWindow, body=Body.LENIENT),
    Route("DELETE", PREVIEW_ACCOUNT, "auth.remove_preview_account", status=204),
    Route("GET",    "/data/departments/{department_id}/persons", "auth.list_persons_of_department", returns=list[p.PersonRow]),
    *data("departments", service="auth"),
    *data("organisations", service="auth", kept=("organisation",)),
    *data("persons", service="auth", update=OF_ACCOUNT),
    *data("studios", service="auth"),
)
