// The JWT profile: tokens, bundles and their watch, validation here and at the agent.
package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spiffe/go-spiffe/v2/bundle/jwtbundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/svid/jwtsvid"
	"github.com/spiffe/go-spiffe/v2/workloadapi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

var jwtCases = []testCase{
	{"jwt/FetchJWTSVID is of the default identity", fetchJWT},
	{"jwt/FetchJWTSVID has every audience", fetchAudiences},
	{"jwt/FetchJWTSVID for a subject", fetchSubject},
	{"jwt/FetchJWTSVIDs has one for each identity", fetchAllJWTs},
	{"jwt/FetchJWTSVID for a subject of others is PermissionDenied", fetchOther},
	{"jwt/ValidateJWTSVID takes a good one", validateGood},
	{"jwt/ValidateJWTSVID refuses another audience", validateAudience},
	{"jwt/ValidateJWTSVID refuses a tampered signature", validateSignature},
	{"jwt/ValidateJWTSVID refuses tampered claims", validateClaims},
	{"jwt/ValidateJWTSVID refuses an unsigned token", validateUnsigned},
	{"jwt/FetchJWTBundles validates here", fetchJWTBundles},
	{"jwt/WatchJWTBundles sees a prepared key", watchJWTBundles},
	{"jwt/JWTSource serves tokens and bundle", useJWTSource},
	{"wit/FetchWITSVIDs is Unimplemented", witUnimplemented},
}

func fetchJWT(ctx context.Context, j *judge) error {
	svid, err := j.client.FetchJWTSVID(ctx, jwtsvid.Params{Audience: "records"})
	if err != nil {
		return err
	}
	if svid.ID != first || svid.Hint != "internal" || !slices.Equal(svid.Audience, []string{"records"}) {
		return expected("token", first, svid)
	}
	return nil
}

func fetchAudiences(ctx context.Context, j *judge) error {
	svid, err := j.client.FetchJWTSVID(ctx, jwtsvid.Params{Audience: "records", ExtraAudiences: []string{"bills"}})
	if err != nil {
		return err
	}
	got := slices.Clone(svid.Audience)
	slices.Sort(got)
	if !slices.Equal(got, []string{"bills", "records"}) {
		return expected("audiences", "bills, records", got)
	}
	return nil
}

func fetchSubject(ctx context.Context, j *judge) error {
	svid, err := j.client.FetchJWTSVID(ctx, jwtsvid.Params{Audience: "records", Subject: second})
	if err == nil && svid.ID != second {
		err = expected("subject", second, svid.ID)
	}
	return err
}

func fetchAllJWTs(ctx context.Context, j *judge) error {
	svids, err := j.client.FetchJWTSVIDs(ctx, jwtsvid.Params{Audience: "records"})
	if err != nil {
		return err
	}
	if len(svids) != 2 || svids[0].ID != first || svids[1].ID != second {
		return expected("tokens of", []spiffeid.ID{first, second}, svids)
	}
	return nil
}

func fetchOther(ctx context.Context, j *judge) error {
	_, err := j.client.FetchJWTSVID(ctx, jwtsvid.Params{Audience: "records", Subject: other})
	if status.Code(err) != codes.PermissionDenied {
		return expected("code", codes.PermissionDenied, err)
	}
	return nil
}

func validateGood(ctx context.Context, j *judge) error {
	svid, err := j.client.FetchJWTSVID(ctx, jwtsvid.Params{Audience: "records"})
	if err != nil {
		return err
	}
	validated, err := j.client.ValidateJWTSVID(ctx, svid.Marshal(), "records")
	if err == nil && (validated.ID != first || validated.Claims["sub"] != first.String()) {
		err = expected("subject", first, validated.Claims)
	}
	return err
}

// The agent refuses what `change` makes of a good token, for the audience.
func refuses(ctx context.Context, j *judge, audience string, change func(string) string) error {
	svid, err := j.client.FetchJWTSVID(ctx, jwtsvid.Params{Audience: "records"})
	if err != nil {
		return err
	}
	changed := change(svid.Marshal())
	_, err = j.client.ValidateJWTSVID(ctx, changed, audience)
	if status.Code(err) != codes.InvalidArgument {
		return expected("code", codes.InvalidArgument, err)
	}
	return nil
}

func validateAudience(ctx context.Context, j *judge) error {
	return refuses(ctx, j, "bills", func(token string) string { return token })
}

// A token with one character of one of its three parts changed, in a place where every bit counts.
func tampered(token string, part int) string {
	parts := strings.Split(token, ".")
	middle := len(parts[part]) / 2
	changed := byte('A')
	if parts[part][middle] == changed {
		changed = 'B'
	}
	parts[part] = parts[part][:middle] + string(changed) + parts[part][middle+1:]
	return strings.Join(parts, ".")
}

func validateSignature(ctx context.Context, j *judge) error {
	return refuses(ctx, j, "records", func(token string) string { return tampered(token, 2) })
}

func validateClaims(ctx context.Context, j *judge) error {
	return refuses(ctx, j, "records", func(token string) string { return tampered(token, 1) })
}

func validateUnsigned(ctx context.Context, j *judge) error {
	const algNone = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"
	return refuses(ctx, j, "records", func(token string) string {
		return algNone + "." + strings.Split(token, ".")[1] + "."
	})
}

func fetchJWTBundles(ctx context.Context, j *judge) error {
	bundles, err := j.client.FetchJWTBundles(ctx)
	if err != nil {
		return err
	}
	svid, err := j.client.FetchJWTSVID(ctx, jwtsvid.Params{Audience: "records"})
	if err != nil {
		return err
	}
	validated, err := jwtsvid.ParseAndValidate(svid.Marshal(), bundles, []string{"records"})
	if err != nil {
		return err
	}
	if _, err := jwtsvid.ParseAndValidate(tampered(svid.Marshal(), 2), bundles, []string{"records"}); err == nil {
		return errors.New("the bundle validates a tampered token")
	}
	if validated.ID != first || bundles.Len() != 1 {
		return expected("subject", first, validated.ID)
	}
	return nil
}

type jwtBundleWatch chan *jwtbundle.Set

func (w jwtBundleWatch) OnJWTBundlesUpdate(set *jwtbundle.Set) { w <- set }
func (w jwtBundleWatch) OnJWTBundlesWatchError(error)          {}

func watchJWTBundles(ctx context.Context, j *judge) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watch := make(jwtBundleWatch, 1024)
	go func() { _ = j.client.WatchJWTBundles(ctx, watch) }()
	for before := 0; ; {
		select {
		case set := <-watch:
			bundle, err := set.GetJWTBundleForTrustDomain(domain)
			if err != nil {
				return err
			}
			keys := len(bundle.JWTAuthorities())
			if before > 0 && keys == before+1 {
				return nil
			}
			if before == 0 {
				before = keys
				if err := j.do("authority", "rotate", "jwt", "prepare"); err != nil {
					return err
				}
			}
		case <-ctx.Done():
			return errors.New("the prepared key was not seen")
		}
	}
}

func useJWTSource(ctx context.Context, j *judge) error {
	source, err := workloadapi.NewJWTSource(ctx, workloadapi.WithClient(j.client))
	if err != nil {
		return err
	}
	defer source.Close()
	svid, err := source.FetchJWTSVID(ctx, jwtsvid.Params{Audience: "records", Subject: second})
	if err != nil {
		return err
	}
	bundle, err := source.GetJWTBundleForTrustDomain(domain)
	if err != nil {
		return err
	}
	if _, err := jwtsvid.ParseAndValidate(svid.Marshal(), bundle, []string{"records"}); err != nil {
		return err
	}
	if svids, err := source.FetchJWTSVIDs(ctx, jwtsvid.Params{Audience: "records"}); err != nil || len(svids) != 2 {
		return fmt.Errorf("expected two tokens, got %v, %w", svids, err)
	}
	return nil
}

func witUnimplemented(ctx context.Context, j *judge) error {
	_, err := j.client.FetchWITSVIDs(ctx, "")
	if status.Code(err) != codes.Unimplemented {
		return expected("code", codes.Unimplemented, err)
	}
	return nil
}
