package fake_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// day returns a time some days and minutes after the start.
func day(d, minutes int) time.Time {
	return start.AddDate(0, 0, d).Add(time.Duration(minutes) * time.Minute)
}

// smallWorld is an organisation of three people, a bot and two repositories.
func smallWorld(t *testing.T) *fake.World {
	t.Helper()
	w := fake.NewWorld("acme")
	for _, login := range []string{"ada", "ben", "cem", "dependabot[bot]"} {
		w.AddUser(fake.UserSpec{Login: login})
	}
	w.AddRepo(fake.RepoSpec{Name: "acme/api", Created: start})
	w.AddRepo(fake.RepoSpec{Name: "acme/web", Created: start})
	w.PushCommits(day(0, 0), "acme/api", "main", fake.CommitSpec{Author: "ada", Message: "Begin", Files: []string{"README.md"}})
	t.Cleanup(func() {
		if err := w.Err(); err != nil {
			t.Errorf("a change of the world failed: %v", err)
		}
	})
	return w
}

// serve starts a server that ends with the test.
func serve(t *testing.T, g *fake.GitHub) string {
	t.Helper()
	s, err := fake.Listen(g)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s.URL
}

func clock() time.Time { return day(30, 0) }

// answer is what a plain client got.
type answer struct {
	*http.Response
	body []byte
}

// get asks with the token "t"; headers come in pairs.
func get(t *testing.T, url string, headers ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return do(t, req, headers...)
}

func do(t *testing.T, req *http.Request, headers ...string) answer {
	t.Helper()
	req.Header.Set("Authorization", "Bearer t")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			req.Header.Del(headers[i])
		}
	}
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res, body}
}

// decode reads an answer that must be a 200.
func decode[T any](t *testing.T, a answer) T {
	t.Helper()
	var v T
	if a.StatusCode != http.StatusOK {
		t.Fatalf("status %d: %s", a.StatusCode, a.body)
	}
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("decode %s: %v", a.body, err)
	}
	return v
}

// next returns the address of the next page, "" on the last.
func next(a answer) string {
	for part := range strings.SplitSeq(a.Header.Get("Link"), ", ") {
		if url, ok := strings.CutSuffix(part, `>; rel="next"`); ok {
			return strings.TrimPrefix(url, "<")
		}
	}
	return ""
}

type object = map[string]any

// numbers reads the numbers of a list.
func numbers(list []object) []int {
	var out []int
	for _, o := range list {
		out = append(out, int(o["number"].(float64)))
	}
	return out
}

func wantStatus(t *testing.T, a answer, status int) {
	t.Helper()
	if a.StatusCode != status {
		t.Errorf("status %d, want %d: %.200s", a.StatusCode, status, a.body)
	}
}

func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		t.Errorf("%s: got %s, want %s", what, g, w)
	}
}

func itoa(n int) string { return fmt.Sprint(n) }
