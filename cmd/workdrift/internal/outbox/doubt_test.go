package outbox

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

// TestDoubtTooLate: a daemon that was down after an attempt whose answer got lost
// asks what became of it, however late.
func TestDoubtTooLate(t *testing.T) {
	for want, c := range map[store.DeliveryState]struct {
		unheard bool
		scopes  []string
	}{
		store.DeliveryDelivered: {false, []string{"chat:write", "channels:history", "metadata.message:read"}},
		store.DeliveryGivenUp:   {true, []string{"chat:write", "channels:history", "metadata.message:read"}},
		store.DeliveryUnknown:   {false, []string{"chat:write", "channels:history"}},
	} {
		t.Run(string(want), func(t *testing.T) {
			r := newRig(t)
			r.slack.Fault(aPost, 1, fake.Fault{Kind: fake.ServerError, Unheard: c.unheard})
			r.round()
			r.now = tuesday
			r.round()
			if d := r.state("weekly/2026-W14"); d.State != store.DeliverySending {
				t.Fatalf("after the attempt: %+v", d)
			}
			r.slack.SetScopes(c.scopes...)
			r.now = tuesday.Add(Late + time.Hour)
			r.restart()
			r.round()
			d := r.state("weekly/2026-W14")
			if d.State != want || len(d.Body) > 0 || d.Attempts != 1 || (d.Receipt != "") != (want == store.DeliveryDelivered) {
				t.Errorf("stored %+v, want %s", d, want)
			}
		})
	}
}

// TestRestored: a database from before an edition was posted posts it again only
// where the channel does not show it.
func TestRestored(t *testing.T) {
	for proof, posts := range map[bool]int{true: 1, false: 2} {
		t.Run(fmt.Sprint("proof ", proof), func(t *testing.T) {
			r := newRig(t)
			if !proof {
				r.slack.SetScopes("chat:write", "channels:history")
			}
			r.round()
			r.stop()
			path := filepath.Join(r.dir, "test.db")
			backup, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			r.start()
			r.now = tuesday
			r.round()
			r.wantPosted("weekly/2026-W14")
			r.stop()
			if err := os.WriteFile(path, backup, 0o600); err != nil {
				t.Fatal(err)
			}
			r.start()
			r.now = tuesday.Add(time.Hour)
			r.round()
			if d := r.state("weekly/2026-W14"); len(r.posted()) != posts || d.State != store.DeliveryDelivered {
				t.Errorf("posted %v, stored %s", r.posted(), d.State)
			}
		})
	}
}
