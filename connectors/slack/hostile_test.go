package slack

import (
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
)

// TestAbsurdDate proves that a server whose clock was wrong at first, or once,
// is read in full when it is right again.
func TestAbsurdDate(t *testing.T) {
	for _, skew := range []time.Duration{10 * 365 * 24 * time.Hour, -10 * 365 * 24 * time.Hour} {
		for _, first := range []bool{true, false} {
			o := newLateOffice()
			r := newRig(t, o.Workspace, fake.SlackOptions{})
			c := r.connect()
			if !first {
				r.MustPoll(c)
			}
			r.clock.Advance(time.Hour)
			o.say(r.clock.Now(), o.dev, o.ada, "about PAY-9")
			r.slack.Fault(nil, -1, fake.Fault{Kind: fake.ClockSkew, Wait: skew})
			_ = r.Poll(c)
			r.slack.ClearFaults()
			for range 2 {
				r.later()
				o.say(r.clock.Now(), o.dev, o.ada, "about PAY-10")
				r.MustPoll(c)
			}
			connectortest.SameFacts(t, "after an odd clock", r.Shelf, r.fresh())
		}
	}
}
