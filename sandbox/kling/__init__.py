"""A local Kling: a faithful Kling account on a loopback port, for the demo, tests and benches."""

from sandbox.kling.callbacks import SentCallback, sign
from sandbox.kling.errors import RISK_CONTROL, Refusal
from sandbox.kling.faces import Face, faces_in_columns
from sandbox.kling.faults import Fault, How
from sandbox.kling.intake import Clip
from sandbox.kling.mark import mark_of, read_mark
from sandbox.kling.orders import Product
from sandbox.kling.pictures import source_boxes
from sandbox.kling.scripts import FAILED_WORD, REFUSED_WORD, Script
from sandbox.kling.switches import Latencies, Switches
from sandbox.kling.tasks import Task
from sandbox.kling.world import LocalKling, Request

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
