package slack

import (
	"slices"
	"testing"

	"github.com/workdrift/workdrift/connectors"
)

func TestSites(t *testing.T) {
	c := &connector{cfg: defaults()}
	if got := connectors.Linker(c).Sites(); !slices.Equal(got, []string{"slack.com", "*.slack.com"}) {
		t.Errorf("%q", got)
	}
}
