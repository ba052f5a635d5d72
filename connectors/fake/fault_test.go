package fake_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
)

func TestLimitFaults(t *testing.T) {
	const minute = time.Minute
	for _, c := range []struct {
		name   string
		fault  fake.Fault
		status int
		header map[string]string
		text   string
	}{
		{"primary", fake.Fault{Kind: fake.PrimaryLimit, Wait: minute}, 403,
			map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": fmt.Sprint(clock().Add(minute).Unix()), "Retry-After": ""}, "documentation_url"},
		{"primary 429", fake.Fault{Kind: fake.PrimaryLimit, Status: 429, Wait: minute}, 429, map[string]string{"X-RateLimit-Remaining": "0"}, "API rate limit"},
		{"secondary", fake.Fault{Kind: fake.SecondaryLimit, Wait: minute}, 403, map[string]string{"X-RateLimit-Remaining": "4900", "Retry-After": "60"}, "secondary rate limit"},
		{"secondary 429", fake.Fault{Kind: fake.SecondaryLimit, Status: 429, Wait: minute}, 429, map[string]string{"Retry-After": "60"}, "documentation_url"},
		{"HTTP date", fake.Fault{Kind: fake.SecondaryDate, Wait: minute}, 403, map[string]string{"Retry-After": clock().Add(minute).Format(http.TimeFormat)}, "documentation_url"},
		{"bare", fake.Fault{Kind: fake.SecondaryBare}, 403, map[string]string{"Retry-After": "", "X-RateLimit-Remaining": "4900"}, "documentation_url"},
		{"undocumented", fake.Fault{Kind: fake.SecondaryUndocumented, Wait: minute}, 403, map[string]string{"Retry-After": "60"}, `again."}`},
		{"credentials", fake.Fault{Kind: fake.BadCredentials}, 401, nil, "Bad credentials"},
		{"deep page", fake.Fault{Kind: fake.DeepPage}, 422, nil, "cursor based pagination"},
		{"server error", fake.Fault{Kind: fake.ServerError, Status: 503}, 503, map[string]string{"Content-Type": "text/html; charset=utf-8"}, "<html>"},
		{"redirect", fake.Fault{Kind: fake.Redirect, To: "http://elsewhere.invalid"}, 302, map[string]string{"Location": "http://elsewhere.invalid" + oldestFirst}, ""},
		{"skew", fake.Fault{Kind: fake.ClockSkew, Wait: -15 * minute}, 200, map[string]string{"Date": clock().Add(-15 * minute).Format(http.TimeFormat)}, "["},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := fake.NewGitHub(manyIssues(t, 2), fake.Options{Now: clock})
			g.Fault(nil, 1, c.fault)
			url := serve(t, g) + oldestFirst
			a := get(t, url)
			wantStatus(t, a, c.status)
			for k, v := range c.header {
				equal(t, k, a.Header.Get(k), v)
			}
			if !strings.Contains(string(a.body), c.text) {
				t.Errorf("body %q has no %q", a.body, c.text)
			}
			equal(t, "logged", g.Log()[0].Fault, c.fault.Kind)
			wantStatus(t, get(t, url), http.StatusOK)
		})
	}
}

func TestBodyFaults(t *testing.T) {
	for _, c := range []struct {
		name  string
		kind  fake.Kind
		items int // -1: not a list of issues
		check func(body string) bool
	}{
		{"empty", fake.EmptyBody, -1, func(b string) bool { return b == "" }},
		{"null", fake.NullBody, 0, func(b string) bool { return b == "null" }},
		{"object", fake.ObjectBody, -1, func(b string) bool { return b == "{}" }},
		{"HTML", fake.HTMLBody, -1, func(b string) bool { return strings.Contains(b, "<html>") }},
		{"truncated", fake.TruncatedBody, -1, func(b string) bool { return strings.HasPrefix(b, "[{") }},
		{"garbage", fake.TrailingGarbage, -1, func(b string) bool { return strings.HasSuffix(b, "-->") }},
		{"timestamp", fake.BadTimestamp, 3, func(b string) bool { return strings.Count(b, `"updated_at":"yesterday"`) == 1 }},
		{"user", fake.NullUser, 3, func(b string) bool { return strings.Count(b, `"user":null`) == 1 }},
		{"duplicate", fake.DuplicateItem, 4, func(b string) bool { return strings.Count(b, `"number":3,`) == 2 }},
		{"shuffled", fake.ShuffledPage, 3, func(b string) bool { return strings.Index(b, `"number":1,`) > strings.Index(b, `"number":3,`) }},
		{"sliced", fake.SlicedBody, 3, func(b string) bool { return strings.Count(b, "\n") > 3 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := fake.NewGitHub(manyIssues(t, 3), fake.Options{Now: clock})
			g.Fault(fake.Matching("GET", "/issues"), 1, fake.Fault{Kind: c.kind})
			a := get(t, serve(t, g)+oldestFirst)
			wantStatus(t, a, http.StatusOK)
			if !c.check(string(a.body)) {
				t.Errorf("body: %.300s", a.body)
			}
			var list []object
			if err := json.Unmarshal(a.body, &list); (err != nil) != (c.items < 0) || err == nil && len(list) != c.items {
				t.Errorf("decodes to %d items, %v; want %d", len(list), err, c.items)
			}
		})
	}
}

func TestBrokenAndSlowBodies(t *testing.T) {
	g := fake.NewGitHub(manyIssues(t, 3), fake.Options{Now: clock})
	url := serve(t, g) + oldestFirst
	read := func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		res, err := client.Do(req)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		_, err = io.ReadAll(res.Body)
		return err
	}
	g.Fault(nil, 1, fake.Fault{Kind: fake.ResetBody})
	if err := read(t.Context()); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a reset gives %v, want an unexpected EOF", err)
	}
	for _, kind := range []fake.Kind{fake.SlowBody, fake.Latency} {
		g.Fault(nil, 1, fake.Fault{Kind: kind, Wait: time.Nanosecond})
		if err := read(t.Context()); err != nil {
			t.Errorf("fault %d with a short wait: %v", kind, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		g.Fault(nil, 1, fake.Fault{Kind: kind})
		if err := read(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("fault %d without end: %v, want a timeout of the client", kind, err)
		}
		cancel()
	}
}

func TestRules(t *testing.T) {
	g := fake.NewGitHub(manyIssues(t, 3), fake.Options{Now: clock})
	url := serve(t, g)
	g.Fault(fake.After(1, fake.Matching("/issues")), 2, fake.Fault{Kind: fake.ServerError})
	var got []int
	for range 5 {
		got = append(got, get(t, url+oldestFirst).StatusCode)
	}
	equal(t, "the first passes, two fail", got, []int{200, 502, 502, 200, 200})
	g.Fault(nil, -1, fake.Fault{Kind: fake.ServerError})
	wantStatus(t, get(t, url+"/user"), http.StatusBadGateway)
	g.ClearFaults()
	wantStatus(t, get(t, url+"/user"), http.StatusOK)
	g.ResetLog()
	equal(t, "log after a reset", len(g.Log()), 0)
}

func TestChaosIsRepeatable(t *testing.T) {
	run := func(seed uint64) string {
		g := fake.NewGitHub(manyIssues(t, 3), fake.Options{Now: clock})
		g.Chaos(seed, 0.5, fake.Fault{Kind: fake.ServerError}, fake.Fault{Kind: fake.NullBody}, fake.Fault{Kind: fake.BadCredentials})
		url := serve(t, g)
		for range 40 {
			get(t, url+oldestFirst)
		}
		var kinds []fake.Kind
		faults := 0
		for _, s := range g.Log() {
			kinds = append(kinds, s.Fault)
			if s.Fault != 0 {
				faults++
			}
		}
		if faults < 10 || faults > 30 {
			t.Errorf("%d of 40 answers were faulty, want about half", faults)
		}
		return fmt.Sprint(kinds)
	}
	if first, again := run(1), run(1); first != again || first == run(2) {
		t.Error("faults do not follow from the seed")
	}
}

func TestGraphQLFaults(t *testing.T) {
	w := smallWorld(t)
	var ids []string
	g := fake.NewGitHub(w, fake.Options{Now: clock})
	url := serve(t, g)
	for i := range 4 {
		n := w.OpenPull(day(1, i), "acme/api", fake.PullSpec{Author: "ada", Title: "t", Head: "h"})
		ids = append(ids, decode[object](t, get(t, fmt.Sprintf("%s/repos/acme/api/pulls/%d", url, n)))["node_id"].(string))
	}
	ask := func(k fake.Kind) object {
		g.Fault(fake.Matching("/graphql"), 1, fake.Fault{Kind: k})
		return decode[object](t, graphQL(t, url+"/graphql", "", ids))
	}
	partial := ask(fake.GraphQLPartial)
	if at(partial, "data", "nodes", 0) == nil || at(partial, "data", "nodes", 1) != nil || len(partial["errors"].([]any)) != 2 {
		t.Errorf("partial answer: %v", partial)
	}
	if failed := ask(fake.GraphQLFailed); failed["data"] != nil || failed["errors"] == nil {
		t.Errorf("failed answer: %v", failed)
	}
	unlimited := ask(fake.GraphQLNoRateLimit)
	equal(t, "rateLimit", at(unlimited, "data", "rateLimit"), nil)
	equal(t, "nodes", len(at(unlimited, "data", "nodes").([]any)), 4)
}
