package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/web"
	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/scoring"
)

const hookSecret = "hook-secret-of-the-company"

// quiet is the section of a connector that polls once a day and takes
// deliveries.
func (c *company) quiet(name string) string {
	section := strings.Replace(c.connector(name), "interval: 1s", "interval: 24h", 1)
	return strings.Replace(section, "}\n", ", webhook_secret_file: hook-secret}\n", 1)
}

// sender sends a body only to who wants it. Otherwise it could still be writing
// when a refusal ends the connection, and would not see the answer.
var sender = &http.Client{Transport: &http.Transport{DisableKeepAlives: true, ExpectContinueTimeout: patience}}

// deliver posts an event and returns code and body of the answer.
func deliver(t *testing.T, url, secret, event, id, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	for name, value := range map[string]string{
		"Content-Type": "application/json", "X-GitHub-Event": event, "X-GitHub-Delivery": id,
		"X-Hub-Signature-256": "sha256=" + hex.EncodeToString(mac.Sum(nil)), "Expect": "100-continue",
	} {
		req.Header.Set(name, value)
	}
	if secret == "" {
		req.Header.Del("X-Hub-Signature-256")
	}
	res, err := sender.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(answer)
}

// title is what the store holds of an item.
func (r *running) title(t *testing.T, id string) string {
	t.Helper()
	for it, err := range r.store.Items(t.Context(), "harbourline", id) {
		if err != nil {
			t.Fatal(err)
		}
		if it.ID == id {
			return it.Title
		}
	}
	return ""
}

// newIssue opens an issue in some repository of the company.
func (c *company) newIssue(t *testing.T) (repo fake.RepoState, number int) {
	t.Helper()
	world := c.story.World()
	for _, repo := range world.Snapshot() {
		if len(repo.Issues) > 0 {
			return repo, world.OpenIssue(time.Now().Add(-time.Hour), repo.Name, fake.IssueSpec{Author: repo.Issues[0].Author, Title: "What it was about"})
		}
	}
	t.Fatal("the company has no repository that anybody works on")
	return fake.RepoState{}, 0
}

// A signed delivery makes a change appear long before the next poll. What it
// says itself counts for nothing.
func TestDeliveryMakesAChangeAppear(t *testing.T) {
	c := newCompany(t, 2)
	repo, number := c.newIssue(t)
	id := fmt.Sprintf("R%d/%d", repo.ID, number)
	dir := t.TempDir()
	path := c.config(t, dir)
	write(t, filepath.Join(dir, "hook-secret"), hookSecret+"\n")
	write(t, path, "connectors:\n"+c.quiet("harbourline")+c.declared(6)+here+loopback)
	r := start(t, path, 0)
	r.await(t, "complete", complete)

	before := r.title(t, id)
	c.story.World().EditIssue(time.Now(), repo.Name, number, "What it is about now", "")
	hook := r.url + "/hooks/harbourline"
	body := fmt.Sprintf(`{"action":"edited","issue":{"number":%d,"title":"A lie"},"repository":{"id":%d}}`, number, repo.ID)
	for _, refused := range []struct {
		url, secret string
		code        int
	}{{hook, "", 401}, {hook, "wrong", 401}, {r.url + "/hooks/nobody", hookSecret, 404}} {
		if code, text := deliver(t, refused.url, refused.secret, "issues", "1", body); code != refused.code {
			t.Errorf("%s signed with %q: %d %s", refused.url, refused.secret, code, text)
		}
	}
	if got := r.title(t, id); got != before || before != "What it was about" {
		t.Fatalf("before the delivery %q became %q", before, got)
	}
	if code, text := deliver(t, hook, hookSecret, "issues", "1", body); code != http.StatusAccepted {
		t.Fatalf("delivery: %d %s", code, text)
	}
	r.await(t, "of the changed issue", func(*scoring.Report) bool { return r.title(t, id) == "What it is about now" })
	if code, _ := deliver(t, hook, hookSecret, "issues", "1", body); code != http.StatusOK {
		t.Errorf("the same delivery again: %d", code)
	}
	if code, _ := deliver(t, hook, hookSecret, "ping", "2", `{"zen":"x"}`); code != http.StatusOK {
		t.Errorf("ping: %d", code)
	}
	served := get(t, r.url+"/metrics")
	for _, line := range []string{
		`deliveries_total{connector="harbourline"} 5`,
		`skipped_deliveries_total{connector="harbourline",reason="duplicate"} 1`,
		`skipped_deliveries_total{connector="harbourline",reason="ignored"} 1`,
		`delivery_failures_total{connector="harbourline",reason="unsigned"} 2`,
		`delivery_failures_total{connector="harbourline",reason="too_large"} 0`,
		`delivery_failures_total{connector="harbourline",reason="rate_limited"} 0`,
		`delivery_failures_total{connector="harbourline",reason="malformed"} 0`,
	} {
		if !strings.Contains(served, "workdrift_webhook_"+line+"\n") {
			t.Errorf("not served: %s", line)
		}
	}
	if strings.Contains(served, `"nobody"`) || strings.Contains(served+r.log.String(), hookSecret) {
		t.Error("a metric names a stranger, or the secret leaked")
	}
}

// Deliveries may have an address of their own, where nothing else is served; a
// reload that takes the secret away ends them.
func TestDeliveriesApart(t *testing.T) {
	c := newCompany(t, 1)
	dir := t.TempDir()
	path := c.config(t, dir)
	write(t, filepath.Join(dir, "hook-secret"), hookSecret)
	own := strings.Replace(loopback, "}\n", ", hooks_address: \"[::1]:0\", hooks_body_limit: 65536}\n", 1)
	write(t, path, "connectors:\n"+c.quiet("harbourline")+c.declared(6)+here+own)
	r := start(t, path, 0)
	hooks := "http://" + r.log.await(t, `msg=listening for=hooks address=(\S+)`)[1]
	if code, text := deliver(t, hooks+"/hooks/harbourline", hookSecret, "ping", "1", "{}"); code != http.StatusOK {
		t.Errorf("at its own address: %d %s", code, text)
	}
	if code, _ := deliver(t, r.url+"/hooks/harbourline", hookSecret, "ping", "1", "{}"); code != http.StatusNotFound && code != http.StatusMethodNotAllowed {
		t.Errorf("at the address of the pages: %d", code)
	}
	for _, path := range []string{"/", "/metrics", "/-/healthy", "/api/v1/report"} {
		if code, _ := request(t, client, http.MethodGet, hooks+path); code != http.StatusNotFound {
			t.Errorf("%s at the address of deliveries: %d", path, code)
		}
	}
	if code, _ := deliver(t, hooks+"/hooks/harbourline", hookSecret, "issues", "1", string(bytes.Repeat([]byte(" "), 65537))); code != http.StatusRequestEntityTooLarge {
		t.Errorf("above the limit: %d", code)
	}
	write(t, path, "connectors:\n"+c.connector("harbourline")+c.declared(6)+here+own)
	r.reloadWell(t)
	if code, _ := deliver(t, hooks+"/hooks/harbourline", hookSecret, "ping", "1", "{}"); code != http.StatusNotFound {
		t.Errorf("after the secret was taken away: %d", code)
	}
}

// Sources do not log in. Where the pages ask for it, deliveries need an address
// of their own, and who forgets it is told.
func TestDeliveriesBesideALogin(t *testing.T) {
	const warning = "webhooks will be refused"
	for _, own := range []string{"", `, hooks_address: "[::1]:0"`} {
		c := newCompany(t, 1)
		dir := t.TempDir()
		path := c.config(t, dir)
		write(t, filepath.Join(dir, "hook-secret"), hookSecret)
		write(t, filepath.Join(dir, "web.yml"), fmt.Sprintf("basic_auth_users: {operator: %q}\n", passwordHash))
		write(t, path, "connectors:\n"+c.quiet("harbourline")+c.declared(6)+here+`web: {listen_address: "127.0.0.1:0", web_config_file: web.yml`+own+"}\n")
		r := start(t, path, time.Hour)
		url, want := strings.Replace(r.url, "https", "http", 1), http.StatusUnauthorized
		if own != "" {
			url, want = "http://"+r.log.await(t, `msg=listening for=hooks address=(\S+)`)[1], http.StatusOK
		}
		if code, text := deliver(t, url+"/hooks/harbourline", hookSecret, "ping", "1", "{}"); code != want {
			t.Errorf("%q: %d %s", own, code, text)
		}
		if warned := strings.Contains(r.log.String(), warning); warned != (own == "") {
			t.Errorf("%q: warned %v", own, warned)
		}
	}
}

// Both packages speak of the same outcomes.
func TestOutcomesAgree(t *testing.T) {
	for _, o := range []web.Outcome{web.Accepted, web.Duplicate, web.Ignored, web.Unsigned, web.TooLarge, web.RateLimited, web.Malformed} {
		if !slices.Contains(connectors.HookOutcomes(), connectors.HookOutcome(o)) {
			t.Errorf("%s is not counted", o)
		}
	}
}
