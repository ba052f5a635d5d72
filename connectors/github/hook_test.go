package github

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
)

const hookSecret = "whsec-That-Must-Not-Leak"

func signed(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// delivery is the header of a delivery.
func delivery(event, id, signature string) http.Header {
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set("X-GitHub-Event", event)
	h.Set("X-GitHub-Delivery", id)
	if signature != "" {
		h.Set("X-Hub-Signature-256", signature)
	}
	return h
}

// receiver is a connector that takes deliveries.
func receiver(t testing.TB, r *rig) connectors.Receiver {
	t.Helper()
	t.Setenv("WORKDRIFT_TEST_HOOK", hookSecret)
	r.config += "webhook_secret_env: WORKDRIFT_TEST_HOOK\n"
	rec, ok := connectors.TakesDeliveries(r.connect())
	if !ok {
		t.Fatal("the connector takes no deliveries")
	}
	return rec
}

func receive(t testing.TB, r connectors.Receiver, event string, body []byte) (connectors.Delivery, error) {
	t.Helper()
	return r.Receive(delivery(event, "guid", signed(hookSecret, body)), body, present)
}

func TestReceive(t *testing.T) {
	rec := receiver(t, newRig(t, newWorld(), fake.Options{}))
	const repo = `"repository":{"id":7,"full_name":"acme/api","default_branch":"main"}`
	for name, c := range map[string]struct {
		event, body string
		objects     []string
		ignore      bool
	}{
		"issue":             {"issues", `{"action":"opened","issue":{"number":5},` + repo + `}`, []string{"R7/5"}, false},
		"comment":           {"issue_comment", `{"issue":{"number":5},` + repo + `}`, []string{"R7/5"}, false},
		"pull request":      {"pull_request", `{"number":6,"pull_request":{"number":6},` + repo + `}`, []string{"R7/6"}, false},
		"review":            {"pull_request_review", `{"pull_request":{"number":6},` + repo + `}`, []string{"R7/6"}, false},
		"comment on code":   {"pull_request_review_comment", `{"pull_request":{"number":6},` + repo + `}`, []string{"R7/6"}, false},
		"thread":            {"pull_request_review_thread", `{"pull_request":{"number":6},` + repo + `}`, []string{"R7/6"}, false},
		"sub-issue":         {"sub_issues", `{"sub_issue":{"number":1},"parent_issue":{"number":2},` + repo + `}`, []string{"R7/1", "R7/2"}, false},
		"sub-issue, abroad": {"sub_issues", `{"sub_issue":{"number":1},"sub_issue_repo":{"id":9},"parent_issue":{"number":2},` + repo + `}`, []string{"R9/1", "R7/2"}, false},
		"transfer":          {"issues", `{"action":"transferred","issue":{"number":5},"changes":{"new_issue":{"number":8},"new_repository":{"id":9}},` + repo + `}`, []string{"R7/5", "R9/8"}, false},
		"push":              {"push", `{"ref":"refs/heads/main",` + repo + `}`, []string{"R7/commits"}, false},
		"push elsewhere":    {"push", `{"ref":"refs/heads/topic",` + repo + `}`, nil, true},
		"push of a tag":     {"push", `{"ref":"refs/tags/main",` + repo + `}`, nil, true},
		"repository":        {"repository", `{"action":"renamed"}`, nil, false},
		"new repositories":  {"installation_repositories", `{}`, nil, false},
		"member":            {"member", `{}`, nil, false},
		"ping":              {"ping", `{"zen":"x"}`, nil, true},
		"ping that is none": {"ping", `not JSON`, nil, true},
		"something new":     {"merge_group", `{}`, nil, true},
		"without an event":  {"", `{}`, nil, true},
	} {
		d, err := receive(t, rec, c.event, []byte(c.body))
		if err != nil || !slices.Equal(d.Objects, c.objects) || d.Ignore != c.ignore || d.ID != "guid" {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
	for name, c := range map[string]struct{ event, body string }{
		"no JSON":         {"issues", `x`},
		"nothing":         {"issues", ``},
		"a list":          {"issues", `[]`},
		"no repository":   {"issues", `{"issue":{"number":5}}`},
		"bad repository":  {"issues", `{"issue":{"number":5},"repository":{"id":-1}}`},
		"text for number": {"issues", `{"issue":{"number":"5"},` + repo + `}`},
		"no number":       {"pull_request", `{"pull_request":{},` + repo + `}`},
		"negative number": {"issues", `{"issue":{"number":-5},` + repo + `}`},
		"no ref":          {"push", `{` + repo + `}`},
	} {
		if d, err := receive(t, rec, c.event, []byte(c.body)); err == nil || errors.Is(err, connectors.ErrSignature) || d.Objects != nil {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
}

// Whatever is not signed is refused as such, whether or not it could be read.
func TestReceiveUnsigned(t *testing.T) {
	r := newRig(t, newWorld(), fake.Options{})
	rec := receiver(t, r)
	body := []byte(`not even JSON`)
	old := hmac.New(sha1.New, []byte(hookSecret))
	old.Write(body)
	sha1Only := delivery("issues", "1", "")
	sha1Only.Set("X-Hub-Signature", "sha1="+hex.EncodeToString(old.Sum(nil)))
	jira := delivery("issues", "1", "")
	jira.Set("X-Hub-Signature", signed(hookSecret, body))
	twice := delivery("issues", "1", signed(hookSecret, body))
	twice.Add("X-Hub-Signature-256", signed(hookSecret, body))
	for name, h := range map[string]http.Header{
		"unsigned": delivery("issues", "1", ""), "other secret": delivery("issues", "1", signed("x", body)),
		"SHA-1": sha1Only, "the older header": jira, "twice": twice,
	} {
		if _, err := rec.Receive(h, body, present); !errors.Is(err, connectors.ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
		early := connectors.CheckHeader(rec, h, present)
		if want := name != "other secret"; errors.Is(early, connectors.ErrSignature) != want {
			t.Errorf("%s: by the header alone %v", name, early)
		}
	}
	if _, ok := connectors.TakesDeliveries(newRig(t, newWorld(), fake.Options{}).connect()); ok {
		t.Error("a connector without a secret takes deliveries")
	}
	// While one secret replaces the other, both hold.
	t.Setenv("WORKDRIFT_TEST_NEXT", "the-next-secret")
	r.config += "webhook_secret_next_env: WORKDRIFT_TEST_NEXT\n"
	rec, _ = connectors.TakesDeliveries(r.connect())
	for _, secret := range []string{hookSecret, "the-next-secret"} {
		if d, err := rec.Receive(delivery("ping", "1", signed(secret, body)), body, present); err != nil || !d.Ignore {
			t.Errorf("during a rotation: %+v, %v", d, err)
		}
	}
	for key, text := range map[string]string{
		"webhook_secret_env":       "webhook_secret_env: WORKDRIFT_TEST_NOT_SET\n",
		"webhook_secret_next_file": "webhook_secret_next_file: /does/not/exist\n",
	} {
		_, err := New(r.environment(), connectortest.Decoder("organizations: [acme]\n"+text))
		if err == nil || !strings.HasPrefix(err.Error(), key+": ") {
			t.Errorf("%s: %v", key, err)
		}
	}
}

// A recorded delivery with the event it was sent for.
type recordedDelivery struct {
	Request struct {
		Event string `json:"event"`
	} `json:"request"`
	Payload json.RawMessage `json:"payload"`
}

func recordedDeliveries(t *testing.T) []recordedDelivery {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(recordings, "github_webhooks", "*.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skipf("the recorded deliveries are not at %s/github_webhooks", recordings)
	}
	var out []recordedDelivery
	for _, path := range files {
		packed, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		unpacked, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(unpacked)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			var d recordedDelivery
			if err := json.Unmarshal(lines.Bytes(), &d); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			out = append(out, d)
		}
		if lines.Err() != nil {
			t.Fatalf("%s: %v", path, lines.Err())
		}
	}
	return out
}

// Every recorded delivery is read or ignored, and those of issues and pull
// requests name what they are about.
func TestRecordedDeliveries(t *testing.T) {
	all := recordedDeliveries(t)
	rec := receiver(t, newRig(t, newWorld(), fake.Options{}))
	named, nudges, ignored := 0, 0, 0
	for _, r := range all {
		d, err := receive(t, rec, r.Request.Event, r.Payload)
		if err != nil {
			t.Errorf("%s: %v", r.Request.Event, err)
			continue
		}
		var w struct {
			Repository struct{ ID int64 }
			Issue      struct{ Number int64 }
			Pull       struct{ Number int64 } `json:"pull_request"`
		}
		if err := json.Unmarshal(r.Payload, &w); err != nil {
			t.Fatal(err)
		}
		switch r.Request.Event {
		case "issues", "issue_comment", "pull_request", "pull_request_review", "pull_request_review_comment", "pull_request_review_thread":
			want := fmt.Sprintf("R%d/%d", w.Repository.ID, max(w.Issue.Number, w.Pull.Number))
			if len(d.Objects) == 0 || d.Objects[0] != want || d.Ignore {
				t.Errorf("%s: %+v, want %s", r.Request.Event, d, want)
			}
		case "push":
			if (len(d.Objects) == 0) != d.Ignore {
				t.Errorf("push: %+v", d)
			}
		}
		switch {
		case d.Ignore:
			ignored++
		case len(d.Objects) > 0:
			named++
		default:
			nudges++
		}
	}
	t.Logf("%d deliveries: %d name objects, %d ask for a poll, %d are ignored", len(all), named, nudges, ignored)
	if len(all) < 100 || named < 30 || nudges < 5 {
		t.Errorf("of %d deliveries %d name objects and %d ask for a poll", len(all), named, nudges)
	}
}

func FuzzReceive(f *testing.F) {
	f.Add("issues", []byte(`{"issue":{"number":5},"repository":{"id":7}}`))
	f.Add("push", []byte(`{"ref":"refs/heads/main","repository":{"id":7,"default_branch":"main"}}`))
	f.Add("sub_issues", []byte(`{"sub_issue":{"number":1},"parent_issue":{"number":2},"repository":{"id":7}}`))
	f.Add("issues", []byte(`{"issue":{"number":1e400},"repository":[]}`))
	c := &connector{secrets: []connectors.Secret{connectors.NewSecret(hookSecret)}}
	f.Fuzz(func(t *testing.T, event string, body []byte) {
		h := http.Header{"X-Github-Event": {event}, "X-Hub-Signature-256": {signed(hookSecret, body)}}
		d, err := c.Receive(h, body, time.Time{})
		if err != nil {
			return
		}
		if d.Ignore && len(d.Objects) > 0 || len(d.Objects) > 3 {
			t.Fatalf("%+v", d)
		}
		for _, o := range d.Objects {
			if id, rest, ok := repoOf(o); !ok || id <= 0 || rest == "" || len(o) > 64 {
				t.Fatalf("object %q", o)
			}
		}
	})
}

// BenchmarkReceive verifies and reads deliveries as GitHub sends them.
func BenchmarkReceive(b *testing.B) {
	c := &connector{secrets: []connectors.Secret{connectors.NewSecret(hookSecret)}}
	body := []byte(`{"action":"opened","issue":{"number":5,"body":"` + strings.Repeat("x", 20<<10) + `"},"repository":{"id":7}}`)
	h := delivery("issues", "1", signed(hookSecret, body))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if d, err := c.Receive(h, body, time.Time{}); err != nil || len(d.Objects) != 1 {
			b.Fatal(d, err)
		}
	}
}
