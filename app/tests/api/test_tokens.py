"""Tokens: hashed, expiring, revoked for ever."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
import redis

from decalogo.access.tokens import (
    Scope,
    Tier,
    TokenStore,
    adopt_admin_token,
    digest,
    mint,
    register_admin_token,
)
from decalogo.connections import connect
from decalogo.errors import NotFoundError, UnauthorizedError
from decalogo.settings import RedisSettings


@pytest.fixture
def database(redis_settings: RedisSettings) -> redis.Redis:
    return connect(redis_settings, redis_settings.ledger_db)


@pytest.fixture
def tokens(database: redis.Redis) -> TokenStore:
    return TokenStore(database)


def test_a_new_token_is_known_with_what_it_may_do(tokens: TokenStore) -> None:
    token = tokens.check(tokens.create("personería", Tier.PREMIUM, days=30))
    assert (token.name, token.tenant, token.tier) == ("personería", "personería", Tier.PREMIUM)
    assert token.scopes == {Scope.SUBMIT, Scope.READ}
    assert token.expires - time.time() == pytest.approx(30 * 86_400, abs=60)


def test_several_tokens_may_share_a_tenant(tokens: TokenStore) -> None:
    assert tokens.check(tokens.create("laptop", Tier.STANDARD, tenant="office")).tenant == "office"


def test_only_a_hash_of_the_secret_is_kept(tokens: TokenStore, database: redis.Redis) -> None:
    text = tokens.create("a", Tier.STANDARD)
    secret = text.split("_", 2)[2]
    kept = {key: database.hgetall(key) for key in database.keys("token:*")}
    assert secret not in str(kept)
    assert digest(secret) in str(kept)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-1] + ("0" if text[-1] != "0" else "1"),
        lambda text: text + "0",
        lambda text: text.upper(),
        lambda text: text.replace("dcl_", "dcl_x"),
        lambda text: text.removeprefix("dcl_"),
        lambda text: text.rpartition("_")[0] + "_",
        lambda _text: "",
        lambda _text: "dcl_" + "é" * 20 + "_" + "é" * 52,
        lambda _text: mint()[1],
    ],
)
def test_anything_but_the_token_is_refused_without_saying_why(tokens: TokenStore, spoil: object) -> None:
    text = tokens.create("a", Tier.STANDARD)
    with pytest.raises(UnauthorizedError, match="unknown, expired or revoked"):
        tokens.check(spoil(text))  # type: ignore[operator]
    assert tokens.check(text)


def test_an_expired_token_is_refused(tokens: TokenStore) -> None:
    text = tokens.create("a", Tier.STANDARD, days=-1)
    with pytest.raises(UnauthorizedError):
        tokens.check(text)


def test_a_revoked_token_is_refused_and_stays_listed(tokens: TokenStore) -> None:
    text = tokens.create("a", Tier.STANDARD)
    token_id = tokens.check(text).token_id
    tokens.revoke(token_id)
    with pytest.raises(UnauthorizedError):
        tokens.check(text)
    assert [(t.token_id, t.revoked > 0) for t in tokens.list()] == [(token_id, True)]
    tokens.revoke(token_id)


def test_revoking_what_is_not_there_is_told(tokens: TokenStore) -> None:
    with pytest.raises(NotFoundError):
        tokens.revoke("nothing")


def test_tokens_are_listed_in_the_order_they_were_made(tokens: TokenStore) -> None:
    for name in "abc":
        tokens.create(name, Tier.STANDARD)
    assert [token.name for token in tokens.list()] == ["a", "b", "c"]


def test_the_admin_token_of_setup_works_and_may_do_everything(tokens: TokenStore, tmp_path: Path) -> None:
    token_id, text, kept = mint()
    (tmp_path / "admin-token.sha256").write_text(f"{token_id} {kept}\n")
    assert register_admin_token(tokens, tmp_path)
    assert not register_admin_token(tokens, tmp_path)
    admin = tokens.check(text)
    assert (admin.tenant, admin.tier, admin.scopes) == ("admin", Tier.PREMIUM, frozenset(Scope))
    assert admin.expires == 0


def test_a_revoked_admin_token_stays_revoked(tokens: TokenStore, tmp_path: Path) -> None:
    token_id, text, kept = mint()
    (tmp_path / "admin-token.sha256").write_text(f"{token_id} {kept}\n")
    register_admin_token(tokens, tmp_path)
    tokens.revoke(token_id)
    assert not register_admin_token(tokens, tmp_path)
    with pytest.raises(UnauthorizedError):
        tokens.check(text)


@pytest.mark.parametrize("fate", ["rotated", "revoked", "valid"])
def test_a_renewed_admin_token_works_whatever_happened_to_the_old_one(
    tokens: TokenStore, tmp_path: Path, fate: str
) -> None:
    old_id, old, kept = mint()
    (tmp_path / "admin-token.sha256").write_text(f"{old_id} {kept}\n")
    register_admin_token(tokens, tmp_path)
    own = tokens.create("admin", Tier.PREMIUM)
    if fate == "rotated":
        old = tokens.rotate(old_id)
    elif fate == "revoked":
        tokens.revoke(old_id)
    new_id, new, kept = mint()
    (tmp_path / "admin-token.sha256").write_text(f"{new_id} {kept}\n")

    assert adopt_admin_token(tokens, tmp_path) == ([] if fate == "revoked" else [old_id])

    assert tokens.check(new).scopes == frozenset(Scope)
    assert tokens.check(own).tenant == "admin"
    with pytest.raises(UnauthorizedError):
        tokens.check(old)


def test_without_a_file_there_is_no_admin_token(tokens: TokenStore, tmp_path: Path) -> None:
    assert not register_admin_token(tokens, tmp_path)
    assert tokens.list() == []


@pytest.mark.parametrize("line", ["", "abcd", "abcd 12", f"a b {'0' * 64}", f"../x {'0' * 64}"])
def test_a_malformed_admin_file_is_told(tokens: TokenStore, tmp_path: Path, line: str) -> None:
    (tmp_path / "admin-token.sha256").write_text(line)
    with pytest.raises(ValueError, match="one line"):
        register_admin_token(tokens, tmp_path)


def test_one_id_can_be_registered_only_once_by_many(tokens: TokenStore) -> None:
    text = tokens.create("first", Tier.STANDARD)
    first = tokens.check(text)
    assert not tokens.register(replace(first, name="second", tier=Tier.PREMIUM), digest("other"))
    assert tokens.check(text) == first


def test_a_rotated_token_keeps_everything_but_its_secret(tokens: TokenStore) -> None:
    old = tokens.create("alcaldía", Tier.PREMIUM, tenant="t", scopes={Scope.READ})
    before = tokens.check(old)
    new = tokens.rotate(before.token_id)
    assert tokens.check(new) == before
    with pytest.raises(UnauthorizedError):
        tokens.check(old)


def test_a_revoked_token_cannot_be_rotated_back_to_life(tokens: TokenStore) -> None:
    token_id = tokens.check(tokens.create("x", Tier.STANDARD)).token_id
    tokens.revoke(token_id)
    with pytest.raises(NotFoundError):
        tokens.rotate(token_id)


def test_the_last_use_is_noted_at_most_once_a_minute(
    tokens: TokenStore, database: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = tokens.create("x", Tier.STANDARD)
    token_id = text.split("_")[1]
    assert tokens.show(token_id).last_used == 0

    now = time.time()
    noted = []
    for later in (0, 30, 59, 61, 100):
        monkeypatch.setattr(time, "time", lambda later=later: now + later)
        tokens.check(text)
        noted.append(round(tokens.show(token_id).last_used - now))
    assert noted == [0, 0, 0, 61, 61]
