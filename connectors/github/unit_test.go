package github

import (
	"net/http"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

// TestDamagedCursor reads on from a cursor whose positions make no sense.
func TestDamagedCursor(t *testing.T) {
	for _, damage := range []string{`{`, `null`, `{"next":"http://127.0.0.1:9/elsewhere"}`, `{"since":-5}`, `{"to":"nothing","walk":true}`, `{"seen":"%"}`} {
		w := busyWorld(12)
		w.OpenPull(day(3, 0), "acme/api", fake.PullSpec{Author: "ben", Title: "Change", Head: "x", Commits: []fake.CommitSpec{{Author: "ben", Message: "x"}}})
		r := newRig(t, w, fake.Options{})
		r.MustPoll(r.connect())
		for key := range r.Shelf.Cursor {
			if _, stream, ok := repoOf(key); ok && stream != streamRepo {
				r.Shelf.Cursor[key] = damage
			}
		}
		c := r.connect()
		err := r.Poll(c)
		for range 3 { // a position that leads elsewhere is refused before it is dropped
			if err == nil {
				break
			}
			err = r.Poll(c)
		}
		if err != nil {
			t.Errorf("%s: %v", damage, err)
			continue
		}
		checkTruth(t, r)
	}
}

func TestClassify(t *testing.T) {
	date := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name   string
		status int
		header map[string]string
		body   string
		want   verdict
		wait   time.Duration
	}{
		{"fine", 200, nil, "", answered, 0},
		{"not modified", 304, nil, "", answered, 0},
		{"not found", 404, nil, "", answered, 0},
		{"accepted without a body", 202, nil, "", broken, 0},
		{"no content", 204, nil, "", broken, 0},
		{"bad gateway", 502, nil, "<html>", broken, 0},
		{"unavailable until", 503, map[string]string{"Retry-After": "7"}, "", broken, 7 * time.Second},
		{"unauthorized", 401, nil, "", refused, 0},
		{"a missing right", 403, nil, `{"message":"Resource not accessible by integration"}`, forbidden, 0},
		{"remaining 0 and Retry-After", 403, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1772444400", "Retry-After": "60"}, "", limited, time.Minute},
		{"negative Retry-After", 429, map[string]string{"Retry-After": "-5"}, "", limited, time.Minute},
		{"Retry-After that is no number", 429, map[string]string{"Retry-After": "soon"}, "", limited, time.Minute},
		{"abuse, the old wording", 403, nil, `{"message":"You have triggered an abuse detection mechanism"}`, limited, time.Minute},
	} {
		a := answer{status: c.status, header: http.Header{}, body: []byte(c.body), date: date}
		for k, v := range c.header {
			a.header.Set(k, v)
		}
		got, wait, _ := classify(a)
		equal(t, c.name, []any{got, wait}, []any{c.want, c.wait})
	}
}

func TestActors(t *testing.T) {
	for email, want := range map[string]string{
		"Ada@Example.org":                                   "email:ada@example.org",
		"123+Octo-Cat@users.noreply.github.com":             "github:octo-cat",
		"octocat@users.noreply.github.com":                  "github:octocat",
		"49699333+dependabot[bot]@users.noreply.github.com": "github:dependabot[bot]",
		"7+ada@users.noreply.git.example.org":               "github:ada",
		"":                                                  "",
		"nobody":                                            "",
		"@nobody":                                           "",
	} {
		equal(t, email, gitActor(email).identity(), want)
	}
	equal(t, "an app by GraphQL", (&graphActor{Type: "Bot", Login: "renovate"}).actor().identity(), "github:renovate[bot]")
	equal(t, "ghost", userActor(&wireUser{Login: "ghost", Type: "User"}).identity(), "")
}

func TestConfiguration(t *testing.T) {
	env := connectors.Env{Source: source, Now: time.Now}
	for text, ok := range map[string]bool{
		"organizations: [acme]\n": true,
		"{}\n":                    false,
		"repositories: [acme]\n":  false,
		"organizations: [acme]\nsince: 2026-01-31\n":                           true,
		"organizations: [acme]\nsince: yesterday\n":                            false,
		"organizations: [acme]\nsince: 0d\n":                                   false,
		"organizations: [acme]\nreserve: 2\n":                                  false,
		"organizations: [acme]\npage_size: 101\n":                              false,
		"organizations: [acme]\ninclude: [\"[\"]\n":                            false,
		"organizations: [acme]\nbase_url: http://github.example.org/api/v3/\n": false,
		"organizations: [acme]\nbase_url: https://u:p@github.example.org/\n":   false,
		"organizations: [acme]\ntoken_env: WORKDRIFT_NOT_SET\n":                false,
		"organizations: [acme]\napp: {id: 1}\n":                                false,
		"organizations: [acme]\ncensus_interval: 1w\noverlap: 90s\n":           true,
		"organizations: [acme]\ncensus_interval: 99999999999999d\n":            false,
		"organizations: [acme]\nno_such_key: 1\n":                              false,
	} {
		if _, err := New(env, connectortest.Decoder(text)); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
	for text, want := range map[string]time.Time{
		"180d": present.AddDate(0, 0, -180), "2w": present.AddDate(0, 0, -14), "36h": present.Add(-36 * time.Hour),
		"1066-10-14": oldestSince, "1970-01-01": oldestSince, "99999d": oldestSince,
	} {
		since, err := connectors.ParseSince(text)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, text, (&config{Since: since}).from(present), want)
	}
	for base, want := range map[string]string{
		"https://api.github.com/": "https://api.github.com/graphql", "https://git.example.org/api/v3": "https://git.example.org/api/graphql",
	} {
		_, graphql, err := (&config{BaseURL: base}).endpoints()
		if err != nil {
			t.Fatal(err)
		}
		equal(t, base, graphql.String(), want)
	}
}

// TestStatuses maps the states of an issue.
func TestStatuses(t *testing.T) {
	at := present.Format(time.RFC3339)
	for state, want := range map[string]store.Status{
		`"state":"open"`: store.StatusTodo,
		`"state":"closed","state_reason":"completed","closed_at":"` + at + `"`:   store.StatusDone,
		`"state":"closed","state_reason":null,"closed_at":"` + at + `"`:          store.StatusDone,
		`"state":"closed","state_reason":"not_planned","closed_at":"` + at + `"`: store.StatusDropped,
		`"state":"closed","state_reason":"duplicate","closed_at":"` + at + `"`:   store.StatusDropped,
		`"state":"open","state_reason":"reopened","closed_at":null`:              store.StatusTodo,
	} {
		raw := `[{"number":1,"title":"x","created_at":"` + at + `","updated_at":"` + at + `",` + state + `}]`
		good, bad, err := decodeArray([]byte(raw), (*wireIssue).valid)
		if err != nil || len(bad) > 0 {
			t.Fatal(err, bad)
		}
		n := &normaliser{source: source}
		n.ticket(repository{id: 1, repoPos: repoPos{Name: "a/b"}}, &good[0])
		equal(t, state, n.out.Items[0].Status, want)
	}
}
