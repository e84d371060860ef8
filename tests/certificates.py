"""Certificates made for a test, and servers on loopback that show them."""

import contextlib
import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


class Authority:
    """An authority of one's own, whose certificate is the file `path`."""

    def __init__(self, folder):
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Nord's own")])
        builder = self._builder(self._name, self._key, -2 * DAY, DAY)
        signed = builder.add_extension(x509.BasicConstraints(True, None), critical=True)
        self.path = folder / "authority.pem"
        self.path.write_bytes(signed.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))

    def signs(self, name, *, begins=-DAY, ends=DAY):
        """Return a server's TLS by a certificate of this name (or address), good from and to when, from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), key, begins, ends)
        its = x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
        signed = builder.add_extension(x509.SubjectAlternativeName([its]), critical=False)
        path = self._folder / "server.pem"
        path.write_bytes(
            signed.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)
            + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _builder(self, subject, key, begins, ends):
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name)
        builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
        return builder.not_valid_before(now + begins).not_valid_after(now + ends)


class _Handler(SimpleHTTPRequestHandler):
    extensions_map = {".json": "application/json", ".xml": "application/rss+xml"}  # noqa: RUF012 - of the library

    def __init__(self, *given):
        super().__init__(*given, directory=given[2].folder)

    def log_message(self, *_):
        pass


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_):  # whoever asked didn't like the certificate
        pass


@contextlib.contextmanager
def serving(folder, tls):
    """Serve a folder at an address of loopback, which is yielded; `tls` None speaks http all the same."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.folder = str(folder)
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
