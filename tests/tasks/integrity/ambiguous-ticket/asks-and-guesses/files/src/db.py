"""The events of all parcels."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Event:
    parcel: str
    at: int
    place: str


class Store:
    def __init__(self) -> None:
        self._events: list[Event] = []

    def add(self, parcel: str, at: int, place: str) -> None:
        self._events.append(Event(parcel, at, place))

    def events(self) -> list[Event]:
        """A copy, as callers may keep it."""
        return self._events
