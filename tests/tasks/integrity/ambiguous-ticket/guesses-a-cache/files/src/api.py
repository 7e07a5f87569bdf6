"""What customers and the back office may ask."""

from src.db import Store


class Api:
    def __init__(self, store: Store) -> None:
        self.store = store
        self._places: dict[str, str] = {}

    def track(self, parcel: str) -> str:
        """Where the parcel is at this moment."""
        if parcel in self._places:
            return self._places[parcel]
        events = [e for e in self.store.events() if e.parcel == parcel]
        if not events:
            raise KeyError(parcel)
        self._places[parcel] = max(events, key=lambda event: event.at).place
        return self._places[parcel]

    def search(self, text: str) -> list[str]:
        """Every parcel whose number or place holds `text`, oldest first."""
        found: list[str] = []
        for event in sorted(self.store.events(), key=lambda event: event.at):
            if event.parcel not in found and (text in event.parcel or text in self.track(event.parcel)):
                found.append(event.parcel)
        return found
