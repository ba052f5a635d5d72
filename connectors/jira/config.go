package jira

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/workdrift/workdrift/connectors"
)

// config is the connector's stanza of the configuration.
type config struct {
	// BaseURL is where the API is: https://acme.atlassian.net/ for Cloud,
	// https://jira.example.org/ or https://host/jira/ for Data Center, and
	// https://api.atlassian.com/ex/jira/CLOUD-ID/ for the scoped tokens of
	// Cloud. Which of the two products answers there is asked of it.
	BaseURL string `yaml:"base_url"`
	// Email belongs to an API token of Cloud, or is the user name that belongs
	// to a password on Data Center. Without it the token is sent as a bearer
	// token: a personal access token of Data Center, or OAuth. Without a token
	// the source is read anonymously.
	Email     string `yaml:"email"`
	TokenFile string `yaml:"token_file"`
	TokenEnv  string `yaml:"token_env"`

	// What is read: the union of these. Ancestors outside of it are read too.
	Projects []string `yaml:"projects"` // keys, "PAY"
	JQL      string   `yaml:"jql"`      // without ORDER BY
	Boards   []int64  `yaml:"boards"`   // ids

	Since    connectors.Since `yaml:"since"`     // how far the first backfill goes, by update: "180d", "2026-01-31"
	Reserve  float64          `yaml:"reserve"`   // share of a reported request budget left to others, 0 to 0.95
	PageSize int              `yaml:"page_size"` // issues a page, 1 to 100
	Timeout  connectors.Span  `yaml:"timeout"`   // of one request

	Overlap           connectors.Span `yaml:"overlap"`            // how far each poll looks back behind the last
	SweepInterval     connectors.Span `yaml:"sweep_interval"`     // between sweeps for what the index told late
	SweepWindow       connectors.Span `yaml:"sweep_window"`       // how far a sweep looks back
	CensusInterval    connectors.Span `yaml:"census_interval"`    // between counts of what is still there
	DiscoveryInterval connectors.Span `yaml:"discovery_interval"` // between lists of the projects

	// Fields maps attributes to fields, by name or id: {team: "Team"}. Values
	// that are people are left out.
	Fields map[string]string `yaml:"fields"`
	// Levels maps the names or ids of issue types to attributes "level", for
	// servers that do not tell hierarchy levels: {Initiative: initiative}.
	Levels map[string]string `yaml:"levels"`
	// BlockLinks are the names of link types whose outward side blocks.
	BlockLinks []string `yaml:"block_links"`
	// DroppedResolutions and DroppedStatuses are the names of resolutions and
	// of finished statuses that deliver nothing, letter case ignored.
	DroppedResolutions []string `yaml:"dropped_resolutions"`
	DroppedStatuses    []string `yaml:"dropped_statuses"`

	// CriteriaField is the name or id of a field that holds acceptance criteria.
	// Boxes to tick and a heading in the description count besides.
	CriteriaField string `yaml:"criteria_field"`

	// CheckinField is the name or id of a field in which people report their
	// confidence. CheckinScale is what full confidence is in it: 1, 10 or 100;
	// 0 takes it from the value. CheckinValues are the confidences from 0 to 1
	// of values that are words.
	CheckinField  string             `yaml:"checkin_field"`
	CheckinScale  float64            `yaml:"checkin_scale"`
	CheckinValues map[string]float64 `yaml:"checkin_values"`

	// Development reads the commits and pull requests of the development panel,
	// from these applications: [GitHub, GitLab, bitbucket, stash]. Empty reads
	// none. It costs two requests per application and issue that has any.
	Development []string `yaml:"development"`
	RemoteLinks bool     `yaml:"remote_links"` // costs a request per issue

	Groups []string `yaml:"groups"` // names of groups whose members are read

	connectors.HookSecrets `yaml:",inline"`
}

func defaults() config {
	return config{
		Since:             connectors.Since{Age: 180 * 24 * time.Hour},
		Reserve:           0.15,
		PageSize:          100,
		Timeout:           connectors.Span(time.Minute),
		Overlap:           connectors.Span(15 * time.Minute),
		SweepInterval:     connectors.Span(6 * time.Hour),
		SweepWindow:       connectors.Span(26 * time.Hour),
		CensusInterval:    connectors.Span(24 * time.Hour),
		DiscoveryInterval: connectors.Span(time.Hour),
		BlockLinks:        []string{"Blocks"},
		DroppedResolutions: []string{
			"Abandoned", "Canceled", "Cancelled", "Cannot Reproduce", "Declined", "Duplicate", "Incomplete",
			"Information Provided", "Invalid", "Known Error", "Not A Bug", "Not A Problem", "Obsolete",
			"Rejected", "Won't Do", "Won't Fix", "Workaround",
		},
		DroppedStatuses: []string{"Abandoned", "Canceled", "Cancelled", "Declined", "Rejected", "Won't Do", "Won't Fix"},
	}
}

var (
	projectKey = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)
	orderBy    = regexp.MustCompile(`(?i)\border\s+by\b`)
	attribute  = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	appType    = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
)

// validate returns everything that is wrong.
func (c *config) validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.BaseURL == "" {
		bad("base_url: say where Jira is, such as https://acme.atlassian.net/")
	} else if _, err := c.root(); err != nil {
		errs = append(errs, err)
	}
	if len(c.Projects)+len(c.Boards) == 0 && c.JQL == "" {
		bad("name at least one of projects, jql, boards")
	}
	for _, p := range c.Projects {
		if !projectKey.MatchString(p) {
			bad("projects: %q is not the key of a project", p)
		}
	}
	if err := checkJQL(c.JQL); err != nil {
		bad("jql: %w", err)
	}
	for _, b := range c.Boards {
		if b <= 0 {
			bad("boards: %d is not the id of a board", b)
		}
	}
	if c.Email != "" && c.TokenFile == "" && c.TokenEnv == "" {
		bad("email: goes with one of token_file, token_env")
	}
	if d := c.Since.Date; c.Since.Age == 0 && d.Year() < 1971 {
		bad("since: %s is before 1971", d.Format(time.DateOnly))
	}
	c.validateNumbers(bad)
	c.validateFields(bad)
	return errors.Join(errs...)
}

// settings names what decides what becomes of an issue, and which are read.
func (c *config) settings() string {
	sum := sha256.Sum256(fmt.Append(nil, c.Since, c.Fields, c.Levels, c.BlockLinks, c.DroppedResolutions, c.DroppedStatuses,
		c.CriteriaField, c.CheckinField, c.CheckinScale, c.CheckinValues, c.Development, c.RemoteLinks))
	return hex.EncodeToString(sum[:6])
}

func (c *config) validateNumbers(bad func(string, ...any)) {
	if !(c.Reserve >= 0 && c.Reserve <= 0.95) {
		bad("reserve: %v is not between 0 and 0.95", c.Reserve)
	}
	if c.PageSize < 1 || c.PageSize > 100 {
		bad("page_size: %d is not between 1 and 100", c.PageSize)
	}
	for _, d := range []struct {
		key string
		d   connectors.Span
	}{
		{"timeout", c.Timeout}, {"sweep_interval", c.SweepInterval}, {"sweep_window", c.SweepWindow},
		{"census_interval", c.CensusInterval}, {"discovery_interval", c.DiscoveryInterval},
	} {
		if d.d <= 0 {
			bad("%s: must be positive", d.key)
		}
	}
	if c.Overlap < 0 {
		bad("overlap: must not be negative")
	}
	if !slices.Contains([]float64{0, 1, 10, 100}, c.CheckinScale) {
		bad("checkin_scale: %v is none of 1, 10, 100", c.CheckinScale)
	}
	for word, v := range c.CheckinValues {
		if !(v >= 0 && v <= 1) {
			bad("checkin_values: %q is not between 0 and 1", word)
		}
	}
}

func (c *config) validateFields(bad func(string, ...any)) {
	for name, field := range c.Fields {
		if !attribute.MatchString(name) || field == "" {
			bad("fields: %q: give an attribute in lower case and the name or id of a field", name)
		}
	}
	for typ, level := range c.Levels {
		if typ == "" || level == "" {
			bad("levels: give the name or id of an issue type and its level")
		}
	}
	for _, app := range c.Development {
		if !appType.MatchString(app) {
			bad("development: %q is not the type of an application, such as GitHub", app)
		}
	}
	for _, g := range c.Groups {
		if strings.TrimSpace(g) == "" {
			bad("groups: a name is empty")
		}
	}
}

// root returns the address below which everything lies, with a slash at its
// end. Plain HTTP is refused beyond the own machine, because the token travels
// with each request.
func (c *config) root() (*url.URL, error) {
	u, err := connectors.ServerURL(c.BaseURL, "https://acme.atlassian.net/")
	if err != nil {
		return nil, fmt.Errorf("base_url: %w", err)
	}
	if !strings.HasSuffix(u.Path, "/") {
		u.Path += "/"
	}
	return u, nil
}
