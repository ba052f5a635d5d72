package slack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/workdrift/workdrift/connectors"
)

// peopleTask is the task that reads accounts; the others are ids of channels.
const peopleTask = ""

// A round reads every channel until it has caught up. Channels take turns, so
// that a large one does not keep the others waiting.
type round struct {
	planned bool
	tasks   []string
	waiting []string // tasks that the limits stopped
	limit   error    // when the first of them can go on
	people  bool
	done    map[string]bool // channels whose window of this round is complete
	begun   map[string]bool // channels whose window began in this round
	fresh   map[string]bool // channels whose newest messages were read in this round
	failed  map[string]bool // threads that could not be read in this round, by item
	err     error           // the failure that says most, returned when everything else is done
	fetches int
	inARow  int // failures since the last success
}

func newRound() *round {
	return &round{done: map[string]bool{}, begun: map[string]bool{}, fresh: map[string]bool{}, failed: map[string]bool{}}
}

// wait sets a task aside until its method may be called again.
func (r *round) wait(t string, err error) {
	r.waiting = append(r.waiting, t)
	if r.limit == nil || retryAt(err).Before(retryAt(r.limit)) {
		r.limit = err
	}
}

// resume makes the waiting tasks the next ones and returns when that is.
func (r *round) resume() error {
	err := r.limit
	r.tasks, r.waiting, r.limit = r.waiting, nil, nil
	return err
}

func retryAt(err error) time.Time {
	if e, ok := errors.AsType[*connectors.Error](err); ok {
		return e.RetryAt
	}
	return time.Time{}
}

// fail keeps the failure that says most.
func (r *round) fail(err error) {
	if r.err == nil || connectors.ReasonOf(err) == connectors.ReasonAuth && connectors.ReasonOf(r.err) != connectors.ReasonAuth {
		r.err = err
	}
}

// maxWaiting bounds the threads of a channel that wait to be read.
const maxWaiting = 2000

// planTasks makes a task of every channel that is read or just lost, those
// first that were not read for the longest time.
func (c *connector) planTasks(f *fetch) {
	scope := map[string]channelPos{}
	var ids []string
	for _, id := range f.channels() {
		d := f.desk(id)
		switch {
		case d.Lost:
			ids = append(ids, id)
		case !d.Skip && d.Missed == 0:
			scope[id] = d.channelPos
			if !d.history.Final || len(d.threads.Todo) > 0 {
				ids = append(ids, id)
			}
		}
	}
	c.learned(scope)
	slices.SortStableFunc(ids, func(a, b string) int { return cmp.Or(c.read[a].Compare(c.read[b]), cmp.Compare(a, b)) })
	c.round.tasks = ids
}

// learned notes which channels are read. The map must not change any more.
func (c *connector) learned(scope map[string]channelPos) {
	c.scope = scope
	c.heard.Store(&scope)
}

// work does one unit of work of a task and returns whether there is more, also
// beside an error: a thread that cannot be read keeps nothing else of its
// channel waiting.
func (f *fetch) work(ctx context.Context, t string) (more bool, err error) {
	if t == peopleTask {
		return f.readPeople(ctx)
	}
	d := f.desk(t)
	if d.Lost {
		return f.lose(ctx, d)
	}
	r, gov := f.c.round, f.c.api.gov
	switch {
	case f.nextThread(d) && (gov.ready(methodReplies) || r.done[t] || len(d.threads.Todo) >= maxWaiting):
		if err = f.readThread(ctx, d); err != nil && ofOne(err) {
			r.failed[d.prefix+d.threads.Todo[0].TS.String()] = true
			return !r.done[t] || f.nextThread(d), describeChannel(d, err)
		}
	case !r.done[t]:
		err = f.readHistory(ctx, d)
	}
	if err != nil {
		return false, describeChannel(d, err)
	}
	f.c.read[t] = f.c.env.Now()
	return !r.done[t] || f.nextThread(d), nil
}

// nextThread puts the first thread that did not fail in this round before the
// others, and reports whether there is one.
func (f *fetch) nextThread(d *desk) bool {
	list := d.threads.Todo
	i := slices.IndexFunc(list, func(t todo) bool { return !f.c.round.failed[d.prefix+t.TS.String()] })
	if i > 0 {
		next := list[i]
		copy(list[1:], list[:i])
		list[0] = next
	}
	return i >= 0
}

// ofOne reports whether a failure may be that of one thread only: neither the
// limits' nor that of the credential or the whole channel.
func ofOne(err error) bool {
	return connectors.ReasonOf(err) != connectors.ReasonRateLimited && !errors.Is(err, errRefused) && !errors.Is(err, errLost)
}

func describeChannel(d *desk, err error) error {
	if _, ok := errors.AsType[*connectors.Error](err); ok {
		return connectors.Describe("#"+d.Name, err)
	}
	return fmt.Errorf("#%s: %w", d.Name, err)
}
