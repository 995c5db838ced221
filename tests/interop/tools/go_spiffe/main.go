// go-spiffe as a workload of a real ward-agent: go_spiffe -cases GROUP -socket unix:///PATH [-ward PROGRAM]
//
// A case prints `ok NAME` or `not ok NAME: reason`; the exit code is 0 when all passed. Groups: registered, for a
// process with the registrations of judge_go_spiffe.sh; stranger, for one with none. Changes that a watch must see are
// made with PROGRAM, the command line of Ward.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/workloadapi"
)

const caseTimeout = 45 * time.Second

// The two identities of the caller, in the order of their registrations, and one that it does not have.
var (
	domain = spiffeid.RequireTrustDomainFromString("example.org")
	first  = spiffeid.RequireFromString("spiffe://example.org/judge/a")
	second = spiffeid.RequireFromString("spiffe://example.org/judge/b")
	other  = spiffeid.RequireFromString("spiffe://example.org/judge/other")
)

type judge struct {
	socket string
	ward   string
	client *workloadapi.Client
	failed int
}

type testCase struct {
	name string
	run  func(context.Context, *judge) error
}

func (j *judge) check(c testCase) {
	ctx, cancel := context.WithTimeout(context.Background(), caseTimeout)
	defer cancel()
	if err := c.run(ctx, j); err != nil {
		j.failed++
		fmt.Printf("not ok %s: %v\n", c.name, err)
		return
	}
	fmt.Printf("ok %s\n", c.name)
}

// The command line of Ward, which makes a change that the case then watches for.
func (j *judge) do(arguments ...string) error {
	said, err := exec.Command(j.ward, arguments...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ward %v: %w: %s", arguments, err, said)
	}
	return nil
}

func expected(what string, want, got any) error {
	return fmt.Errorf("expected %s %v, got %v", what, want, got)
}

func main() {
	j := &judge{}
	group := flag.String("cases", "registered", "registered or stranger")
	flag.StringVar(&j.socket, "socket", "", "address of the Workload API")
	flag.StringVar(&j.ward, "ward", "ward", "the program ward")
	flag.Parse()

	groups := map[string][]testCase{
		"registered": append(append(x509Cases, jwtCases...), headerCases...),
		"stranger":   strangerCases,
	}
	cases, known := groups[*group]
	if !known {
		fmt.Fprintf(os.Stderr, "go_spiffe: unknown group `%s`, expected registered or stranger\n", *group)
		os.Exit(2)
	}
	var err error
	if j.client, err = workloadapi.New(context.Background(), workloadapi.WithAddr(j.socket)); err != nil {
		fmt.Printf("not ok client: %v\n", err)
		os.Exit(1)
	}
	defer j.client.Close()
	for _, c := range cases {
		j.check(c)
	}
	if j.failed > 0 {
		os.Exit(1)
	}
}
