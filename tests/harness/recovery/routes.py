"""The routes of Discord that faults are put on, as its OpenAPI description spells them."""

from sandbox.discord import Hold

POST = "/channels/{channel_id}/messages"
EDIT_POST = "/channels/{channel_id}/messages/{message_id}"
HISTORY = POST
ANSWER = "/interactions/{interaction_id}/{interaction_token}/callback"
ORIGINAL = "/webhooks/{webhook_id}/{webhook_token}/messages/@original"
EDIT_ANSWER = "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}"
FOLLOW_UP = "/webhooks/{webhook_id}/{webhook_token}"
ATTACHED = "/ephemeral-attachments/{application_id}/{attachment_id}/{filename}"

HOLD = Hold()
HOLD_ANSWER = Hold(stored=True)
