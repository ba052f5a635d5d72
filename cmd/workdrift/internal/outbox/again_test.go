package outbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/brief"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

// again asks for the weekly edition and returns what became of it at the only place.
func (r *rig) again() store.Delivery {
	r.Helper()
	list, err := r.courier.Again(r.Context(), brief.Weekly)
	if err != nil || len(list) != 1 {
		r.Fatalf("%+v, %v", list, err)
	}
	return list[0]
}

// TestAgain: an edition that was given up is sent once somebody asks, after what
// was in its way is mended, and whatever became of it before, it is there once.
func TestAgain(t *testing.T) {
	refuse := func(r *rig) { r.slack.Fault(aPost, -1, fake.Fault{Kind: fake.SlackError, To: "not_in_channel"}) }
	for name, tc := range map[string]struct {
		ruin, mend func(r *rig)
		restarts   bool
	}{
		"the bot is let in":           {refuse, func(r *rig) { r.slack.ClearFaults() }, false},
		"after a restart":             {refuse, func(r *rig) { r.slack.ClearFaults() }, true},
		"a brief that cannot be made": {func(r *rig) { r.blank = errors.New("no data") }, func(r *rig) { r.blank = nil }, true},
		"the answer gets lost": {refuse, func(r *rig) {
			r.slack.ClearFaults()
			r.slack.Fault(aPost, 1, fake.Fault{Kind: fake.ResetBody})
		}, false},
		"it is there after all": {refuse, func(r *rig) {
			r.slack.ClearFaults()
			p := r.plan.Places[0]
			body, err := p.Encode(brief.Make(brief.Input{Period: week14, Report: noReport}))
			if err == nil {
				_, err = p.Sender.Send(r.Context(), week14.Key(), body)
			}
			if err != nil {
				r.Fatal(err)
			}
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			tc.ruin(r)
			r.round()
			r.until(tuesday.Add(80*time.Hour), 4*time.Hour)
			if d := r.state("weekly/2026-W14"); d.State != store.DeliveryGivenUp {
				t.Fatalf("before: %+v", d)
			}
			if r.blank == nil { // it is asked for too early
				if d := r.again(); d.State != store.DeliveryGivenUp || !strings.Contains(d.Why, "not_in_channel") {
					t.Errorf("at a place that is not mended: %+v", d)
				}
			}
			tc.mend(r)
			if tc.restarts {
				r.restart()
			}
			d := r.again()
			r.until(tuesday.Add(100*time.Hour), 10*time.Minute)
			if d := r.again(); d.State != store.DeliveryDelivered || d.Receipt != r.slack.Posted()[0].TS || len(d.Body) > 0 {
				t.Errorf("in the end: %+v", d)
			}
			r.wantPosted("weekly/2026-W14")
			if lost := name == "the answer gets lost"; (d.State == store.DeliveryDelivered) == lost {
				t.Errorf("asked for: %+v", d)
			}
			if due, delivered := r.gauge("workdrift_brief_last_due_timestamp_seconds"), r.gauge("workdrift_brief_last_delivered_timestamp_seconds"); due > delivered {
				t.Errorf("due at %.0f, delivered at %.0f", due, delivered)
			}
			// The next one at its time, without anybody asking.
			r.until(tuesday.AddDate(0, 0, 8), 12*time.Hour)
			r.wantPosted("weekly/2026-W14", "weekly/2026-W15")
		})
	}
}

// TestAgainInDoubt: what may be in the channel is not sent again, whoever asks.
func TestAgainInDoubt(t *testing.T) {
	r := newRig(t)
	r.slack.SetScopes("chat:write", "channels:history")
	r.slack.Fault(aPost, 1, fake.Fault{Kind: fake.ResetBody})
	r.round()
	for range 9 { // before and after it is given up
		r.until(tuesday.Add(time.Hour), 5*time.Minute)
		if d := r.again(); d.State != store.DeliveryUnknown && d.State != store.DeliverySending {
			t.Errorf("asked for: %+v", d)
		}
		r.until(r.now.Add(12*time.Hour), time.Hour)
	}
	r.wantPosted("weekly/2026-W14")
}

// TestAgainAtANewPlace: whoever names a channel tries it with the edition that was
// due before.
func TestAgainAtANewPlace(t *testing.T) {
	r := newRig(t)
	r.round()
	if d := r.again(); d.State != store.DeliveryDelivered || d.Edition != "weekly/2026-W13" {
		t.Errorf("asked for: %+v", d)
	}
	r.until(tuesday.Add(time.Hour), 10*time.Minute)
	r.wantPosted("weekly/2026-W13", "weekly/2026-W14")
	r.late, r.now = true, tuesday.AddDate(0, 0, 7)
	r.round()
	if d := r.again(); d.State != store.DeliveryDue || d.Why != "2026-W15 has not closed" {
		t.Errorf("before its time: %+v", d)
	}
	r.wantPosted("weekly/2026-W13", "weekly/2026-W14")
	if list, err := r.courier.Again(t.Context(), brief.KillSession); err == nil {
		t.Errorf("an edition that nobody wants: %+v", list)
	}
}

// TestPlaceReturns: what was due while a place was not configured is not missing
// when it is again, nor what was due of an edition that nobody wanted.
func TestPlaceReturns(t *testing.T) {
	for name, out := range map[string]func(p *Plan) (back func()){
		"place":   func(p *Plan) func() { places := p.Places; p.Places = nil; return func() { p.Places = places } },
		"edition": func(p *Plan) func() { p.Idle, p.Slots = p.Slots, nil; return func() { p.Slots, p.Idle = p.Idle, nil } },
	} {
		for weekday, after := range map[time.Weekday]int{time.Wednesday: 57, time.Saturday: 60, time.Monday: 62} {
			t.Run(fmt.Sprint(name, " on ", weekday), func(t *testing.T) {
				r := newRig(t)
				r.round()
				r.until(tuesday.Add(time.Hour), 30*time.Minute)
				back := out(&r.plan)
				r.until(tuesday.AddDate(0, 0, after), 12*time.Hour)
				r.restart()
				if back(); r.now.Weekday() != weekday {
					t.Fatalf("it is %s", r.now)
				}
				r.plan.Places = []Place{r.place()}
				r.until(tuesday.AddDate(0, 0, 63).Add(-time.Hour), time.Hour)
				if n := r.counted("given_up"); n != 0 {
					t.Errorf("%d counted as missed", n)
				}
				r.wantPosted("weekly/2026-W14")
				r.until(tuesday.AddDate(0, 0, 63).Add(time.Hour), 10*time.Minute)
				r.wantPosted("weekly/2026-W14", "weekly/2026-W23")
			})
		}
	}
}

// TestAgainInADirectory: a directory that could not be written gets its files
// when it can.
func TestAgainInADirectory(t *testing.T) {
	r := newRig(t)
	dir := filepath.Join(r.dir, "briefs")
	if err := os.Symlink(filepath.Join(r.dir, "gone"), dir); err != nil {
		t.Fatal(err)
	}
	r.plan.Places = []Place{Directory(dir)}
	r.round()
	r.until(tuesday.Add(80*time.Hour), 4*time.Hour)
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if d := r.again(); d.State != store.DeliveryDelivered || d.Receipt != "weekly-2026-W14.md" || d.Why != "" {
		t.Errorf("asked for: %+v", d)
	}
}
