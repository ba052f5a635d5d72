package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What is due is read to the minute, paths are absolute, and nothing is
// delivered by default.
func TestBrief(t *testing.T) {
	c, err := loadText(t, minimal, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Brief.delivered() || c.Brief.Weekly.Day != time.Tuesday || c.Brief.Weekly.At != 8*time.Hour {
		t.Errorf("by default %+v", c.Brief)
	}
	c, err = loadText(t, minimal+`brief:
  weekly: {weekday: friday}
  kill_session: {time: "23:59"}
  slack: {channel: C0123ABCD, token_file: secret}
  directory: briefs
  pages_url: https://workdrift.example.com/
`, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := c.Brief
	if b.Weekly.Day != time.Friday || b.Weekly.At != 8*time.Hour || b.KillSession.Day != time.Tuesday || b.KillSession.At != 24*time.Hour-time.Minute {
		t.Errorf("times %+v, %+v", b.Weekly, b.KillSession)
	}
	if !b.delivered() || !filepath.IsAbs(b.Directory) || !filepath.IsAbs(b.Slack.TokenFile) || !strings.Contains(b.Slack.Place, ":6:") ||
		b.PagesURL != "https://workdrift.example.com" {
		t.Errorf("brief %+v, slack %+v", b, b.Slack)
	}
}

// A brief that is due before its week has closed is warned of, and so is a token
// that everybody can read.
func TestBriefWarnings(t *testing.T) {
	for text, waits := range map[string]bool{
		`{directory: x, weekly: {weekday: monday}}`:                true,
		`{directory: x, weekly: {weekday: monday, time: "17:59"}}`: true,
		`{directory: x, weekly: {weekday: monday, time: "18:00"}}`: false,
		`{directory: x}`:              false,
		`{weekly: {weekday: monday}}`: false,
		`{directory: x, editions: [kill_session], weekly: {weekday: monday}}`: false,
	} {
		c, err := loadText(t, minimal+"brief: "+text+"\n", nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(c.Warnings(), "\n"); strings.Contains(got, "brief.weekly: the week before has not closed by then, so the brief waits until Monday 18:00 UTC") != waits {
			t.Errorf("%s: %s", text, got)
		}
	}
	secret := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(secret, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(secret, 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := loadText(t, minimal+"brief: {slack: {channel: C0123ABCD, token_file: "+secret+"}}\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(c.Warnings(), "\n"); !strings.Contains(got, "brief.slack.token_file: every user of this machine") {
		t.Errorf("warnings: %s", got)
	}
}
