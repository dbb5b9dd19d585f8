from dataclasses import dataclass


@dataclass
class U:
    text: str
    must: tuple = ()
    must_not: tuple = ()
    unwanted: tuple = ()


def understand(text, space):
    return U(text)
