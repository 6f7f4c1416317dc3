"""What a new password must satisfy, and how the server makes one itself.

All violations of the policy are told at once (errors.pwdPolicyViolated with policyViolations), the supplied value among them, as nevisIDM
does. Lengths and character classes are parameters of the policy.
"""

import re
import secrets
import string
from collections.abc import Mapping

from . import problem
from .policy import number
from .problem import Violation

_CLASSES = (
    ("minLowerCase", "Minimum lower case letters", r"[a-z]"),
    ("minUpperCase", "Minimum upper case letters", r"[A-Z]"),
    ("minDigits", "Minimum digits", r"[0-9]"),
    ("minSpecialChars", "Minimum special characters", r"[^a-zA-Z0-9]"),
)


def check_password(password: str, login_id: str, rules: Mapping[str, str]) -> None:
    """422 errors.pwdPolicyViolated with every element that the password violates."""
    violations = [*_lengths(password, rules), *_classes(password, rules), *_login_id(password, login_id, rules)]
    if violations:
        raise problem.password_violated(violations)


def make_password(rules: Mapping[str, str]) -> str:
    """A random password that satisfies the policy."""
    length = max(12, number(rules, "minLength"))
    wanted = [string.ascii_lowercase, string.ascii_uppercase, string.digits, "+-*"]
    counts = [max(1, number(rules, name)) for name, _, _ in _CLASSES]
    letters = [secrets.choice(alphabet) for alphabet, count in zip(wanted, counts, strict=True) for _ in range(count)]
    letters += [secrets.choice(string.ascii_letters + string.digits) for _ in range(length - len(letters))]
    secrets.SystemRandom().shuffle(letters)
    return "".join(letters)


def _lengths(password: str, rules: Mapping[str, str]) -> list[Violation]:
    least, most, length = number(rules, "minLength"), number(rules, "maxLength"), len(password)
    found = []
    if length < least:
        found.append(Violation("Minimum length", f"minLength={least}", password, least, str(length)))
    if 0 <= most < length:
        found.append(Violation("Maximum length", f"maxLength={most}", password, most, str(length)))
    return found


def _classes(password: str, rules: Mapping[str, str]) -> list[Violation]:
    found = []
    for name, label, pattern in _CLASSES:
        least, actual = number(rules, name), len(re.findall(pattern, password))
        if actual < least:
            found.append(Violation(label, f"{name}={least}", password, least, str(actual)))
    return found


def _login_id(password: str, login_id: str, rules: Mapping[str, str]) -> list[Violation]:
    if rules["allowLoginIdInPassword"] == "true" or login_id.lower() not in password.lower():
        return []
    return [Violation("Login ID in password", "allowLoginIdInPassword=false", password, 0, login_id)]
