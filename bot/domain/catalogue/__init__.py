"""What Kling's models accept, cost and take: dated data, and the queries on it."""

from bot.domain.catalogue.abilities import models_that_can, shortcomings
from bot.domain.catalogue.image_models import IMAGE_MODELS
from bot.domain.catalogue.latency import expected_s
from bot.domain.catalogue.model import ImageModel, Source, VideoModel
from bot.domain.catalogue.names import image_model, is_known, is_omni_model, suggest, video_model
from bot.domain.catalogue.prices import Price, price
from bot.domain.catalogue.video_models import VIDEO_MODELS

__all__ = [
    "IMAGE_MODELS",
    "VIDEO_MODELS",
    "ImageModel",
    "Price",
    "Source",
    "VideoModel",
    "expected_s",
    "image_model",
    "is_known",
    "is_omni_model",
    "models_that_can",
    "price",
    "shortcomings",
    "suggest",
    "video_model",
]
