package slack

import (
	"strings"
	"testing"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
)

// TestOrganisation proves that the token of an app of a whole organisation
// reads the workspace that is named, as a token of that workspace does, and
// nothing without a name.
func TestOrganisation(t *testing.T) {
	o := newLateOffice()
	fields := "profile_fields: {github: GitHub}\n"
	r := newRig(t, o.Workspace, fake.SlackOptions{})
	r.config = fields
	want := r.fresh()
	r.config = fields + "workspace: " + o.Team() + "\n"
	connectortest.SameFacts(t, "with its name", r.fresh(), want)
	r.config = fields + "workspace: T0OTHER\n"
	if err := r.Poll(r.connect()); connectors.ReasonOf(err) != connectors.ReasonAuth {
		t.Errorf("the token of another workspace: %v", err)
	}

	r = newRig(t, o.Workspace, fake.SlackOptions{Organisation: "E0ACME"})
	r.config = fields + "workspace: " + o.Team() + "\n"
	connectortest.SameFacts(t, "of the organisation", r.fresh(), want)
	r.config = fields
	if err := r.Poll(r.connect()); connectors.ReasonOf(err) != connectors.ReasonAuth || !strings.Contains(err.Error(), "workspace: T") {
		t.Errorf("without a name: %v", err)
	}
	equal(t, "channels that were listed without a name", len(r.Shelf.Items), 0)
}
