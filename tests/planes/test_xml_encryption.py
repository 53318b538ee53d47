"""What is not encrypted for us, or not as we know it, is all the same."""

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree

from skyjar.planes.xml_encryption import Undecipherable, decrypted

KEY = rsa.generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
OPEN = '<a xmlns:x="http://www.w3.org/2001/04/xmlenc#">'
GCM = '<x:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#aes256-gcm"/>'
OAEP = '<x:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"/>'
OLD = '<x:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#rsa-1_5"/>'
VALUE = "<x:CipherData><x:CipherValue>AAAA</x:CipherValue></x:CipherData>"
BAD = "<x:CipherData><x:CipherValue>%%</x:CipherValue></x:CipherData>"


@pytest.mark.parametrize(
    "inside",
    [
        "",
        "<x:EncryptedData/>",
        f"<x:EncryptedData>{GCM}</x:EncryptedData><x:EncryptedKey/>",
        f"<x:EncryptedData>{GCM}{VALUE}</x:EncryptedData><x:EncryptedKey>{OAEP}</x:EncryptedKey>",
        f"<x:EncryptedData>{GCM}{VALUE}</x:EncryptedData><x:EncryptedKey>{OAEP}{VALUE}</x:EncryptedKey>",
        f"<x:EncryptedData>{GCM}{VALUE}</x:EncryptedData><x:EncryptedKey>{OAEP}{BAD}</x:EncryptedKey>",
        f"<x:EncryptedData>{GCM}{VALUE}</x:EncryptedData><x:EncryptedKey>{OLD}{VALUE}</x:EncryptedKey>",
        f"<x:EncryptedData>{VALUE}</x:EncryptedData><x:EncryptedKey>{OAEP}{VALUE}</x:EncryptedKey>",
    ],
)
def test_it_is_refused_in_one_way(inside: str) -> None:
    with pytest.raises(Undecipherable):
        decrypted(etree.fromstring(f"{OPEN}{inside}</a>"), (KEY,))
