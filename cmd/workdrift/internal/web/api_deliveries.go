package web

import (
	"net/http"
	"slices"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/store"
)

// A deliveryRow says what became of one edition of the brief at one place.
type deliveryRow struct {
	Edition  string     `json:"edition"`
	Outbox   string     `json:"outbox"`
	State    string     `json:"state"`
	Due      time.Time  `json:"due"`
	Attempts int        `json:"attempts"`
	Tried    *time.Time `json:"tried"`   // when the last attempt began
	Receipt  string     `json:"receipt"` // the place's name for it, "" while none is known
	Why      string     `json:"why"`     // it is not delivered
}

// deliveries tells what became of the editions of the brief, the newest first.
func deliveries(s *server, r *http.Request) (any, error) {
	rows := []deliveryRow{}
	for _, d := range s.newestDeliveries() {
		row := deliveryRow{
			Edition: d.Edition, Outbox: d.Outbox, State: string(d.State), Due: d.Due.UTC(),
			Attempts: d.Attempts, Receipt: d.Receipt, Why: d.Why,
		}
		if !d.Tried.IsZero() {
			tried := d.Tried.UTC()
			row.Tried = &tried
		}
		rows = append(rows, row)
	}
	return tableOf(r, nil, rows, func(row *deliveryRow) string { return row.Outbox + " " + row.Edition })
}

func (s *server) newestDeliveries() []store.Delivery {
	if s.Deliveries == nil {
		return nil
	}
	list := slices.Clone(s.Deliveries())
	slices.SortStableFunc(list, func(a, b store.Delivery) int { return b.Due.Compare(a.Due) })
	return list
}

// shownDeliveries is how many editions the page of the sources lists.
const shownDeliveries = 12

// A deliveryLine is a deliveryRow in words.
type deliveryLine struct {
	Edition, Outbox, Due, State, Why string
	Well                             bool
}

// deliveryLines are the newest deliveries, without those of before there was
// such a place.
func (s *server) deliveryLines() (list []deliveryLine) {
	for _, d := range s.newestDeliveries() {
		if d.State == store.DeliverySkipped || len(list) == shownDeliveries {
			continue
		}
		list = append(list, deliveryLine{
			Edition: d.Edition, Outbox: d.Outbox, Due: findings.Ago(s.Now(), d.Due), State: findings.Words(string(d.State)), Why: d.Why,
			Well: d.State != store.DeliveryUnknown && d.State != store.DeliveryGivenUp,
		})
	}
	return list
}
