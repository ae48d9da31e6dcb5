"""What several test files share: a running local platform, and a server that misbehaves by script."""

import pytest
import trustme
from fault_server import FaultServer
from hypothesis import settings

import thingpost

settings.register_profile("default", deadline=None)  # machines that run tests are busy
settings.load_profile("default")


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """A certificate authority for the tests, and the path of its PEM file."""
    ca = trustme.CA(key_type=trustme.KeyType.ECDSA)
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    ca.cert_pem.write_to_path(path)
    return ca, str(path)


@pytest.fixture
def fault_server(authority):
    """Start a FaultServer with a script; it is stopped at the end of the test."""
    servers = []

    def start(*script, **options):
        server = FaultServer(authority[0], script, **options)
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def connect(authority):
    """Make a Device of a server that presents a certificate of the test authority."""
    devices = []

    def make(server, **arguments):
        arguments = {"timeout": 5.0, "retry": thingpost.Retry(base=0.01), **arguments}
        device = thingpost.Device("pk", "dn", "secret", endpoint=server.url, ca_file=authority[1], **arguments)
        devices.append(device)
        return device

    yield make
    for device in devices:
        device.close()


@pytest.fixture
def emulator():
    """A running local platform that knows the device pk/dn."""
    with thingpost.emulator.Emulator({("pk", "dn"): "secret"}) as running:
        yield running


@pytest.fixture
def device(emulator):
    """The device pk/dn of the local platform."""
    with thingpost.Device(
        "pk",
        "dn",
        "secret",
        endpoint=emulator.url,
        ca_file=emulator.ca_file,
        retry=thingpost.Retry(base=0.01),
        timeout=10,
    ) as made:
        yield made
