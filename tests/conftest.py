"""What every test stands on: a database, a broker, and Djirgo's own processes.

    pytest --database sqlite|postgresql     which database; SQLite, if nothing is said
    TEST_DATABASE_URL, TEST_RABBITMQ_URL    servers to use; without them, throw-away ones are started
    DJIRGO_TEST_DEMAND=1                    a server that is missing is a failure, not a gap that is reported

The database is decided before Django's settings are read, once per run: the workers of pytest-xdist inherit it.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import django
import hypothesis
import pytest

from djirgo.ops import collector
from tests.live import Installation, forget_template, fresh_database, installed, server_under_test
from tests.servers import Missing, PostgreSQL, RabbitMQ, shared
from tests.torture.ground import Ground, ground

DEMANDED = os.environ.get("DJIRGO_TEST_DEMAND") == "1"
CONTROLLER = "PYTEST_XDIST_WORKER" not in os.environ
LONG = ("tests/journeys/", "tests/web/browser/", "tests/streaming/")
left_out = pytest.StashKey[set[str]]()


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    parser.addoption("--database", choices=["sqlite", "postgresql"], default="sqlite", help="the database to test on")
    config = pluginmanager.get_plugin("pytestconfig")
    config.stash[left_out] = set()
    options = parser.parse_known_args([str(argument) for argument in config.invocation_params.args])
    if CONTROLLER:
        _begin_run(config, options.database)
    collector.look_seldom()  # as every process of an installation does
    hypothesis.settings.register_profile("djirgo", deadline=None)  # a busy machine is no mistake
    hypothesis.settings.load_profile("djirgo")
    django.setup()


def _begin_run(config: pytest.Config, database: str) -> None:
    run = Path(tempfile.mkdtemp(prefix="djirgo-test-"))
    run.chmod(0o755)
    (run / "pid").write_text(str(os.getpid()))
    config.add_cleanup(lambda: shutil.rmtree(run, ignore_errors=True))
    given = {name: os.environ.pop(name, "") for name in ("DATABASE_URL", "RABBITMQ_URL")}
    os.environ.setdefault("TEST_RABBITMQ_URL", given["RABBITMQ_URL"])
    os.environ["DJIRGO_TEST_RUN"] = str(run)
    os.environ["DJIRGO_DATA_DIR"] = str(run / "data")
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    if database == "postgresql":
        config.add_cleanup(forget_template)
        try:
            os.environ["DATABASE_URL"] = _postgresql(run, given["DATABASE_URL"])
        except Missing as missing:
            config.stash[left_out].add(str(missing))


def _postgresql(run: Path, given: str) -> str:
    asked_for = os.environ.get("TEST_DATABASE_URL") or (given if given.startswith("postgres") else "")
    return asked_for or shared(PostgreSQL, run)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        # schemathesis gives all operations one id, and of those that bear the same one only one is run.
        if item.parent and not item.nodeid.endswith(item.name):
            item._id = item.parent.id.child(item.name)  # type: ignore[attr-defined]
    assert len({item.nodeid for item in items}) == len(items), "two tests bear the same id"
    if config.getoption("--database") != "sqlite":
        tried_before = [item for item in items if item.get_closest_marker("once")]
        config.hook.pytest_deselected(items=tried_before)
        items[:] = [item for item in items if not item.get_closest_marker("once")]
    # The longest first, so that no worker is left with them at the end.
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


def pytest_configure(config: pytest.Config) -> None:
    if CONTROLLER and config.stash[left_out]:
        pytest.exit("LEFT OUT, every test: " + "; ".join(config.stash[left_out]), returncode=1 if DEMANDED else 0)


def pytest_report_header(config: pytest.Config) -> str:
    return f"database: {config.getoption('--database')}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    gaps = {
        str(report.longrepr[2]).removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple) and "is not installed" in report.longrepr[2]
    }
    if gaps:
        terminalreporter.section("LEFT OUT", sep="!", red=True, bold=True)
        for gap in sorted(gaps):
            terminalreporter.line(gap, red=True)


def without(missing: Missing) -> None:
    """A gap is reported at the end of the run; where every server is demanded, it is a failure."""
    if DEMANDED:
        pytest.fail(str(missing))
    pytest.skip(str(missing))


@pytest.fixture(scope="session")
def run_folder() -> Path:
    """What all processes of this run share; gone when it ends."""
    return Path(os.environ["DJIRGO_TEST_RUN"])


@pytest.fixture(scope="session")
def rabbitmq_url(run_folder: Path, worker_id: str) -> str:
    """A RabbitMQ to publish to: of the run's throw-away server, a virtual host that this worker has for itself."""
    given = os.environ["TEST_RABBITMQ_URL"]
    if given:
        return given
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "0"))
    vhosts = [f"gw{number}" for number in range(workers)] or ["master"]
    try:
        return shared(RabbitMQ, run_folder, *vhosts).rpartition("/")[0] + "/" + worker_id
    except Missing as missing:
        without(missing)
        raise


@pytest.fixture(autouse=True)
def _one_at_a_time_on_a_given_broker(request: pytest.FixtureRequest) -> Iterator[None]:
    """A RabbitMQ that was given has one virtual host for all workers: they take turns."""
    if not (os.environ["TEST_RABBITMQ_URL"] and "rabbitmq_url" in request.fixturenames):
        yield
        return
    with open(Path(os.environ["DJIRGO_TEST_RUN"]) / "broker.turn", "w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="module")
def _own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    try:
        server = RabbitMQ(tmp_path_factory.mktemp("rabbitmq"))
    except Missing as missing:
        without(missing)
        raise
    yield server
    server.clear()


@pytest.fixture
def broker_server(_own_broker: RabbitMQ) -> RabbitMQ:
    """A RabbitMQ that the tests of one module have for themselves, to `stop()`, `kill()` and `start()` as they like.

    It runs when a test begins; what earlier tests left in it is still there.
    """
    if _own_broker.process is None:
        _own_broker.start()
    return _own_broker


@pytest.fixture(scope="module")
def _own_database() -> Iterator[PostgreSQL]:
    # Not below the tests' own folders, which are closed to the user that it runs as.
    folder = Path(tempfile.mkdtemp(prefix="djirgo-postgresql-"))
    try:
        server = PostgreSQL(folder)
    except Missing as missing:
        without(missing)
        raise
    yield server
    server.clear()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database_server(_own_database: PostgreSQL) -> PostgreSQL:
    """A PostgreSQL that the tests of one module have for themselves, to `stop()`, `kill()` and `start()` as they like.

    It runs when a test begins.
    """
    if not _own_database.is_running:
        _own_database.start()
    return _own_database


@pytest.fixture
def torture_ground() -> Iterator[Ground]:
    """An installation with servers of its own of the kind under test, and ways to them that can be broken."""
    folder = Path(tempfile.mkdtemp(prefix="djirgo-torture-"))
    with ExitStack() as stack:
        try:
            found = stack.enter_context(ground("postgresql" if server_under_test() else "sqlite", folder))
        except Missing as missing:
            without(missing)
            raise
        yield found
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """A data folder, a port and a database with its tables: a place to run Djirgo's real processes in."""
    with installed(tmp_path / "data") as place:
        yield place


@pytest.fixture
def new_installation(tmp_path: Path) -> Iterator[Installation]:
    """One that was never started: its database is empty."""
    with fresh_database(server_under_test()) as url:
        place = Installation(tmp_path / "data", url)
        yield place
        place.clear()
