#!/usr/bin/env python3
"""A real client of the SPIFFE Workload API (PyPI `spiffe`) against ward-agent: spiffe_client.py SOCKET SPIFFE_ID

Run as a registered workload. Prints a line a check; the first that fails ends it. With `revoked` as third argument it
expects what a workload meets whose identity is revoked.
"""

import sys

from spiffe import WorkloadApiClient
from spiffe.errors import PySpiffeError


def check(what, holds):
    if not holds:
        sys.exit(f"FAILED: {what}")
    print(f"ok {what}")


def fetch_everything(client, spiffe_id):
    svid = client.fetch_x509_svid()
    check("the X.509-SVID is the registered identity", str(svid.spiffe_id) == spiffe_id)
    context = client.fetch_x509_context()
    check("the X.509 context holds it as default", str(context.default_svid.spiffe_id) == spiffe_id)
    bundle = context.x509_bundle_set.get_bundle_for_trust_domain(svid.spiffe_id.trust_domain)
    check("the bundle of the trust domain has an authority", bundle is not None and len(bundle.x509_authorities) >= 1)
    check("the X.509 bundles can be fetched alone", client.fetch_x509_bundles() is not None)
    token = client.fetch_jwt_svid(audience={"records"})
    check("the JWT-SVID is the registered identity", str(token.spiffe_id) == spiffe_id)
    validated = client.validate_jwt_svid(token=token.token, audience="records")
    check("the agent validates its own JWT-SVID", str(validated.spiffe_id) == spiffe_id)
    keys = client.fetch_jwt_bundles().get_bundle_for_trust_domain(svid.spiffe_id.trust_domain)
    check("the JWT bundle has a key", keys is not None and len(keys.jwt_authorities) >= 1)
    try:
        client.validate_jwt_svid(token=token.token, audience="others")
        check("a JWT-SVID for another audience is refused", False)
    except PySpiffeError:
        check("a JWT-SVID for another audience is refused", True)


def expect_nothing(client):
    for what, call in [("X.509-SVID", client.fetch_x509_svid), ("JWT-SVID", lambda: client.fetch_jwt_svid(audience={"records"}))]:
        try:
            call()
            check(f"a revoked identity gets no {what}", False)
        except PySpiffeError as error:
            check(f"a revoked identity gets no {what}", "no identity issued" in f"{error} {error.__cause__}")


def main():
    socket, spiffe_id = sys.argv[1:3]
    with WorkloadApiClient(socket_path=f"unix://{socket}") as client:
        if sys.argv[3:] == ["revoked"]:
            expect_nothing(client)
        else:
            fetch_everything(client, spiffe_id)


if __name__ == "__main__":
    main()
