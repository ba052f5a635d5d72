package outbox

import (
	"context"
	"fmt"
	"slices"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/brief"
	"github.com/workdrift/workdrift/store"
)

// Again sends the edition that was last due to each place where it was given up,
// or where it was due before there was such a place. It returns what has become
// of it at each place. What may have arrived is not sent again.
func (c *Courier) Again(ctx context.Context, edition brief.Edition) ([]store.Delivery, error) {
	if err := c.begin(ctx); err != nil {
		return nil, err
	}
	defer c.end()
	if err := c.load(ctx); err != nil {
		return nil, err
	}
	plan := c.Plan()
	i := slices.IndexFunc(plan.Slots, func(s Slot) bool { return s.Edition == edition })
	if i < 0 || len(plan.Places) == 0 {
		return nil, fmt.Errorf("the configuration sends the edition %s nowhere", edition)
	}
	due, period := plan.Slots[i].Last(c.Now(), plan.Zone)
	made := map[string]*brief.Brief{}
	var list []store.Delivery
	for p := range plan.Places {
		place := &plan.Places[p]
		d, known := c.get(name{place.Name, period.Key()})
		if !known {
			list = append(list, store.Delivery{Outbox: place.Name, Edition: period.Key(), State: store.DeliveryDue, Due: due, Why: c.waited(edition, period)})
			continue
		}
		if err := c.again(ctx, d, place, period, made); err != nil {
			return nil, err
		}
		d, _ = c.get(name{place.Name, period.Key()})
		list = append(list, d)
	}
	return list, nil
}

// again is Again for one place.
func (c *Courier) again(ctx context.Context, d store.Delivery, place *Place, period brief.Period, made map[string]*brief.Brief) error {
	switch {
	case d.State == store.DeliveryGivenUp || d.State == store.DeliverySkipped:
		body, err := c.write(ctx, place, period, made)
		if err != nil {
			return fmt.Errorf("edition %s: %w", d.Edition, err)
		}
		c.Log.Info("somebody asks for a brief that was not delivered", "outbox", d.Outbox, "edition", d.Edition, "state", d.State)
		d.State, d.Why, d.Body = store.DeliveryDue, "", body
		if err := c.keep(ctx, d); err != nil {
			return err
		}
		return c.try(ctx, d, place)
	case settled(d):
		return nil
	}
	return c.advance(ctx, d, place)
}

// waited is what an edition waits for that no place knows of yet.
func (c *Courier) waited(edition brief.Edition, period brief.Period) string {
	if said := c.said[edition]; said.edition == period.Key() {
		return said.why
	}
	return period.Name + " has not closed"
}

func (c *Courier) get(n name) (d store.Delivery, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d, known = c.known[n]
	return d, known
}
