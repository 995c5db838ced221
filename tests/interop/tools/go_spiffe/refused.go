// What callers without a registration, and requests without the security header, are answered.
package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spiffe/go-spiffe/v2/proto/spiffe/workload"
	"github.com/spiffe/go-spiffe/v2/svid/jwtsvid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

var strangerCases = []testCase{
	{"stranger/FetchX509Context", noIdentity(func(ctx context.Context, j *judge) error {
		_, err := j.client.FetchX509Context(ctx)
		return err
	})},
	{"stranger/FetchX509Bundles", noIdentity(func(ctx context.Context, j *judge) error {
		_, err := j.client.FetchX509Bundles(ctx)
		return err
	})},
	{"stranger/FetchJWTSVID", noIdentity(func(ctx context.Context, j *judge) error {
		_, err := j.client.FetchJWTSVID(ctx, jwtsvid.Params{Audience: "records"})
		return err
	})},
	{"stranger/FetchJWTBundles", noIdentity(func(ctx context.Context, j *judge) error {
		_, err := j.client.FetchJWTBundles(ctx)
		return err
	})},
	{"stranger/ValidateJWTSVID", noIdentity(func(ctx context.Context, j *judge) error {
		_, err := j.client.ValidateJWTSVID(ctx, "a.b.c", "records")
		return err
	})},
}

var headerCases = []testCase{
	{"header/FetchX509SVID", needsHeader(func(ctx context.Context, api workload.SpiffeWorkloadAPIClient) error {
		return firstOf(api.FetchX509SVID(ctx, &workload.X509SVIDRequest{}))
	})},
	{"header/FetchX509Bundles", needsHeader(func(ctx context.Context, api workload.SpiffeWorkloadAPIClient) error {
		return firstOf(api.FetchX509Bundles(ctx, &workload.X509BundlesRequest{}))
	})},
	{"header/FetchJWTSVID", needsHeader(func(ctx context.Context, api workload.SpiffeWorkloadAPIClient) error {
		_, err := api.FetchJWTSVID(ctx, &workload.JWTSVIDRequest{Audience: []string{"records"}})
		return err
	})},
	{"header/FetchJWTBundles", needsHeader(func(ctx context.Context, api workload.SpiffeWorkloadAPIClient) error {
		return firstOf(api.FetchJWTBundles(ctx, &workload.JWTBundlesRequest{}))
	})},
	{"header/ValidateJWTSVID", needsHeader(func(ctx context.Context, api workload.SpiffeWorkloadAPIClient) error {
		_, err := api.ValidateJWTSVID(ctx, &workload.ValidateJWTSVIDRequest{Audience: "records", Svid: "a.b.c"})
		return err
	})},
}

// Texts that clients in other languages know, too.
func noIdentity(call func(context.Context, *judge) error) func(context.Context, *judge) error {
	return func(ctx context.Context, j *judge) error {
		err := call(ctx, j)
		if status.Code(err) != codes.PermissionDenied || !strings.Contains(err.Error(), "no identity issued") {
			return expected("PermissionDenied", "no identity issued", err)
		}
		return nil
	}
}

func firstOf[T any](stream grpc.ServerStreamingClient[T], err error) error {
	if err == nil {
		_, err = stream.Recv()
	}
	return err
}

// The call without the header, and with it in ways that are not exact, by a client that adds none of itself.
func needsHeader(call func(context.Context, workload.SpiffeWorkloadAPIClient) error) func(context.Context, *judge) error {
	return func(ctx context.Context, j *judge) error {
		conn, err := grpc.NewClient(j.socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return err
		}
		defer conn.Close()
		api := workload.NewSpiffeWorkloadAPIClient(conn)
		for _, header := range [][]string{{}, {"workload.spiffe.io", "True"}, {"workload.spiffe.io", ""}, {"workload-spiffe-io", "true"}} {
			err := call(metadata.AppendToOutgoingContext(ctx, header...), api)
			if status.Code(err) != codes.InvalidArgument {
				return fmt.Errorf("with %v: %w", header, expected("code", codes.InvalidArgument, err))
			}
		}
		return nil
	}
}
