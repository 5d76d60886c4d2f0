"""The architecture as a picture, drawn from what the code declares."""

from __future__ import annotations

from html import escape
from typing import Final, NamedTuple

WIDTH, HEIGHT, EDGE, GAP = 980, 472, 20, 12
CLIENTS, GATEWAY, BROKER, SERVICES, STORES, RELAY = 16, 106, 186, 246, 362, 422
"""Where each rank begins, from the top."""
LONG: Final = 24
"""Letters from which a line is broken in two."""
STYLE: Final = """
  text { font: 13px system-ui, sans-serif; fill: #1c2431 } .mid { text-anchor: middle }
  .name { font-size: 16px; font-weight: 600 } .soft { fill: #5d6b7e }
  .box { fill: #f4f6f9; stroke: #b9c4d2 } .ours { fill: #e8f0f8; stroke: #245a8d }
  .wire { stroke: #5d6b7e; fill: none; marker-end: url(#tip) }
"""
HEAD: Final = f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH + 20} {HEIGHT}"
 role="img" aria-label="Callboard's architecture">
<style>{STYLE}</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"
 orient="auto"><path d="M0 0 8 4 0 8z" fill="#5d6b7e"/></marker></defs>
<rect width="100%" height="100%" fill="#fff"/>"""


class Part(NamedTuple):
    """What one service declares."""

    name: str
    about: str
    routes: int
    events: int


class Box(NamedTuple):
    """A rectangle of the picture."""

    left: float
    top: float
    wide: float
    high: float = 56
    kind: str = "box"

    @property
    def centre(self) -> float:
        """Half of its width, from the left of the picture."""
        return self.left + self.wide / 2

    @property
    def end(self) -> float:
        """Its lower edge."""
        return self.top + self.high

    def drawn(self, name: str, *lines: str) -> str:
        """It with a name and lines below that, in its middle."""
        words = [_text(self.centre, self.top + 25, name, "name mid")]
        words += [
            _text(self.centre, self.top + 45 + 17 * n, line, "soft mid")
            for n, line in enumerate(lines)
        ]
        return "\n".join((self._edge(), *words))

    def flat(self, name: str, line: str) -> str:
        """It with a name and a line beside it."""
        middle = self.top + self.high / 2 + 5
        words = [_text(self.left + 14, middle, name, "name"), _text(self.left + 130, middle, line)]
        return "\n".join((self._edge(), *words))

    def _edge(self) -> str:
        left, top, wide, high, kind = self
        place = f'x="{left:g}" y="{top:g}" width="{wide:g}" height="{high:g}"'
        return f'<rect class="{kind}" {place} rx="6"/>'


def architecture(parts: list[Part]) -> str:
    """Clients, gateway, broker, services, their schemas, the relay and its subscribers, as SVG."""
    full, half = WIDTH - 2 * EDGE, WIDTH / 2 - EDGE - GAP
    clients, gateway = Box(EDGE, CLIENTS, half), Box(EDGE, GATEWAY, half, kind="ours")
    followers = Box(WIDTH / 2 + GAP, CLIENTS, half)
    broker, relay = Box(EDGE, BROKER, full, 34), Box(EDGE, RELAY, full, 34, "ours")
    routes, events = sum(part.routes for part in parts), sum(part.events for part in parts)
    drawn = [
        clients.drawn("gazu · web interface · scripts", "HTTP; the session is a token or a cookie"),
        followers.drawn("programs that subscribe", "render trigger, chat bot, conform"),
        gateway.drawn("gateway", f"{routes} routes; who is calling; refusals as HTTP"),
        broker.flat("RabbitMQ", "requests and answers; an exchange of events for each service"),
        relay.flat("relay", "publishes what committed: in order, confirmed, at least once"),
        _wire(clients.centre, clients.end, gateway.top, "HTTP"),
        _wire(gateway.centre, gateway.end, broker.top, "RPC, one hop"),
        _wire(followers.centre, broker.top, followers.end, f"{events} events, kept and replayed"),
        f'<path class="wire" d="M{WIDTH - EDGE} {RELAY + 17} h12 V{BROKER + 17} h-11"/>',
    ]
    wide = (full - GAP * (len(parts) - 1)) / len(parts)
    for place, part in enumerate(parts):
        left = EDGE + place * (wide + GAP)
        service, store = Box(left, SERVICES, wide, 92, "ours"), Box(left, STORES, wide, 34)
        counts = f"{part.routes} routes · {part.events} events"
        drawn += [
            service.drawn(part.name, *_lines(part.about), counts),
            store.flat("", ""),
            _text(store.centre, store.top + 22, f"schema {part.name} and outbox", "soft mid"),
            _wire(service.centre, broker.end, service.top),
            _wire(service.centre, service.end, store.top),
            _wire(service.centre, store.end, relay.top),
        ]
    return "\n".join((HEAD, *drawn, "</svg>\n"))


def _text(left: float, top: float, words: str, kind: str = "soft") -> str:
    return f'<text class="{kind}" x="{left:g}" y="{top:g}">{escape(words)}</text>' if words else ""


def _lines(words: str) -> list[str]:
    """The words in two lines: broken, where they are long, at the space nearest their middle."""
    if len(words) < LONG:
        return [words, ""]
    spaces = [place for place, letter in enumerate(words) if letter == " "]
    cut = min(spaces, key=lambda place: abs(place - len(words) / 2))
    return [words[:cut], words[cut + 1 :]]


def _wire(left: float, top: float, bottom: float, words: str = "") -> str:
    line = f'<path class="wire" d="M{left:g} {top:g} V{bottom:g}"/>'
    return line + _text(left + 8, (top + bottom) / 2 + 4, words)
