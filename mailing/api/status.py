"""GET /v1/messages/{id}: what became of a message, with every receipt (messages:read). Addresses are masked."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cdp.access.api.permissions import HasScope
from cdp.lib.problems import Problem
from consent.tokens import mask
from mailing.models import Message
from mailing.reasons import words

ID = OpenApiParameter("message", OpenApiTypes.INT, OpenApiParameter.PATH, description="The message's number.")
BECAME = ("delivered_at", "opened_at", "clicked_at", "bounced_at", "complained_at", "unsubscribed_at")
TOLD = (
    "sender",
    "sender_id",
    "about_id",
    "label",
    "step",
    "channel",
    "kind",
    "purpose",
    "template",
    "template_version",
    "variant",
    "locale",
    "state",
    "reason",
    "message_id",
    "consent_entry_id",
    "queued_at",
    "not_before_at",
    "sending_at",
    "finished_at",
)
ANSWER = {
    "id": 7,
    "sender": "journey",
    "step": "mail_1",
    "state": "sent",
    "to": "a•••@e•••.com",
    "delivered_at": "2026-11-23T09:00:02Z",
    "receipts": [{"kind": "clicked", "who": "human", "url": "https://shop.example/p1", "at": "2026-11-23T09:10:00Z"}],
}


class MessageView(APIView):
    """One message."""

    permission_classes = [HasScope("messages:read")]

    @extend_schema(
        operation_id="messages_status",
        tags=["messages"],
        summary="What became of a message",
        parameters=[ID],
        responses={200: {"type": "object", "additionalProperties": True}},
        examples=[OpenApiExample("Answer", ANSWER, response_only=True)],
    )
    def get(self, request: Request, message: int) -> Response:
        """Its state and reason, the entry of the ledger that allowed it, and its receipts, oldest first.

        Opens and clicks tell who it was: human, machine or unknown; `opened_at` and `clicked_at` are of people.
        """
        row = Message.objects.filter(pk=message).first()
        if row is None:
            raise Problem("not_found", "No such message", 404, "No message has this number.")
        return Response(_shown(row))


def _shown(row: Message) -> dict[str, Any]:
    receipts = row.receipts.order_by("at", "pk").values("kind", "who", "why", "url", "at")
    return {
        "id": row.pk,
        "to": mask(row.address) if row.address else "",
        **{name: getattr(row, name) for name in TOLD},
        "words": words(row.reason) if row.reason else "",
        **{name: getattr(row, name) for name in BECAME},
        "receipts": list(receipts),
    }
