package outbox

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/workdrift/workdrift/store"
)

// advance takes a delivery one step further, when it is time. The place is nil
// when it is configured no longer.
func (c *Courier) advance(ctx context.Context, d store.Delivery, place *Place) error {
	now, rest := c.Now(), d.Tried.Add(wait(d.Attempts))
	switch {
	case d.State == store.DeliverySending && now.Before(rest):
		return nil // what was sent may only be about to show
	case now.Sub(d.Due) > Late:
		return c.expire(ctx, d, place)
	case place == nil || now.Before(latest(c.hold[name{d.Outbox, d.Edition}], rest)):
		return nil
	}
	return c.try(ctx, d, place)
}

// try sends a delivery, unless the place has it or may have it.
func (c *Courier) try(ctx context.Context, d store.Delivery, place *Place) error {
	now, n := c.Now(), name{d.Outbox, d.Edition}
	receipt, err := place.Sender.Find(ctx, d.Edition, d.Due.Add(-lookBack))
	switch at := []any{"outbox", d.Outbox, "edition", d.Edition, "err", err}; {
	case ctx.Err() != nil:
		return nil
	case receipt != "":
		d.Receipt = receipt
		return c.settle(ctx, d, store.DeliveryDelivered)
	case errors.Is(err, ErrUnseen) && d.State != store.DeliveryDue:
		c.hold[n] = now.Add(lastWait)
		return c.doubt(ctx, d, err)
	case errors.Is(err, ErrUnseen):
		c.Log.Warn("should an answer get lost, nobody will know whether the brief was delivered", at...)
	case err != nil:
		c.Log.Warn("the brief waits for a look at what was delivered before", at...)
		c.hold[n] = latest(retryAt(err), now.Add(firstWait))
		return nil
	}
	return c.send(ctx, d, place)
}

// send makes an attempt. It is stored before, so that a process that ends in the
// middle leaves a trace.
func (c *Courier) send(ctx context.Context, d store.Delivery, place *Place) error {
	d.State, d.Tried = store.DeliverySending, c.Now()
	d.Attempts++
	if err := c.keep(ctx, d); err != nil {
		return err
	}
	receipt, err := place.Sender.Send(ctx, d.Edition, d.Body)
	if err == nil {
		d.Receipt = receipt
		return c.settle(ctx, d, store.DeliveryDelivered)
	}
	if ctx.Err() != nil {
		return nil // the next start asks what became of it
	}
	d.Why = pathless(err)
	e, failed := errors.AsType[*SendError](err)
	switch {
	case failed && e.Final:
		return c.settle(ctx, d, store.DeliveryGivenUp)
	case failed:
		d.State = store.DeliveryDue
		c.hold[name{d.Outbox, d.Edition}] = e.RetryAt
	}
	c.Log.Warn("the brief was not delivered yet", "outbox", d.Outbox, "edition", d.Edition, "attempt", d.Attempts, "err", err)
	return c.keep(ctx, d)
}

// pathless is what of an error readers may see: not where files of the server are.
func pathless(err error) string {
	why := err.Error()
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		why = strings.ReplaceAll(why, " "+e.Path+":", ":")
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		why = strings.ReplaceAll(why, " "+e.Old+" "+e.New+":", ":")
	}
	return why
}

// retryAt is when a place asks to be asked again.
func retryAt(err error) time.Time {
	if e, ok := errors.AsType[*SendError](err); ok {
		return e.RetryAt
	}
	return time.Time{}
}

// wait is how long the next attempt waits after the last one.
func wait(attempts int) time.Duration {
	if attempts == 0 {
		return 0
	}
	return min(firstWait<<min(attempts-1, 10), lastWait)
}

// doubt says that nobody knows whether an edition was delivered. Should its
// place show it later, it is known again.
func (c *Courier) doubt(ctx context.Context, d store.Delivery, err error) error {
	if d.State == store.DeliveryUnknown {
		return nil
	}
	d.State, d.Why = store.DeliveryUnknown, err.Error()
	return c.tell(ctx, d)
}

// expire ends a delivery that is too late. One in doubt is looked for a last time.
func (c *Courier) expire(ctx context.Context, d store.Delivery, place *Place) error {
	if d.Why == "" {
		d.Why = "its time is over"
	}
	if d.State == store.DeliveryDue {
		return c.settle(ctx, d, store.DeliveryGivenUp)
	}
	if place != nil {
		receipt, err := place.Sender.Find(ctx, d.Edition, d.Due.Add(-lookBack))
		switch {
		case ctx.Err() != nil:
			return nil
		case receipt != "":
			d.Receipt = receipt
			return c.settle(ctx, d, store.DeliveryDelivered)
		case err == nil: // it is not there
			return c.settle(ctx, d, store.DeliveryGivenUp)
		}
		c.Log.Warn("the brief was looked for a last time, in vain", "outbox", d.Outbox, "edition", d.Edition, "err", err)
	}
	return c.settle(ctx, d, store.DeliveryUnknown)
}

// settle ends a delivery.
func (c *Courier) settle(ctx context.Context, d store.Delivery, to store.DeliveryState) error {
	again := d.State == to // that it is unknown was said before
	d.State, d.Body = to, nil
	if to == store.DeliveryDelivered {
		d.Why = ""
	}
	delete(c.hold, name{d.Outbox, d.Edition})
	if again {
		return c.keep(ctx, d)
	}
	return c.tell(ctx, d)
}

// tell stores an outcome, then logs and counts it.
func (c *Courier) tell(ctx context.Context, d store.Delivery) error {
	// What has happened is stored even when the process is asked to end.
	if err := c.keep(context.WithoutCancel(ctx), d); err != nil {
		return err
	}
	c.metrics.count(d)
	fields := []any{slog.String("outbox", d.Outbox), slog.String("edition", d.Edition), slog.Int("attempts", d.Attempts)}
	switch d.State {
	case store.DeliveryDelivered:
		c.Log.Info("the brief was delivered", append(fields, slog.String("receipt", d.Receipt))...)
	case store.DeliveryUnknown:
		c.Log.Error("nobody knows whether the brief was delivered, so it is not sent again", append(fields, slog.String("why", d.Why))...)
	default:
		c.Log.Error("the brief is not delivered", append(fields, slog.String("why", d.Why))...)
	}
	return nil
}
