package config

import (
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Brief says which editions of the brief are delivered, when and where to. None
// is without a place.
type Brief struct {
	Editions    []string    `yaml:"editions"` // weekly, kill_session
	Weekly      BriefTime   `yaml:"weekly"`
	KillSession BriefTime   `yaml:"kill_session"`
	Slack       *BriefSlack `yaml:"slack"`
	// Directory is absolute; "" when there is none.
	Directory string `yaml:"directory"`
	// PagesURL is where readers of the brief find the pages, without a slash at
	// its end; "" when there are no links.
	PagesURL string `yaml:"pages_url"`
}

// A BriefTime is when an edition is due.
type BriefTime struct {
	Weekday string `yaml:"weekday"`
	Time    string `yaml:"time"`

	Day time.Weekday  `yaml:"-"`
	At  time.Duration `yaml:"-"` // after midnight
}

// A BriefSlack is a channel to which the brief is posted. TokenFile is absolute.
type BriefSlack struct {
	Channel   string `yaml:"channel"`
	TokenFile string `yaml:"token_file"`
	TokenEnv  string `yaml:"token_env"`
	BaseURL   string `yaml:"base_url"`
	// Place is where the section stands, "file:line:column".
	Place string `yaml:"-"`
}

// The editions as they are configured.
const (
	BriefWeekly      = "weekly"
	BriefKillSession = "kill_session"
)

var (
	channelPattern = regexp.MustCompile(`^[CG][A-Z0-9]{2,30}$`)
	clockPattern   = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$`)
)

// brief checks what is delivered.
func (d *decoder) brief(b *Brief, resolve func(string) string) {
	known := []string{BriefWeekly, BriefKillSession}
	for i, e := range b.Editions {
		path := fmt.Sprintf("brief.editions[%d]", i)
		if d.oneOf(path, e, known) && slices.Index(b.Editions, e) < i {
			d.errorf(path, "is listed twice")
		}
	}
	d.briefTime("brief.weekly", &b.Weekly)
	d.briefTime("brief.kill_session", &b.KillSession)
	b.Directory = resolve(b.Directory)
	if b.PagesURL != "" {
		u, err := url.Parse(b.PagesURL)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
			d.errorf("brief.pages_url", "is no address; write it as https://workdrift.example.com")
		}
		b.PagesURL = strings.TrimRight(b.PagesURL, "/")
	}
	s := b.Slack
	if s == nil {
		return
	}
	at := d.position("brief.slack")
	s.Place = fmt.Sprintf("%s:%d:%d", at.file, at.line, at.column)
	if d.required("brief.slack", "channel", s.Channel) && !channelPattern.MatchString(s.Channel) {
		d.errorf("brief.slack.channel", "is no id of a channel; write the one at the end of the channel's details, C0123ABCD")
	}
	d.oneSource("brief.slack", "token", s.TokenFile, s.TokenEnv)
	s.TokenFile = resolve(s.TokenFile)
}

func (d *decoder) briefTime(path string, t *BriefTime) {
	var days []string
	for day := time.Sunday; day <= time.Saturday; day++ {
		days = append(days, strings.ToLower(day.String()))
	}
	if d.oneOf(path+".weekday", t.Weekday, days) {
		t.Day = time.Weekday(slices.Index(days, t.Weekday))
	}
	if !clockPattern.MatchString(t.Time) {
		d.errorf(path+".time", "is no time of day; write it as 08:30")
		return
	}
	noon, _ := time.Parse("15:04", t.Time) // has the pattern's form
	t.At = time.Duration(noon.Hour())*time.Hour + time.Duration(noon.Minute())*time.Minute
}

// delivered reports whether anything is delivered anywhere.
func (b *Brief) delivered() bool {
	return len(b.Editions) > 0 && (b.Slack != nil || b.Directory != "")
}

// warnBrief reports a brief that nobody gets in time, and a token that all can
// read.
func (c *Config) warnBrief(w *decoder) {
	if c.Brief.Slack != nil {
		w.openSecret("brief.slack.token_file", c.Brief.Slack.TokenFile)
	}
	if !c.Brief.delivered() || !slices.Contains(c.Brief.Editions, BriefWeekly) {
		return
	}
	// Any week will do: it closes when its Sunday has ended everywhere.
	closes := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC).Add(c.declared.Windows.CloseGrace)
	t := c.Brief.Weekly
	due := time.Date(2026, 1, 5+(int(t.Day)+6)%7, 0, int(t.At/time.Minute), 0, 0, c.declared.Zone)
	if due.Before(closes) {
		w.errorf("brief.weekly", "the week before has not closed by then, so the brief waits until %s", closes.Format("Monday 15:04 UTC"))
	}
}

// openSecret warns of a file that every user of the machine can read.
func (d *decoder) openSecret(path, file string) {
	if file == "" {
		return
	}
	if info, err := os.Stat(file); err == nil && info.Mode().Perm()&0o004 != 0 {
		d.errorf(path, "every user of this machine can read the secret (mode %04o); chmod o= it", info.Mode().Perm())
	}
}
