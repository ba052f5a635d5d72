package outbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/brief"
	"github.com/workdrift/workdrift/store"
)

// Options are what a Courier works with.
type Options struct {
	Store Store
	Log   *slog.Logger
	Now   func() time.Time
	// Plan returns what is configured now.
	Plan func() Plan
	// ClosesAt returns when the last day of a period closes if no source is
	// late, and whether it has.
	ClosesAt func(brief.Period) (at time.Time, closed bool)
	// Make makes the brief of a period. An error means that it cannot be made
	// yet.
	Make       func(context.Context, brief.Period) (*brief.Brief, error)
	Registerer prometheus.Registerer
}

// A Courier delivers what is due.
type Courier struct {
	Options
	metrics *metrics
	wake    chan struct{}
	turn    chan struct{}      // holds an entry while somebody delivers, who owns what follows
	hold    map[name]time.Time // not before: the waits that need not outlive the process
	// said is why the last of each kind of edition cannot be made, as the log has it.
	said map[brief.Edition]notMade

	mu    sync.Mutex
	known map[name]store.Delivery // nil before it was read
}

// A notMade is an edition that cannot be made, and the reason.
type notMade struct{ edition, why string }

// A name is that of a delivery.
type name struct{ place, edition string }

// New returns a courier, which does nothing before Run.
func New(o Options) *Courier {
	return &Courier{
		Options: o, metrics: newMetrics(o.Registerer), wake: make(chan struct{}, 1),
		turn: make(chan struct{}, 1), hold: map[name]time.Time{}, said: map[brief.Edition]notMade{},
	}
}

// Wake makes the courier look at once, as when there is a new report. It never
// blocks.
func (c *Courier) Wake() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Run delivers until the context ends, or until the state of the store is no
// longer known.
func (c *Courier) Run(ctx context.Context) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		err := c.Round(ctx)
		switch {
		case errors.Is(err, store.ErrCommit):
			return err
		case err != nil && ctx.Err() == nil:
			c.Log.Error("the brief was not looked after; that is tried again", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-c.wake:
		}
	}
}

// begin waits until nobody else delivers, and ends with the context.
func (c *Courier) begin(ctx context.Context) error {
	select {
	case c.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (c *Courier) end() { <-c.turn }

// Round delivers what is due now. The error is that of the store.
func (c *Courier) Round(ctx context.Context) error {
	if err := c.begin(ctx); err != nil {
		return err
	}
	defer c.end()
	if err := c.load(ctx); err != nil {
		return err
	}
	plan := c.Plan()
	made := map[string]*brief.Brief{} // by edition, the same for all places
	errs := c.passOver(ctx, plan)
	for i := range plan.Places {
		for _, slot := range plan.Slots {
			errs = append(errs, c.prepare(ctx, &plan.Places[i], slot, plan.Zone, made))
		}
	}
	for _, d := range c.Deliveries() {
		if !settled(d) {
			errs = append(errs, c.advance(ctx, d, plan.place(d.Outbox)))
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.metrics.show(plan, c.Now(), c.known)
	return errors.Join(errs...)
}

// load reads once what was delivered before.
func (c *Courier) load(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known != nil {
		return nil
	}
	known := map[name]store.Delivery{}
	for d, err := range c.Store.Deliveries(ctx) {
		if err != nil {
			return fmt.Errorf("read deliveries: %w", err)
		}
		known[name{d.Outbox, d.Edition}] = d
	}
	c.known = known
	return nil
}

// Deliveries returns the state of all deliveries, by outbox and time.
func (c *Courier) Deliveries() []store.Delivery {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.SortedFunc(maps.Values(c.known), func(a, b store.Delivery) int {
		return cmp.Or(strings.Compare(a.Outbox, b.Outbox), a.Due.Compare(b.Due), strings.Compare(a.Edition, b.Edition))
	})
}

// keep stores a state; only what is stored is known.
func (c *Courier) keep(ctx context.Context, d store.Delivery) error {
	if err := c.Store.SaveDelivery(ctx, d); err != nil {
		return fmt.Errorf("brief %s: %w", d.Edition, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known[name{d.Outbox, d.Edition}] = d
	return nil
}

// passOver notes what is due of the editions that a place got before and that
// nobody wants there now: when it is wanted again, only the next one is.
func (c *Courier) passOver(ctx context.Context, plan Plan) (errs []error) {
	places := map[string]bool{}
	for _, d := range c.Deliveries() {
		places[d.Outbox] = true
	}
	for _, outbox := range slices.Sorted(maps.Keys(places)) {
		unwanted := plan.Idle
		if plan.place(outbox) == nil {
			unwanted = slices.Concat(plan.Idle, plan.Slots)
		}
		for _, slot := range unwanted {
			due, period := slot.Last(c.Now(), plan.Zone)
			d := store.Delivery{Outbox: outbox, Edition: period.Key(), Due: due, State: store.DeliverySkipped}
			if known, first := c.look(d); !known && !first {
				errs = append(errs, c.keep(ctx, d))
			}
		}
	}
	return errs
}

// prepare makes the edition of a slot that was last due, unless it is known.
func (c *Courier) prepare(ctx context.Context, place *Place, slot Slot, zone *time.Location, made map[string]*brief.Brief) error {
	now := c.Now()
	due, period := slot.Last(now, zone)
	d := store.Delivery{Outbox: place.Name, Edition: period.Key(), Due: due}
	known, first := c.look(d)
	switch {
	case known:
		return nil
	case first:
		d.State = store.DeliverySkipped
		c.Log.Info("the brief goes to a new place, from the next edition on", "outbox", d.Outbox, "last", d.Edition)
		return c.keep(ctx, d)
	case now.Sub(due) > Late:
		d.Why = "it could not be made in time"
		if said := c.said[slot.Edition]; said.edition == d.Edition {
			d.Why += ": " + said.why
		}
		return c.settle(ctx, d, store.DeliveryGivenUp)
	}
	if closes, closed := c.ClosesAt(period); !closed && now.Before(latest(due, closes).Add(Patience)) {
		return nil
	}
	body, err := c.write(ctx, place, period, made)
	if unmade, ok := errors.AsType[*unmadeError](err); ok {
		c.waits(slot.Edition, notMade{d.Edition, unmade.Error()})
		return nil
	}
	if err != nil {
		d.Why = err.Error()
		return c.settle(ctx, d, store.DeliveryGivenUp)
	}
	d.State, d.Body = store.DeliveryDue, body
	return c.keep(ctx, d)
}

// An unmadeError says why there is no brief of a period yet.
type unmadeError struct{ error }

// write makes the brief of a period, if that was not done for another place, and
// writes it as a place takes it.
func (c *Courier) write(ctx context.Context, place *Place, period brief.Period, made map[string]*brief.Brief) ([]byte, error) {
	key := period.Key()
	if made[key] == nil {
		one, err := c.Make(ctx, period)
		if err != nil {
			return nil, &unmadeError{err}
		}
		made[key] = one
	}
	body, err := place.Encode(made[key])
	if err != nil {
		return nil, fmt.Errorf("it could not be written: %w", err)
	}
	return body, nil
}

// waits says why an edition cannot be made yet, once for each reason.
func (c *Courier) waits(kind brief.Edition, now notMade) {
	if c.said[kind] != now {
		c.said[kind] = now
		c.Log.Warn("the brief is due and cannot be made yet", "edition", now.edition, "err", now.why)
	}
}

// look tells whether a delivery is known, and whether it is the first of its
// edition at its place.
func (c *Courier) look(d store.Delivery) (known, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	edition, _, _ := strings.Cut(d.Edition, "/")
	first = true
	for n := range c.known {
		known = known || n == name{d.Outbox, d.Edition}
		first = first && (n.place != d.Outbox || !strings.HasPrefix(n.edition, edition+"/"))
	}
	return known, first
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// settled reports whether nothing more will happen to a delivery.
func settled(d store.Delivery) bool {
	switch d.State {
	case store.DeliveryDue, store.DeliverySending:
		return false
	}
	return d.State != store.DeliveryUnknown || len(d.Body) == 0
}
