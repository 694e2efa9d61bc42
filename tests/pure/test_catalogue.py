"""Prices, expected times, names and suggestions of the catalogue."""

from decimal import Decimal
from typing import Any

import pytest

from bot.domain.catalogue import (
    expected_s,
    is_known,
    is_omni_model,
    models_that_can,
    price,
    suggest,
)
from bot.domain.requests import ImageRequest, LipSyncRequest, Request, Route, VideoRequest
from storage.job import Kind, Pack

ONE = ("image",)
TWO = ("image", "image_2")


def clip(model: str, **options: Any) -> VideoRequest:
    return VideoRequest("x", model, **options)


def picture(model: str, **options: Any) -> ImageRequest:
    return ImageRequest("x", model, **options)


PRICES: list[tuple[Request, str]] = [
    (clip("kling-v1"), "1"),
    (clip("kling-v1", duration_s=10), "2"),
    (clip("kling-v1", mode="pro"), "3.5"),
    (clip("kling-v1", mode="pro", duration_s=10), "7"),
    (clip("kling-v1-5", image=True), "2"),
    (clip("kling-v1-5", image=True, mode="pro", duration_s=10), "7"),
    (clip("kling-v1-6", duration_s=10), "4"),
    (clip("kling-v1-6", mode="pro"), "3.5"),
    (clip("kling-v2-master"), "10"),
    (clip("kling-v2-1-master", duration_s=10), "20"),
    (clip("kling-v2-1", image=True), "2"),
    (clip("kling-v2-1", image=True, mode="pro"), "3.5"),
    (clip("kling-v2-5-turbo"), "1.5"),
    (clip("kling-v2-5-turbo", duration_s=10), "3"),
    (clip("kling-v2-5-turbo", mode="pro"), "2.5"),
    (clip("kling-v2-5-turbo", mode="pro", duration_s=10, sound=False), "5"),
    (clip("kling-v2-6"), "1.5"),
    (clip("kling-v2-6", mode="pro"), "2.5"),
    (clip("kling-v2-6", mode="pro", sound=True), "5"),
    (clip("kling-v2-6", mode="pro", sound=True, duration_s=10), "10"),
    (clip("kling-v3", duration_s=3), "1.8"),
    (clip("kling-v3", mode="pro"), "4"),
    (clip("kling-v3", mode="4k", duration_s=15), "45"),
    (clip("kling-v3", sound=True), "4.5"),
    (clip("kling-v3", mode="pro", sound=True, duration_s=15), "18"),
    (clip("kling-v3", mode="4k", sound=True), "15"),
    (picture("kling-v1"), "1"),
    (picture("kling-v1", images=ONE, n=3), "3"),
    (picture("kling-v1-5"), "4"),
    (picture("kling-v1-5", images=ONE), "8"),
    (picture("kling-v2", resolution="2k"), "4"),
    (picture("kling-v2", images=ONE), "8"),
    (picture("kling-v2-1", n=2), "8"),
    (picture("kling-v2-1", images=ONE, n=2), "16"),
    (picture("kling-v3"), "8"),
    (picture("kling-v3", resolution="2k", n=9), "72"),
    (picture("kling-image-o1", omni=True, images=TWO), "8"),
    (picture("kling-v3-omni", omni=True), "8"),
    (picture("kling-v3-omni", omni=True, resolution="4k", n=2), "32"),
]


@pytest.mark.parametrize(("request_", "units"), PRICES)
def test_prices(request_: Request, units: str) -> None:
    """The units are those of the price table, of the pack that the request draws on."""
    found = price(request_)
    assert found is not None
    assert (found.units, found.pack) == (Decimal(units), request_.route.pack)
    assert not found.at_least


@pytest.mark.parametrize(
    "request_",
    [
        clip("kling-v9"),
        clip("kling-v2-6", sound=True),
        clip("kling-v2-6", duration_s=7),
        clip("kling-v1", mode="4k"),
        picture("kling-v9"),
        picture("kling-v2-new", images=ONE),
        picture("kling-v3", resolution="4k"),
    ],
)
def test_an_unknown_price_is_none(request_: Request) -> None:
    """Nothing is guessed about money."""
    assert price(request_) is None


def test_lip_sync_has_a_lowest_price() -> None:
    """At least 5 s at 0.5 and one look at the faces at 0.05, in video units."""
    found = price(LipSyncRequest("https://example.com/a.mp4"))
    assert found is not None
    assert (found.units, found.pack, found.at_least) == (Decimal("0.55"), Pack.VIDEO, True)


def test_omni_models() -> None:
    """Two models draw on omni-image; video models and strangers do not."""
    assert is_omni_model("kling-image-o1")
    assert is_omni_model("kling-v3-omni")
    assert not any(map(is_omni_model, ["kling-v3", "kling-video-o1", "kling-v9", ""]))


def test_known_names() -> None:
    """A name of any route is known; another is to be told to the operator."""
    assert all(map(is_known, ["kling-v3", "kling-v2-new", "kling-video-o1", "advanced-lip-sync"]))
    assert not any(map(is_known, ["kling-v9", "", "KLING-V3"]))


def test_models_that_can_do_everything() -> None:
    """Newest first, whatever model the request names."""
    assert models_that_can(clip("kling-v9", sound=True, mode="pro")) == ["kling-v3", "kling-v2-6"]
    assert models_that_can(LipSyncRequest("https://example.com/a.mp4")) == []


@pytest.mark.parametrize("route", list(Route))
def test_every_route_has_an_expected_time(route: Route) -> None:
    """Every kind of job can be told when it should be there, whatever the model."""
    assert 10 <= expected_s(route, "kling-v9") <= 900


def test_longer_and_finer_takes_longer() -> None:
    """The expected time of a clip grows with its length and its mode."""
    route, model = Route.TEXT2VIDEO, "kling-v3"
    short = expected_s(route, model, "std", 5)
    assert short == expected_s(route, model)
    assert short < expected_s(route, model, "std", 10) < expected_s(route, model, "pro", 10)
    assert 100 <= expected_s(route, model, "pro", 5) <= 250


@pytest.mark.parametrize("kind", [Kind.VIDEO, Kind.IMAGE])
@pytest.mark.parametrize("typed", ["", "k", "KLING", " v3", "zzz"])
def test_suggestions_contain_what_was_typed(kind: Kind, typed: str) -> None:
    """At most 25, each once, each containing what was typed in any case."""
    names = suggest(typed, kind)
    assert len(names) <= 25
    assert len(set(names)) == len(names)
    assert all(typed.strip().lower() in name for name in names)
    assert bool(names) is (typed != "zzz")


def test_suggestions_put_fitting_models_first() -> None:
    """Models that cannot do what is already set come last; the default leads the others."""
    assert suggest("", Kind.VIDEO)[0] == "kling-v3"
    assert suggest("", Kind.VIDEO, default="kling-v2-5-turbo")[0] == "kling-v2-5-turbo"
    assert suggest("", Kind.VIDEO, pictures=0)[-2:] == ["kling-v2-1", "kling-v1-5"]
    assert suggest("", Kind.IMAGE, pictures=2)[:2] == ["kling-v3-omni", "kling-image-o1"]
    assert suggest("", Kind.IMAGE, pictures=0)[-1] == "kling-v2-new"
    assert suggest("kling-image", Kind.IMAGE) == ["kling-image-o1"]
    assert suggest("", Kind.LIPSYNC) == []
