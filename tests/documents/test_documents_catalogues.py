from documents.messages import documents_messages
from tests.documents.reading import LOCALES


def test_messages_come_from_the_code_and_from_the_page() -> None:
    files = {source.file for source in documents_messages(LOCALES).sources}
    assert files == {"invoices.py", "labels.py", "notice.html"}
