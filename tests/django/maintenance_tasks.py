"""A backfill; maintenance_tasks imports this module by its name."""

from pathlib import Path

from maintenance_tasks import MaintenanceTask


class Backfill(MaintenanceTask):  # type: ignore[misc]  # it ships no types
    """Writes its items to a file; it waits once before it begins."""

    batch_size = 2
    throttle_backoff = 1

    def collection(self) -> list[int]:
        """Six items."""
        return list(range(6))

    def process(self, item: int) -> None:
        """Writes one."""
        with Path(self.arguments["file"]).open("a") as file:
            file.write(f"{item} ")

    def throttle(self) -> bool:
        """Whether it has to wait: once."""
        path = Path(self.arguments["file"])
        waits = not path.exists()
        path.touch()
        return waits
