"""Send HTTP requests to one endpoint and classify what fails.

Failures are sorted by what they say of the request: nothing (`Unreachable`, `EndpointBusy`), it
may be to blame (`BadResponse`), it is (`RequestRejected`), or every further one would fail alike
(`ModelError`). Timeouts are in seconds.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from vidindex.adapters.endpoints.address import OWN_KEY, Address
from vidindex.errors import ModelError, ModelNotFound

CONNECT_S = 10.0
BRIEF_S = 30.0
_MOST_WORDS = 300
_UNTRUSTED = "--trust-request-mm-kwargs"
_PAYMENT_REQUIRED = 402
_UNPAID_CODE = re.compile(
    r"insufficient_?(?:quota|balance|credits?|funds)|billing|arrear|overdue|payment_?required"
    r"|exceeded_?current_?quota|freetieronly|quota_?exhausted|commoditynotpurchased",
    re.IGNORECASE,
)
_UNPAID_WORDS = re.compile(
    r"exceeded your current quota|credit balance is too low|insufficient (?:balance|credits?|funds)"
    r"|plan and billing|account (?:is )?in arrears|overdue[- ]payment|欠费|余额不足",
    re.IGNORECASE,
)
"""What endpoints call an account that is not paid for; no rate limit ("rate_limit_exceeded",
"Throttling.RateQuota") is among them."""


class EndpointError(Exception):
    """A request that may be tried again; `wait_s`: not before that many seconds."""

    def __init__(self, reason: str, wait_s: float = 0.0) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


class Unreachable(EndpointError):
    """Nothing listens there."""


class EndpointBusy(EndpointError):
    """The endpoint takes no more questions now."""


class BadResponse(EndpointError):
    """The question was taken, and no reply came back that can be read."""


class RequestRejected(Exception):
    """The endpoint will not answer this question, however often it is asked."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A model that an endpoint serves, as it says itself; context_tokens: 0 where it does not."""

    name: str
    root: str
    context_tokens: int
    is_vllm: bool


class Endpoint:
    """One address. Belongs to the event loop that asks it first."""

    def __init__(self, address: Address, timeout_s: float) -> None:
        self.address = address
        headers = {"Authorization": f"Bearer {address.key}"} if address.key else {}
        self._timeout_s = timeout_s
        self._client = httpx.AsyncClient(
            headers=headers,
            timeout=httpx.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s)),
            limits=httpx.Limits(max_connections=None),
            trust_env=not address.is_here,
            follow_redirects=False,
        )

    async def cards(self) -> list[ModelCard]:
        """The models it serves, [] where it does not say."""
        try:
            reply = await self._ask("GET", f"{self.address.url}/models")
        except (ModelNotFound, RequestRejected):
            return []
        listed = reply.get("data") if isinstance(reply, dict) else None
        if not isinstance(listed, list):
            raise BadResponse(
                "its list of models cannot be read: is it an OpenAI-compatible endpoint?"
            )
        return [_card(one) for one in listed if isinstance(one, dict) and one.get("id")]

    async def version(self) -> str:
        """Of vLLM; "" where it does not say."""
        try:
            reply = await self._ask("GET", f"{self.address.root}/version")
        except (ModelError, RequestRejected, EndpointError):
            return ""
        return str(reply.get("version", "")) if isinstance(reply, dict) else ""

    async def token_ids(self, model: str, text: str) -> list[int]:
        """Ids of `text` in the model's vocabulary; raises Refused where it does not say."""
        question = {"model": model, "prompt": text, "add_special_tokens": False}
        try:
            reply = await self._ask("POST", f"{self.address.root}/tokenize", _encoded(question))
        except ModelError as error:
            raise RequestRejected(str(error)) from error
        ids = reply.get("tokens") if isinstance(reply, dict) else None
        if not isinstance(ids, list) or not all(isinstance(one, int) for one in ids):
            raise RequestRejected("/tokenize gives no ids")
        return ids

    async def complete(self, body: bytes) -> Any:
        """The completion of a chat, as it came (JSON)."""
        return await self.post("/chat/completions", body)

    async def post(self, route: str, body: bytes, content_type: str = "application/json") -> Any:
        """The reply of a route below the address, as it came (JSON)."""
        url = f"{self.address.url}{route}"
        return await self._ask("POST", url, body, self._timeout_s, content_type)

    async def close(self) -> None:
        await self._client.aclose()

    async def _ask(
        self,
        method: str,
        url: str,
        body: bytes | None = None,
        timeout_s: float = BRIEF_S,
        content_type: str = "application/json",
    ) -> Any:
        headers = {"Content-Type": content_type} if body else {}
        timeout = httpx.Timeout(min(timeout_s, self._timeout_s), connect=CONNECT_S)
        try:
            response = await self._client.request(
                method, url, content=body, headers=headers, timeout=timeout
            )
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise Unreachable(f"no connection ({error or 'it takes too long'})") from error
        except httpx.TimeoutException as error:
            raise BadResponse(f"no answer within {timeout.read:g} s") from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise BadResponse(f"the connection broke ({error or type(error).__name__})") from error
        if not response.is_success:
            raise self._failure(response, response.status_code)
        reply = _decoded(response)
        if isinstance(reply, dict) and reply.get("error") and not reply.get("choices"):
            raise self._failure(response, _status_within(reply["error"]))
        return reply

    def _failure(self, response: httpx.Response, status: int) -> Exception:
        """What a response of that status means for this request and for further ones."""
        words = _words(response)
        problem = f"HTTP {status}: {words}" if words else f"HTTP {status}"
        if status == _PAYMENT_REQUIRED or (status < 500 and _is_unpaid(response, words)):
            return self._unpaid(problem)
        if status in {429, 503}:
            return EndpointBusy(problem, _wait_s(response))
        if status >= 500 or status == 408:
            return BadResponse(problem, _wait_s(response))
        if response.is_redirect:
            aim = response.headers.get("location", "elsewhere")
            return ModelError(
                f"endpoint {self.address.url} sends on to {aim}",
                "name that address if you trust it",
            )
        return self._refusal(status, problem, words)

    def _unpaid(self, problem: str) -> ModelError:
        return ModelError(
            f"endpoint {self.address.url}: its account has no credit or quota left ({problem})",
            "see to its billing, then run it again: what was answered is kept",
        )

    def _refusal(self, status: int, problem: str, words: str) -> Exception:
        where = f"endpoint {self.address.url}"
        if status in {401, 403}:
            given = "its key is refused" if self.address.key else "it wants a key"
            return ModelError(f"{where}: {given} ({problem})", f"set {OWN_KEY} to the right one")
        if status == 404:
            return ModelNotFound(
                f"{where}: {problem}", "check its address and the name of the model"
            )
        if _UNTRUSTED in words:
            return ModelError(
                f"{where} does not take a video's frame rate: {words}",
                f"start it with {_UNTRUSTED}; `vidindex doctor --serve-command` prints all of it",
            )
        return RequestRejected(problem)


def _card(entry: dict[str, Any]) -> ModelCard:
    context = entry.get("max_model_len") or 0
    return ModelCard(
        name=str(entry["id"]),
        root=str(entry.get("root") or entry["id"]),
        context_tokens=context if isinstance(context, int) else 0,
        is_vllm=entry.get("owned_by") == "vllm",
    )


def _encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


def _decoded(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError as error:
        raise BadResponse("its answer is not JSON") from error


def _words(response: httpx.Response) -> str:
    """The text of an error, on one line, cut to a bounded length."""
    try:
        reply = response.json()
    except ValueError:
        reply = response.text
    for name in ("error", "message", "detail"):
        if isinstance(reply, dict) and reply.get(name):
            reply = reply[name]
    return " ".join(str(reply).split())[:_MOST_WORDS]


def _is_unpaid(response: httpx.Response, words: str) -> bool:
    """Whether the error's codes, or its words, speak of an account that is not paid for."""
    try:
        reply = response.json()
    except ValueError:
        reply = None
    parts = [reply, reply.get("error")] if isinstance(reply, dict) else []
    codes = [
        part.get(name) for part in parts if isinstance(part, dict) for name in ("code", "type")
    ]
    is_code = any(_UNPAID_CODE.search(code) for code in codes if isinstance(code, str))
    return is_code or _UNPAID_WORDS.search(words) is not None


def _status_within(error: object) -> int:
    """The status of an error that came as "200 OK": its own code, else 500."""
    code = error.get("code") if isinstance(error, dict) else None
    is_status = str(code).isdecimal() and 400 <= int(str(code)) < 600
    return int(str(code)) if is_status else 500


def _wait_s(response: httpx.Response) -> float:
    """Retry-After, as seconds or as a date."""
    written = response.headers.get("retry-after", "")
    try:
        return max(0.0, float(written))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(written) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return 0.0
