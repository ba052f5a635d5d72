package connectors

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/workdrift/workdrift/store"
)

// How a poller waits. Nothing here is worth a setting.
const (
	defaultInterval     = 5 * time.Minute
	defaultFetchTimeout = 5 * time.Minute
	// progressEvery is how often a long poll writes a line.
	progressEvery = 10 * time.Second
	// maxStill is how many pages may ask for more without moving the cursor
	// before the connector is taken to run in a circle.
	maxStill = 10
)

// A Store is what a poller needs of the store. Cursor and Sources are called
// once per poll, Apply once per batch.
type Store interface {
	Cursor(ctx context.Context, source string) (store.Cursor, error)
	Apply(ctx context.Context, source string, b store.Batch) (store.Applied, error)
	Sources(ctx context.Context) ([]store.SourceState, error)
}

// A PollerConfig says what a poller runs and where it reports.
type PollerConfig struct {
	Source    string // name of the instance
	Provider  string // type of the connector, for the info metric
	Connector Connector
	Store     Store
	// Hash turns the identities of events into keys before they are stored.
	Hash store.Hasher
	// Interval is the time between the end of a poll and the start of the
	// next, 5 minutes when zero. It varies by a tenth.
	Interval time.Duration
	// FetchTimeout bounds one fetch, 5 minutes when zero.
	FetchTimeout time.Duration
	Log          *slog.Logger // nothing is logged when nil
	Metrics      *Metrics     // nothing is measured when nil
	// OnApplied is called after each batch, OnPage with the running totals of
	// the poll. Both may be nil and must return quickly.
	OnApplied func(store.Applied)
	OnPage    func(Summary)
}

// A Summary counts what one poll brought, up to now or in the end.
type Summary struct {
	Pages       int // batches applied
	Items       int // items that were new or newer than the stored ones
	Events      int // events that were not stored before
	Quarantined int // records that could not be kept
	Backlog     int // pages still to be fetched, as the connector estimates
	Took        time.Duration
}

// A Status is what a poller knows about its source at one moment.
type Status struct {
	Source, Provider string
	LastSuccess      time.Time // when a page was last fetched and applied, zero before
	LastError        Reason    // why the newest fetch failed, empty when it did not
	Failures         int       // failed polls since the last that reached its end
	RetryAt          time.Time // after a failure: no fetch before this
	Scanning         time.Time // start of the running poll, zero when none runs
	Scan             Summary   // of the running or else the last poll
	Watermark        time.Time // everything up to here is stored, zero when unknown
	Backlog          int       // pages still to be fetched
	Quarantined      int       // records set aside in the store
}

// A Poller runs one connector: it fetches page after page, cleans each batch,
// applies it together with its cursor in one transaction, and decides when to
// come back. Its methods may be called concurrently; polls run one at a time.
type Poller struct {
	cfg   PollerConfig
	log   *slog.Logger
	meter meter
	nudge chan struct{}

	receiver Receiver // nil when the connector takes no deliveries
	hints    *hints

	polling    chan struct{} // holds a token while no poll runs
	hold       hold          // guarded by polling
	pace       pace          // guarded by polling
	hintsFirst bool          // the last poll failed, so hints are next; guarded by polling

	mu     sync.Mutex
	status Status
}

// NewPoller returns a poller that does nothing yet.
func NewPoller(cfg PollerConfig) *Poller {
	if cfg.Interval <= 0 {
		cfg.Interval = defaultInterval
	}
	if cfg.FetchTimeout <= 0 {
		cfg.FetchTimeout = defaultFetchTimeout
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Metrics == nil {
		cfg.Metrics = NewMetrics(nil)
	}
	p := &Poller{
		cfg:     cfg,
		log:     cfg.Log.With("connector", cfg.Source),
		meter:   meter{cfg.Metrics, cfg.Source},
		nudge:   make(chan struct{}, 1),
		hints:   newHints(),
		polling: make(chan struct{}, 1),
		status:  Status{Source: cfg.Source, Provider: cfg.Provider},
	}
	p.polling <- struct{}{}
	p.meter.start(cfg.Provider, cfg.Interval)
	if r, ok := TakesDeliveries(cfg.Connector); ok {
		p.receiver = r
		p.meter.receiving()
	}
	return p
}

// Status returns a snapshot.
func (p *Poller) Status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status
}

func (p *Poller) update(f func(*Status)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(&p.status)
}

// Nudge asks for a poll soon: something changed at the source. It never
// blocks, and any number of nudges cause one poll per ten seconds at most. It
// does not shorten the wait after a failure.
func (p *Poller) Nudge() {
	select {
	case p.nudge <- struct{}{}:
	default:
	}
}

// Poll fetches and applies page after page until the connector has no more.
//
// A failed fetch is returned as an *Error, the connector's own where it made
// one; what was applied before stays. While the provider's word not to come
// back is in force, also from an earlier run, Poll returns it again without a
// fetch. Any other error is the store's, or the context's.
func (p *Poller) Poll(ctx context.Context) (Summary, error) {
	if err := p.acquire(ctx); err != nil {
		return Summary{}, err
	}
	defer p.release()
	cursor, err := p.load(ctx)
	if err != nil {
		return Summary{}, err
	}
	if h := p.hold; h.Told && h.wait(time.Now()) > 0 {
		return Summary{}, &Error{Reason: h.Reason, RetryAt: h.RetryAt, Err: errHeld}
	}
	return p.scan(ctx, cursor)
}

var errHeld = errors.New("the source asked not to be called before then")

func (p *Poller) acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-p.polling:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *Poller) release() { p.polling <- struct{}{} }

// scan is one poll from cursor, which it moves along. The caller holds polling.
func (p *Poller) scan(ctx context.Context, cursor store.Cursor) (sum Summary, err error) {
	started, logged, still := time.Now(), time.Now(), 0
	p.update(func(s *Status) { s.Scanning, s.Scan = started, Summary{} })
	defer func() {
		sum.Took = time.Since(started)
		p.update(func(s *Status) { s.Scanning, s.Scan = time.Time{}, sum })
	}()
	for err == nil {
		p.pace.begin(time.Now())
		var b store.Batch
		if b, err = p.fetch(ctx, cursor); err != nil {
			return sum, p.failed(ctx, err)
		}
		if b.More && !moves(cursor, b.Next) {
			still++
		} else {
			still = 0
		}
		if still > maxStill {
			return sum, p.failed(ctx, &Error{Reason: ReasonDecode, Err: fmt.Errorf("%d pages in a row asked for more without moving on", still)})
		}
		if err = p.apply(ctx, cursor, b, &sum); err != nil {
			return sum, err
		}
		now := time.Now()
		p.pace.arrived(now, b.Pages, b.More)
		p.meter.behind(b.Backlog, p.pace.left(now, now, b.Backlog))
		sum.Took = time.Since(started)
		p.update(func(s *Status) { s.Scan = sum })
		if p.cfg.OnPage != nil {
			p.cfg.OnPage(sum)
		}
		if !b.More {
			p.meter.scanned(sum.Took)
			return sum, p.readState(ctx)
		}
		if time.Since(logged) >= progressEvery {
			logged = time.Now()
			p.log.Info("reading", "pages", sum.Pages, "items", sum.Items, "events", sum.Events, "backlog_pages", sum.Backlog)
		}
		err = ctx.Err()
	}
	return sum, err
}

func (p *Poller) fetch(ctx context.Context, cursor store.Cursor) (store.Batch, error) {
	return p.call(ctx, func(ctx context.Context) (store.Batch, error) { return p.cfg.Connector.Fetch(ctx, cursor) })
}

// call calls the connector with a time limit. A panic is one connector's
// failure, not the end of the daemon.
func (p *Poller) call(ctx context.Context, f func(context.Context) (store.Batch, error)) (b store.Batch, err error) {
	ctx, cancel := context.WithTimeout(ctx, p.cfg.FetchTimeout)
	defer cancel()
	started := time.Now()
	p.meter.fetching()
	defer func() {
		if r := recover(); r != nil {
			// Only the type of a value that may quote the source, except for
			// the runtime's own errors.
			why := fmt.Errorf("the connector panicked with a %T", r)
			if e, ok := r.(runtime.Error); ok {
				why = fmt.Errorf("the connector panicked: %w", e)
			}
			p.log.Error("panic in a fetch", "err", why, "stack", string(debug.Stack()))
			b, err = store.Batch{}, &Error{Reason: ReasonDecode, Err: why}
		}
		p.meter.fetched(time.Since(started))
	}()
	return f(ctx)
}

// apply stores a batch and moves cursor along.
func (p *Poller) apply(ctx context.Context, cursor store.Cursor, b store.Batch, sum *Summary) error {
	b = clean(p.cfg.Source, p.cfg.Hash, time.Now(), b)
	moved := b.Next
	left := p.hold.eased(b.More)
	if left != p.hold {
		own, err := left.position()
		if err != nil {
			return err
		}
		b.Next = maps.Clone(moved)
		if b.Next == nil {
			b.Next = store.Cursor{}
		}
		b.Next[ownStream] = own
	}
	applied, err := p.cfg.Store.Apply(ctx, p.cfg.Source, b)
	if err != nil {
		return fmt.Errorf("apply a batch of %s: %w", p.cfg.Source, err)
	}
	p.hold = left
	for stream, position := range moved {
		if position == "" {
			delete(cursor, stream)
		} else {
			cursor[stream] = position
		}
	}
	sum.Pages++
	sum.Items += applied.Items
	sum.Events += applied.Events
	sum.Quarantined += len(b.Quarantined)
	sum.Backlog = b.Backlog
	now := time.Now()
	p.meter.applied(now, applied.Items, applied.Events)
	p.update(func(s *Status) {
		s.LastSuccess = now
		s.Failures, s.LastError, s.RetryAt, s.Backlog = left.Failures, "", time.Time{}, b.Backlog
		if !b.Watermark.IsZero() {
			s.Watermark = b.Watermark
		}
	})
	if p.cfg.OnApplied != nil {
		p.cfg.OnApplied(applied)
	}
	return nil
}

// moves reports whether next changes a position.
func moves(cursor, next store.Cursor) bool {
	for stream, position := range next {
		if cursor[stream] != position {
			return true
		}
	}
	return false
}
