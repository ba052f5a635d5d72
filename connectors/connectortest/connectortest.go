// Package connectortest is what every connector passes.
//
// A connector's test describes the connector, the source it reads and the
// faults of that source in a Subject, and calls Run. What is tested is the
// contract of connectors.Connector: that a run finds everything, that it can
// be resumed from every cursor it ever returned, that nothing is lost or
// counted twice when a page is fetched or applied again, when the source
// fails or when the caller gives up, and that neither errors nor logs carry
// secrets or people.
//
// A connectors.Receiver describes its deliveries in a Hook as well. It proves
// that it reads nothing that is not signed, and that what is announced is read
// as a poll reads it.
package connectortest

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

// A Subject is a connector together with the source it reads. The source may
// change only in Change, Rotate and the faults.
type Subject struct {
	// New makes a connector that remembers nothing. It completes env, which
	// has Source, Log, Now, Observer and Stored set, with what belongs to the
	// source, such as a Transport.
	New func(env connectors.Env) (connectors.Connector, error)
	// Truth returns what a complete run must find.
	Truth func() Truth

	// The rest is optional.

	// Secrets and People (handles, names, addresses) must not occur in errors
	// and logs, and people not as values of attributes. The actors that the
	// connector itself reports are added to the people.
	Secrets, People []string
	// Now is the time to start from, the real one when zero. The clock stands
	// still, except that it moves to the time at which a failed fetch asks to
	// be repeated; Advance is told.
	Now     time.Time
	Advance func(to time.Time)
	// Store makes an empty store. Nil uses one in memory.
	Store func() (Store, error)
	// Faults are the ways in which the source can fail.
	Faults []Fault
	// Requests returns how many requests were made so far, and MaxIdle is how
	// many an idle poll may make. Without Requests nothing is counted.
	Requests func() int
	MaxIdle  int
	// Rotate replaces the credentials. The source stays the same.
	Rotate func() error
	// Change changes the source. Each call makes another change.
	Change func() error
	// Hook describes the deliveries of a connectors.Receiver.
	Hook *Hook
	// Settle ends what the connector may keep between fetches, such as idle
	// connections, before goroutines are counted.
	Settle func()
}

// Truth is what a source holds.
type Truth struct {
	// Items are keys, one for each item that is to be found: any of its keys.
	// Items that are gone are not among them.
	Items []string
	// Events are such a key, a space and an event's ID. Nil leaves events
	// unchecked.
	Events []string
}

// A Fault is one way in which a source can fail.
type Fault struct {
	Name string
	// Inject makes the source fail until it is healed.
	Inject func() (heal func(), err error)
	// Harmless faults need not fail a fetch; others must.
	Harmless bool
	// Reason is what failed fetches must say; empty allows any.
	Reason connectors.Reason
}

// A Store is what the suite needs of a store. A store.Store is one.
type Store interface {
	Cursor(ctx context.Context, source string) (store.Cursor, error)
	Apply(ctx context.Context, source string, b store.Batch) (store.Applied, error)
	Changes(ctx context.Context, after uint64) iter.Seq2[store.Change, error]
}

// Run proves that a connector keeps the contract.
func Run(t *testing.T, s Subject) {
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			if c.applies != nil && !c.applies(s) {
				t.Skip("the subject does not offer what this needs")
			}
			h := newHarness(t.Context(), s)
			h.logf = t.Logf
			c.run(h)
			for _, p := range h.problems {
				t.Error(p)
			}
		})
	}
}

// A check is one part of the contract.
type check struct {
	name    string
	applies func(Subject) bool
	run     func(*harness)
}

func checks() []check {
	return []check{
		{name: "complete run", run: complete},
		{name: "unchanged source", run: unchanged},
		{name: "every page twice", run: twice},
		{name: "resume from every cursor", run: resume},
		{name: "cancellation", run: cancellation},
		{name: "faults", applies: func(s Subject) bool { return len(s.Faults) > 0 }, run: faults},
		{name: "rotated credentials", applies: func(s Subject) bool { return s.Rotate != nil }, run: rotated},
		{name: "changed source", applies: func(s Subject) bool { return s.Change != nil }, run: changed},
		{name: "deliveries", applies: func(s Subject) bool { return s.Hook != nil }, run: deliveries},
		{name: "announced changes", applies: func(s Subject) bool { return s.Hook != nil }, run: refetch},
	}
}
