package main

import (
	"context"
	"sync"
	"time"
)

// turns guard an engine. Who changes it or makes it report locks them for as long
// as that takes, and opens them while what can be asked about single items stays as
// it is, as it does for nearly all of a report. Who asks waits for a turn.
type turns struct {
	once    sync.Once
	long    chan struct{} // holds an entry while somebody has the lock
	holding chan struct{} // holds an entry while the engine changes, or somebody asks it
	waiting chan struct{} // an entry for each who waits for a turn
	shuts   bool          // whether who has the lock is who holds; written by nobody else
}

const (
	// turnWait is how long somebody waits for a turn. It is used up only while
	// a backlog of changes is applied.
	turnWait = 2 * time.Second
	// maxWaiting is how many may wait for a turn.
	maxWaiting = 64
)

func (t *turns) init() {
	t.once.Do(func() {
		t.long, t.holding, t.waiting = make(chan struct{}, 1), make(chan struct{}, 1), make(chan struct{}, maxWaiting)
	})
}

// Lock takes the engine for as long as it is needed.
func (t *turns) Lock() {
	t.init()
	t.long <- struct{}{}
	t.shut()
}

// LockWithin is Lock for who does not wait longer than a context. The error is
// the cause of its end.
func (t *turns) LockWithin(ctx context.Context) error {
	t.init()
	select {
	case t.long <- struct{}{}:
		t.shut()
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Unlock gives it back.
func (t *turns) Unlock() {
	t.open()
	<-t.long
}

// open lets others have turns from now on. Its caller has the lock.
func (t *turns) open() {
	if t.shuts {
		t.shuts = false
		<-t.holding
	}
}

// shut ends that, once the turn is over that somebody has. Its caller has the lock.
func (t *turns) shut() {
	if !t.shuts {
		t.holding <- struct{}{}
		t.shuts = true
	}
}

// turn calls f when it is its turn, and reports whether that came.
func (t *turns) turn(ctx context.Context, f func()) bool {
	t.init()
	timer := time.NewTimer(turnWait)
	defer timer.Stop()
	select {
	case t.waiting <- struct{}{}:
		defer func() { <-t.waiting }()
	default:
		return false
	}
	select {
	case t.holding <- struct{}{}:
		defer func() { <-t.holding }()
	case <-ctx.Done():
		return false
	case <-timer.C:
		return false
	}
	f()
	return true
}
