"""A server that serves TLS on a port, its certificate signed by an authority of our own."""

from pathlib import Path
from urllib.parse import urlencode

import trustme

from progress_backend.embedded import HOST
from tests.servers import Server


class Secured(Server):
    """Debian's Redis, as the embedded server is built without TLS; the plain port is the tests'
    own way behind it."""

    def __init__(
        self, binary: str, folder: Path, tls_port: int, *, clustered: bool = False
    ) -> None:
        super().__init__(binary=binary)
        self.tls_port = tls_port
        #: The file of who has signed its certificate.
        self.authority = folder / "authority.pem"
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.authority)
        own = authority.issue_cert(HOST)
        own.private_key_pem.write_to_path(folder / "key.pem")
        own.cert_chain_pems[0].write_to_path(folder / "certificate.pem")
        wanted = {
            "--tls-port": tls_port,
            "--tls-cert-file": folder / "certificate.pem",
            "--tls-key-file": folder / "key.pem",
            "--tls-ca-cert-file": self.authority,
            "--tls-auth-clients": "no",
        }
        if clustered:
            wanted |= {
                "--cluster-enabled": "yes",
                "--tls-cluster": "yes",
                "--cluster-config-file": folder / "nodes.conf",
            }
        self._more = [str(part) for pair in wanted.items() for part in pair]

    def _options(self, port: int) -> list[str]:
        return [*super()._options(port), *self._more]

    def secured_url(self, scheme: str = "rediss", **options: object) -> str:
        """As PROGRESS_REDIS_URL takes it; the authority's file is named unless another one is."""
        asked = urlencode({"ssl_ca_certs": self.authority, **options})
        return f"{scheme}://{HOST}:{self.tls_port}/0?{asked}"
