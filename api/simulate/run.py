"""A run from its first day to its comparison: day after day as fast as it goes, then live, then the books."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from random import Random

from api.simulate import calendar, comparison, days, integrator, lives, town
from api.simulate.books import Books
from api.simulate.calendar import Options, TillDay
from api.simulate.comparing import Compared
from api.simulate.documents import Place, health
from api.simulate.hours import ZONE
from api.simulate.line import Server
from api.simulate.shift import Life, Shift, Step
from api.simulate.tills import Pause, Poster, TillAtWork, Traffic

Show = Callable[[str, int, int | None], None]
_BOOKKEEPING = 60.0  # seconds between two visits of the integrator, live
_STEP = 2.0  # seconds between two steps of an order, live
_HEALTH, _SPELLS = 0.05, 0.02  # of all orders, live
_SPELL = (20.0, 90.0)  # seconds offline, live
_AT_ONCE = 192  # orders that are under way at the same time in all of the town


class Run:
    """One simulation. `show(what, done, total)` is told of progress; `stop` ends it after what is at hand."""

    def __init__(self, server: Server, options: Options, show: Show) -> None:
        self.options, self.books, self.traffic = options, Books(), Traffic()
        self.start = datetime.now(ZONE).replace(tzinfo=None)
        self.town = town.build(options.key(self.start), options.outlets, options.tills)
        self.stop = asyncio.Event()
        self.seconds = 0.0
        self._server, self._show = server, show
        self._cutting = Random(self.town.key) if options.faults else None
        places = [Place(outlet, till) for outlet in self.town.outlets for till in outlet.tills]
        self._places = {place.till.terminal: place for place in places}
        self._memories = {terminal: days.Memory() for terminal in self._places}
        self._shifts: dict[str, Shift] = {}
        self._offline: dict[str, float] = {}
        self._total: int | None = None

    async def sell(self) -> None:
        """All days, and then the live pace. LedgerError: the server does not answer, or wants a credential."""
        if self.options.days:
            await self.fast_forward()
        if self.options.per_minute and not self.stop.is_set():
            await self.live(self.options.per_minute, self.options.minutes)

    async def fast_forward(self) -> None:
        """One day after the other, all tills at once."""
        began, self._total = time.monotonic(), calendar.expected(self.options, self.town)
        posters = {terminal: self._poster(None) for terminal in self._places}
        tills = {terminal: TillAtWork(poster) for terminal, poster in posters.items()}
        for day in calendar.till_days(self.options, self.town):
            await self._day(tills, day)
            if self.stop.is_set():
                break
            await self._keep_books(next(iter(posters.values())))
        for till in tills.values():
            await till.back_online()
        for poster in posters.values():
            poster.close()
        self.seconds += time.monotonic() - began

    async def live(self, per_minute: float, minutes: float | None = None) -> None:
        """Orders as they come, so many `per_minute`, until the minutes are over or somebody stops it."""
        random, desk, self._total = Random(f"{self.town.key}/{self.start}"), self._poster(None), None
        if not self.options.days:
            await self._open(TillAtWork(desk))
        began = kept = time.monotonic()
        end = began + minutes * 60 if minutes else float("inf")
        tills = {terminal: TillAtWork(self._poster(self._between_steps)) for terminal in self._places}
        async with asyncio.TaskGroup() as group:
            while await self._waited(random.expovariate(per_minute / 60), end):
                terminal = random.choice(list(tills))
                group.create_task(tills[terminal].one(self._next(terminal, random)))
                if time.monotonic() > kept + _BOOKKEEPING:
                    kept = time.monotonic()
                    await self._keep_books(desk)
            self.stop.set()  # what is under way need not wait any longer
        for till in tills.values():
            await till.back_online()
        self.seconds += time.monotonic() - began

    async def compare(self) -> list[Compared]:
        """The books beside the server's answers, once they reflect the last thing that was posted."""
        return await comparison.compare(self._server, self.town, self.books, self.traffic.position, self._show)

    def _poster(self, pause: Pause | None) -> Poster:
        at_once = max(2, _AT_ONCE // len(self._places))
        return Poster(self._server, self.books, self.traffic, at_once, self._cutting, pause)

    async def _day(self, tills: dict[str, TillAtWork], day: dict[str, TillDay]) -> None:
        async with asyncio.TaskGroup() as group:
            for terminal, till in tills.items():
                found = self._lives(terminal, day[terminal])
                if self.options.resume and day[terminal].shift.day < self.options.resume:
                    deque(found, maxlen=0)  # what the till remembers of it comes again
                else:
                    group.create_task(till.work(map(self._counted, found)))

    def _lives(self, terminal: str, one: TillDay) -> Iterator[Life]:
        day, last = one.shift.day, self.options.days[-1]
        is_first = day == self.options.days[0]
        until = self.options.until if day == last else None
        lives_ = days.day(one.shift, one.moments, self._memories[terminal], is_first=is_first, until=until)
        return itertools.takewhile(lambda _: not self.stop.is_set(), lives_)

    def _counted(self, life: Life) -> Life:
        if life.is_order:
            self.traffic.orders += 1
            if self.traffic.orders % 20 == 0 or self._total is None:
                self._show("orders", self.traffic.orders, self._total)
        return life

    async def _keep_books(self, poster: Poster) -> None:
        await poster.live_all(Life([step]) for step in integrator.due(self.books))

    async def _open(self, till: TillAtWork) -> None:
        for terminal in self._places:
            for begin in (lives.first_day, lives.opening):
                await till.one(begin(self._shift(terminal, self.start), self.start))

    def _next(self, terminal: str, random: Random) -> Life:
        """The next order at a till, now."""
        now = datetime.now(ZONE).replace(tzinfo=None)
        shift = self._shift(terminal, now)
        life = days.order(shift, now, self._memories[terminal])
        if random.random() < _HEALTH:
            life.steps.append(Step("PostReports", health(shift.place.till, now, shift.random)))
        return self._counted(life._replace(offline=self._is_offline(terminal, random)))

    def _is_offline(self, terminal: str, random: Random) -> bool:
        """Whether the line of a till is down; now and then it goes down for a minute."""
        now = time.monotonic()
        if self.options.faults and random.random() < _SPELLS:
            self._offline[terminal] = now + random.uniform(*_SPELL)
        return now < self._offline.get(terminal, 0.0)

    def _shift(self, terminal: str, now: datetime) -> Shift:
        """The till's shift of the day that is; one that begins now uses receipt numbers of its own."""
        shift = self._shifts.get(terminal)
        if shift is None or shift.day != now.date():
            place = self._places[terminal]
            shift = calendar.shift_of(self.options, self.town, place, now.date(), f"/{self.start}")
            shift.go_on_at(now)
            self._shifts[terminal] = shift
        return shift

    async def _between_steps(self) -> None:
        await self._waited(_STEP, float("inf"))

    async def _waited(self, seconds: float, end: float) -> bool:
        """Whether business goes on after a while."""
        try:
            await asyncio.wait_for(self.stop.wait(), max(0.0, min(seconds, end - time.monotonic())))
        except TimeoutError:
            return time.monotonic() < end
        return False
