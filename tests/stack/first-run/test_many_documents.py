"""Two hundred one-page documents on two workers of two processes: all succeed, and the counts add up at every poll."""

from client import Client
from papers import small_documents


def test_two_hundred_documents_all_succeed(client: Client) -> None:
    accepted = client.upload(small_documents(200))

    polls = client.follow(accepted["job_id"])  # checks the counts of every poll

    assert polls[-1]["succeeded"] == polls[-1]["total"] == 200
    assert {document["attempts"] for document in client.documents(accepted["job_id"])} == {1}
