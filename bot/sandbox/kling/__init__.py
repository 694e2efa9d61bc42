"""A local Kling: a faithful Kling account on a loopback port, for the demo, tests and benches."""

from bot.sandbox.kling.callbacks import SentCallback, sign
from bot.sandbox.kling.errors import RISK_CONTROL, Refusal
from bot.sandbox.kling.faces import Face, faces_in_columns
from bot.sandbox.kling.faults import Fault, How
from bot.sandbox.kling.intake import Clip
from bot.sandbox.kling.mark import mark_of, read_mark
from bot.sandbox.kling.orders import Product
from bot.sandbox.kling.pictures import source_boxes
from bot.sandbox.kling.scripts import FAILED_WORD, REFUSED_WORD, Script
from bot.sandbox.kling.switches import Latencies, Switches
from bot.sandbox.kling.tasks import Task
from bot.sandbox.kling.world import LocalKling, Request

__all__ = [
    "FAILED_WORD",
    "REFUSED_WORD",
    "RISK_CONTROL",
    "Clip",
    "Face",
    "Fault",
    "How",
    "Latencies",
    "LocalKling",
    "Product",
    "Refusal",
    "Request",
    "Script",
    "SentCallback",
    "Switches",
    "Task",
    "faces_in_columns",
    "mark_of",
    "read_mark",
    "sign",
    "source_boxes",
]
