package demo

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/scoring/objective"
)

var friday = time.Date(2025, 6, 20, 15, 0, 0, 0, time.UTC)

func organisation(t *testing.T, now time.Time) *Organisation {
	t.Helper()
	o, err := New(now, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return o
}

func TestClock(t *testing.T) {
	o := organisation(t, friday)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Hour)
		if got := o.Now(); !got.Equal(friday) {
			t.Errorf("before the start the clock reads %s, want %s", got, friday)
		}
		if n := o.Advance(); n != 0 {
			t.Errorf("%d events before the start", n)
		}
		// Twelve days in a minute.
		o.Start(12 * 24 * 60)
		time.Sleep(15 * time.Second)
		if want := friday.AddDate(0, 0, 3); !o.Now().Equal(want) {
			t.Errorf("after 15 seconds the clock reads %s, want %s", o.Now(), want)
		}
		o.Start(24 * 60 * 60) // a day in a second, from here on
		if want := friday.AddDate(0, 0, 3); !o.Now().Equal(want) {
			t.Errorf("another speed sets the clock to %s, want %s", o.Now(), want)
		}
		time.Sleep(time.Second)
		if want := friday.AddDate(0, 0, 4); !o.Now().Equal(want) {
			t.Errorf("a second later the clock reads %s, want %s", o.Now(), want)
		}
		first := o.Advance()
		if again := o.Advance(); first == 0 || again != 0 {
			t.Errorf("%d events in four days, and %d without time passing", first, again)
		}
	})
}

func TestSameSeedSameHistory(t *testing.T) {
	a, b := organisation(t, friday), organisation(t, friday.Add(20*time.Hour))
	from, to := friday.AddDate(0, 0, -90), friday.AddDate(0, 0, -1)
	if got, want := fmt.Sprint(a.Truth(from, to)), fmt.Sprint(b.Truth(from, to)); got != want || len(a.Truth(from, to)) < 8 {
		t.Errorf("a day later the history is another: %s, %s", got, want)
	}
	c, err := NewWatched(friday, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if four := friday.AddDate(0, 0, -28); !c.Now().Equal(four) || len(c.Truth(four, friday)) > 0 {
		t.Errorf("Workdrift came at %s, and %v was spent after %s", c.Now(), c.Truth(four, friday), four)
	}
	c.PassTo(friday)
	if got, want := fmt.Sprint(c.Truth(from, to)), fmt.Sprint(a.Truth(from, to)); got != want || !c.Now().Equal(friday) {
		t.Errorf("watched since four weeks, the history is another: %s, %s", got, want)
	}
	if fmt.Sprint(a.Truth(from, to)) == fmt.Sprint(a.Truth(from, to.AddDate(0, 0, -7))) {
		t.Error("the truth does not depend on the days")
	}
}

// ask asks the organisation's GitHub for a repository and returns the status.
func ask(t *testing.T, o *Organisation, token string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, o.GitHub()+"/repos/harbourline/checkout", nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

func TestServerWantsItsToken(t *testing.T) {
	o := organisation(t, friday)
	for token, want := range map[string]int{"": 404, "wrong": 401, Token: 200} {
		if got := ask(t, o, token); got != want {
			t.Errorf("with the token %q: %d, want %d", token, got, want)
		}
	}
	if log := o.Served()["github"]; len(log) != 3 {
		t.Errorf("%d requests in the log, want 3", len(log))
	}
}

func TestBreak(t *testing.T) {
	o := organisation(t, friday)
	for _, step := range []struct {
		name string
		down bool
		want int
	}{{"jira", true, 200}, {"github", true, 503}, {"github", false, 200}} {
		if err := o.Break(step.name, step.down); err != nil {
			t.Fatal(err)
		}
		if got := ask(t, o, Token); got != step.want {
			t.Errorf("GitHub answers %d after %s down=%v, want %d", got, step.name, step.down, step.want)
		}
	}
	if err := o.Break("gitlab", true); err == nil {
		t.Error("a server that there is not was broken")
	}
}

// The configuration is one an operator could have written: it loads without
// a warning and declares what the story does.
func TestConfig(t *testing.T) {
	o := organisation(t, friday)
	dir := t.TempDir()
	path := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(path, []byte(o.Config("127.0.0.1:0", "token")), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if w := cfg.Warnings(); len(w) > 0 {
		t.Errorf("warnings: %q", w)
	}
	declared := cfg.Declared(nil, nil)
	if n := len(declared.Set.Objectives); n != 6 || len(declared.Teams) != 4 || len(declared.People.Persons) != 24 {
		t.Errorf("%d objectives, %d teams, %d people; want 6, 4, 24", n, len(declared.Teams), len(declared.People.Persons))
	}
	today := objective.DateOf(friday)
	for i := range declared.Set.Objectives {
		one := &declared.Set.Objectives[i]
		v := one.At(today)
		retired := one.ID == "search-relevance"
		if v.Rank != i+1 || retired != (v.State == objective.Retired) || len(one.Keys) != 1 {
			t.Errorf("%s: rank %d, state %s, keys %v", one.ID, v.Rank, v.State, one.Keys)
		}
	}
}

// What the drift is about: before it most days go to the top three.
func TestTruthDrifts(t *testing.T) {
	o := organisation(t, friday)
	share := func(from, to time.Time) float64 {
		all, top := 0, 0
		for focus, days := range o.Truth(from, to) {
			all += days
			if focus == "checkout-latency" || focus == "eu-residency" || focus == "self-serve-billing" {
				top += days
			}
		}
		return float64(top) / float64(all)
	}
	early := share(friday.AddDate(0, 0, -7*26), friday.AddDate(0, 0, -7*19))
	late := share(friday.AddDate(0, 0, -28), friday)
	if early < .65 || late > .42 {
		t.Errorf("the top three get %.2f early and %.2f now", early, late)
	}
	if o.Truth(friday.AddDate(0, 0, -28), friday)[fake.Stopped] == 0 {
		t.Error("nobody works on the retired objective")
	}
}

func TestCourseCorrected(t *testing.T) {
	o := organisation(t, friday)
	o.CourseCorrected(true)
	synctest.Test(t, func(*testing.T) {
		o.Start(24 * 60 * 60)
		time.Sleep(60 * time.Second)
		o.Advance()
	})
	day := friday.AddDate(0, 0, 30)
	truth := o.Truth(day, day.AddDate(0, 0, 21))
	if truth[fake.SideJob] > 0 || truth["checkout-latency"] == 0 {
		t.Errorf("a month after the correction: %v", truth)
	}
}

// Every version of the configuration was a good one when it was written, and the
// last is that which holds.
func TestHistory(t *testing.T) {
	o := organisation(t, friday)
	versions := o.History("127.0.0.1:0", "token")
	if n := len(versions); n != 5 || versions[n-1].Text != o.Config("127.0.0.1:0", "token") {
		t.Fatalf("%d versions; the last is the configuration: %v", n, versions[n-1].Text == o.Config("127.0.0.1:0", "token"))
	}
	var history []objective.Loaded
	for i, v := range versions {
		cfg, err := config.LoadFrom(filepath.Join(t.TempDir(), "config.yaml"), func(string) ([]byte, error) { return []byte(v.Text), nil })
		if err != nil {
			t.Fatalf("version %d: %v", i, err)
		}
		if i > 0 && !v.At.After(versions[i-1].At) || v.At.After(friday) {
			t.Errorf("version %d is of %s", i, v.At)
		}
		history = append(history, objective.Loaded{Known: v.At, Set: cfg.Declared(nil, nil).Set})
	}
	var got []string
	for _, e := range objective.Edits(history) {
		got = append(got, strings.TrimSpace(fmt.Sprint(e.Objective, " ", e.Kind, " ", int(e.Start()-objective.DateOf(o.story.Start()))/7+1)))
	}
	want := "non_goals 12, eu-residency rank 14, eu-residency target 14, self-serve-billing rank 14, self-serve-billing target 14, " +
		"search-relevance state 16, mobile-onboarding rank 21, partner-api rank 21"
	if strings.Join(got, ", ") != want {
		t.Errorf("edits, with their weeks: %s; want %s", strings.Join(got, ", "), want)
	}
}
