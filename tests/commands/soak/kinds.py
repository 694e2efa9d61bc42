"""Every kind of trouble, with what it did before it was mended and what the others ask for."""

from typing import Final

from tests.commands.soak.hostile import Kind
from tests.commands.soak.hostile_files import (
    broken_uploads,
    busy_channel,
    huge_encodes,
    large_pictures,
    limited_channels,
    picture_turn_s,
    stuck_content_server,
    stuck_name_server,
    stuck_uploads,
)
from tests.commands.soak.hostile_orders import (
    again_and_again,
    dear_job,
    model_without_room,
    no_media,
    odd_events,
    raising_step,
    too_many_at_once,
    twenty_clips,
    unreadable_row,
    unsure_lip_syncs,
)

SMALL_UPLOAD_BYTES: Final = 200_000
FEW_SLOTS: Final = 5

KINDS: Final = (
    Kind("a name server that never answers", stuck_name_server, '"busy" for everybody'),
    Kind("a content server that never answers, six members", stuck_content_server, "20 min"),
    Kind("six channels on a rate limit", limited_channels, "as long as the limit"),
    Kind("six uploads that Discord never finishes taking", stuck_uploads),
    Kind("six uploads that break off", broken_uploads),
    Kind("a lost post in a channel with 1,100 messages", busy_channel),
    Kind(
        "two clips to be made much smaller",
        huge_encodes,
        "15 s",
        discord={"message_limit": SMALL_UPLOAD_BYTES},
    ),
    Kind(
        "four commands with ten large pictures",
        large_pictures,
        "216 s",
        turn_of=picture_turn_s,
    ),
    Kind(
        "an order of nine on an account with five places",
        too_many_at_once,
        "24 h",
        with_picture=False,
        kling={"image_slots": FEW_SLOTS},
    ),
    Kind("a model without room, for ever", model_without_room, "for ever", command="video"),
    Kind("a job that costs more than is left", dear_job, "a day", with_picture=False),
    Kind(
        "twenty clips of one member, two places",
        twenty_clips,
        "place 16",
        command="video",
        with_picture=False,
        env={"KLINGBOT_KLING__VIDEO_SLOTS": "2"},
        kling={"video_slots": 2},
        turn_s=1.0,
    ),
    Kind(
        "five unsure lip-syncs",
        unsure_lip_syncs,
        "24 h",
        command="video",
        with_picture=False,
        passes_s=1_200.0,
        turn_s=1_200.0,
    ),
    Kind("six rows that can't be decoded", unreadable_row, "for ever"),
    Kind("six jobs whose step always raises", raising_step, "tried for ten days"),
    Kind("nine tasks without media", no_media, "a day"),
    Kind("gateway events of odd shapes", odd_events, "the process ended"),
    Kind('twenty presses on "deliver again"', again_and_again, "no limit"),
)
