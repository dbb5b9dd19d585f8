"""Open reading is for one machine, unless whoever runs the server says otherwise."""

from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any

from wardrobe.errors import SettingError
from wardrobe.settings import Settings


def check_exposure(addresses: Iterable[Any], settings: Settings) -> None:
    """Checks where a server is about to listen.

    Args:
        addresses: as gunicorn has them: (host, port), the path of a Unix socket, or the number
            of an open one.

    Raises:
        SettingError: others could reach an address while reading is open to all.
    """
    if not settings.open_reading or settings.open_on_public_bind:
        return
    for address in addresses:
        if not _only_this_machine(address):
            shown = f"{address[0]}:{address[1]}" if isinstance(address, tuple) else f"fd {address}"
            raise SettingError(
                f"refusing to listen on {shown}, where others could search without an API key. "
                "Set HOST=127.0.0.1 (and give gunicorn no other --bind) to serve this machine "
                "alone; or OPEN_READING=false to ask everybody for a key, made with `wardrobe "
                "keys create --name NAME --scope read`; or OPEN_ON_PUBLIC_BIND=true if everybody "
                "may search",
                address=shown,
            )


def _only_this_machine(address: Any) -> bool:
    match address:
        case str():  # a Unix socket
            return True
        case (str() as host, _):
            try:
                return ip_address(host).is_loopback
            except ValueError:
                return host == "localhost"
    return False
