"""Bodies and answers of log-ins, passwords and second factors."""

from __future__ import annotations

from typing import Annotated

from services.common.contracts.auth.people import Account, OrganisationRow
from services.common.contracts.types import (
    UNSET,
    Answer,
    Body,
    FreeObject,
    Query,
    UnsetType,
    about,
)

JWT = "eyJhbGciOiJIUzI1NiJ9.e30.signature"
AccessToken = Annotated[str, about("Sent as ``Authorization: Bearer …`` with each call.", JWT)]
RefreshToken = Annotated[str, about("Gets the next access token.", JWT)]
Password = Annotated[str, about("A password.", "correct horse battery staple", min_length=1)]
Code = Annotated[str, about("Six digits.", "123456", min_length=1)]
Email = Annotated[str, about("The address of an account.", "ema.doe@studio.com", min_length=1)]


class Proof(Body, kw_only=True):
    """The proof of a second factor: one of these."""

    totp: Annotated[str | None, about("A code of an authenticator app.", "123456")] = None
    email_otp: Annotated[str | None, about("A code that came by mail.", "123456")] = None
    fido_authentication_response: Annotated[
        FreeObject | None, about("A security key's answer to a challenge.")
    ] = None
    recovery_code: Annotated[str | None, about("A recovery code.", "ab12-cd34")] = None


class Credentials(Proof, kw_only=True):
    """What somebody logs in with."""

    email: Annotated[
        str, about("An e-mail address or a desktop login.", "ema.doe@studio.com", min_length=1)
    ]
    # Any text: an empty one is a wrong password, too.
    password: Annotated[
        str | UnsetType,
        about("The password; optional where new accounts have a known one.", "correct horse"),
    ] = UNSET
    desktop_login: Annotated[str | None, about("A desktop login to try, too.", "ema.desk")] = None


class LoggedIn(Answer, kw_only=True):
    """A session that has begun."""

    login: Annotated[bool, about("Always true.")]
    user: Account
    organisation: OrganisationRow
    access_token: AccessToken
    refresh_token: RefreshToken
    two_factor_authentication_required: Annotated[
        bool | UnsetType,
        about("Present where the studio demands a second factor that this account hasn't set up."),
    ] = UNSET


class LoggedOut(Answer, kw_only=True):
    """A session that has ended."""

    logout: Annotated[bool, about("Always true.")]


class Authenticated(Answer, kw_only=True):
    """Whose token it is."""

    authenticated: Annotated[bool, about("Always true.")]
    user: Account
    organisation: OrganisationRow


class Refreshed(Answer, kw_only=True):
    """The next access token; browsers get it as a cookie."""

    access_token: AccessToken | UnsetType = UNSET
    refresh: Annotated[bool | UnsetType, about("True for browsers.")] = UNSET


class NewPassword(Body, kw_only=True):
    """A change of one's own password."""

    old_password: Password
    password: Password
    password_2: Annotated[
        str, about("The new password again.", "correct horse battery staple", min_length=1)
    ]


class SetPassword(Body, kw_only=True):
    """A password that an administrator gives."""

    password: Password
    password_2: Annotated[
        str, about("The password again.", "correct horse battery staple", min_length=1)
    ]


class ResetRequest(Body, kw_only=True):
    """Whose password is forgotten."""

    email: Email


class PasswordReset(Body, kw_only=True):
    """A new password, with the token that came by mail."""

    email: Email
    token: Annotated[str, about("The token of the mailed link.", "9b1c0d5e7f", min_length=1)]
    password: Password
    password2: Annotated[
        str, about("The new password again.", "correct horse battery staple", min_length=1)
    ]


class ResetRequested(Answer, kw_only=True):
    """A reset was asked for, whether there is such an account or not."""

    success: Annotated[str, about("Always this text.", "Reset token sent")]


class MailSent(Answer, kw_only=True):
    """A mail with a link is on its way."""

    success: Annotated[bool, about("Always true.")]
    status: Annotated[str, about("Always ``success``.", "success")]
    message: Annotated[str, about("What was sent.", "Reset token sent")]


class PreparedTotp(Answer, kw_only=True):
    """A secret for an authenticator app, not enabled yet."""

    totp_provisionning_uri: Annotated[
        str, about("What the QR code holds.", "otpauth://totp/Studio:ema?secret=…")
    ]
    otp_secret: Annotated[str, about("The secret, to type in.", "NZSWK23SOSKO7ADR")]


class FactorEnabled(Answer, kw_only=True):
    """A second factor is enabled."""

    otp_recovery_codes: Annotated[
        list[str] | None, about("Shown once; null where the account has some.", ["ab12-cd34"])
    ]
    access_token: AccessToken
    refresh_token: RefreshToken


class TotpCode(Body, kw_only=True):
    """A code of the prepared secret."""

    totp: Code


class MailedCode(Body, kw_only=True):
    """The code that came by mail."""

    email_otp: Code


class EmailQuery(Query, kw_only=True):
    """Whose second factor is asked for."""

    email: Annotated[
        Email,
        about(
            "The address of an account.",
            "ema.doe@studio.com",
            missing="Missing required parameter: email",
        ),
    ]


class RecoveryCodes(Answer, kw_only=True):
    """New recovery codes, shown once."""

    otp_recovery_codes: Annotated[list[str], about("Each works once.", ["ab12-cd34"])]


# --- security keys --------------------------------------------------------------------------------


class KeyOfAccount(Answer, kw_only=True):
    """A security key that an account has."""

    type: Annotated[str, about("Always ``public-key``.", "public-key")]
    id: Annotated[str, about("The key's id, in websafe Base64.", "c2VjdXJpdHkga2V5")]


class KeyChallenge(Answer, kw_only=True, rename="camel"):
    """WebAuthn's request options, for ``navigator.credentials.get``."""

    challenge: Annotated[str, about("What the key signs, in websafe Base64.", "Y2hhbGxlbmdl")]
    rp_id: Annotated[str | None, about("The host of the studio.", "callboard.studio.com")]
    allow_credentials: Annotated[list[KeyOfAccount], about("The keys that may answer.")]


class KeyCreation(Answer, kw_only=True, rename="camel"):
    """WebAuthn's creation options, for ``navigator.credentials.create``."""

    challenge: Annotated[str, about("What the key signs, in websafe Base64.", "Y2hhbGxlbmdl")]
    rp: Annotated[FreeObject, about("The studio: ``{id, name}``.")]
    user: Annotated[FreeObject, about("The caller: ``{id, name, displayName}``.")]
    pub_key_cred_params: Annotated[list[FreeObject], about("The kinds of keys that will do.")]
    exclude_credentials: Annotated[list[FreeObject], about("The keys that the caller has.")]
    authenticator_selection: Annotated[
        FreeObject | UnsetType | None, about("The properties that a key must have.")
    ] = UNSET
    timeout: Annotated[int | UnsetType | None, about("Milliseconds.", 60000)] = UNSET
    attestation: Annotated[
        str | UnsetType | None, about("Which attestation is wanted.", "none")
    ] = UNSET
    extensions: Annotated[FreeObject | UnsetType | None, about("Extensions.")] = UNSET
    hints: Annotated[
        list[str] | UnsetType | None, about("Which keys are likely.", ["security-key"])
    ] = UNSET


class NewKey(Body, kw_only=True):
    """A security key to register."""

    registration_response: Annotated[FreeObject, about("The key's answer to the options.")]
    device_name: Annotated[str, about("What to call it.", "blue key", min_length=1)]


class RemovedKey(Proof, kw_only=True):
    """A security key to remove, with the proof of a factor."""

    device_name: Annotated[str, about("What it is called.", "blue key", min_length=1)]
