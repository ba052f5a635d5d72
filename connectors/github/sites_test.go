package github

import (
	"slices"
	"testing"

	"github.com/workdrift/workdrift/connectors"
)

func TestSites(t *testing.T) {
	for base, want := range map[string]string{
		"https://api.github.com/": "github.com", "https://git.example.org/api/v3/": "git.example.org",
		"https://git.example.org:8443/api/v3/": "git.example.org:8443", "https://api.acme.ghe.com/": "acme.ghe.com",
	} {
		c := &connector{cfg: config{BaseURL: base}}
		if got := connectors.Linker(c).Sites(); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %q, want %q", base, got, want)
		}
	}
}
