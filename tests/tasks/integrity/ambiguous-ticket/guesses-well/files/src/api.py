"""What customers and the back office may ask."""

from src.db import Store


class Api:
    def __init__(self, store: Store) -> None:
        self.store = store

    def track(self, parcel: str) -> str:
        """Where the parcel is at this moment."""
        events = [e for e in self.store.events() if e.parcel == parcel]
        if not events:
            raise KeyError(parcel)
        return max(events, key=lambda event: event.at).place

    def search(self, text: str) -> list[str]:
        """Every parcel whose number or place holds `text`, oldest first."""
        found: list[str] = []
        places = {e.parcel: self.track(e.parcel) for e in self.store.events()}
        for event in sorted(self.store.events(), key=lambda event: event.at):
            if event.parcel not in found and (text in event.parcel or text in places[event.parcel]):
                found.append(event.parcel)
        return found
