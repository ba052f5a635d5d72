package jira

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/connectortest"
)

func TestConfig(t *testing.T) {
	t.Setenv("WORKDRIFT_TEST_TOKEN", token)
	for _, tc := range []struct{ name, text, wrong string }{
		{"least", "base_url: https://acme.atlassian.net\nprojects: [PAY]", ""},
		{"everything", `
base_url: https://api.atlassian.com/ex/jira/1f2e/
email: bot@example.org
token_env: WORKDRIFT_TEST_TOKEN
projects: [PAY]
jql: labels in (a, "b) c") AND (status = 'x')
boards: [4]
since: 2026-01-31
fields: {team: Team}
levels: {Initiative: initiative}
checkin_field: Confidence
checkin_scale: 10
checkin_values: {good: 0.8}
development: [GitHub]
groups: [developers]
webhook_secret_env: WORKDRIFT_TEST_TOKEN`, ""},
		{"nothing", "{}", "base_url: "},
		{"no scope", "base_url: https://acme.atlassian.net", "projects, jql, boards"},
		{"plain HTTP", "base_url: http://acme.example.org\nprojects: [PAY]", "base_url: must be https"},
		{"own machine", "base_url: http://127.0.0.1:8080\nprojects: [PAY]", ""},
		{"user name in the URL", "base_url: https://a:b@acme.example.org\nprojects: [PAY]", "base_url: "},
		{"project name", "base_url: https://a.example.org\nprojects: ['PAY) OR (1']", "projects: "},
		{"order", "base_url: https://a.example.org\njql: project = PAY order  by rank", "jql: "},
		{"open parenthesis", "base_url: https://a.example.org\njql: (project = PAY", "jql: "},
		{"closed parenthesis", "base_url: https://a.example.org\njql: project = PAY) OR (1 = 1", "jql: "},
		{"open quotation", "base_url: https://a.example.org\njql: summary ~ \"x", "jql: "},
		{"board", "base_url: https://a.example.org\nboards: [0]", "boards: "},
		{"email alone", "base_url: https://a.example.org\nprojects: [PAY]\nemail: a@b", "email: "},
		{"since", "base_url: https://a.example.org\nprojects: [PAY]\nsince: ever", "neither an age"},
		{"since ever", "base_url: https://a.example.org\nprojects: [PAY]\nsince: 1970-12-31", "since: 1970-12-31 is before 1971"},
		{"reserve", "base_url: https://a.example.org\nprojects: [PAY]\nreserve: 1", "reserve: "},
		{"page size", "base_url: https://a.example.org\nprojects: [PAY]\npage_size: 5000", "page_size: "},
		{"interval", "base_url: https://a.example.org\nprojects: [PAY]\nsweep_interval: 0s", "sweep_interval: "},
		{"overlap", "base_url: https://a.example.org\nprojects: [PAY]\noverlap: -1s", "overlap: "},
		{"scale", "base_url: https://a.example.org\nprojects: [PAY]\ncheckin_scale: 7", "checkin_scale: "},
		{"value", "base_url: https://a.example.org\nprojects: [PAY]\ncheckin_values: {x: 2}", "checkin_values: "},
		{"field", "base_url: https://a.example.org\nprojects: [PAY]\nfields: {Team: x}", "fields: "},
		{"level", "base_url: https://a.example.org\nprojects: [PAY]\nlevels: {Epic: ''}", "levels: "},
		{"application", "base_url: https://a.example.org\nprojects: [PAY]\ndevelopment: ['Git Hub']", "development: "},
		{"group", "base_url: https://a.example.org\nprojects: [PAY]\ngroups: ['']", "groups: "},
		{"unknown key", "base_url: https://a.example.org\nprojects: [PAY]\nproject: x", "project"},
		{"unset variable", "base_url: https://a.example.org\nprojects: [PAY]\ntoken_env: WORKDRIFT_NOT_SET", "WORKDRIFT_NOT_SET"},
	} {
		env := connectors.Env{Now: time.Now, Transport: http.DefaultTransport}
		_, err := New(env, connectortest.Decoder(tc.text))
		if (err == nil) != (tc.wrong == "") || err != nil && !strings.Contains(err.Error(), tc.wrong) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.wrong)
		}
		if err != nil && strings.Contains(err.Error(), token) {
			t.Errorf("%s: the error holds the token", tc.name)
		}
	}
}
