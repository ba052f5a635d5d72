package github

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/workdrift/workdrift/connectors"
)

// The oldest time a list is asked for. GitHub answers since=1970-01-01 with an
// empty list, and any later date as one expects.
var oldestSince = time.Date(1971, 1, 1, 0, 0, 0, 0, time.UTC)

// config is the connector's stanza of the configuration.
type config struct {
	Organizations []string `yaml:"organizations"` // every repository of these organisations
	Users         []string `yaml:"users"`         // every repository these accounts own
	Repositories  []string `yaml:"repositories"`  // "owner/name", whatever the patterns say
	// Include and Exclude are glob patterns on "owner/name", letter case
	// ignored. An empty Include means everything.
	Include         []string `yaml:"include"`
	Exclude         []string `yaml:"exclude"`
	IncludeArchived bool     `yaml:"include_archived"`
	// Teams are "organisation/slug"; their members become groups.
	Teams []string `yaml:"teams"`

	BaseURL    string    `yaml:"base_url"`    // GHES: https://host/api/v3/
	GraphQLURL string    `yaml:"graphql_url"` // default: what belongs to BaseURL
	TokenFile  string    `yaml:"token_file"`
	TokenEnv   string    `yaml:"token_env"`
	App        appConfig `yaml:"app"`

	connectors.HookSecrets `yaml:",inline"`

	Since             connectors.Since `yaml:"since"`     // how far the first backfill goes: "180d", "2026-01-31"
	Reserve           float64          `yaml:"reserve"`   // share of the quota left to others, 0 to 0.95
	PageSize          int              `yaml:"page_size"` // 1 to 100
	CensusInterval    connectors.Span  `yaml:"census_interval"`
	DiscoveryInterval connectors.Span  `yaml:"discovery_interval"`
	Overlap           connectors.Span  `yaml:"overlap"` // how far behind the server's clock a list counts as complete
	Timeout           connectors.Span  `yaml:"timeout"` // of one request
}

// appConfig names a GitHub App installation.
type appConfig struct {
	ID             int64  `yaml:"id"`
	InstallationID int64  `yaml:"installation_id"`
	PrivateKeyFile string `yaml:"private_key_file"`
	PrivateKeyEnv  string `yaml:"private_key_env"`
}

func (a appConfig) isZero() bool { return a == appConfig{} }

func defaults() config {
	return config{
		BaseURL:           "https://api.github.com/",
		Since:             connectors.Since{Age: 180 * 24 * time.Hour},
		Reserve:           0.15,
		PageSize:          100,
		CensusInterval:    connectors.Span(24 * time.Hour),
		DiscoveryInterval: connectors.Span(time.Hour),
		Overlap:           connectors.Span(2 * time.Minute),
		Timeout:           connectors.Span(time.Minute),
	}
}

// validate returns everything that is wrong.
func (c *config) validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(c.Organizations)+len(c.Users)+len(c.Repositories) == 0 && c.App.isZero() {
		bad("name at least one of organizations, users, repositories, or an app, whose installation then decides")
	}
	for _, r := range c.Repositories {
		owner, name, ok := strings.Cut(r, "/")
		if !ok || owner == "" || name == "" || strings.ContainsAny(name, "/ ") {
			bad("repositories: %q is not owner/name", r)
		}
	}
	for _, t := range c.Teams {
		org, slug, ok := strings.Cut(t, "/")
		if !ok || org == "" || slug == "" || strings.ContainsAny(slug, "/ ") {
			bad("teams: %q is not organisation/team", t)
		}
	}
	for key, patterns := range map[string][]string{"include": c.Include, "exclude": c.Exclude} {
		for _, p := range patterns {
			if !doublestar.ValidatePattern(p) {
				bad("%s: %q is not a pattern", key, p)
			}
		}
	}
	if !c.App.isZero() {
		if c.App.ID <= 0 || c.App.InstallationID <= 0 || c.App.PrivateKeyFile == "" && c.App.PrivateKeyEnv == "" {
			bad("app: needs id, installation_id and one of private_key_file, private_key_env")
		}
		if c.TokenFile != "" || c.TokenEnv != "" {
			bad("app: give an app or a token, not both")
		}
	}
	if !(c.Reserve >= 0 && c.Reserve <= 0.95) {
		bad("reserve: %v is not between 0 and 0.95", c.Reserve)
	}
	if c.PageSize < 1 || c.PageSize > 100 {
		bad("page_size: %d is not between 1 and 100", c.PageSize)
	}
	for key, d := range map[string]connectors.Span{
		"census_interval": c.CensusInterval, "discovery_interval": c.DiscoveryInterval, "timeout": c.Timeout,
	} {
		if d <= 0 {
			bad("%s: must be positive", key)
		}
	}
	if c.Overlap < 0 {
		bad("overlap: must not be negative")
	}
	return errors.Join(errs...)
}

// endpoints returns the roots of the REST and the GraphQL API. Plain HTTP is
// refused beyond the own machine, because the token travels with each request.
func (c *config) endpoints() (rest, graphql *url.URL, err error) {
	const example = "https://host/api/v3/"
	if rest, err = connectors.ServerURL(c.BaseURL, example); err != nil {
		return nil, nil, fmt.Errorf("base_url: %w", err)
	}
	if !strings.HasSuffix(rest.Path, "/") {
		rest.Path += "/"
	}
	if c.GraphQLURL != "" {
		if graphql, err = connectors.ServerURL(c.GraphQLURL, example); err != nil {
			return nil, nil, fmt.Errorf("graphql_url: %w", err)
		}
		return rest, graphql, nil
	}
	graphql = rest.JoinPath("graphql")
	if prefix, ok := strings.CutSuffix(rest.Path, "/api/v3/"); ok {
		graphql.Path = prefix + "/api/graphql"
	}
	return rest, graphql, nil
}

// from returns where a first backfill begins that is made at now, the server's
// time.
func (c *config) from(now time.Time) time.Time { return later(c.Since.From(now), oldestSince) }

func (c *config) token(env connectors.Env) (connectors.Secret, error) {
	return connectors.SecretSource{File: c.TokenFile, Env: c.TokenEnv}.Load(env.Resolve)
}

// wants reports whether the patterns select a repository.
func (c *config) wants(name string) bool {
	if matchAny(c.Exclude, name) {
		return false
	}
	return len(c.Include) == 0 || matchAny(c.Include, name)
}

func matchAny(patterns []string, name string) bool {
	for _, p := range patterns {
		if ok, _ := doublestar.Match(strings.ToLower(p), strings.ToLower(name)); ok {
			return true
		}
	}
	return false
}
