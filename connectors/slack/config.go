package slack

import (
	"errors"
	"fmt"
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
	// such as "confidence PAY 7/10" count as check-ins. Public ones are read
	// without being named above as well.
	CheckinChannels []string `yaml:"checkin_channels"`
	// CheckinPrompt is how a message starts that asks for confidence in the
	// objective named after it: reactions and bare values under it count.
	CheckinPrompt string `yaml:"checkin_prompt"`
	// CheckinReactions maps emoji names to ratios, in place of the default.
	CheckinReactions map[string]float64 `yaml:"checkin_reactions"`

	// Reactions are the names of the emoji that are kept; all others count as
	// "other", because workspaces name emoji after people.
	Reactions []string `yaml:"reactions"`

	// ThreadsOnly leaves out messages without replies, reactions and
	// references.
	ThreadsOnly bool `yaml:"threads_only"`
	// ProfileFields says which custom profile fields hold another identity,
	// by label: github: "GitHub" makes "github:<value>" the same person.
	ProfileFields map[string]string `yaml:"profile_fields"`
	// GitHubHosts are GitHub Enterprise servers whose links count like those
	// of github.com.
	GitHubHosts []string `yaml:"github_hosts"`

	// Workspace is the id ("T012AB3CD") of the workspace that is read with the
	// token of an app that a whole Enterprise organisation installed. Other
	// tokens belong to one workspace and need none.
	Workspace string `yaml:"workspace"`

	BaseURL                string `yaml:"base_url"`
	TokenFile              string `yaml:"token_file"`
	TokenEnv               string `yaml:"token_env"`
	connectors.HookSecrets `yaml:",inline"`

	Since             connectors.Since `yaml:"since"`              // how far the first backfill goes: "180d", "2026-01-31"
	Lookback          connectors.Span  `yaml:"lookback"`           // how far back edits, replies and deletions are looked for
	RereadInterval    connectors.Span  `yaml:"reread_interval"`    // how often that is
	ThreadLookback    connectors.Span  `yaml:"thread_lookback"`    // how far back new replies are looked for beyond that; 0 for no further
	ThreadInterval    connectors.Span  `yaml:"thread_interval"`    // how often that is
	Settle            connectors.Span  `yaml:"settle"`             // how long after its last reply a thread is read once more
	DiscoveryInterval connectors.Span  `yaml:"discovery_interval"` // how often channels are listed
	UsersInterval     connectors.Span  `yaml:"users_interval"`     // how often accounts are read
	Overlap           connectors.Span  `yaml:"overlap"`            // how far behind the server's clock a channel counts as complete
	PageSize          int              `yaml:"page_size"`          // 1 to 999
	Timeout           connectors.Span  `yaml:"timeout"`            // of one request
	// CommercialLimits says that the app is distributed commercially outside
	// of Slack's marketplace: one request a minute, 15 messages each, and a
	// look back once a day at most. It is also noticed from the answers.
	CommercialLimits bool `yaml:"commercial_limits"`
}

func defaults() config {
	return config{
		BaseURL:           "https://slack.com/api/",
		CheckinPrompt:     "Check-in:",
		Reactions:         []string{"decision"},
		Since:             connectors.Since{Age: 180 * 24 * time.Hour},
		Lookback:          connectors.Span(14 * 24 * time.Hour),
		RereadInterval:    connectors.Span(time.Hour),
		ThreadLookback:    connectors.Span(91 * 24 * time.Hour),
		ThreadInterval:    connectors.Span(24 * time.Hour),
		Settle:            connectors.Span(24 * time.Hour),
		DiscoveryInterval: connectors.Span(time.Hour),
		UsersInterval:     connectors.Span(24 * time.Hour),
		Overlap:           connectors.Span(2 * time.Minute),
		PageSize:          500,
		Timeout:           connectors.Span(time.Minute),
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
	for key, d := range map[string]connectors.Span{
		"lookback": c.Lookback, "reread_interval": c.RereadInterval, "thread_interval": c.ThreadInterval, "discovery_interval": c.DiscoveryInterval,
		"users_interval": c.UsersInterval, "timeout": c.Timeout,
	} {
		if d <= 0 {
			bad("%s: must be positive", key)
		}
	}
	if c.Workspace != "" && (!isID(c.Workspace) || c.Workspace[0] != 'T') {
		bad("workspace: %q is not the id of a workspace, T…", c.Workspace)
	}
	if c.Overlap < 0 {
		bad("overlap: must not be negative")
	}
	if c.ThreadLookback < 0 {
		bad("thread_lookback: must not be negative")
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
	u, err := connectors.ServerURL(c.BaseURL, "https://slack.com/api/")
	if err != nil {
		return "", fmt.Errorf("base_url: %w", err)
	}
	return strings.TrimSuffix(u.String(), "/") + "/", nil
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
	return len(c.Channels) == 0 || matchAny(c.Channels, id, name) || matchAny(c.CheckinChannels, id, name)
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

// oldest is when Slack's first message can have been sent: a ts has ten digits
// only since then.
var oldest = time.Date(2001, 9, 9, 1, 46, 40, 0, time.UTC)

// from returns where a first backfill begins that is made at now, the server's
// time.
func (c *config) from(now time.Time) time.Time {
	if t := c.Since.From(now); t.After(oldest) {
		return t
	}
	return oldest
}
