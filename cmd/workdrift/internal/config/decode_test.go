package config

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// settings is what a connector might have.
type testSettings struct {
	Repositories []string `yaml:"repositories"`
	place        `yaml:",inline"`
	Since        time.Duration     `yaml:"since"`
	Reserve      float64           `yaml:"reserve"`
	PageSize     int8              `yaml:"page_size"`
	Retries      uint8             `yaml:"retries"`
	Fetch        bool              `yaml:"fetch"`
	App          *testApp          `yaml:"app"`
	Names        map[string]string `yaml:"names"`
	Zone         upper             `yaml:"zone"`
	Bare         string
	hidden       string
}

type place struct {
	BaseURL   string `yaml:"base_url"`
	TokenFile string `yaml:"token_file"`
	TokenEnv  string `yaml:"token_env"`
}

type testApp struct {
	ID int64 `yaml:"id"`
}

// upper is a type with a form of its own.
type upper string

func (u *upper) UnmarshalText(text []byte) error {
	if strings.ToUpper(string(text)) != string(text) {
		return fmt.Errorf("%q is not in capitals", text)
	}
	*u = upper(text)
	return nil
}

// decodeSection decodes the only connector of a configuration.
func decodeSection(t *testing.T, section string, into any) error {
	t.Helper()
	c, err := loadText(t, "connectors:\n  gh:\n    type: github\n    interval: 2m\n"+section, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c.Connectors[0].Decode(into)
}

func TestDecode(t *testing.T) {
	got := testSettings{Reserve: .15, PageSize: 100, hidden: "kept", place: place{BaseURL: "https://api.example.org"}, Names: map[string]string{"old": "x"}}
	err := decodeSection(t, `    repositories: [acme/api, 2026, 1.10, 2026-01-02]
    token_env: TOKEN
    since: 26w
    retries: 0x10
    page_size: 50
    fetch: true
    app: {id: 7}
    names: {a: b}
    zone: UTC
    bare: ${HOME} $HOME %d
`, &got)
	if err != nil {
		t.Fatal(err)
	}
	want := testSettings{
		Repositories: []string{"acme/api", "2026", "1.10", "2026-01-02"},
		place:        place{BaseURL: "https://api.example.org", TokenEnv: "TOKEN"},
		Since:        26 * 7 * 24 * time.Hour, Reserve: .15, PageSize: 50, Retries: 16, Fetch: true,
		App: &testApp{ID: 7}, Names: map[string]string{"a": "b"}, Zone: "UTC", Bare: "${HOME} $HOME %d", hidden: "kept",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// A connector's section is read as strictly as the rest.
func TestDecodeErrors(t *testing.T) {
	for _, tc := range []struct{ section, want string }{
		{"    tokenfile: x\n", `config.yaml:5:5: connectors.gh.tokenfile: unknown key; did you mean "token_file"?`},
		{"    hidden: x\n", `config.yaml:5:5: connectors.gh.hidden: unknown key; known here: repositories, base_url, token_file, token_env, since, reserve, page_size, retries, fetch, app, names, zone, bare`},
		{"    app: {id: 1, key: 2}\n", `config.yaml:5:18: connectors.gh.app.key: unknown key; known here: id`},
		{"    app: {id: 1, id: 2}\n", `config.yaml:5:18: connectors.gh.app.id: is given twice, first in line 5`},
		{"    page_size: 200\n", `config.yaml:5:16: connectors.gh.page_size: is out of range`},
		{"    retries: -1\n", `config.yaml:5:14: connectors.gh.retries: is out of range`},
		{"    reserve: a\n", `config.yaml:5:14: connectors.gh.reserve: must be a number, not text`},
		{"    repositories: acme/api\n", `config.yaml:5:19: connectors.gh.repositories: must be a list, not text`},
		{"    repositories: [a, [b]]\n", `config.yaml:5:23: connectors.gh.repositories[1]: must be text, not a list`},
		{"    since: 3 days\n", `config.yaml:5:12: connectors.gh.since: "3 days" is not a duration: units are ms, s, m, h, d and w`},
		{"    zone: utc\n", `config.yaml:5:11: connectors.gh.zone: cannot be read: "utc" is not in capitals`},
		{"    names: {a: [b]}\n", `config.yaml:5:16: connectors.gh.names.a: must be text, not a list`},
		{"    fetch: yes\n    bare: true\n", "config.yaml:5:12: connectors.gh.fetch: must be true or false, not text\n" +
			`config.yaml:6:11: connectors.gh.bare: must be text, not true or false; put it in quotes if it is a word`},
	} {
		var into testSettings
		err := decodeSection(t, tc.section, &into)
		if _, ok := errors.AsType[Errors](err); !ok || err.Error() != tc.want {
			t.Errorf("%q\ngot  %v\nwant %s", tc.section, err, tc.want)
		}
	}
}

func TestDecodeNeedsStruct(t *testing.T) {
	for _, into := range []any{nil, testSettings{}, (*testSettings)(nil), new(int)} {
		if err := decodeSection(t, "", into); err == nil {
			t.Errorf("Decode(%T) accepted", into)
		}
	}
}

// Anchors, aliases and merge keys mean what YAML says: a key of its own goes
// before a merged one, and of two merged ones the first.
func TestMergeKeys(t *testing.T) {
	c, err := loadText(t, `connectors:
  a: &a {type: github, interval: 1h, page_size: 10, retries: 1}
  b: {<<: *a, interval: 2h}
  c:
    <<: [{retries: 2}, *a]
    page_size: 30
`, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []struct {
		interval time.Duration
		size     int8
		retries  uint8
	}{{time.Hour, 10, 1}, {2 * time.Hour, 10, 1}, {time.Hour, 30, 2}}
	for i, w := range want {
		one := c.Connectors[i]
		var got testSettings
		if err := one.Decode(&got); err != nil {
			t.Fatal(err)
		}
		if one.Type != "github" || one.Interval != w.interval || got.PageSize != w.size || got.Retries != w.retries {
			t.Errorf("%s: %v %+v, want %+v", one.Name, one.Interval, got, w)
		}
	}
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0s": 0, "90s": 90 * time.Second, "1h30m": 90 * time.Minute, "28d": 28 * 24 * time.Hour,
		"2w": 14 * 24 * time.Hour, "1.5h": 90 * time.Minute, "250ms": 250 * time.Millisecond,
	} {
		if got, err := parseDuration(text); err != nil || got != want {
			t.Errorf("parseDuration(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "5", "m", "-5m", "5 m", "5y", "1..5h", "5mm", "+5m", "1e3s"} {
		if got, err := parseDuration(text); err == nil {
			t.Errorf("parseDuration(%q) = %v, want an error", text, got)
		}
	}
}

func TestNearest(t *testing.T) {
	known := []string{"listen_address", "probe_address", "enable_reload", "id"}
	for word, want := range map[string]string{
		"listen_adress": "listen_address", "Listen_Address": "listen_address", "enable_relaod": "enable_reload",
		"di": "id", "zzz": "", "": "", "web_config_file": "",
	} {
		if got := nearest(word, known); got != want {
			t.Errorf("nearest(%q) = %q, want %q", word, got, want)
		}
	}
}
