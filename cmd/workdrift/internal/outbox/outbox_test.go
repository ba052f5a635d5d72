package outbox

import (
	"context"
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

var aPost = fake.Matching("/chat.postMessage")

// TestExactlyOnce: whatever becomes of an attempt, and whether or not the
// process ends then, the edition is in the channel once.
func TestExactlyOnce(t *testing.T) {
	for name, faults := range map[string][]fake.Fault{
		"nothing":                 nil,
		"reset after accepting":   {{Kind: fake.ResetBody}},
		"502 after accepting":     {{Kind: fake.ServerError}},
		"no JSON after accepting": {{Kind: fake.HTMLBody}},
		"503 without accepting":   {{Kind: fake.ServerError, Status: 503, Unheard: true}, {Kind: fake.ServerError, Status: 503, Unheard: true}},
		"429":                     {{Kind: fake.SecondaryLimit, Wait: 20 * time.Minute}},
		"fatal_error, then reset": {{Kind: fake.SlackError, To: "fatal_error"}, {Kind: fake.ResetBody}},
	} {
		for _, restarts := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", restarts ", restarts), func(t *testing.T) {
				r := newRig(t)
				for _, f := range faults {
					r.slack.Fault(aPost, 1, f)
				}
				r.round()
				r.now = tuesday.Add(-20 * time.Minute)
				for r.now.Before(tuesday.Add(4 * time.Hour)) {
					r.until(r.now.Add(30*time.Minute), 10*time.Minute)
					if restarts {
						r.restart()
					}
				}
				r.wantPosted("weekly/2026-W14")
				d := r.state("weekly/2026-W14")
				if d.State != store.DeliveryDelivered || d.Receipt != r.slack.Posted()[0].TS || d.Attempts != attempts(faults) || len(d.Body) > 0 {
					t.Errorf("stored %+v", d)
				}
				// The next one too, at its time.
				r.until(tuesday.AddDate(0, 0, 8), 12*time.Hour)
				r.wantPosted("weekly/2026-W14", "weekly/2026-W15")
			})
		}
	}
}

// attempts is how many it takes: one more than were refused.
func attempts(faults []fake.Fault) int {
	n := 1
	for _, f := range faults {
		if f.Unheard || f.Kind == fake.SecondaryLimit || f.Kind == fake.SlackError {
			n++
		}
	}
	return n
}

// TestKilledAtEachStep: the process ends before or after each state is stored,
// with what was sent until then.
func TestKilledAtEachStep(t *testing.T) {
	killed := errors.New("the process ends here")
	for _, state := range []store.DeliveryState{store.DeliveryDue, store.DeliverySending, store.DeliveryDelivered} {
		for _, stored := range []bool{false, true} {
			t.Run(fmt.Sprint(state, ", stored ", stored), func(t *testing.T) {
				r := newRig(t)
				r.round()
				r.broken = func(d store.Delivery) error {
					if d.State != state {
						return nil
					}
					if stored {
						if err := r.db.SaveDelivery(t.Context(), d); err != nil {
							t.Fatal(err)
						}
					}
					return killed
				}
				r.now = tuesday
				if err := r.courier.Round(t.Context()); !errors.Is(err, killed) {
					t.Fatalf("the step was not met: %v", err)
				}
				r.broken = nil
				r.restart()
				r.until(tuesday.Add(time.Hour), time.Minute)
				r.wantPosted("weekly/2026-W14")
				if d := r.state("weekly/2026-W14"); d.State != store.DeliveryDelivered {
					t.Errorf("stored %+v", d)
				}
			})
		}
	}
}

// TestUnknown: when the history does not show what was posted, an edition in
// doubt is not posted again, until somebody grants what is missing.
func TestUnknown(t *testing.T) {
	for _, granted := range []bool{false, true} {
		t.Run(fmt.Sprint("granted later ", granted), func(t *testing.T) {
			r := newRig(t)
			r.slack.SetScopes("chat:write", "channels:history")
			r.slack.Fault(aPost, 1, fake.Fault{Kind: fake.ResetBody})
			r.round()
			r.until(tuesday.Add(3*time.Hour), 10*time.Minute)
			d := r.state("weekly/2026-W14")
			if d.State != store.DeliveryUnknown || !strings.Contains(d.Why, "metadata.message:read") || r.counted("unknown") != 1 {
				t.Errorf("stored %+v, counted %d", d, r.counted("unknown"))
			}
			if granted {
				r.slack.SetScopes("chat:write", "channels:history", "metadata.message:read")
			}
			r.restart()
			r.until(tuesday.Add(80*time.Hour), time.Hour)
			r.wantPosted("weekly/2026-W14")
			want := map[bool]store.DeliveryState{false: store.DeliveryUnknown, true: store.DeliveryDelivered}[granted]
			if d := r.state("weekly/2026-W14"); d.State != want || len(d.Body) > 0 {
				t.Errorf("in the end %+v, want %s", d, want)
			}
			if n := strings.Count(r.logs.String(), "nobody knows whether"); n != 1 {
				t.Errorf("%d lines in the log", n)
			}
			// It is another edition that is posted next.
			r.until(tuesday.AddDate(0, 0, 8), 12*time.Hour)
			r.wantPosted("weekly/2026-W14", "weekly/2026-W15")
		})
	}
}

// TestDeferredUnseen: an attempt that is known to have failed is followed by
// another even where nothing could be looked up.
func TestDeferredUnseen(t *testing.T) {
	r := newRig(t)
	r.slack.SetScopes("chat:write", "channels:history")
	r.slack.Fault(aPost, 1, fake.Fault{Kind: fake.SecondaryLimit, Wait: 20 * time.Minute})
	r.round()
	r.until(tuesday.Add(3*time.Hour), 10*time.Minute)
	r.wantPosted("weekly/2026-W14")
	if d := r.state("weekly/2026-W14"); d.State != store.DeliveryDelivered || d.Attempts != 2 {
		t.Errorf("stored %+v", d)
	}
}

// TestScheduleChanges: an edition that arrived is not due again because its day
// became another.
func TestScheduleChanges(t *testing.T) {
	r := newRig(t)
	r.round()
	r.until(tuesday.Add(time.Hour), 10*time.Minute)
	r.plan.Slots[0].Weekday = time.Thursday
	r.until(tuesday.AddDate(0, 0, 3), 6*time.Hour)
	r.wantPosted("weekly/2026-W14")
	due, delivered := r.gauge("workdrift_brief_last_due_timestamp_seconds"), r.gauge("workdrift_brief_last_delivered_timestamp_seconds")
	if due != float64(tuesday.Unix()) || due > delivered {
		t.Errorf("due at %.0f, delivered at %.0f", due, delivered)
	}
}

// TestGivenUp: what Slack will never take is tried once and said once.
func TestGivenUp(t *testing.T) {
	for _, code := range []string{"invalid_auth", "channel_not_found", "not_in_channel", "msg_too_long", "invalid_blocks"} {
		t.Run(code, func(t *testing.T) {
			r := newRig(t)
			r.slack.Fault(aPost, -1, fake.Fault{Kind: fake.SlackError, To: code})
			r.round()
			r.until(tuesday.AddDate(0, 0, 4), time.Hour)
			d := r.state("weekly/2026-W14")
			if d.State != store.DeliveryGivenUp || d.Attempts != 1 || !strings.Contains(d.Why, code) || r.counted("given_up") != 1 {
				t.Errorf("stored %+v, counted %d", d, r.counted("given_up"))
			}
			if n := strings.Count(r.logs.String(), code); n != 1 {
				t.Errorf("%d lines in the log:\n%s", n, &r.logs)
			}
			r.wantPosted()
		})
	}
}

// TestLate: a daemon that was down delivers what is not too old, and a place
// that is new gets nothing from before.
func TestLate(t *testing.T) {
	for down, want := range map[time.Duration]store.DeliveryState{
		time.Hour: store.DeliveryDelivered, 71 * time.Hour: store.DeliveryDelivered, 73 * time.Hour: store.DeliveryGivenUp,
	} {
		t.Run(down.String(), func(t *testing.T) {
			r := newRig(t)
			r.round()
			if d := r.state("weekly/2026-W13"); d.State != store.DeliverySkipped {
				t.Errorf("at the first start: %+v", d)
			}
			r.stop()
			r.now = tuesday.Add(down)
			r.start()
			r.round()
			if d := r.state("weekly/2026-W14"); d.State != want {
				t.Errorf("stored %+v, want %s", d, want)
			}
			// The same for a channel that is named only now.
			posted := len(r.posted())
			r.channel = r.space.AddChannel(r.now, fake.ChannelSpec{Name: "elsewhere", Bot: true})
			r.plan.Places = []Place{r.place()}
			r.until(r.now.Add(time.Hour), time.Minute)
			if len(r.posted()) != posted {
				t.Errorf("the new channel got %v", r.posted())
			}
		})
	}
}

// TestOutage: a Slack that is down all the time is tried ever less, and given up.
func TestOutage(t *testing.T) {
	r := newRig(t)
	r.round()
	r.slack.Fault(aPost, -1, fake.Fault{Kind: fake.SecondaryLimit, Wait: time.Second})
	r.now = tuesday
	r.until(tuesday.Add(80*time.Hour), 5*time.Minute)
	d := r.state("weekly/2026-W14")
	if d.State != store.DeliveryGivenUp || d.Attempts < 60 || d.Attempts > 80 || !strings.Contains(d.Why, "rate_limited") {
		t.Errorf("stored %+v", d)
	}
	r.wantPosted()
}

// TestPatience: an edition waits for its period to close, and then no longer
// than Patience for a source that is late.
func TestPatience(t *testing.T) {
	r := newRig(t)
	r.plan.Slots[0].Weekday = time.Monday
	r.round()
	monday := tuesday.AddDate(0, 0, -1)
	r.now = monday
	r.until(monday.Add(10*time.Hour-time.Minute), time.Minute) // 18:00 is when Sunday closes
	r.wantPosted()
	r.until(monday.Add(10*time.Hour), time.Minute)
	r.wantPosted("weekly/2026-W14")

	r.late, r.now = true, monday.AddDate(0, 0, 7)
	r.until(monday.AddDate(0, 0, 7).Add(16*time.Hour-time.Minute), time.Minute)
	r.wantPosted("weekly/2026-W14")
	r.until(monday.AddDate(0, 0, 7).Add(16*time.Hour), time.Minute)
	r.wantPosted("weekly/2026-W14", "weekly/2026-W15")
}

// TestNotMade: an edition that cannot be made is said once, and in the end given
// up with the reason.
func TestNotMade(t *testing.T) {
	r := newRig(t)
	r.blank = errors.New("the data begins later")
	r.round()
	r.until(tuesday.Add(80*time.Hour), time.Hour)
	if d := r.state("weekly/2026-W14"); d.State != store.DeliveryGivenUp || !strings.HasSuffix(d.Why, ": the data begins later") || d.Attempts != 0 {
		t.Errorf("stored %+v", d)
	}
	if n := strings.Count(r.logs.String(), "cannot be made yet"); n != 1 || r.counted("given_up") != 1 {
		t.Errorf("%d lines in the log, %d counted", n, r.counted("given_up"))
	}
}

// TestPlaces: a directory gets the same editions as files, and those that are
// there stay as they are.
func TestPlaces(t *testing.T) {
	r := newRig(t)
	dir := filepath.Join(r.dir, "briefs")
	r.plan.Places = append(r.plan.Places, Directory(dir))
	r.plan.Slots = append(r.plan.Slots, Slot{Edition: brief.KillSession, Weekday: time.Tuesday, Time: 9 * time.Hour})
	r.round()
	r.until(tuesday.AddDate(0, 0, 6), 30*time.Minute)
	r.wantPosted("weekly/2026-W14", "kill-session/2026-03")
	for _, name := range []string{"weekly-2026-W14.md", "weekly-2026-W14.html", "kill-session-2026-03.md", "kill-session-2026-03.html"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != 0o640 || info.Size() == 0 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 4 {
		t.Errorf("files %v, %v", entries, err)
	}
	kept := filepath.Join(dir, "weekly-2026-W15.md")
	if err := os.WriteFile(kept, []byte("edited"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.until(tuesday.AddDate(0, 0, 8), 30*time.Minute)
	if text, err := os.ReadFile(kept); err != nil || string(text) != "edited" {
		t.Errorf("the file is %q, %v", text, err)
	}
}

func TestUnmentioned(t *testing.T) {
	got := string(unmentioned([]byte(`{"text":"\u003c!channel\u003e \u003c@U1\u003e \u003c#C1\u003e \u003chttps://a.example|b\u003e"}`)))
	if want := `{"text":"\u0026lt;!channel\u003e \u0026lt;@U1\u003e \u0026lt;#C1\u003e \u003chttps://a.example|b\u003e"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestTwoNotMade: of editions that are due at the same time, each has its reason.
func TestTwoNotMade(t *testing.T) {
	r := newRig(t)
	r.plan.Slots = append(r.plan.Slots, Slot{Edition: brief.KillSession, Weekday: time.Tuesday, Time: 8 * time.Hour})
	r.courier.Make = func(_ context.Context, p brief.Period) (*brief.Brief, error) {
		return nil, errors.New("no data for " + p.Key())
	}
	r.round()
	r.until(tuesday.Add(80*time.Hour), time.Hour)
	for _, edition := range []string{"weekly/2026-W14", "kill-session/2026-03"} {
		if d := r.state(edition); d.State != store.DeliveryGivenUp || !strings.HasSuffix(d.Why, ": no data for "+edition) {
			t.Errorf("stored %+v", d)
		}
	}
	if n := strings.Count(r.logs.String(), "cannot be made yet"); n != 2 {
		t.Errorf("%d lines in the log", n)
	}
}

// TestWhyWithoutPaths: readers see why a file was not written, but not where,
// which is in the log.
func TestWhyWithoutPaths(t *testing.T) {
	for what, block := range map[string]func(dir string) error{
		"mkdir":  func(dir string) error { return os.Symlink(dir+".gone", dir) },
		"rename": func(dir string) error { return os.MkdirAll(filepath.Join(dir, "weekly-2026-W14.html"), 0o700) },
	} {
		t.Run(what, func(t *testing.T) {
			r := newRig(t)
			dir := filepath.Join(r.dir, "briefs")
			if err := block(dir); err != nil {
				t.Fatal(err)
			}
			r.plan.Places = []Place{Directory(dir)}
			r.round()
			r.now = tuesday
			r.round()
			if why := r.state("weekly/2026-W14").Why; !strings.HasPrefix(why, "write edition weekly/2026-W14: "+what+": ") || strings.Contains(why, r.dir) {
				t.Errorf("the reason is %q", why)
			}
			if !strings.Contains(r.logs.String(), what+" "+dir) {
				t.Errorf("the log does not say where:\n%s", &r.logs)
			}
		})
	}
}
