package main

import (
	"context"
	"sync"
	"time"
)

// turns guard an engine. Who changes it or makes it report locks them for as long
// as that takes. Who only asks about single items waits for a turn, which a
// report gives now and then.
type turns struct {
	once    sync.Once
	long    chan struct{} // holds an entry while somebody has the lock
	holding chan struct{} // holds an entry while somebody uses the engine
	waiting chan struct{} // an entry for each who waits for a turn
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
	t.holding <- struct{}{}
}

// LockWithin is Lock for who does not wait longer than a context. The error is
// the cause of its end.
func (t *turns) LockWithin(ctx context.Context) error {
	t.init()
	select {
	case t.long <- struct{}{}:
		t.holding <- struct{}{} // at most until a turn is over
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Unlock gives it back.
func (t *turns) Unlock() {
	<-t.holding
	<-t.long
}

// pause lets all who wait have their turns. Its caller holds the lock.
func (t *turns) pause() {
	if len(t.waiting) == 0 {
		return
	}
	<-t.holding             // to who has waited the longest
	t.holding <- struct{}{} // behind all who wait: a channel serves them in their order
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
