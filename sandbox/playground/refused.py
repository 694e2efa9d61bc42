"""The one way in which a request of the page fails."""


class Refused(Exception):
    """The request makes no sense or cannot be met; the text is for the page to show."""
