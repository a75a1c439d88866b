"""What is wrong with who is told: nobody, somebody twice, or a topic that EventBridge cannot reach."""

from collections.abc import Iterator

from pipeline.config.problems import Finding, Path, repeated
from pipeline.config.service import Notices, Service


def findings(service: Service, data: object) -> Iterator[Finding]:
    """`data` is the definition as it was written: a list may stand for `mail`."""
    notices = service.notices
    if notices:
        short = isinstance(data, dict) and isinstance(data.get("notify"), list)
        yield from _notices(notices, ("notify",) if short else ("notify", "mail"))
    elif service.watch and service.watch.alarms:
        remedy = "write `notify:`, or leave `alarms` out: the dashboard is there without it"
        yield Finding(("observe", "alarms"), "nobody would hear the alarms", remedy)


def elsewhere(service: Service, account: str | None, region: str | None) -> Iterator[Finding]:
    """EventBridge publishes to topics of its own region, and to another account's only with a role of this one."""
    topic = service.notices.topic if service.notices else None
    if topic is None:
        return
    there, owner = topic.split(":")[3:5]
    where = ("notify", "topic")
    if region and there != region:
        wrong = f"the topic is in {there}, and the pipeline in {region}: EventBridge publishes in its own region only"
        yield Finding(where, wrong, f"name a topic of {region}")
    if account and owner != account:
        yield Finding(
            where, f"the topic is of account {owner}, and the pipeline of {account}", "name one of this account"
        )


def _notices(notices: Notices, mails: Path) -> Iterator[Finding]:
    if not (notices.mail or notices.chats or notices.topic):
        yield Finding(("notify",), "nobody is told", "write `mail:`, `slack:`, `teams:` or `topic:`")
    # SNS takes an address in any spelling for another one, and its owner would hear everything twice.
    addresses: list[tuple[Path, str]] = [((*mails, i), address.lower()) for i, address in enumerate(notices.mail)]
    yield from repeated(addresses, "once is enough")
    yield from repeated([(("notify", "on", i), word) for i, word in enumerate(notices.on)], "once is enough")
