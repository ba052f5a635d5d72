package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/web"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/store"
)

// ask sends JSON and decodes the answer.
func ask(t *testing.T, method, url, body string, into any, headers ...string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("%s %s: %d %q: %v", method, url, res.StatusCode, raw, err)
	}
	return res.StatusCode
}

type explained struct {
	Items []explainedOne
	More  int    `json:"more_items"`
	Next  string `json:"next_cursor"`
}

type explainedOne struct {
	Key, Method, Bucket string
	Objectives          []string
	Suggested           []struct{ Objective string }
	Parts               []struct {
		Ratio  *float64
		Status string
	}
}

// tellAll publishes everything about anybody.
const tellAll = "privacy: {k_effort: 1, dominance: 1, min_person_days: 0}\n"

// onObjective is the effort of 28 days on an objective.
func onObjective(r *scoring.Report, id string) float64 {
	for _, o := range r.Window("28d").Org.Objectives {
		if o.Objective == id {
			return float64(o.Effort)
		}
	}
	return -1
}

// Who assigns unknown work to an objective sees the numbers follow, and again
// when it is withdrawn.
func TestTriageMovesNumbersAndBack(t *testing.T) {
	c := newCompany(t, 6)
	r := start(t, c.config(t, t.TempDir(), loopback, tellAll), 0)
	first := r.await(t, "complete", complete)
	id := c.story.Objectives()[4].ID
	var x explained
	if code := ask(t, "GET", r.url+"/api/v1/explain?subject=unknown&limit=5", "", &x); code != 200 || len(x.Items) != 5 || x.Next == "" {
		t.Fatalf("explain unknown: %d, %+v", code, x)
	}
	// Their words say what some may be for, and that counts for nothing.
	if i := slices.IndexFunc(x.Items, func(i explainedOne) bool { return len(i.Suggested) > 0 && i.Method == "none" }); i < 0 {
		t.Errorf("nothing is suggested for any of %+v", x.Items)
	}
	keys := []string{x.Items[0].Key, x.Items[1].Key}
	body, _ := json.Marshal(map[string]any{"keys": keys, "to": id, "why": "it serves the objective\u202e"})
	var made struct {
		Decided, Replaced []struct{ Key, To, Role, Why string }
	}
	if code := ask(t, "POST", r.url+"/api/v1/overrides", string(body), &made); code != 201 || len(made.Decided) != 2 || len(made.Replaced) != 0 {
		t.Fatalf("decide: %d %+v", code, made)
	}
	if d := made.Decided[0]; d.Role != "local" || d.Why != "it serves the objective" || d.To != id {
		t.Errorf("decided %+v", d)
	}
	before := onObjective(first, id)
	r.await(t, "with the decision", func(r *scoring.Report) bool { return onObjective(r, id) > before })
	var item explained
	if ask(t, "GET", r.url+"/api/v1/explain?subject="+url.QueryEscape(keys[0]), "", &item); len(item.Items) != 1 || item.Items[0].Method != "override" ||
		item.Items[0].Objectives[0] != id {
		t.Errorf("explain %s: %+v", keys[0], item)
	}
	// Who undoes what was there before does not take back what was decided since.
	_, err := r.decide(t.Context(), []store.Override{{Key: keys[0], At: r.now().AddDate(0, 0, -1)}})
	if refused, ok := errors.AsType[*web.Refusal](err); !ok || refused.Status != http.StatusConflict {
		t.Errorf("an earlier decision is withdrawn: %v", err)
	}
	for _, key := range keys {
		var undone struct{ Replaced []struct{ Key string } }
		if code := ask(t, "DELETE", r.url+"/api/v1/overrides?key="+url.QueryEscape(key), "", &undone); code != 200 || len(undone.Replaced) != 1 {
			t.Errorf("withdraw %s: %d %+v", key, code, undone)
		}
	}
	r.await(t, "as before", func(r *scoring.Report) bool { return onObjective(r, id) == before })
	var left struct{ Items []any }
	if ask(t, "GET", r.url+"/api/v1/overrides", "", &left); len(left.Items) != 0 {
		t.Errorf("decisions are left: %v", left)
	}
}

// A decision to stop is kept over a restart, and refused for what is not there.
func TestStopDecisions(t *testing.T) {
	c := newCompany(t, 6)
	path := c.config(t, t.TempDir(), loopback, tellAll)
	r := start(t, path, 0)
	r.await(t, "complete", complete)
	var x explained
	ask(t, "GET", r.url+"/api/v1/explain?subject=unknown", "", &x)
	key := x.Items[0].Key
	var made struct {
		Decided []struct{ Key, To string }
	}
	stop := fmt.Sprintf(`{"keys": [%q], "why": "nobody asked for it"}`, strings.ToUpper(key))
	if code := ask(t, "POST", r.url+"/api/v1/stop-decisions", stop, &made); code != 201 || made.Decided[0].Key != key || made.Decided[0].To != "excluded" {
		t.Fatalf("stop: %d %+v", code, made)
	}
	for body, want := range map[string]int{
		`{"keys": ["no/such#1"], "to": "run_work", "why": "x"}`:             422,
		fmt.Sprintf(`{"keys": [%q], "to": "nowhere", "why": "x"}`, key):     422,
		fmt.Sprintf(`{"keys": [%q], "to": "run_work", "why": " \t"}`, key):  422,
		fmt.Sprintf(`{"keys": [%q], "to": "run_work", "by": "ada"}`, key):   400,
		fmt.Sprintf(`{"keys": [%q], "to": "run_work", "why": "x"} 2`, key):  400,
		`{"keys": [], "to": "run_work", "why": "x"}`:                        422,
		`{"keys": [""], "to": "run_work", "why": "x"}`:                      422,
		`{"keys": ["` + strings.Repeat("k", 1<<17) + `"], "to": "unknown"}`: 413,
	} {
		var problem struct{ Detail string }
		if code := ask(t, "POST", r.url+"/api/v1/overrides", body, &problem); code != want || problem.Detail == "" {
			t.Errorf("%.80s: %d %q, want %d", body, code, problem.Detail, want)
		}
	}
	r.stop(t)
	again := start(t, path, 0)
	var left struct {
		Items []struct{ Key, To, Why string }
	}
	if ask(t, "GET", again.url+"/api/v1/overrides", "", &left); len(left.Items) != 1 || left.Items[0].Key != key || left.Items[0].Why != "nobody asked for it" {
		t.Errorf("after a restart: %+v", left)
	}
}

// Single works are few people's: with the default limits most have no share,
// and none has an amount.
func TestExplainOverTheWebWithholds(t *testing.T) {
	c := newCompany(t, 6)
	r := start(t, c.config(t, t.TempDir(), loopback), 0)
	r.await(t, "complete", complete)
	withheld := 0
	for _, subject := range []string{"unknown", c.story.Objectives()[0].ID, c.story.Objectives()[1].ID} {
		var x explained
		body := get(t, r.url+"/api/v1/explain?window=91d&subject="+subject)
		if err := json.Unmarshal([]byte(body), &x); err != nil || len(x.Items) == 0 {
			t.Fatalf("%s: %v %s", subject, err, body)
		}
		if strings.Contains(body, "person_days") {
			t.Errorf("%s tells amounts: %s", subject, body)
		}
		for _, i := range x.Items {
			for _, p := range i.Parts {
				if (p.Ratio == nil) != (p.Status == "suppressed_privacy") {
					t.Errorf("%s: ratio and status %q do not go together", i.Key, p.Status)
				}
				if p.Ratio == nil {
					withheld++
				}
			}
		}
	}
	if withheld == 0 {
		t.Error("nothing is withheld")
	}
	var problem struct{ Detail string }
	for query, want := range map[string]int{"subject=no-such": 404, "subject=unknown&window=3d": 400, "window=28d": 400, "subject=unknown&windw=7d": 400} {
		if code := ask(t, "GET", r.url+"/api/v1/explain?"+query, "", &problem); code != want {
			t.Errorf("%s: %d, want %d", query, code, want)
		}
	}
}

// A check-in over the web counts like one by the command.
func TestCheckInOverTheWeb(t *testing.T) {
	c := newCompany(t, 6)
	r := start(t, c.config(t, t.TempDir(), loopback), 0)
	r.await(t, "complete", complete)
	id := c.story.Objectives()[0].ID
	var answer struct{ Objective, Detail string }
	if code := ask(t, "POST", r.url+"/api/v1/check-ins", fmt.Sprintf(`{"objective": %q, "confidence": 0.7}`, id), &answer); code != 201 || answer.Objective != id {
		t.Errorf("%d %+v", code, answer)
	}
	for _, body := range []string{`{"objective": "no-such", "confidence": 0.7}`, fmt.Sprintf(`{"objective": %q, "confidence": 7}`, id), fmt.Sprintf(`{"objective": %q}`, id)} {
		if code := ask(t, "POST", r.url+"/api/v1/check-ins", body, &answer); code != 422 {
			t.Errorf("%s: %d", body, code)
		}
	}
}

// Access from a configuration: whoever presents nothing is asked to, health is
// for everybody, and secrets come from files.
func TestAccessFromConfiguration(t *testing.T) {
	c := newCompany(t, 1)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "reader"), "reader-0123456789-0123456789\n")
	path := c.config(t, dir, `web:
  listen_address: "127.0.0.1:0"
  access: {clients: [{name: prometheus, role: read, token_file: reader}]}
`)
	r := start(t, path, 0)
	login := []string{"Authorization", "Bearer reader-0123456789-0123456789"}
	for _, tc := range []struct {
		method, path string
		headers      []string
		want         int
	}{
		{"GET", "/", nil, 401}, {"GET", "/metrics", nil, 401}, {"GET", "/metrics", login, 200}, {"GET", "/-/healthy", nil, 200},
		{"GET", "/", login, 200}, {"POST", "/api/v1/check-ins", login, 403}, {"POST", "/api/v1/check-ins", nil, 401},
	} {
		if code, body := request(t, client, tc.method, r.url+tc.path, tc.headers...); code != tc.want {
			t.Errorf("%s %s with %v: %d, want %d: %s", tc.method, tc.path, tc.headers, code, tc.want, body)
		}
	}
	r.stop(t)
	write(t, filepath.Join(dir, "reader"), "short")
	if _, stderr, code := workdrift(t, "serve", "--config", path); code == 0 || !strings.Contains(stderr, "fewer than 20 characters") || strings.Contains(stderr, "short") {
		t.Errorf("a short token: %d %s", code, stderr)
	}
}
