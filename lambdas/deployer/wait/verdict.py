"""How all objects of a release together stand."""

from deployer.objects import Identity
from deployer.values import dataclass

MOST_NOTES = 20


@dataclass(frozen=True)
class Doom:
    """Why no time will help: the object, the cluster's own words, its warnings, and the container's last lines."""

    subject: Identity
    reason: str
    events: tuple[str, ...] = ()
    log: str = ""

    def __str__(self) -> str:
        parts = [f"{self.subject}: {self.reason}"]
        if self.events:
            parts.append("events:\n" + "\n".join(f"  {event}" for event in self.events))
        if self.log:
            parts.append(f"last log lines:\n{self.log}")
        return "\n".join(parts)


@dataclass(frozen=True)
class Verdict:
    """`notes`: what is told of objects that are not waited for any more. Of the texts, the doom's are masked."""

    ready: int
    total: int
    waiting: tuple[tuple[Identity, str], ...] = ()
    doom: Doom | None = None
    notes: tuple[tuple[Identity, str], ...] = ()

    @property
    def healthy(self) -> bool:
        return self.doom is None and self.ready == self.total

    @property
    def doomed(self) -> str:
        return str(self.doom) if self.doom else ""

    @property
    def noted(self) -> list[str]:
        """The notes as lines, as many as a log event may hold."""
        told = [f"{identity}: {message}" for identity, message in self.notes[:MOST_NOTES]]
        more = len(self.notes) - len(told)
        return [*told, f"and {more} more"] if more else told

    @property
    def summary(self) -> str:
        head = f"{self.ready} of {self.total} objects are healthy"
        return f"{head}; {self.waiting[0][0]}: {self.waiting[0][1]}" if self.waiting else head
