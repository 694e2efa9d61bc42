"""A task in Kling's JSON: the object of a create, a query, a list and a callback."""

from decimal import Decimal
from typing import Any

from sandbox.kling.links import Links
from sandbox.kling.models import plain
from sandbox.kling.noises import FORMS
from sandbox.kling.orders import Dub, ElementMade, Made, PictureDrawing, Product
from sandbox.kling.results import clip_ms, extension
from sandbox.kling.switches import Switches
from sandbox.kling.tasks import Task

JsonObject = dict[str, Any]
NEWER_STATUS = {"succeed": "succeeded"}


def seconds(ms: int) -> str:
    """Return a length as Kling writes it: seconds with up to three decimals, as a string."""
    return f"{ms / 1000:.3f}".rstrip("0").rstrip(".")


def deduction(units: Decimal) -> JsonObject:
    """Return the two fields with what was paid; a pack pays, so the cash part is zero."""
    return {
        "final_unit_deduction": plain(units),
        "final_balance_deduction": {"quota": "0", "list_price": "0"},
    }


class Views:
    """Shows tasks, with links that are fresh at that moment."""

    def __init__(self, links: Links, switches: Switches) -> None:
        self._links = links
        self._switches = switches

    def created(self, task: Task, now_s: float) -> JsonObject:
        """Return the `data` of a create, which is always `submitted`, however fast the task."""
        return self._head(task, now_s) | {"task_status": "submitted"}

    def _head(self, task: Task, now_s: float) -> JsonObject:
        return {
            "task_id": task.id,
            "task_status": task.status(now_s),
            "task_info": self._info(task),
            "created_at": int(task.created_s * 1000),
            "updated_at": int(task.updated_s(now_s) * 1000),
        }

    def full(self, task: Task, now_s: float, units: Decimal) -> JsonObject:
        """Return the `data` of a query, one entry of a list, or the body of a callback."""
        view = self._head(task, now_s)
        view["task_status_msg"] = ""
        view["watermark_info"] = {"enabled": watermarked(task)}
        if task.ended(now_s):
            view |= deduction(units)
            view["task_status_msg"] = task.problem or ""
        if task.status(now_s) == "succeed":
            view["task_result"] = self._result(task)
        return view

    def newer(self, task: Task, now_s: float, units: Decimal) -> JsonObject:
        """Return the task as the newer generation shows it: in `/tasks` and in its callbacks."""
        view: JsonObject = {
            "id": task.id,
            "status": NEWER_STATUS.get(task.status(now_s), task.status(now_s)),
            "message": (task.problem or "") if task.ended(now_s) else "",
            "create_time": int(task.created_s * 1000),
            "update_time": int(task.updated_s(now_s) * 1000),
        }
        if task.external_id is not None:
            view["external_id"] = task.external_id
        if task.ended(now_s):
            amount = plain(units)
            package = task.product.pack
            view["billing"] = [{"charge_type": "unit", "amount": amount, "package_type": package}]
        if task.status(now_s) == "succeed":
            view["outputs"] = self._outputs(task)
        return view

    def newer_created(self, task: Task, now_s: float) -> JsonObject:
        """Return the `data` of a create of the newer generation, which is always `submitted`."""
        view = self.newer(task, now_s, Decimal(0))
        return {k: v for k, v in view.items() if k not in ("billing", "outputs")} | {
            "status": "submitted",
            "message": "",
        }

    def _outputs(self, task: Task) -> list[JsonObject]:
        result = self._result(task)
        images = result.get("images") or result.get("series_images") or []
        elements = [{"type": "element"} | one for one in result.get("elements", [])]
        return (
            elements
            + [{"type": "video"} | video for video in result.get("videos", [])]
            + [{"type": "image", "url": image["url"]} for image in images]
        )

    def _info(self, task: Task) -> JsonObject:
        info: JsonObject = {}
        drawing = task.order.drawing
        parent = drawing.parent if isinstance(drawing, Dub | Made) else None
        if parent is not None:
            info["parent_video"] = {
                "id": parent.id,
                "url": parent.url,
                "duration": seconds(parent.ms),
            }
        echoes = task.product is not Product.LIP_SYNC or self._switches.lip_sync_echoes_external_id
        if task.external_id is not None and echoes:
            info["external_task_id"] = task.external_id
        return info

    def _result(self, task: Task) -> JsonObject:
        drawing = task.order.drawing
        if isinstance(drawing, ElementMade):
            return {"elements": [self._element(task, drawing)]}
        if isinstance(drawing, Made):
            return self._made(task, drawing)
        if isinstance(drawing, PictureDrawing):
            images = [{"index": i} | self.urls(task, i) for i in range(drawing.count)]
            if task.product is not Product.OMNI_IMAGE:
                return {"images": images}
            kind = "series" if task.order.series else "single"
            empty: list[JsonObject] = []
            return {
                "result_type": kind,
                "images": empty if task.order.series else images,
                "series_images": images if task.order.series else empty,
            }
        length = drawing.clip_ms if isinstance(drawing, Dub) else clip_ms(drawing)
        video = {"id": task.media_id(0)} | self.urls(task, 0) | {"duration": seconds(length)}
        return {"videos": [video]}

    def _element(self, task: Task, made: ElementMade) -> JsonObject:
        """The id is a number here, too long for a float."""
        return {
            "element_id": int(task.media_id(0)),
            "element_name": made.name,
            "element_description": made.words,
            "reference_type": "video_refer" if made.of_clip else "image_refer",
            "status": "succeed",
        }

    def _made(self, task: Task, drawing: Made) -> JsonObject:
        if drawing.kind == "png":
            return {"images": [{"index": i} | self.urls(task, i) for i in range(drawing.count)]}
        if drawing.kind == "mp3":
            return {"audios": [self._audio(task, drawing, 0)]}
        video = {"id": task.media_id(0)} | self.urls(task, 0)
        clips = {"videos": [video | ({"duration": seconds(drawing.ms)} if drawing.ms else {})]}
        return clips | ({"audios": [self._audio(task, drawing, 1)]} if drawing.with_sound else {})

    def _audio(self, task: Task, drawing: Made, first: int) -> JsonObject:
        audio: JsonObject = {"id": task.media_id(first)}
        for index, form in enumerate(FORMS, start=first):
            audio[f"url_{form}"] = self._links.to(f"{task.id}/{index}.{form}", task.ends_s)
            audio[f"duration_{form}"] = seconds(drawing.ms or 0)
        return audio

    def urls(self, task: Task, index: int) -> JsonObject:
        """Return fresh addresses of one result."""
        name = f"{task.id}/{index}.{extension(task.order.drawing)}"
        urls = {"url": self._links.to(name, task.ends_s)}
        if watermarked(task):
            urls["watermark_url"] = self._links.to(f"watermark/{name}", task.ends_s)
        return urls


def watermarked(task: Task) -> bool:
    """Tell whether a copy with a watermark was asked for."""
    info = task.body.get("watermark_info")
    return isinstance(info, dict) and info.get("enabled") is True
