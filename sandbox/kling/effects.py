"""What effects refuse, the order, and the clip: the picture moves; two stand side by side."""

import asyncio
import io
import re
from decimal import Decimal
from functools import partial
from typing import Final

from PIL import Image

from sandbox.kling import fields, geometry
from sandbox.kling.clips import draw_clip
from sandbox.kling.errors import bad_value
from sandbox.kling.fields import JsonObject
from sandbox.kling.intake import Intake, size_of
from sandbox.kling.orders import ClipDrawing, Made, Order, Product
from sandbox.kling.pictures import shown
from sandbox.kling.switches import Switches

NAME: Final = re.compile(r"[\w-]+")
SCENES: Final = frozenset(
    NAME.findall(
        """
    net_the_fish birthday_board summer_fireworks blow_blaze champagne_birthday pet_working_daily
    pet_roll_window pet_crash_earth makeup_style hair_dressup barbie_transform critter_paste
    wiggle_faces_pets paw_headbang food_splash dj_pet pet_diving disco_paws pet_fitness
    j_var_live pet_burst idol_live beast_striker african_sway jealousy_sway chubby_fish
    shrug_dance soccer_star bra_hot_dance arg_hot_dance fra_hot_dance bra_goal arg_goal por_goal
    victory_slide samba_fever bicycle_kick football_dance_2 red_card_sent_off football_dance
    magic_world_vlog magic_world_vlog_9_16 air_dunk whirling_beverage_9_16 tennis_trend
    tennis_trend_9_16 football_live_9_16 whirling_beverage f1_live football_live
    spielberg_transition korean_baseball_9_16 korean_baseball pet_skateboard daily_ootd
    tiny_beast_printer landmark_reveal winter_charm flash_ride maestro_of_magic
    magic_carpet_ride good_luck_spirit shooting_star sparkler_wand sovereign_scepter dirt_rush
    return_of_the_king dance_with_dragon minimalist_light martial_meow sassy_shake
    knock_at_a_door_revenge palm_sized_figure_pro prank_box perler_beads spring_bloom toss_run
    switch_to_silk get_rich_quick make_it_rain twist_shake the_hip_sway send_my_love
    funky_martian wealth_drive the_high_kick the_exercise lucky_veggie studio_look flash_drive
    shush_my_dreams french_elegance finger_swipe advent_of_flora smooth_transition kiss_pro
    raid_check snow_night_kiss eternal_kiss fortune_in_motion chinese_trend sedan_chair_dance
    skyfall good_luck_dance laicai_dance yangge_dance color_mixing lantern_festival_cuju
    unique_firework unique_spring_couplets horse_mask fortune_knocks_cartoon tangyuan_to_animal
    hot_feet_dance swag_dance pigeon_dance bloodline_dance chanel_dance cute_dance
    love_theme_song pumpitup_dance city_to_village fortune_god_transform new_year_feast
    ring_in_new horse_year_firework crystal_horse drunk_dance drunk_dance_pet daoma_dance
    bouncy_dance smooth_sailing_dance new_year_greeting lion_dance prosperity great_success
    golden_horse_fortune red_packet_box lucky_horse_year lucky_red_packet lucky_money_come
    lion_dance_pet dumpling_making_pet fish_making_pet pet_red_packet lantern_glow
    expression_challenge overdrive heart_gesture_dance poping martial_arts running nezha
    motorcycle_dance subject_3_dance ghost_step_dance phantom_jewel zoom_out cheers_2026
    fight_pro hug_pro heart_gesture_pro dollar_rain_pro pet_bee_pro countdown_teleport
    santa_random_surprise magic_match_tree bullet_time_360 happy_birthday birthday_star
    thumbs_up_pro tiger_hug_pro pet_lion_pro surprise_bouquet bouquet_drop glamour_photo_shoot
    box_of_joy first_toast_of_the_year my_santa_pic santa_gift steampunk_christmas snowglobe
    christmas_photo_shoot ornament_crash santa_express instant_christmas coronation_of_frost
    building_sweater spark_in_the_snow scarlet_and_snow bullet_time_lite jumping_ginger_joy
    pure_white_wings black_wings golden_wing pink_pink_wings venomous_spider throne_of_king
    luminous_elf woodland_elf guardian_spirit swish_swish snowboarding witch_transform
    vampire_transform pumpkin_head_transform demon_transform mummy_transform zombie_transform
    cute_pumpkin_transform halloween_escape pet_moto_rider running_man 3d_cartoon_2 pet_dance
    swing_swing day_to_night surfsurf skateskate
    """
    )
)
"""The enumeration of Kling's documentation (2026-09)."""
DUAL: Final = frozenset(
    NAME.findall(
        """
    cheers_2026 daily_ootd eternal_kiss fight_pro finger_swipe french_elegance heart_gesture_pro
    hug_pro kiss_pro pet_skateboard smooth_transition snow_night_kiss studio_look switch_to_silk
    toss_run
    """
    )
)
PICTURES: Final = 2
SECONDS: Final = 5
UNITS: Final = {1: Decimal(2), 2: Decimal("3.5")}
"""Of this world: Kling's prices are on pages of each scene."""


async def effects(body: JsonObject, intake: Intake, _switches: Switches) -> Order:
    """Return the order for a scene; its length is not told."""
    scene = fields.text(body, "effect_scene")
    if scene not in SCENES:
        raise bad_value(f"effect_scene value '{scene}' is invalid")
    given = fields.inner(body, "input")
    if scene in DUAL:
        listed = fields.objects(given, "images", PICTURES)
        if len(listed) != PICTURES or "image" in given:
            raise bad_value("input.images must have exactly 2 images")
    else:
        listed = [given.get("image")]
        if "images" in given or "image" not in given:
            raise bad_value("input.image cannot be empty")
    pictures = tuple([await intake.image(one) for one in listed])
    first = await asyncio.to_thread(_side_by_side, pictures)
    size = geometry.clip_size(await asyncio.to_thread(size_of, first), "std")
    drawing = ClipDrawing(prompt=scene, size=size, seconds=SECONDS, first=first)
    made = Made(partial(_draw, drawing), "mp4", given=pictures)
    return Order(Product.EFFECTS, scene, scene, UNITS[len(pictures)], 1, made)


def _draw(drawing: ClipDrawing, _index: int, every: int) -> bytes:
    return draw_clip(drawing, every)


def _side_by_side(pictures: tuple[bytes, ...]) -> bytes:
    """Return the one picture, or both next to each other, the first on the left."""
    if len(pictures) == 1:
        return pictures[0]
    sizes = [size_of(one) for one in pictures]
    height = min(size[1] for size in sizes)
    widths = [round(size[0] * height / size[1]) for size in sizes]
    both = Image.new("RGB", (sum(widths), height))
    for number, content in enumerate(pictures):
        with Image.open(io.BytesIO(content)) as opened:
            both.paste(shown(opened, (widths[number], height)), (sum(widths[:number]), 0))
    out = io.BytesIO()
    both.save(out, "PNG")
    return out.getvalue()
