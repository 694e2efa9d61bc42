"""What Kling's models accept, cost and take: dated data, and the queries on it."""

from bot.domain.catalogue.abilities import models_that_can, shortcomings
from bot.domain.catalogue.catalogue import AnyModel, Catalogue
from bot.domain.catalogue.edit_model import EditModel
from bot.domain.catalogue.image_defaults import model_for_images
from bot.domain.catalogue.latency import expected_s
from bot.domain.catalogue.model import ImageModel, Source, VideoModel
from bot.domain.catalogue.operation_model import OperationModel
from bot.domain.catalogue.parse import parse_catalogue
from bot.domain.catalogue.placing import for_model
from bot.domain.catalogue.prices import Price, price, price_or_guess
from bot.domain.catalogue.voices import Voice

__all__ = [
    "AnyModel",
    "Catalogue",
    "EditModel",
    "ImageModel",
    "OperationModel",
    "Price",
    "Source",
    "VideoModel",
    "Voice",
    "expected_s",
    "for_model",
    "model_for_images",
    "models_that_can",
    "parse_catalogue",
    "price",
    "price_or_guess",
    "shortcomings",
]
