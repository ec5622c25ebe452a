"""`ringback check` and `ringback doctor --database`: what they find in databases of both stores, and where they take a password."""

import secrets
import subprocess

import pytest

from harness.api import TalkingPair, host_candidate
from harness.postgresql import PostgreSQL
from harness.server import Server, binary, environment


@pytest.fixture(scope="module")
def database():
    database = PostgreSQL()
    yield database
    database.remove()


@pytest.fixture
def run(tmp_path):
    def run(*arguments, **variables):
        return subprocess.run(
            [binary(), *map(str, arguments)], capture_output=True, text=True, timeout=60, cwd=tmp_path,
            env={**environment(), "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), **variables})

    return run


def used(directory, database=None):
    """A server whose database has an ended call and a live one."""
    server = Server(directory, "--node-name", "north", database=database).start()
    for number in range(2):
        pair = TalkingPair(server, f"vasya{number}", f"petya{number}")
        pair.caller.candidates(pair.call_id, host_candidate(1))
        if number == 0:
            pair.caller.hang_up(pair.call_id)
    return server


def test_a_sqlite_database_is_checked_while_it_is_used_and_after(run, tmp_path):
    server = used(tmp_path / "server")
    for stop in (lambda: None, server.kill9):
        stop()
        done = run("check", "--database", server.database)
        assert done.returncode == 0, done
        for place in ("schema", "journal", "pages", "references", "log", "live calls", "histories"):
            assert f"ok   {place}:" in done.stdout
    assert "1, which agree with the log" in done.stdout
    quick = run("doctor", "--database", server.database)
    assert quick.returncode == 0 and "ok   journal:" in quick.stdout and "log:" not in quick.stdout


def test_a_check_needs_a_database(run, tmp_path):
    done = run("check", "--database", "missing.sqlite")
    assert done.returncode == 1 and "missing.sqlite does not exist" in done.stderr
    assert not (tmp_path / "missing.sqlite").exists()
    (tmp_path / "text").write_text("This is not a database. " * 100)
    done = run("check", "--database", "text")
    assert done.returncode == 4 and "FAIL file:" in done.stdout
    assert run("doctor").returncode == 64


def test_a_postgresql_database_is_checked_while_it_is_used_and_after(run, database, tmp_path):
    url = database.schema(f"t_{secrets.token_hex(6)}")
    server = used(tmp_path / "server", url)
    done = run("check", RINGBACK_DATABASE=url)
    assert done.returncode == 0, done
    for place in ("server", "durability", "standbys", "connections", "privileges", "clock", "schema", "nodes", "logs", "calls"):
        assert f"ok   {place}:" in done.stdout
    assert "ok   nodes: north" in done.stdout and "1 of them live" in done.stdout
    server.stop()
    quick = run("doctor", "--database", url)
    assert quick.returncode == 0 and "none is running" in quick.stdout and "logs:" not in quick.stdout


@pytest.mark.parametrize(
    "change, words", [
        ("DELETE FROM {}.events WHERE position = 2", "FAIL logs: "),
        ("UPDATE {}.user_logs SET position = position + 1", "FAIL logs: "),
        ("DELETE FROM {}.user_logs", "have events and no log"),
        ("UPDATE {}.calls SET body = 'x'", "it can't be read"),
        ("UPDATE {}.calls SET live = NOT live", "its row says otherwise"),
        ("UPDATE {}.calls SET payloads = 0", "do not know of"),
        ("DELETE FROM {}.schema_migrations", "migrations are pending"),
        ("UPDATE {}.schema_migrations SET checksum = 'other'", "FAIL schema: Migration 1"),
    ],
)
def test_damage_of_a_postgresql_database_is_found(run, database, tmp_path, change, words):
    schema = f"t_{secrets.token_hex(6)}"
    url = database.schema(schema)
    used(tmp_path / "server", url).stop()
    database.ask(change.format(schema))
    done = run("check", "--database", url)
    assert words in done.stdout, done


def test_settings_of_postgresql_that_lose_data_are_found(run, tmp_path):
    database = PostgreSQL(fsync="off", max_connections=10, synchronous_standby_names="absent")
    try:
        done = run("doctor", "--database", database.url)
        assert done.returncode == 4, done
        assert "FAIL durability: fsync is off" in done.stdout
        assert "warn connections:" in done.stdout and "warn standbys:" in done.stdout
        assert "warn schema:" in done.stdout
    finally:
        database.remove()


def test_other_users_who_may_connect_are_named(run, database):
    database.ask("CREATE ROLE reader LOGIN")
    try:
        done = run("doctor", "--database", database.url)
        assert "warn privileges: other users may connect to this database: reader" in done.stdout, done
        database.ask("REVOKE CONNECT ON DATABASE postgres FROM PUBLIC")
        assert "ok   privileges:" in run("doctor", "--database", database.url).stdout
    finally:
        database.ask("GRANT CONNECT ON DATABASE postgres TO PUBLIC")
        database.ask("DROP ROLE reader")


def test_each_host_of_a_url_is_named(run, database, tmp_path):
    url = f"postgresql:///postgres?user=ringback&host={tmp_path},{database.folder}&port=5432,5432"
    done = run("doctor", "--database", url)
    assert done.returncode == 0, done
    assert f"ok   server: postgresql://{database.folder}/postgres is a primary" in done.stdout
    assert f"warn server: postgresql://{tmp_path}/postgres" in done.stdout
    done = run("doctor", "--database", f"postgresql:///postgres?host={tmp_path}")
    assert done.returncode == 4 and "FAIL server:" in done.stdout


@pytest.fixture
def locked(database):
    """A PostgreSQL that wants a password."""
    database.ask("ALTER ROLE ringback PASSWORD 'north wind'")
    rules = database.data / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text("local all all scram-sha-256\n")
    database.ask("SELECT pg_reload_conf()")
    yield database
    rules.write_text(before)
    database.stop()
    database.start()


def test_a_password_comes_from_a_file_or_the_environment(run, locked, tmp_path):
    url = locked.url
    (tmp_path / "password").write_text("north wind\nnot this\n")
    (tmp_path / "pgpass").write_text("*:*:*:*:north wind\n")
    (tmp_path / "pgpass").chmod(0o600)
    (tmp_path / "config.json").write_text(f'{{"database": "{url}", "database-password-file": "password"}}')
    for arguments, variables in [
        (["--database", url, "--database-password-file", "password"], {}),
        (["--database", url], {"RINGBACK_DATABASE_PASSWORD_FILE": "password"}),
        (["--config", "config.json"], {}),
        (["--database", url], {"PGPASSWORD": "north wind"}),
        (["--database", url], {"PGPASSFILE": "pgpass"}),
        ([], {"RINGBACK_DATABASE": url.replace("user=ringback", "user=ringback&password=north%20wind")}),
    ]:
        done = run("doctor", *arguments, **variables)
        assert done.returncode == 0, (arguments, variables, done)
    assert "FAIL server:" in run("doctor", "--database", url).stdout


@pytest.mark.parametrize("command", ["serve", "migrate", "restored", "check", "doctor"])
@pytest.mark.parametrize(
    "url", ["postgresql://u:secret@a,b/x", "postgres://a/x?password=secret", "postgresql://u:secret@[x/y?z=1"])
def test_no_command_takes_a_password_from_the_command_line_or_shows_one(run, command, url):
    done = run(command, "--database", url)
    assert done.returncode == 64
    assert "secret" not in done.stdout + done.stderr


def test_a_password_file_must_have_a_password(run, tmp_path):
    for content in (b"", b"\nsecond", b"x" * 2000, b"\xff\xfe\n"):
        (tmp_path / "password").write_bytes(content)
        done = run("doctor", "--database", "postgresql://a/x", "--database-password-file", "password")
        assert done.returncode == 1 and "database-password-file" in done.stderr, done
    done = run("migrate", "--database", "postgresql://a/x", "--database-password-file", "missing")
    assert done.returncode == 1 and "missing" in done.stderr
    done = run("migrate", "--database-password-file", "password", RINGBACK_DATABASE="postgresql://u:p@a/x")
    assert done.returncode == 64 and "Keep one" in done.stderr
