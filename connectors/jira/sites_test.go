package jira

import (
	"net/url"
	"slices"
	"testing"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/fake"
)

func TestSites(t *testing.T) {
	r := newRig(t, fake.NewJiraSite(), fake.JiraOptions{Credentials: []fake.JiraCredential{{Token: token}}})
	c := r.connect().(*connector)
	u, err := url.Parse(r.url)
	if err != nil {
		t.Fatal(err)
	}
	if got := connectors.Linker(c).Sites(); !slices.Equal(got, []string{u.Host}) {
		t.Errorf("before the server was asked: %q", got)
	}
	c.cfg.BaseURL = "https://api.atlassian.com/ex/jira/1/"
	if err := c.prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := c.Sites(); !slices.Equal(got, []string{"api.atlassian.com", u.Host}) {
		t.Errorf("people browse on %q", got)
	}
}
