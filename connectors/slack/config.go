package slack

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/workdrift/workdrift/connectors"
)

// config is the connector's stanza of the configuration.
type config struct {
	// Channels selects public channels the bot is in, by id ("C012AB3CD") or by
	// a glob pattern on the name without #. Empty means every public channel
	// the bot was invited to. Exclude takes some of them out again.
	Channels []string `yaml:"channels"`
	Exclude  []string `yaml:"exclude"`
	// PrivateChannels names private channels by id or exact name; no pattern
	// ever selects one. Direct messages cannot be selected at all.
	PrivateChannels []string `yaml:"private_channels"`

	// CheckinChannels are the channels, by id or pattern, in which messages
	// such as "confidence PAY 7/10" count as check-ins.
	CheckinChannels []string `yaml:"checkin_channels"`
	// CheckinPrompt is how a message starts that asks for confidence in the
	// objective named after it: reactions and bare values under it count.
	CheckinPrompt string `yaml:"checkin_prompt"`
	// CheckinReactions maps emoji names to ratios, in place of the default.
	CheckinReactions map[string]float64 `yaml:"checkin_reactions"`

	// ThreadsOnly leaves out messages without replies, reactions and
	// references.
	ThreadsOnly bool `yaml:"threads_only"`
	// ProfileFields says which custom profile fields hold another identity,
	// by label: github: "GitHub" makes "github:<value>" the same person.
	ProfileFields map[string]string `yaml:"profile_fields"`
	// GitHubHosts are GitHub Enterprise servers whose links count like those
	// of github.com.
	GitHubHosts []string `yaml:"github_hosts"`

	BaseURL                string `yaml:"base_url"`
	TokenFile              string `yaml:"token_file"`
	TokenEnv               string `yaml:"token_env"`
	connectors.HookSecrets `yaml:",inline"`

	Since             string `yaml:"since"`              // how far the first backfill goes: "180d", "2026-01-31"
	Lookback          span   `yaml:"lookback"`           // how far back edits, replies and deletions are looked for
	RereadInterval    span   `yaml:"reread_interval"`    // how often that is
	Settle            span   `yaml:"settle"`             // how long after its last reply a thread is read once more
	DiscoveryInterval span   `yaml:"discovery_interval"` // how often channels are listed
	UsersInterval     span   `yaml:"users_interval"`     // how often accounts are read
	Overlap           span   `yaml:"overlap"`            // how far behind the server's clock a channel counts as complete
	PageSize          int    `yaml:"page_size"`          // 1 to 999
	Timeout           span   `yaml:"timeout"`            // of one request
	// CommercialLimits says that the app is distributed commercially outside
	// of Slack's marketplace: one request a minute, 15 messages each, and a
	// look back once a day at most. It is also noticed from the answers.
	CommercialLimits bool `yaml:"commercial_limits"`
}

func defaults() config {
	return config{
		BaseURL:           "https://slack.com/api/",
		CheckinPrompt:     "Check-in:",
		Since:             "180d",
		Lookback:          span(14 * 24 * time.Hour),
		RereadInterval:    span(time.Hour),
		Settle:            span(24 * time.Hour),
		DiscoveryInterval: span(time.Hour),
		UsersInterval:     span(24 * time.Hour),
		Overlap:           span(2 * time.Minute),
		PageSize:          500,
		Timeout:           span(time.Minute),
	}
}

// validate returns everything that is wrong.
func (c *config) validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	for key, patterns := range map[string][]string{"channels": c.Channels, "exclude": c.Exclude, "checkin_channels": c.CheckinChannels} {
		for _, p := range patterns {
			if p == "" || !doublestar.ValidatePattern(p) {
				bad("%s: %q is not a pattern", key, p)
			}
		}
	}
	for _, name := range c.PrivateChannels {
		if name == "" || strings.ContainsAny(name, "*?[{") {
			bad("private_channels: %q is neither an id nor an exact name", name)
		}
	}
	if _, err := parseSince(c.Since); err != nil {
		bad("since: %w", err)
	}
	for key, d := range map[string]span{
		"lookback": c.Lookback, "reread_interval": c.RereadInterval, "discovery_interval": c.DiscoveryInterval,
		"users_interval": c.UsersInterval, "timeout": c.Timeout,
	} {
		if d <= 0 {
			bad("%s: must be positive", key)
		}
	}
	if c.Overlap < 0 {
		bad("overlap: must not be negative")
	}
	if c.Settle < 0 {
		bad("settle: must not be negative")
	}
	if c.PageSize < 1 || c.PageSize > 999 {
		bad("page_size: %d is not between 1 and 999", c.PageSize)
	}
	for name, v := range c.CheckinReactions {
		if name == "" || !(v >= 0 && v <= 1) {
			bad("checkin_reactions: %q must have a ratio between 0 and 1", name)
		}
	}
	for kind, label := range c.ProfileFields {
		if kind == "" || strings.ContainsAny(kind, ": ") || label == "" {
			bad("profile_fields: %q must name a kind of identity and have a label", kind)
		}
	}
	for _, host := range c.GitHubHosts {
		if host == "" || strings.ContainsAny(host, "/ ") {
			bad("github_hosts: %q is not a host", host)
		}
	}
	return errors.Join(errs...)
}

// endpoint returns the root of the API with a slash at its end. Plain HTTP is
// refused beyond the own machine, because the token travels with each request.
func (c *config) endpoint() (string, error) {
	u, err := url.Parse(c.BaseURL)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return "", errors.New("base_url: not a plain URL such as https://slack.com/api/")
	case u.Scheme == "http" && !isLoopback(u.Hostname()), u.Scheme != "http" && u.Scheme != "https":
		return "", errors.New("base_url: must be https")
	}
	return strings.TrimSuffix(u.String(), "/") + "/", nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// wants reports whether the configuration selects a channel. A private one has
// to be named, however wide the patterns are.
func (c *config) wants(id, name string, private bool) bool {
	if private {
		return matchExact(c.PrivateChannels, id, name)
	}
	if matchAny(c.Exclude, id, name) {
		return false
	}
	return len(c.Channels) == 0 || matchAny(c.Channels, id, name)
}

// types are the kinds of conversations that are asked for.
func (c *config) types() []string {
	if len(c.PrivateChannels) > 0 {
		return []string{"public_channel", "private_channel"}
	}
	return []string{"public_channel"}
}

func matchExact(names []string, id, name string) bool {
	for _, n := range names {
		if n = strings.TrimPrefix(n, "#"); n == id || n == name {
			return true
		}
	}
	return false
}

func matchAny(patterns []string, id, name string) bool {
	for _, p := range patterns {
		p = strings.TrimPrefix(p, "#")
		if ok, _ := doublestar.Match(strings.ToLower(p), strings.ToLower(name)); ok || p == id {
			return true
		}
	}
	return false
}

// A bound is how far back the first backfill goes: to a date, or to an age.
type bound struct {
	date time.Time
	age  time.Duration
}

func parseSince(s string) (bound, error) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return bound{date: t}, nil
	}
	var age span
	if err := age.UnmarshalText([]byte(s)); err != nil || age <= 0 {
		return bound{}, fmt.Errorf("%q is neither an age such as 180d nor a date such as 2026-01-31", s)
	}
	return bound{age: time.Duration(age)}, nil
}

// oldest is when Slack's first message can have been sent: a ts has ten digits
// only since then.
var oldest = time.Date(2001, 9, 9, 1, 46, 40, 0, time.UTC)

// before returns the bound as seen at now, the server's time.
func (b bound) before(now time.Time) time.Time {
	t := b.date
	if t.IsZero() {
		t = now.Add(-b.age)
	}
	if t.Before(oldest) {
		t = oldest
	}
	return t.UTC().Truncate(time.Second)
}

// A span is a duration that may also be written in days ("14d") or weeks.
type span time.Duration

// UnmarshalText reads "36h", "14d" or "2w".
func (s *span) UnmarshalText(text []byte) error {
	raw := strings.TrimSpace(string(text))
	for suffix, unit := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		digits, ok := strings.CutSuffix(raw, suffix)
		n, err := strconv.ParseInt(digits, 10, 64)
		if ok && err == nil {
			if n < 0 || n > math.MaxInt64/int64(unit) {
				return fmt.Errorf("%q is out of range", raw)
			}
			*s = span(time.Duration(n) * unit)
			return nil
		}
	}
	d, err := time.ParseDuration(raw)
	if err != nil {
		return fmt.Errorf("%q is not a duration such as 36h or 14d", raw)
	}
	*s = span(d)
	return nil
}
