"""What is announced by `wardrobe deploy` and `wardrobe artefacts push`, and taken back."""

import os

import pytest

from tests.aws_server import ADDRESS
from tests.fakes import ColourEncoder, FolderEncoder, write_checkpoint
from tests.rollouts import DEPLOY, register, revisions
from tests.swapping import build_shop
from tests.tiny_checkpoints import save_clip
from wardrobe.cli import main
from wardrobe.cloud import deploying, ecs
from wardrobe.cloud.artefacts import Artefacts
from wardrobe.encoders import load_encoder
from wardrobe.labels import Attribute, LabelSpace

PUSH = ("artefacts", "push", "--announce")


@pytest.fixture
def shops(aws, tmp_path, monkeypatch):
    """Chdirs to a folder with the checkpoint `encoder`, and the indexes `old` and `new` of it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARTEFACTS", ADDRESS)
    monkeypatch.setenv("ENCODER", "encoder")
    monkeypatch.setattr(deploying, "load_encoder", lambda name, **_: FolderEncoder(name))
    encoder = FolderEncoder(write_checkpoint(tmp_path / "encoder", b"weights"))
    for shop, count in (("old", 2), ("new", 3)):
        build_shop(tmp_path, shop, count, encoder)
    return tmp_path


def announced() -> tuple[str, str] | None:
    found = Artefacts(ADDRESS).announcement()
    return (found[0].encoder, found[0].index) if found else None


def test_a_failed_rollout_takes_its_announcement_back(ecs_service, outcomes, shops) -> None:
    assert main([*DEPLOY, "--index", "old"]) == 0
    assert revisions(ecs_service) == 1, "only announced"
    old = announced()
    outcomes["shop/wardrobe:broken"] = "FAILED"
    new = [*DEPLOY, "--index", "new", "--image"]
    assert main([*new, "shop/wardrobe:broken"]) == 1
    assert announced() == old
    assert main([*new, "shop/wardrobe:2"]) == 0
    assert announced() != old


def test_ctrl_c_leaves_the_rollout_to_ecs_and_says_how_to_go_back(
    ecs_service, outcomes, shops, capsys, monkeypatch
) -> None:
    assert main([*PUSH, "--index", "old"]) == 0
    encoder, index = announced()
    outcomes["shop/wardrobe:2"] = "IN_PROGRESS"

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ecs.time, "sleep", interrupt)
    assert main([*DEPLOY, "--index", "new", "--image", "shop/wardrobe:2"]) == 130
    assert capsys.readouterr().err.endswith(
        "the rollout of wardrobe:2 goes on without being watched; to go back: `aws ecs "
        "update-service --cluster shop --service wardrobe --task-definition wardrobe:1`\n"
        f"the announcement stays, too; to go back: `wardrobe artefacts announce {encoder} {index}"
        "`\n"
    )


def test_an_index_alone_is_announced_also_during_a_rollout(ecs_service, outcomes, shops) -> None:
    outcomes["shop/wardrobe:2"] = "IN_PROGRESS"
    register(ecs_service, "shop/wardrobe:2")
    ecs_service.update_service(cluster="shop", service="wardrobe", taskDefinition="wardrobe:2")
    assert main([*DEPLOY, "--index", "old"]) == 0
    assert announced()


def test_an_encoder_of_the_hub_is_announced_with_the_labels_that_it_tags_with(
    aws, tmp_path, monkeypatch
) -> None:
    clip = save_clip(tmp_path / "clip")
    labels = tmp_path / "labels.json"
    LabelSpace((Attribute("colour", "single", ("Blue", "Red")),)).save(labels)
    build_shop(tmp_path, "shop", 2, load_encoder(str(clip), labels=labels))
    for name, value in (("ARTEFACTS", ADDRESS), ("ENCODER", str(clip)), ("LABELS", str(labels))):
        monkeypatch.setenv(name, value)
    assert main([*PUSH, "--index", str(tmp_path / "shop")]) == 0
    assert announced()


@pytest.mark.parametrize("more", [DEPLOY, (*DEPLOY, "--dry-run"), PUSH, PUSH[:2]])
def test_what_could_not_be_served_is_neither_sent_nor_announced(
    ecs_service, shops, aws, capsys, more
) -> None:
    assert main([*PUSH, "--index", "old"]) == 0
    old = announced()
    aws.asked.clear()
    build_shop(shops, "another", 2, ColourEncoder())
    os.truncate("new/vectors.faiss", 40)
    for flags, said in (
        (["--index", "new"], "new/vectors.faiss is damaged: its SHA-256 is"),
        (["--index", "another"], "but the loaded encoder is colour-encoder"),
        (["--index", "nowhere"], "nowhere"),
        (["--encoder", "nowhere", "--index", "old"], "nowhere is not a checkpoint: cannot read"),
    ):
        capsys.readouterr()
        assert main([*more, *flags]) == 1
        assert said in capsys.readouterr().err
    assert not [path for method, path, _ in aws.asked if method == "PUT"]
    assert announced() == old
