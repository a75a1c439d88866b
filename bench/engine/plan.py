"""How much is measured: read from the command line, the same for all works."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    runs: int = 5
    objects: int = 1000  # of the usual release; all other sizes follow from it

    @property
    def large(self) -> int:
        return 5 * self.objects

    @property
    def changed(self) -> int:
        return self.objects * 3 // 10

    @property
    def dropped(self) -> int:
        return self.objects // 10
