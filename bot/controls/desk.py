"""Puts together what controls work with."""

from bot.controls.control import Desk
from bot.controls.pages import Pages
from bot.controls.presses import Presses
from bot.controls.table import CONTROLS
from bot.domain.catalogue import Catalogue
from bot.jobs.actions import Actions
from bot.jobs.hiding import Hiding
from bot.jobs.history import JobHistory
from bot.jobs.my_data import MyData
from bot.jobs.ordering import Orders
from bot.jobs.posted_media import PostedMedia
from bot.jobs.stars import Stars
from bot.messages.cards import Cards
from bot.messages.controls import Buttons
from bot.messages.menu_forms import MenuForms
from bot.messages.price_lines import PriceLines
from bot.messages.request_forms import RequestForms
from bot.messages.translations import Translations
from bot.settings.default_sections import DefaultsSettings


def presses_of(
    actions: Actions,
    orders: Orders,
    cards: Cards,
    words: Translations,
    prices: PriceLines,
    catalogue: Catalogue,
    posted: PostedMedia,
    defaults: DefaultsSettings,
    history: JobHistory,
    my_data: MyData,
    stars: Stars,
    hiding: Hiding,
) -> Presses:
    """Return the way from a press to every control of the table."""
    pages = Pages(actions, history, words, Buttons(CONTROLS))
    forms = RequestForms(words, prices, catalogue)
    menu_forms = MenuForms(words, forms)
    desk = Desk(
        actions,
        orders,
        cards,
        words,
        pages,
        my_data,
        catalogue,
        forms,
        menu_forms,
        posted,
        defaults,
        stars,
        hiding,
    )
    return Presses(desk, CONTROLS)
