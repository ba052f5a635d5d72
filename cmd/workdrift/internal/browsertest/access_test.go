package browsertest

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/chromedp/chromedp"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/demotest"
)

// explains goes from each number of the first page to the items behind it, with
// three clicks at most.
func explains(t *testing.T, b *tab) {
	for name, clicks := range map[string][]string{
		"top priorities":     {".card h3 a[href='/objectives']", "tbody th a", "#items ~ form tbody th a"},
		"shadow roadmap":     {".card h3 a[href='/shadow']", "a[href='/explain?subject=unknown']", "tbody th a"},
		"run work":           {"a[href='/explain?subject=run_work']", "tbody th a"},
		"what was stopped":   {"a[href='/explain?subject=stopped']", "tbody th a"},
		"what is off limits": {"a[href='/explain?subject=excluded']", "tbody th a"},
		"a team":             {".teams h3 a", "tbody th a"},
	} {
		t.Run(name, func(t *testing.T) {
			b.open(t, "/")
			for _, selector := range clicks {
				b.press(t, selector)
			}
			if heading := b.text(t, "h1"); !strings.HasPrefix(heading, "What is behind") || b.text(t, "tbody tr") == "" {
				t.Errorf("the way of %d clicks ended at %q", len(clicks), heading)
			}
		})
	}
}

// listening is what the demo's configuration says about its pages.
var listening = regexp.MustCompile(`(?m)^web: .*$`)

// reads tests what somebody sees who may read only, on a server that asks who
// they are. It reads the servers of the demo.
func reads(t *testing.T, browser context.Context, demo *demotest.Demo) {
	text, err := os.ReadFile(filepath.Join(demo.Dir, "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	token, err := os.ReadFile(filepath.Join(demo.Dir, "token"))
	if err != nil {
		t.Fatal(err)
	}
	hash, err := bcrypt.GenerateFromPassword([]byte("secret"), 10) // the cheapest that is taken
	if err != nil {
		t.Fatal(err)
	}
	address := demotest.FreePort(t)
	config := listening.ReplaceAllString(string(text), fmt.Sprintf("web: {listen_address: %q, access: {users: [{name: eve, role: read, password_hash_file: hash}, {name: tom, role: triage, password_hash_file: hash}]}}", address))
	dir := t.TempDir()
	for name, content := range map[string]string{"config.yaml": config, "token": string(token), "hash": string(hash)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	demotest.Launch(t, demo.Exe, "serve", "--config", filepath.Join(dir, "config.yaml"))
	demotest.Await(t, "the first report", func() bool { return status(t, "http://eve:secret@"+address+"/api/v1/report") == http.StatusOK })
	if code := status(t, "http://"+address+"/shadow"); code != http.StatusUnauthorized {
		t.Errorf("without a login the status is %d", code)
	}
	const forms = "document.querySelectorAll('form[method=post]').length"
	for name, may := range map[string]bool{"eve": false, "tom": true} {
		b := newTab(t, browser, "http://"+address)
		b.follow(t, chromedp.Navigate("http://"+name+":secret@"+address+"/")) // as if typed into the dialog
		for _, p := range []string{"/shadow", "/kill-list", "/explain?subject=unknown"} {
			b.open(t, p)
			if n := ask[int](t, b, forms); n > 0 != may {
				t.Errorf("%s shows %s %d forms", p, name, n)
			}
			if said := b.complaints(); len(said) > 0 {
				t.Errorf("%s: %v", p, said)
			}
		}
		b.open(t, "/shadow")
		const post = "fetch('/decisions', {method: 'POST', body: new URLSearchParams({key: 'PAY-1', to: 'run_work', why: 'because'})}).then(r => r.status)"
		if code := ask[int](t, b, post, chromedp.EvalAwaitPromise); code == http.StatusForbidden == may {
			t.Errorf("%s posts a decision: status %d", name, code)
		}
	}
}

// status asks for an address without the browser, 0 when nobody answers.
func status(t *testing.T, address string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	res.Body.Close()
	return res.StatusCode
}
