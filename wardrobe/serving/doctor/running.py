"""What a server finds about itself, with the encoder and the index that it has loaded."""

from collections.abc import Iterator

from wardrobe.errors import NotReadyError
from wardrobe.serving.doctor import artefacts, configuration, machine, state
from wardrobe.serving.doctor.finding import Finding
from wardrobe.serving.service import Service


def examine(service: Service) -> Iterator[Finding]:
    """Yields what every check finds that neither loads anything nor reads all of the index."""
    _, findings = configuration.check_settings()
    yield from findings
    yield configuration.check_exposure(service.settings)
    settings, findings = state.check_state(service.settings)
    yield from findings
    try:
        index = service.engine.index
    except NotReadyError as error:
        yield Finding("failure" if service.startup.finished else "warning", error.message)
    else:
        yield artefacts.check_tuning(settings)
        yield from artefacts.check_living(index)
    yield from machine.check_machine(settings)
