"""Harbor's API v2.0: GET requests over TLS, by a robot account that is read from Secrets Manager once."""

import base64
import http.client
import json
import ssl
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import quote

from deployer.aws import failed
from deployer.bump.references import Image
from deployer.errors import DeployError, Fatal, Unavailable
from deployer.values import dataclass, field

TIMEOUT = 20.0
LARGEST = 32 * 1024 * 1024
NOT_A_ROBOT = 'It holds no robot of Harbor: {"name": "robot$…", "secret": "…"}'


@dataclass(frozen=True)
class Robot:
    name: str
    password: str = field(repr=False)

    @property
    def basic(self) -> str:
        """What Basic authorization carries."""
        return base64.b64encode(f"{self.name}:{self.password}".encode()).decode()


@dataclass(frozen=True)
class Account:
    """A robot in Secrets Manager; `client` is boto3's, `learn` is told what may be in no line that is shown."""

    client: Any
    secret: str
    learn: Callable[[Iterable[str]], None] = lambda words: None

    @cached_property
    def robot(self) -> Robot:
        from botocore.exceptions import BotoCoreError, ClientError

        subject = f"secret {self.secret}"
        try:
            text = self.client.get_secret_value(SecretId=self.secret).get("SecretString", "")
        except ClientError as error:
            raise failed(error, subject) from error
        except BotoCoreError as error:
            raise Unavailable(str(error), subject=subject) from error
        found = _robot(text, subject)
        self.learn([found.password, found.basic])
        return found


def _robot(text: str, subject: str) -> Robot:
    """No word of the text is in an error."""
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    name, password = (told.get("name"), told.get("secret")) if isinstance(told, dict) else (None, None)
    if not (isinstance(name, str) and isinstance(password, str) and name and password):
        raise Fatal(f"{NOT_A_ROBOT}.", subject=subject, kind="ConfigurationError")
    return Robot(name, password)


@dataclass(frozen=True)
class Harbor:
    """`host` may have a port."""

    host: str
    account: Account
    tls: Callable[[], ssl.SSLContext] = ssl.create_default_context

    def artifact(self, image: Image, below: str = "", headers: Mapping[str, str] | None = None) -> Any | None:
        """An image's artifact by its digest, or what is `below` it; None when Harbor has it not."""
        project, _, repository = image.path.partition("/")
        # Harbor takes a repository's name escaped twice: it may have slashes.
        place = f"projects/{project}/repositories/{quote(quote(repository, safe=''), safe='')}"
        return self._get(f"/api/v2.0/{place}/artifacts/{image.digest}{below}", f"image {image.name}", headers or {})

    def _get(self, path: str, subject: str, headers: Mapping[str, str]) -> Any | None:
        status, body = self._exchange(path, subject, headers)
        if status == http.client.NOT_FOUND:
            return None
        if status != http.client.OK:
            raise _answered(self.host, status, body, subject)
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise Fatal(
                f"{self.host} answers with no JSON: it is no Harbor of API v2.0.",
                subject=subject,
                kind="ConfigurationError",
            ) from error

    def _exchange(self, path: str, subject: str, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """No redirect is followed: it would take the password elsewhere."""
        known = {"Accept": "application/json", "Authorization": f"Basic {self.account.robot.basic}"}
        connection = http.client.HTTPSConnection(self.host, context=self.tls(), timeout=TIMEOUT)
        try:
            connection.request("GET", path, headers={**known, **headers})
            with connection.getresponse() as answer:
                body = answer.read(LARGEST + 1)
        except ssl.SSLCertVerificationError as wrong:
            raise Fatal(
                f"{self.host} has a certificate that is not trusted: {wrong.verify_message}.",
                subject=subject,
                kind="ConfigurationError",
            ) from wrong
        except (OSError, http.client.HTTPException) as broken:
            raise Unavailable(f"{self.host} does not answer: {broken}", subject=subject) from broken
        finally:
            connection.close()
        if len(body) > LARGEST:
            raise Fatal(f"{self.host} sends more than {LARGEST // 2**20} MiB.", subject=subject)
        return answer.status, body


def _answered(host: str, status: int, body: bytes, subject: str) -> DeployError:
    told = f"{host} answers {status}{_words(body)}."
    if status in (http.client.UNAUTHORIZED, http.client.FORBIDDEN):
        remedy = "The robot that pulls lacks a right in the project, has expired, or has another secret by now."
        return Fatal(told, subject=subject, remedy=remedy, kind="PermissionError")
    if status == http.client.TOO_MANY_REQUESTS or status >= http.client.INTERNAL_SERVER_ERROR:
        return Unavailable(told, subject=subject)
    return Fatal(told, subject=subject)


def _words(body: bytes) -> str:
    """Harbor's own, where it gives any: `{"errors": [{"code", "message"}]}`."""
    try:
        said = "; ".join(str(each["message"]) for each in json.loads(body)["errors"])
    except (ValueError, KeyError, TypeError):
        return ""
    return f": {said[:300]}" if said else ""
