// Package store is the vocabulary that every other package speaks, and the
// contract of the place where it is kept.
//
// An Item is the newest state of one piece of work, an Event is one thing that
// one person did to it. Connectors hand both over in a Batch, together with
// the cursor that says how far they have read; a Store applies a batch in one
// transaction, so the cursor never runs ahead of what is kept.
//
// The package imports nothing but the standard library.
package store

import (
	"context"
	"errors"
	"iter"
	"time"
)

// ErrCommit is wrapped by every error after which the outcome of a transaction
// is unknown: it may or may not have become durable. Whoever meets it stops
// the process; the next start reads what really happened.
var ErrCommit = errors.New("outcome of the commit is unknown")

// ErrCorrupt is wrapped by every error about a record whose checksum or
// encoding is wrong.
var ErrCorrupt = errors.New("record is damaged")

// ErrLocked is wrapped when another process holds the database.
var ErrLocked = errors.New("database is in use by another process")

// A Batch is what one fetch brought.
type Batch struct {
	Items       []Item
	Events      []Event
	Gone        []Tombstone
	Whole       []Whole
	Identities  []Identity
	Accounts    []Account `json:",omitzero"`
	Groups      []Group
	Quarantined []Quarantined

	// Next holds the streams whose position moved. Streams that are not named
	// keep theirs; an empty position forgets the stream.
	Next Cursor
	// Watermark is the server's time up to which the source is now known
	// completely. The zero value leaves it as it was.
	Watermark time.Time
	// Backlog estimates how many pages are still to be fetched, 0 when none.
	Backlog int
	// Pages is how many pages this batch took, in the unit of Backlog; 0 counts
	// as 1.
	Pages int `json:",omitzero"`
	// More asks to be fetched again at once.
	More bool
}

// A Cursor says how far a source has been read: one position per stream (a
// repository's issues, a channel's history). The positions belong to the
// connector; nobody else looks inside.
type Cursor map[string]string

// Applied tells what a batch changed, repeats left out.
type Applied struct {
	Items  int    // items that are now stored differently, tombstones included
	Events int    // events that were not stored before, or not like this, or were taken back
	Seq    uint64 // newest change of the store after the batch
}

// A Change is the present state of one item that changed, with all its events.
type Change struct {
	// Seq orders changes. Each item appears once, at its newest change.
	Seq uint64
	// No is the store's own number of the item: dense, from 1, and the same
	// for the life of the store.
	No uint64
	// Item has an empty Kind while only events of it have been seen.
	Item Item
	// Events are all events of the item, ordered by ID.
	Events []Event
}

// SourceState says how current a source is.
type SourceState struct {
	Source      string
	Watermark   time.Time // complete up to here; zero before the first full scan
	LastApply   time.Time // when a batch was last applied, by the store's clock
	Quarantined int       // items set aside, not yet read well
}

// A Store keeps items, events, cursors and what people declared. All methods
// may be called concurrently. Iterators copy: what they yield stays valid, no
// transaction is open while the caller works, and the caller may write to the
// store between two steps.
type Store interface {
	// Cursor returns all positions of a source, empty when it was never read.
	Cursor(ctx context.Context, source string) (Cursor, error)

	// Apply writes a batch of one source in one transaction. An item replaces
	// the stored one unless that was updated later; then only the keys it
	// adds are kept. Within a batch items come first, then events, then what
	// Whole takes back, then tombstones. An identity adds to its profile (see
	// Identity), and after all of them so does what accounts are told to be (see
	// Account). Applying a batch again changes nothing. A batch that holds a
	// record of another source, or one without an ID or kind, is refused as a
	// whole. An error that wraps ErrCommit must end the process.
	Apply(ctx context.Context, source string, b Batch) (Applied, error)

	// Changes yields every item changed after seq, oldest change first. Items
	// that change while the caller iterates are yielded again, later.
	Changes(ctx context.Context, after uint64) iter.Seq2[Change, error]

	// Items yields the items of a source whose IDs start with prefix, ordered
	// by ID. An empty source means every source, by source and then ID.
	Items(ctx context.Context, source, prefix string) iter.Seq2[Item, error]

	// Find returns the item with a number (see Change), and whether it is
	// stored.
	Find(ctx context.Context, no uint64) (Item, bool, error)

	// Sources returns the state of every source that was ever applied.
	Sources(ctx context.Context) ([]SourceState, error)

	// Profiles yields what the sources tell about accounts, by source and
	// actor.
	Profiles(ctx context.Context) iter.Seq2[Profile, error]
	// Groups yields every version of every group, by source, name and time.
	Groups(ctx context.Context) iter.Seq2[Group, error]

	// Declare keeps a version of the declared objectives and returns whether
	// it was new; a body equal to the newest one that was known by then is not
	// kept again. Versions may come out of their order.
	Declare(ctx context.Context, d Declaration) (bool, error)
	// Declarations yields every version in the order in which it was kept,
	// which need not be that in which it was known.
	Declarations(ctx context.Context) iter.Seq2[Declaration, error]

	// Override records what a human decided in one go about items, all of it or
	// nothing. It replaces what was decided about them; an empty To withdraws
	// that.
	Override(ctx context.Context, list ...Override) error
	// Overrides yields the decisions in force, in key order.
	Overrides(ctx context.Context) iter.Seq2[Override, error]

	// Freeze keeps what was told of a closed week. A week that is frozen
	// stays as it is.
	Freeze(ctx context.Context, f Frozen) error
	// Frozen yields the frozen weeks, oldest first.
	Frozen(ctx context.Context) iter.Seq2[Frozen, error]

	// Collapse keeps what a week was worth without persons. From then on,
	// events from before NamelessBefore(Monday) lose their actor and their
	// offset from UTC as they are applied, so that reading an old item again
	// brings nobody back; an account that only such events of a batch name,
	// and that has no profile, is not kept. A week that is kept stays as it
	// is. Collapse keeps nothing and returns false when an event from before
	// that moment was applied after c.Seq: the week may be worth more.
	Collapse(ctx context.Context, c Collapsed) (bool, error)
	// Collapsed yields the collapsed weeks, oldest first, without Seq.
	Collapsed(ctx context.Context) iter.Seq2[Collapsed, error]
	// Erase takes persons out of what was stored before the newest collapsed
	// week was: events from before its NamelessBefore lose actor and offset,
	// which changes their items; versions of groups that ended by then lose
	// their members; and accounts go that are named by no event and no group
	// any more, nor known to be the same person as one that is. It takes many
	// short transactions and may be ended and repeated at any time. Once it
	// has returned without an error no byte of what it took is left in the
	// store, apart from backups. It returns how many records lost a person,
	// 0 when there was nothing to do.
	Erase(ctx context.Context) (int, error)

	// SaveDelivery keeps the state of a delivery in place of the one of the same
	// outbox and edition; neither may be empty.
	SaveDelivery(ctx context.Context, d Delivery) error
	// Deliveries yields every delivery, by outbox and edition.
	Deliveries(ctx context.Context) iter.Seq2[Delivery, error]

	// SaveReport keeps an encoded report in place of the last one.
	SaveReport(ctx context.Context, report []byte) error
	// LastReport returns the report kept last, nil when there is none.
	LastReport(ctx context.Context) ([]byte, error)

	Close() error
}
