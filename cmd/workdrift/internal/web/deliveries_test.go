package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/store"
)

// The page of the sources tells of editions that did not arrive, and the API
// tells of all.
func TestDeliveries(t *testing.T) {
	h := handler(t, nil, func(o *Options) {
		o.Deliveries = func() []store.Delivery {
			at := func(days int) time.Time { return noon.AddDate(0, 0, -days) }
			return []store.Delivery{
				{Outbox: "slack/C1", Edition: "weekly/2026-W22", State: store.DeliverySkipped, Due: at(17)},
				{Outbox: "slack/C1", Edition: "weekly/2026-W23", State: store.DeliveryDelivered, Due: at(10), Attempts: 1, Tried: at(10), Receipt: "1780000000.000100"},
				{Outbox: "slack/C1", Edition: "weekly/2026-W24", State: store.DeliveryUnknown, Due: at(3), Attempts: 1, Tried: at(3), Why: "no <b>proof</b>", Body: []byte("secret")},
			}
		}
	})
	page := ask(h, http.MethodGet, "/sources").Body.String()
	for _, want := range []string{"weekly/2026-W23", `<span class="flag bad">unknown</span>: no &lt;b&gt;proof&lt;/b&gt;`, "slack/C1"} {
		if !strings.Contains(page, want) {
			t.Errorf("%s is missing in:\n%s", want, page)
		}
	}
	answer := ask(h, http.MethodGet, "/api/v1/deliveries.csv").Body.String()
	want := `edition,outbox,state,due,attempts,tried,receipt,why
weekly/2026-W24,slack/C1,unknown,2026-06-16T12:00:00Z,1,2026-06-16T12:00:00Z,,no <b>proof</b>
weekly/2026-W23,slack/C1,delivered,2026-06-09T12:00:00Z,1,2026-06-09T12:00:00Z,1780000000.000100,
weekly/2026-W22,slack/C1,skipped,2026-06-02T12:00:00Z,0,,,
`
	if strings.ReplaceAll(answer, "\r", "") != want || strings.Contains(page, "2026-W22") {
		t.Errorf("answer %s, want %s", answer, want)
	}
	if page := ask(handler(t, nil, nil), http.MethodGet, "/sources").Body.String(); strings.Contains(page, "Briefs") {
		t.Error("there are briefs where none is delivered")
	}
}
