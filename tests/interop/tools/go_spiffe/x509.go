// The X.509 profile: contexts, bundles, their watches, and mutual TLS with what they hold.
package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"
	"github.com/spiffe/go-spiffe/v2/workloadapi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

var x509Cases = []testCase{
	{"x509/FetchX509Context has both identities in order", fetchContext},
	{"x509/the SVIDs verify against the bundle", verifySVIDs},
	{"x509/the key belongs to the certificate", keysMatch},
	{"x509/FetchX509SVID is the default", fetchDefault},
	{"x509/FetchX509Bundles has the trust domain", fetchBundles},
	{"x509/WatchX509Context sees a rotation", watchRotation},
	{"x509/WatchX509Context sees a registration come and go", watchRegistration},
	{"x509/WatchX509Context sees a revocation as PermissionDenied, and the restore", watchRevocation},
	{"x509/WatchX509Bundles sees a prepared authority", watchBundles},
	{"x509/X509Source serves SVID and bundle and is updated", useSource},
	{"mtls/a server authorizes the client by its ID", mtlsAuthorized},
	{"mtls/a server refuses a client with another ID", mtlsClientRefused},
	{"mtls/a client refuses a server with another ID", mtlsServerRefused},
}

func fetchContext(ctx context.Context, j *judge) error {
	got, err := j.client.FetchX509Context(ctx)
	if err != nil {
		return err
	}
	if len(got.SVIDs) != 2 || got.SVIDs[0].ID != first || got.SVIDs[1].ID != second {
		return expected("SVIDs", []spiffeid.ID{first, second}, got.SVIDs)
	}
	if got.DefaultSVID().ID != first {
		return expected("default", first, got.DefaultSVID().ID)
	}
	if got.SVIDs[0].Hint != "internal" || got.SVIDs[1].Hint != "" {
		return expected("hints", "internal and none", got.SVIDs[0].Hint+","+got.SVIDs[1].Hint)
	}
	if _, err := got.Bundles.GetX509BundleForTrustDomain(domain); err != nil {
		return err
	}
	return nil
}

func verifySVIDs(ctx context.Context, j *judge) error {
	got, err := j.client.FetchX509Context(ctx)
	if err != nil {
		return err
	}
	for _, svid := range got.SVIDs {
		id, chains, err := x509svid.Verify(svid.Certificates, got.Bundles)
		if err != nil {
			return err
		}
		if id != svid.ID || len(chains) == 0 {
			return expected("verified ID", svid.ID, id)
		}
	}
	return nil
}

func keysMatch(ctx context.Context, j *judge) error {
	svids, err := j.client.FetchX509SVIDs(ctx)
	if err != nil {
		return err
	}
	for _, svid := range svids {
		public, isECDSA := svid.Certificates[0].PublicKey.(*ecdsa.PublicKey)
		if !isECDSA || !public.Equal(svid.PrivateKey.Public()) {
			return fmt.Errorf("the key of %v is not the certificate's", svid.ID)
		}
		if svid.Certificates[0].KeyUsage&x509.KeyUsageDigitalSignature == 0 || svid.Certificates[0].IsCA {
			return fmt.Errorf("%v is not a leaf that may sign", svid.ID)
		}
	}
	return nil
}

func fetchDefault(ctx context.Context, j *judge) error {
	svid, err := j.client.FetchX509SVID(ctx)
	if err == nil && svid.ID != first {
		err = expected("default", first, svid.ID)
	}
	return err
}

func fetchBundles(ctx context.Context, j *judge) error {
	bundles, err := j.client.FetchX509Bundles(ctx)
	if err != nil {
		return err
	}
	bundle, err := bundles.GetX509BundleForTrustDomain(domain)
	if err != nil {
		return err
	}
	for _, authority := range bundle.X509Authorities() {
		if !authority.IsCA || len(authority.URIs) != 1 || authority.URIs[0].String() != domain.IDString() {
			return fmt.Errorf("an authority that is no CA of %v: %v", domain, authority.URIs)
		}
	}
	if bundles.Len() != 1 || len(bundle.X509Authorities()) == 0 {
		return expected("bundles", "one, with an authority", bundles.Len())
	}
	return nil
}

// A watch as channels, unbounded enough for a case.
type contextWatch struct {
	updates chan *workloadapi.X509Context
	errors  chan error
}

func (w contextWatch) OnX509ContextUpdate(c *workloadapi.X509Context) { w.updates <- c }
func (w contextWatch) OnX509ContextWatchError(err error)              { w.errors <- err }

func (j *judge) watchContext(ctx context.Context) contextWatch {
	watch := contextWatch{make(chan *workloadapi.X509Context, 1024), make(chan error, 1024)}
	go func() { _ = j.client.WatchX509Context(ctx, watch) }()
	return watch
}

// Updates until one holds; an error of the watch ends it.
func (w contextWatch) until(ctx context.Context, what string, holds func(*workloadapi.X509Context) bool) error {
	for {
		select {
		case update := <-w.updates:
			if holds(update) {
				return nil
			}
		case err := <-w.errors:
			return fmt.Errorf("while waiting for %s: %w", what, err)
		case <-ctx.Done():
			return fmt.Errorf("never saw %s", what)
		}
	}
}

func serialOf(c *workloadapi.X509Context, id spiffeid.ID) string {
	for _, svid := range c.SVIDs {
		if svid.ID == id {
			return svid.Certificates[0].SerialNumber.String()
		}
	}
	return ""
}

func watchRotation(ctx context.Context, j *judge) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watch := j.watchContext(ctx)
	var before string
	var key any
	err := watch.until(ctx, "the first update", func(c *workloadapi.X509Context) bool {
		before, key = serialOf(c, first), c.DefaultSVID().PrivateKey
		return before != ""
	})
	if err != nil {
		return err
	}
	return watch.until(ctx, "a new certificate for a new key", func(c *workloadapi.X509Context) bool {
		now := serialOf(c, first)
		return now != "" && now != before && !key.(*ecdsa.PrivateKey).Equal(c.DefaultSVID().PrivateKey)
	})
}

// What registers another identity for this very program, as judge_go_spiffe.sh does.
func registrationOf() []string {
	return strings.Fields(os.Getenv("JUDGE_REGISTRATION"))
}

func watchRegistration(ctx context.Context, j *judge) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watch := j.watchContext(ctx)
	has := func(count int) func(*workloadapi.X509Context) bool {
		return func(c *workloadapi.X509Context) bool { return len(c.SVIDs) == count }
	}
	if err := watch.until(ctx, "two SVIDs", has(2)); err != nil {
		return err
	}
	if err := j.do(append([]string{"registration", "put", "c", "--spiffe-id", other.String()}, registrationOf()...)...); err != nil {
		return err
	}
	if err := watch.until(ctx, "a third SVID", has(3)); err != nil {
		return err
	}
	if err := j.do("registration", "remove", "c"); err != nil {
		return err
	}
	return watch.until(ctx, "two SVIDs again", has(2))
}

func watchRevocation(ctx context.Context, j *judge) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watch := j.watchContext(ctx)
	any := func(*workloadapi.X509Context) bool { return true }
	if err := watch.until(ctx, "the first update", any); err != nil {
		return err
	}
	for _, id := range []spiffeid.ID{first, second} {
		if err := j.do("revoke", "identity", id.String(), "--wait"); err != nil {
			return err
		}
	}
	err := watch.until(ctx, "an error", func(*workloadapi.X509Context) bool { return false })
	if got := status.Code(errors.Unwrap(err)); got != codes.PermissionDenied {
		return expected("code", codes.PermissionDenied, err)
	}
	for _, id := range []spiffeid.ID{first, second} {
		if err := j.do("restore", "identity", id.String()); err != nil {
			return err
		}
	}
	for { // errors until both are back
		err := watch.until(ctx, "both identities", func(c *workloadapi.X509Context) bool { return len(c.SVIDs) == 2 })
		if err == nil || ctx.Err() != nil {
			return err
		}
	}
}

type x509BundleWatch chan *x509bundle.Set

func (w x509BundleWatch) OnX509BundlesUpdate(set *x509bundle.Set) { w <- set }
func (w x509BundleWatch) OnX509BundlesWatchError(error)           {}

func watchBundles(ctx context.Context, j *judge) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watch := make(x509BundleWatch, 1024)
	go func() { _ = j.client.WatchX509Bundles(ctx, watch) }()
	for asked := false; ; {
		select {
		case set := <-watch:
			bundle, err := set.GetX509BundleForTrustDomain(domain)
			if err != nil {
				return err
			}
			authorities := bundle.X509Authorities()
			if asked && len(authorities) == 2 && !bytes.Equal(authorities[0].Raw, authorities[1].Raw) {
				return nil
			}
			if !asked {
				asked = true
				if err := j.do("authority", "rotate", "x509", "prepare"); err != nil {
					return err
				}
			}
		case <-ctx.Done():
			return errors.New("the prepared authority was not seen")
		}
	}
}

func useSource(ctx context.Context, j *judge) error {
	source, err := workloadapi.NewX509Source(ctx, workloadapi.WithClient(j.client))
	if err != nil {
		return err
	}
	defer source.Close()
	before, err := source.GetX509SVID()
	if err != nil {
		return err
	}
	if _, err := source.GetX509BundleForTrustDomain(domain); err != nil {
		return err
	}
	for {
		if err := source.WaitUntilUpdated(ctx); err != nil {
			return fmt.Errorf("no update with another certificate: %w", err)
		}
		now, err := source.GetX509SVID()
		if err != nil {
			return err
		}
		if now.ID == before.ID && now.Certificates[0].SerialNumber.Cmp(before.Certificates[0].SerialNumber) != 0 {
			return nil
		}
	}
}
