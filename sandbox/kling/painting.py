"""Painting a landscape from words: the palette and the scene come from the prompt.

The same prompt and index always give the same painting; another index gives another composition.
"""

import hashlib
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageColor, ImageDraw

Rgb = tuple[int, int, int]
SUPERSAMPLED_UP_TO_PX = 1600
DICE_BYTES = 8192
DARK_SKY_SUM = 200  # of the three channels
STARS = 110
WAVES = 46
RIDGES = 5


@dataclass(frozen=True)
class Palette:
    """Six colours: sky above and at the horizon, the light, far and near ground, an accent."""

    sky: str
    horizon: str
    light: str
    far: str
    near: str
    accent: str


PALETTES: Final = {
    "dusk": Palette("#34306b", "#f4a582", "#ffe6bf", "#9a6f9e", "#1c1a3a", "#ffb46b"),
    "dawn": Palette("#6fa3c8", "#fbd9c0", "#fff6dd", "#a9b8cf", "#3c4a6b", "#f28f79"),
    "day": Palette("#3f8fd2", "#d9effa", "#fffbe8", "#8fb9c9", "#2f6b57", "#f6c453"),
    "night": Palette("#0b1030", "#2e4479", "#f3f0dc", "#33477c", "#070a1d", "#ffd37a"),
    "neon": Palette("#140a2e", "#c2347f", "#7df4ff", "#5b2a86", "#0a0719", "#48e5e0"),
    "gold": Palette("#7a4a21", "#f6cf86", "#fff0c2", "#c08a4b", "#3a2414", "#ffe08a"),
    "leaf": Palette("#7db7a4", "#eaf3d0", "#fffde3", "#7fa886", "#173d2f", "#e7a94e"),
    "ice": Palette("#5d8fb8", "#eaf4fb", "#ffffff", "#b4cfe3", "#5b7fa3", "#f5b7b1"),
}
PALETTE_WORDS: Final = {
    "dusk": "sunset dusk evening purple violet lavender twilight romantic 黄昏 日落 傍晚 暮色 紫色",
    "dawn": "dawn morning sunrise pink rose pastel spring mist fog"
    " 黎明 清晨 早晨 日出 粉色 春天 薄雾",
    "day": "day blue sky summer bright sunny beach noon 白天 蓝色 蓝天 晴天 晴朗 夏天",
    "night": "night moon midnight dark stars star space galaxy black lantern lanterns"
    " 夜 午夜 月光 月亮 星空 宇宙 黑暗 灯笼",
    "neon": "neon cyberpunk futuristic synthwave club electric robot future 霓虹 赛博 未来 机器人",
    "gold": "gold golden desert autumn amber warm retriever lion sand orange yellow fire"
    " 金色 沙漠 秋天 橙色 琥珀 狮子 火焰",
    "leaf": "forest green jungle garden tree trees leaf grass meadow bamboo tea"
    " 森林 绿色 丛林 花园 树 草地 竹 茶",
    "ice": "snow ice winter arctic frozen white cold mountain glacier penguin"
    " 雪 冰 冬天 冬日 白色 企鹅",
}
SCENE_WORDS: Final = {
    "city": "city street neon cyberpunk skyline town tokyo tower building buildings club"
    " 城市 街 北京 上海 东京 高楼 大楼 都市",
    "sea": "sea ocean beach lake water wave waves river boat ship harbour harbor island whale"
    " 海 湖 河 江 浪 船 港 岛 鲸 灯塔",
    "forest": "forest jungle tree trees bamboo wood woods garden pine fox deer"
    " 森林 丛林 树 竹 松 花园 狐狸 鹿",
}


class Dice:
    """Numbers in [0, 1) that depend on nothing but the seed."""

    def __init__(self, seed: str) -> None:
        self._bytes = iter(hashlib.shake_256(seed.encode()).digest(DICE_BYTES))

    def roll(self, low: float = 0.0, high: float = 1.0) -> float:
        """Return the next number, between `low` and `high`."""
        return low + (high - low) * (next(self._bytes) * 256 + next(self._bytes)) / 65536


def paint(prompt: str, index: int, size: tuple[int, int]) -> Image.Image:
    """Return the RGB painting of `prompt`, composition `index`, at exactly `size`."""
    scale = 2 if max(size) <= SUPERSAMPLED_UP_TO_PX else 1
    dice = Dice(f"{prompt}/{index}")
    canvas = _Canvas((size[0] * scale, size[1] * scale), _palette(prompt, dice), dice)
    canvas.sky()
    scenes: dict[str, Callable[[], None]] = {
        "city": canvas.city, "sea": canvas.sea, "forest": canvas.forest, "hills": canvas.hills
    }  # fmt: skip
    scenes[_named(SCENE_WORDS, prompt) or "hills"]()
    return canvas.image if scale == 1 else canvas.image.resize(size, Image.Resampling.BOX)


def _named(lexicon: dict[str, str], prompt: str) -> str | None:
    """Return what the first known word of the prompt stands for.

    Chinese has no spaces: its words are found inside others, too.
    """
    text = prompt.casefold()
    found = [
        (match.start(), place, name)
        for place, (name, words) in enumerate(lexicon.items())
        for word in words.split()
        if (match := re.search(rf"\b{word}\b" if word.isascii() else word, text))
    ]
    return min(found)[2] if found else None


def _palette(prompt: str, dice: Dice) -> Palette:
    names = list(PALETTES)
    chosen = names[int(dice.roll() * len(names))]
    return PALETTES[_named(PALETTE_WORDS, prompt) or chosen]


def _mix(one: str, other: str, share: float) -> Rgb:
    pairs = zip(ImageColor.getrgb(one), ImageColor.getrgb(other), strict=True)
    red, green, blue = (round(a + (b - a) * share) for a, b in pairs)
    return red, green, blue


class _Canvas:
    def __init__(self, size: tuple[int, int], palette: Palette, dice: Dice) -> None:
        self.width, self.height = size
        self.palette = palette
        self.dice = dice
        self.image = Image.new("RGB", size, palette.sky)
        self.draw = ImageDraw.Draw(self.image)
        self.short = min(size)
        self.horizon = self.height * dice.roll(0.52, 0.62)
        self.light_x = self.width * dice.roll(0.22, 0.78)
        self.light_y = self.horizon - self.short * dice.roll(0.12, 0.34)

    def sky(self) -> None:
        """Gradient, stars where it is dark, the light and its glow."""
        ramp = Image.linear_gradient("L").resize((1, round(self.horizon)))
        low = Image.new("RGB", (self.width, ramp.height), self.palette.horizon)
        self.image.paste(low, (0, 0), ramp.resize(low.size))
        self.draw.rectangle(
            (0, round(self.horizon), self.width, self.height), fill=self.palette.horizon
        )
        if sum(ImageColor.getrgb(self.palette.sky)) < DARK_SKY_SUM:
            self._stars()
        self._glow(self.light_x, self.light_y, self.short * 0.62, self.palette.light, 0.75)
        radius = self.short * self.dice.roll(0.055, 0.1)
        self._disc(self.light_x, self.light_y, radius, self.palette.light)
        for _ in range(5):
            self._cloud(self.width * self.dice.roll(), self.horizon * self.dice.roll(0.1, 0.75))

    def hills(self) -> None:
        """Ridges behind ridges, paler the farther."""
        for ridge in range(RIDGES):
            self._ridge(ridge / (RIDGES - 1))

    def forest(self) -> None:
        """Ridges with firs."""
        for ridge in range(RIDGES):
            depth = ridge / (RIDGES - 1)
            tops = self._ridge(depth)
            fill = _mix(self.palette.far, self.palette.near, depth)
            tall = self.short * (0.035 + 0.15 * depth)
            x = 0.0
            while depth > 0 and x < self.width:
                height = tall * self.dice.roll(0.6, 1.25)
                self._fir(
                    x, tops[min(int(x / self.width * len(tops)), len(tops) - 1)][1], height, fill
                )
                x += height * self.dice.roll(0.32, 0.75)

    def sea(self) -> None:
        """A far coast, water with the light's path on it, a small sail."""
        self._ridge(0.0, 0.45)
        water = _mix(self.palette.near, self.palette.far, 0.35)
        top = round(self.horizon + self.short * 0.02)
        deep = Image.new("RGB", (self.width, self.height - top), self.palette.near)
        self.draw.rectangle((0, top, self.width, self.height), fill=water)
        self.image.paste(deep, (0, top), Image.linear_gradient("L").resize(deep.size))
        for wave in range(WAVES):
            near = (wave + 1) / WAVES
            y = top + (self.height - top) * near**1.6
            spread = self.short * (0.03 + 0.3 * near)
            x = self.light_x + spread * self.dice.roll(-1, 1)
            long = self.short * (0.02 + 0.2 * near) * self.dice.roll(0.5, 1.2)
            thick = max(2, round(self.short * 0.004 * (0.5 + near)))
            shine = _mix(self.palette.light, self.palette.near, 0.15 + 0.45 * near)
            self.draw.rounded_rectangle((x - long, y, x + long, y + thick), thick / 2, fill=shine)
        self._sail(self.width * self.dice.roll(0.15, 0.85), top + self.short * 0.09)

    def city(self) -> None:
        """Three rows of houses with lit windows."""
        for row in range(3):
            depth = row / 2
            fill = _mix(self.palette.far, self.palette.near, 0.25 + 0.75 * depth)
            x = -self.short * 0.05
            while x < self.width:
                wide = self.short * self.dice.roll(0.06, 0.13) * (0.7 + 0.6 * depth)
                tall = self.short * self.dice.roll(0.14, 0.42) * (1.1 - 0.35 * depth)
                top = self.horizon + self.short * 0.2 * depth - tall
                self.draw.rectangle((x, top, x + wide, self.height), fill=fill)
                self._windows(x, top, wide, depth)
                x += wide + self.short * self.dice.roll(0.0, 0.02)

    def _windows(self, left: float, top: float, wide: float, depth: float) -> None:
        step = self.short * (0.016 + 0.008 * depth)
        lit = (self.palette.accent, self.palette.light, self.palette.horizon)
        pattern = Dice(f"{left}{top}")
        for row in range(1, int((self.height - top) / step / 1.4)):
            for column in range(int((wide - step) / step)):
                if pattern.roll() < 0.28 + 0.14 * depth:
                    x, y = left + step * (column + 0.75), top + step * 1.4 * row
                    fill = lit[int(pattern.roll() * len(lit))]
                    self.draw.rectangle((x, y, x + step * 0.5, y + step * 0.7), fill=fill)

    def _ridge(self, depth: float, lift: float = 1.0) -> list[tuple[float, float]]:
        base = self.horizon + (self.height - self.horizon) * 0.62 * depth**1.2
        high = self.short * (0.11 - 0.035 * depth) * lift
        waves = [
            (self.dice.roll(1.0, 2.2) * 1.9**k, self.dice.roll(0, 6.3), 0.55**k) for k in range(5)
        ]
        points: list[tuple[float, float]] = []
        for x in range(0, self.width + 8, 8):
            at = x / self.width * 2 * math.pi
            rise = sum(math.sin(at * often + phase) * tall for often, phase, tall in waves)
            points.append((x, base - high * rise))
        fill = _mix(self.palette.far, self.palette.near, depth)
        self.draw.polygon([(0, self.height), *points, (self.width, self.height)], fill=fill)
        return points

    def _fir(self, x: float, y: float, height: float, fill: Rgb) -> None:
        for tier in range(3):
            foot = y + height * 0.12 - height * 0.27 * tier
            half = height * (0.24 - 0.055 * tier)
            self.draw.polygon(
                [(x - half, foot), (x + half, foot), (x, foot - height * 0.5)], fill=fill
            )

    def _sail(self, x: float, y: float) -> None:
        size = self.short * 0.06
        hull = _mix(self.palette.near, "#000000", 0.3)
        self.draw.polygon(
            [(x, y - size * 1.5), (x, y - size * 0.1), (x + size * 0.8, y - size * 0.1)],
            fill=self.palette.light,
        )
        self.draw.polygon(
            [
                (x - size * 0.1, y - size * 1.2),
                (x - size * 0.1, y - size * 0.1),
                (x - size * 0.6, y - size * 0.1),
            ],
            fill=self.palette.accent,
        )
        self.draw.chord((x - size, y - size * 0.45, x + size, y + size * 0.45), 0, 180, fill=hull)

    def _stars(self) -> None:
        for _ in range(STARS):
            x, y = self.width * self.dice.roll(), self.horizon * self.dice.roll(0, 0.9)
            self._disc(x, y, self.short * self.dice.roll(0.0006, 0.002), self.palette.light)

    def _cloud(self, x: float, y: float) -> None:
        colour = _mix(self.palette.horizon, self.palette.light, 0.4)
        long = self.short * self.dice.roll(0.18, 0.42)
        self._veil(x, y, long, long * self.dice.roll(0.06, 0.13), colour, 0.55)

    def _glow(self, x: float, y: float, radius: float, colour: str, strength: float) -> None:
        self._veil(x, y, radius, radius, ImageColor.getrgb(colour)[:3], strength)

    def _veil(
        self,
        x: float,
        y: float,
        across: float,
        down: float,
        colour: tuple[int, ...],
        strength: float,
    ) -> None:
        """Lay a soft ellipse of colour over the picture."""
        size = (max(2, round(2 * across)), max(2, round(2 * down)))
        soft = Image.radial_gradient("L").point(
            lambda far: round(max(0, 1 - far / 180) ** 2 * 255 * strength)
        )
        mask = soft.resize(size, Image.Resampling.BILINEAR)
        self.image.paste(
            colour,
            (
                round(x - across),
                round(y - down),
                round(x - across) + size[0],
                round(y - down) + size[1],
            ),
            mask,
        )

    def _disc(self, x: float, y: float, radius: float, colour: str) -> None:
        self.draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
