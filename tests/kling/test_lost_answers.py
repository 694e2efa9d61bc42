"""Orders whose answer never came, against the local Kling: found again, and paid once."""

import pytest

from bot.domain.requests import Route
from bot.errors import KlingUnclear
from bot.kling.dialects import Dialect
from bot.kling.tasks import Lookup
from sandbox.kling import Fault, How, Switches
from tests.harness.kling.samples import FULL_EXAMPLE, lip_sync
from tests.kling.conftest import OpenWorld

LOST = [
    Fault(How.DROP),
    Fault(How.CUT),
    Fault(How.GARBAGE),
    Fault(How.TRUNCATED),
    Fault(How.NO_TASK_ID),
    Fault(How.ANSWER, code=5000),
    Fault(How.ANSWER, code=5002),
    Fault(How.ANSWER, status=200, code=5000),
]


@pytest.mark.sweep
@pytest.mark.parametrize(
    "fault", LOST, ids=lambda fault: f"{fault.how}-{fault.status}-{fault.code}"
)
async def test_a_task_whose_answer_was_lost_is_found(
    open_world: OpenWorld, dialect: Dialect, fault: Fault
) -> None:
    """The order was carried out, its answer unreadable: unclear, then found, and paid once."""
    world = await open_world(dialect)
    world.local.fault(Fault(fault.how, status=fault.status, code=fault.code))
    with pytest.raises(KlingUnclear):
        await world.kling.create(FULL_EXAMPLE, external_id="abc", inputs={})
    assert len(world.local.creates) == 1
    task = await world.kling.find(Route.TEXT2VIDEO, "abc")
    assert world.kling.lookup(Route.TEXT2VIDEO) is Lookup.PROVES
    assert task is not None
    assert task.task_id == world.local.creates[0].id


async def test_an_order_that_never_arrived_is_proved_absent(
    open_world: OpenWorld, dialect: Dialect
) -> None:
    """Unclear, but not carried out: the look-up says so, and the same id is free."""
    world = await open_world(dialect)
    world.local.fault(Fault(How.DROP, before=True))
    with pytest.raises(KlingUnclear):
        await world.kling.create(FULL_EXAMPLE, external_id="abc", inputs={})
    assert await world.kling.find(Route.TEXT2VIDEO, "abc") is None
    assert world.kling.lookup(Route.TEXT2VIDEO) is Lookup.PROVES
    await world.kling.create(FULL_EXAMPLE, external_id="abc", inputs={})


@pytest.mark.sweep
@pytest.mark.parametrize("by_path", [True, False])
@pytest.mark.parametrize("echoes", [True, False])
async def test_a_lip_sync_is_found_wherever_it_can_be(
    open_world: OpenWorld, dialect: Dialect, two_faces: bytes, *, by_path: bool, echoes: bool
) -> None:
    """By its path, or on Kling itself by its echo in the list; and otherwise nothing is proved."""
    world = await open_world(
        dialect,
        switches=Switches(lip_sync_by_external_id=by_path, lip_sync_echoes_external_id=echoes),
    )
    world.local.fault(Fault(How.DROP, path="/v1/videos/advanced-lip-sync"))
    with pytest.raises(KlingUnclear):
        await lip_sync(world, two_faces)
    assert await world.kling.find(Route.LIP_SYNC, "nobody") is None
    assert world.kling.lookup(Route.LIP_SYNC) is Lookup.MAY_FIND
    found = await world.kling.find(Route.LIP_SYNC, "abc")
    findable = by_path or (echoes and dialect is Dialect.OFFICIAL)
    assert (found is not None) == findable
    if not findable:
        assert world.kling.lookup(Route.LIP_SYNC) is Lookup.MAY_FIND


@pytest.mark.sweep
async def test_our_gateway_is_greeted(open_world: OpenWorld) -> None:
    """It says who it is, so that every route is known to keep ids before the first order."""
    world = await open_world(Dialect.GATEWAY)
    assert await world.kling.greet()
    assert world.kling.lookup(Route.GENERATIONS) is Lookup.PROVES
    assert world.local.requests == []
