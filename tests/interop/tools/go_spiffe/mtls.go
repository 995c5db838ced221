// Mutual TLS between the two identities, with spiffetls at both ends.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/spiffetls"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"
	"github.com/spiffe/go-spiffe/v2/workloadapi"
)

// A source whose SVID is the one of the ID.
func sourceOf(ctx context.Context, j *judge, id spiffeid.ID) (*workloadapi.X509Source, error) {
	return workloadapi.NewX509Source(ctx, workloadapi.WithClient(j.client),
		workloadapi.WithDefaultX509SVIDPicker(func(svids []*x509svid.SVID) *x509svid.SVID {
			for _, svid := range svids {
				if svid.ID == id {
					return svid
				}
			}
			return nil
		}))
}

// A server that is `second` and serves `mayCome`, and a client that is `first` and wants `wanted`. The errors of both
// ends of one connection on which the server writes a byte that the client reads.
func talk(ctx context.Context, j *judge, mayCome, wanted spiffeid.ID) (serverErr, clientErr, err error) {
	serverSource, err := sourceOf(ctx, j, second)
	if err != nil {
		return nil, nil, err
	}
	defer serverSource.Close()
	clientSource, err := sourceOf(ctx, j, first)
	if err != nil {
		return nil, nil, err
	}
	defer clientSource.Close()
	listener, err := spiffetls.ListenWithMode(ctx, "tcp", "127.0.0.1:0",
		spiffetls.MTLSServerWithSource(tlsconfig.AuthorizeID(mayCome), serverSource))
	if err != nil {
		return nil, nil, err
	}
	defer listener.Close()
	served := make(chan error, 1)
	go func() { served <- serveOne(listener) }()
	clientErr = readOne(ctx, listener.Addr().String(),
		spiffetls.MTLSClientWithSource(tlsconfig.AuthorizeID(wanted), clientSource))
	select {
	case serverErr = <-served:
		return serverErr, clientErr, nil
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
}

func serveOne(listener net.Listener) error {
	conn, err := listener.Accept()
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.Write([]byte{1}); err != nil {
		return err
	}
	peer, err := spiffetls.PeerIDFromConn(conn)
	if err == nil && peer != first {
		err = expected("peer", first, peer)
	}
	return err
}

func readOne(ctx context.Context, address string, mode spiffetls.DialMode) error {
	conn, err := spiffetls.DialWithMode(ctx, "tcp", address, mode)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
		return err
	}
	peer, err := spiffetls.PeerIDFromConn(conn)
	if err == nil && peer != second {
		err = expected("peer", second, peer)
	}
	return err
}

func mtlsAuthorized(ctx context.Context, j *judge) error {
	serverErr, clientErr, err := talk(ctx, j, first, second)
	return errors.Join(serverErr, clientErr, err)
}

func mtlsClientRefused(ctx context.Context, j *judge) error {
	serverErr, clientErr, err := talk(ctx, j, other, second)
	if err == nil && (serverErr == nil || clientErr == nil) {
		err = fmt.Errorf("expected a refusal, got server: %v, client: %v", serverErr, clientErr)
	}
	return err
}

func mtlsServerRefused(ctx context.Context, j *judge) error {
	_, clientErr, err := talk(ctx, j, first, other)
	if err == nil && clientErr == nil {
		err = errors.New("the client took a server with another ID")
	}
	return err
}
