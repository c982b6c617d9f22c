"""What is asked of OpenSearch for one document."""

from changefeed.decode.change_record import AttributeMap, ChangeRecord, Image
from changefeed.value_class import value_class


@value_class
class DocumentAction:
    """One write to the index: `body` is the image that becomes the document, None deletes.

    `image_missing` says that the record had no image although the item exists: it has to be read from the table.
    `first_sequence_number` is the lowest among the changes folded into this action: what a partial batch response
    must report. `record` is the change that decided, kept so that it can be parked.
    """

    document_id: str
    keys: AttributeMap
    version: int
    version_span: int
    body: Image | None
    image_missing: bool
    first_sequence_number: str
    record: ChangeRecord
