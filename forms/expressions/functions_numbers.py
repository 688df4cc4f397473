"""Functions on numbers and lists of numbers, and the two on the earth's surface."""

from __future__ import annotations

import decimal
import hashlib
import itertools
import math
import random
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from forms.expressions.values import (
    CONTEXT,
    NAN,
    ONE,
    ZERO,
    EvaluationError,
    Value,
    atom,
    snap,
    to_boolean,
    to_number,
    to_string,
)

MANY = 999
Node = TypeVar("Node")
_PARK_MILLER = 2**31 - 1
EARTH_RADIUS = 6378100.0
"""Metres; the radius ODK's engine reckons with."""


def whole(number: int) -> Decimal:
    return Decimal(number)


def spread(values: list[Value]) -> list[Value]:
    """The arguments with lists of nodes laid out, one value per node."""
    result: list[Value] = []
    for value in values:
        if isinstance(value, list):
            result += [node.seen for node in value]
        else:
            result.append(value)
    return result


def limits(a: list[Value]) -> tuple[Decimal, Decimal]:
    """The least and most of a checklist; -1 is no limit."""
    least, most = to_number(a[0]), to_number(a[1])
    return (ZERO if least < 0 else least), (Decimal("Infinity") if most < 0 else most)


def weigh(values: list[Value]) -> Decimal:
    total = ZERO
    for truth, weight in zip(values[::2], values[1::2], strict=True):
        if to_boolean(truth):
            total = CONTEXT.add(total, to_number(weight))
    return total


def shuffled(nodes: Sequence[Node], seed: Value | None, rng: random.Random) -> list[Node]:
    """In the order ODK's engines give for the same seed: Fisher and Yates by the numbers of Park and Miller
    (XForms specification, `randomize`)."""
    state = (rng.getrandbits(31) if seed is None else seed_number(seed)) % _PARK_MILLER
    state = state or _PARK_MILLER - 1
    result: list[Node] = []
    for node in nodes:
        state = state * 16807 % _PARK_MILLER
        place = int((state - 1) / (_PARK_MILLER - 1) * (len(result) + 1))
        result.append(node)
        result[-1], result[place] = result[place], node
    return result


def seed_number(seed: Value) -> int:
    """A number without its fraction; of any other text the first eight bytes of its SHA-256; nothing is 0.
    Its remainder is Java's: with the sign of the number."""
    number, text = to_number(seed), to_string(seed)
    if number.is_finite():
        whole = int(number)
    else:
        whole = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big", signed=True) if text else 0
    rest = abs(whole) % _PARK_MILLER
    return rest if whole >= 0 else _PARK_MILLER - 1 - rest


def _round(_c: Any, a: list[Value]) -> Value:
    """Half goes up, also below zero: round(-2.5) is -2."""
    number = to_number(a[0])
    if not number.is_finite():
        return number
    places = to_number(a[1]) if len(a) > 1 else ZERO
    if not places.is_finite():
        return NAN
    unit = Decimal(1).scaleb(-max(-300, min(300, int(places))))
    scaled = snap(CONTEXT.divide(number, unit))
    up = (scaled + Decimal("0.5")).to_integral_value(rounding=decimal.ROUND_FLOOR)
    return CONTEXT.multiply(up, unit)


def _integral(rounding: str) -> Callable[[Any, list[Value]], Value]:
    def compute(_c: Any, a: list[Value]) -> Value:
        number = to_number(a[0])
        return snap(number).to_integral_value(rounding=rounding) if number.is_finite() else number

    return compute


def _real(compute: Callable[..., float]) -> Callable[[Any, list[Value]], Value]:
    """A function of floating point numbers; outside its domain the answer is NaN."""

    def run(_c: Any, a: list[Value]) -> Value:
        numbers = [float(to_number(value)) for value in a]
        if any(math.isnan(n) for n in numbers):
            return NAN
        try:
            return Decimal(repr(compute(*numbers)))
        except ValueError:
            return NAN
        except OverflowError:
            return Decimal("Infinity")

    return run


def _log(number: float) -> float:
    return -math.inf if number == 0 else math.log(number)


def _log10(number: float) -> float:
    return -math.inf if number == 0 else math.log10(number)


def _pow(_c: Any, a: list[Value]) -> Value:
    base, exponent = to_number(a[0]), to_number(a[1])
    if exponent == 0:
        return ONE
    if base.is_nan() or exponent.is_nan() or (abs(base) == 1 and exponent.is_infinite()):
        return NAN
    if exponent.is_finite() and exponent == exponent.to_integral_value() and abs(exponent) < 10_000:
        return CONTEXT.power(base, exponent)
    return _real(math.pow)(_c, a)


def _sqrt(_c: Any, a: list[Value]) -> Value:
    number = to_number(a[0])
    return NAN if number.is_nan() or number < 0 else CONTEXT.sqrt(number)


def _extreme(sign: int) -> Callable[[Any, list[Value]], Value]:
    def compute(_c: Any, a: list[Value]) -> Value:
        numbers = [n for n in map(to_number, spread(a)) if not n.is_nan()]
        if not numbers:
            return NAN
        return max(numbers) if sign > 0 else min(numbers)

    return compute


def _sum(_c: Any, a: list[Value]) -> Value:
    """Over a list of nodes; an empty or unreadable one makes no sum, as in ODK, so blanks are passed over."""
    total = ZERO
    for value in spread(a):
        if value == "":
            continue
        total = CONTEXT.add(total, to_number(value))
    return total


def _count(_c: Any, a: list[Value]) -> Value:
    return Decimal(len(_nodes("count", a)))


def _count_non_empty(_c: Any, a: list[Value]) -> Value:
    return Decimal(sum(to_string(node.seen) != "" for node in _nodes("count-non-empty", a)))


def _nodes(name: str, a: list[Value]) -> list[Any]:
    if not isinstance(a[0], list):
        raise EvaluationError(f"{name}() 的参数应是一组节点，例如 ${{重复组}}")
    return a[0]


def _random(c: Any, _a: list[Value]) -> Value:
    return Decimal(repr(c.run.rng.random()))


def _points(values: list[Value]) -> list[tuple[float, float]]:
    """Points "latitude longitude altitude accuracy", several divided by semicolons."""
    points = []
    for value in spread(values):
        for part in to_string(value).split(";"):
            figures = part.split()
            if len(figures) >= 2:
                latitude, longitude = to_number(figures[0]), to_number(figures[1])
                if latitude.is_nan() or longitude.is_nan():
                    raise EvaluationError(f"“{part.strip()}”不是坐标")
                points.append((math.radians(float(latitude)), math.radians(float(longitude))))
    return points


def _distance(_c: Any, a: list[Value]) -> Value:
    """Metres along the points."""
    points = _points(a)
    total = sum(_between(p, q) for p, q in itertools.pairwise(points))
    return Decimal(repr(float(total)))


def _between(p: tuple[float, float], q: tuple[float, float]) -> float:
    if p == q:
        return 0.0
    cosine = math.sin(p[0]) * math.sin(q[0]) + math.cos(p[0]) * math.cos(q[0]) * math.cos(q[1] - p[1])
    return math.acos(max(-1.0, min(1.0, cosine))) * EARTH_RADIUS


def _area(_c: Any, a: list[Value]) -> Value:
    """Square metres within the points, on the sphere."""
    points = _points(a)
    if len(points) < 3:
        return ZERO
    if points[0] != points[-1]:
        points.append(points[0])
    total = 0.0
    for (lat1, lon1), (lat2, lon2) in itertools.pairwise(points):
        total += (lon2 - lon1) * (2 + math.sin(lat1) + math.sin(lat2))
    return Decimal(repr(abs(total * EARTH_RADIUS * EARTH_RADIUS / 2)))


def _number(c: Any, a: list[Value]) -> Value:
    return to_number(atom(a[0]) if a else c.node.seen)


Compute = Callable[[Any, list[Value]], Value]

TABLE: list[tuple[str, int, int, Compute]] = [
    ("number", 0, 1, _number),
    ("int", 1, 1, _integral(decimal.ROUND_DOWN)),
    ("floor", 1, 1, _integral(decimal.ROUND_FLOOR)),
    ("ceiling", 1, 1, _integral(decimal.ROUND_CEILING)),
    ("round", 1, 2, _round),
    ("abs", 1, 1, lambda _c, a: CONTEXT.abs(to_number(a[0]))),
    ("pow", 2, 2, _pow),
    ("sqrt", 1, 1, _sqrt),
    ("exp", 1, 1, _real(math.exp)),
    ("exp10", 1, 1, _real(lambda n: math.pow(10, n))),
    ("log", 1, 1, _real(_log)),
    ("log10", 1, 1, _real(_log10)),
    ("sin", 1, 1, _real(math.sin)),
    ("cos", 1, 1, _real(math.cos)),
    ("tan", 1, 1, _real(math.tan)),
    ("asin", 1, 1, _real(math.asin)),
    ("acos", 1, 1, _real(math.acos)),
    ("atan", 1, 1, _real(math.atan)),
    ("atan2", 2, 2, _real(math.atan2)),
    ("pi", 0, 0, lambda _c, _a: Decimal(repr(math.pi))),
    ("min", 0, MANY, _extreme(-1)),
    ("max", 0, MANY, _extreme(1)),
    ("sum", 1, 1, _sum),
    ("count", 1, 1, _count),
    ("count-non-empty", 1, 1, _count_non_empty),
    ("random", 0, 0, _random),
    ("distance", 1, MANY, _distance),
    ("area", 1, MANY, _area),
]
