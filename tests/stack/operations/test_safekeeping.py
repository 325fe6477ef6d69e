"""Backup and dead letters, as an operator uses them."""

from pathlib import Path

from appliance import Appliance, docker
from papers import REAL_PLAN, small_documents


def test_a_backup_brings_everything_back_after_the_volumes_are_gone(appliance: Appliance, tmp_path: Path) -> None:
    token = appliance.run("token", "create", "keeper", "--tier", "premium").strip()
    client = appliance.client(token)
    accepted = client.upload([("plan.pdf", REAL_PLAN.read_bytes()), *small_documents(3), ("broken.pdf", b"%PDF-1.7 x")])
    job_id = accepted["job_id"]
    client.follow(job_id)
    before = client.get(f"/api/v1/batch/{job_id}/results")
    unfinished = client.upload([(f"{n}.pdf", REAL_PLAN.read_bytes()) for n in range(12)])["job_id"]
    archive = tmp_path / "appliance.tar"
    appliance.run("backup", str(archive))
    assert archive.stat().st_mode & 0o077 == 0

    assert volumes(appliance)
    appliance.run("down", "--volumes", "--yes")
    assert volumes(appliance) == []
    appliance.run("up", "--scale", "worker=2")
    assert appliance.client(token).ask("GET", f"/api/v1/batch/status/{job_id}").status_code == 401, "it was not empty"
    appliance.run("restore", str(archive))

    again = appliance.client(token)
    assert again.get(f"/api/v1/batch/{job_id}/results") == before
    page = again.get(f"/api/v1/documents/{accepted['documents'][0]['document_id']}/pages/1")
    assert page["text"]
    assert again.follow(unfinished)[-1]["succeeded"] == 12
    refused = refusal_to_restore(appliance, archive)
    assert "already holds batches" in refused


def volumes(appliance: Appliance) -> list[str]:
    """Return what there is of this appliance's volumes."""
    return docker("volume", "ls", "--quiet", "--filter", f"label=com.docker.compose.project={appliance.name}").split()


def refusal_to_restore(appliance: Appliance, archive: Path) -> str:
    """Return what a second restore says; it must not succeed."""
    try:
        appliance.run("restore", str(archive))
    except AssertionError as refusal:
        return str(refusal)
    raise AssertionError("a restore over existing batches was not refused")


def test_the_list_of_dead_letters_is_empty_when_nothing_died(appliance: Appliance) -> None:
    assert appliance.run("dead", "list") == ""
    assert appliance.run("dead", "retry", "all").strip() == "0 queued again"
