// Package outbox brings each edition of the brief to where it is wanted, once for
// each place.
//
// No place offers that by itself. What is sent is therefore stored before it is
// sent, together with the attempt, and whenever it is open whether an attempt
// succeeded, the place is asked before the next one. A place that cannot tell is
// never sent the same edition again: that it is unknown is said instead. An
// edition that is not delivered within Late of its time is given up, since last
// week's news do not help the meeting of the week after; and those from a time
// without such a place are not sent either. Somebody can still ask for both,
// until the next edition is due.
//
// There is one limit. A database restored from a backup knows nothing of what was
// sent after that backup was made. A place that shows what it has does not get it
// again. One that cannot tell gets twice what is not older than Late: it looks as
// if the daemon had been down when that was due, and to hold it back would cost
// each daemon that really was down its edition.
package outbox

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/brief"
	"github.com/workdrift/workdrift/store"
)

const (
	// Late is for how long after its time an edition is delivered.
	Late = 72 * time.Hour
	// Patience is how long an edition waits for its period to close when a
	// source is late, or is still being read for the first time. Then it says
	// what it does not know.
	Patience = 6 * time.Hour
	// lookBack is how long before its time an edition is looked for at its
	// place, where a clock may be another.
	lookBack = 24 * time.Hour
	// every is how often it is checked what is due, apart from reports.
	every = time.Minute
	// The waits between attempts double from the first to the last. The first
	// counts from the begin of an attempt, and leaves a place time to answer too
	// late and to show what it took.
	firstWait, lastWait = 3 * time.Minute, time.Hour
)

// A Store keeps how far deliveries have come.
type Store interface {
	SaveDelivery(ctx context.Context, d store.Delivery) error
	Deliveries(ctx context.Context) iter.Seq2[store.Delivery, error]
}

// A Sender brings editions to one place.
type Sender interface {
	// Send delivers an edition and returns the place's name for it. Its error is
	// a *SendError unless nobody knows what became of it.
	Send(ctx context.Context, edition string, body []byte) (receipt string, err error)
	// Find returns the place's name for an edition that was delivered after a
	// time, "" when there is none. An error that wraps ErrUnseen says that the
	// place does not show what was delivered.
	Find(ctx context.Context, edition string, since time.Time) (receipt string, err error)
}

// ErrUnseen is wrapped when a place does not show what was delivered to it.
var ErrUnseen = errors.New("there is no proof")

// A SendError says that an edition did not arrive.
type SendError struct {
	Final   bool      // and never will
	RetryAt time.Time // not before; zero when the place did not say
	Err     error
}

func (e *SendError) Error() string { return e.Err.Error() }

func (e *SendError) Unwrap() error { return e.Err }

// A Place is where editions go.
type Place struct {
	Name string // that no other place has: "slack/C0123ABCD", "directory"
	// Encode makes of a brief what Sender takes.
	Encode func(*brief.Brief) ([]byte, error)
	Sender Sender
}

// A Plan says what goes where and when.
type Plan struct {
	Slots []Slot
	// Idle are the slots of editions that nobody wants. When somebody does again,
	// what was due meanwhile is not missing.
	Idle   []Slot
	Zone   *time.Location
	Places []Place
}

// place returns the place of a name, nil when there is none any more.
func (p *Plan) place(name string) *Place {
	for i := range p.Places {
		if p.Places[i].Name == name {
			return &p.Places[i]
		}
	}
	return nil
}
