"""Turns what an index answers instead of documents into cause and cure."""

from opensearchpy.exceptions import AuthenticationException, AuthorizationException, NotFoundError, TransportError

from ops.errors import OpsError
from ops.probe.probe import NO_ACCESS
from ops.smoke.check import Red
from ops.smoke.scene import Scene
from ops.stack import Consumer

REFUSED = (AuthorizationException, AuthenticationException)
TROUBLE = (TransportError, OpsError)


def search_trouble(scene: Scene, consumer: Consumer, error: TransportError | OpsError) -> Red:
    """Names the cause by the error's status and type; its reason may echo a document and is left out."""
    status, kind = _status_and_type(error)
    seen = f"index {consumer.index} answered {status} {kind}".rstrip()
    if isinstance(error, NotFoundError) or "no index" in str(error) or "index_not_found" in kind:
        return Red(
            f"there is no index {consumer.index}",
            cause="it was never made, or somebody has deleted it, which Pulumi doesn't notice",
            cure=f"Make it again: {_make_again(scene, consumer)}. Then fill it: "
            f"{scene.command(f'backfill {consumer.name}')}",
        )
    if "index_closed" in kind:
        return Red(
            seen,
            cause=f"the index {consumer.index} is closed: it takes no writes and answers no search",
            cure=f"Open it: POST {consumer.index}/_open at {scene.stack.search_endpoint}",
        )
    if isinstance(error, REFUSED):
        return Red(seen, cause="the collection doesn't let this role or user in", cure=NO_ACCESS)
    if status == "N/A":
        return Red(
            f"index {consumer.index} did not answer ({type(error).__name__})",
            cause=f"the collection at {scene.stack.search_endpoint} can't be reached from here, or is down",
            cure="Look at the collection's state. A private collection answers only from inside its VPC.",
        )
    return Red(seen, cause="the collection can't serve this index", cure=f"More about it: {scene.command('probe')}")


def _status_and_type(error: TransportError | OpsError) -> tuple[str, str]:
    if isinstance(error, OpsError):
        return "", str(error).rpartition(": ")[2].rstrip(".")
    return str(error.args[0]), str(error.args[1]) if len(error.args) > 1 else ""


def _make_again(scene: Scene, consumer: Consumer) -> str:
    """Writes the command that runs the creation of the index again; only Pulumi knows the resource's URN."""
    if scene.stack.is_local:
        return scene.remake
    resource = f"{consumer.name.replace('_', '-')}-index-creation"
    return f"pulumi up --replace \"$(pulumi stack --show-urns | grep -o 'urn:.*::{resource}$')\""
