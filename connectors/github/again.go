package github

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/workdrift/workdrift/connectors"
)

// A change that was read by REST, because its query failed, lacks what only
// GraphQL tells: the offsets of its commits' authors and the issues that were
// linked by hand. It is asked for again, so that what is stored does not depend
// on what failed: each time twice as long after the time before, for about ten
// days.
const (
	maxAgain  = 20
	againWait = time.Minute // before the first time, and half as long as before the second
	mostWait  = 24 * time.Hour
	maxPlain  = 1000 // changes of one repository; the oldest are given up
)

// plain queues changes that were read by REST to be read by GraphQL. A change
// without a GraphQL id cannot be, nor can any without a credential.
func (f *fetch) plain(p *changesPos, read []todo) {
	if !f.c.api.signed() {
		return
	}
	now := f.c.api.gov.serverNow()
	for _, t := range read {
		if t.Node == "" {
			continue
		}
		i := slices.IndexFunc(p.Plain, func(o todo) bool { return o.Number == t.Number })
		if i >= 0 {
			p.Plain[i].Node, p.Plain[i].Updated = t.Node, t.Updated
			continue
		}
		p.Plain = append(p.Plain, todo{Number: t.Number, Node: t.Node, Updated: t.Updated, After: now.Add(againWait).Unix()})
	}
	if over := len(p.Plain) - maxPlain; over > 0 {
		p.Plain = p.Plain[over:]
		f.leave(over)
	}
}

// isKept reports whether Refetch has nothing to gain from reading a change by
// REST: as it is now it is stored, perhaps as GraphQL told it, and no position
// would have it read by GraphQL again. What is newer the next poll reads too.
func (f *fetch) isKept(ctx context.Context, r repository, t todo) (bool, error) {
	if !f.hinted || f.c.env.Stored == nil || t.Node == "" || !f.c.api.signed() {
		return false, nil
	}
	id := r.itemID(strconv.Itoa(t.Number))
	for it, err := range f.c.env.Stored(ctx, id) {
		if err != nil {
			return false, fmt.Errorf("look up a stored item: %w", err)
		}
		if it.ID == id {
			return it.Gone == "" && it.Updated.Unix() >= t.Updated, nil
		}
	}
	return false, nil
}

// complete forgets changes that were read by GraphQL or are not there any more.
func (p *changesPos) complete(read []todo) {
	p.Plain = without(p.Plain, read)
}

// due returns the first n changes whose time to be asked for again has come. A
// clock that was set back makes none of them wait longer than mostWait.
func (p *changesPos) due(now time.Time, n int) []todo {
	var batch []todo
	for _, t := range p.Plain {
		if wait := unix(t.After).Sub(now); len(batch) < n && (wait <= 0 || wait > mostWait) {
			batch = append(batch, t)
		}
	}
	return batch
}

// later puts off changes that could not be read by GraphQL this time either.
func (f *fetch) later(p *changesPos, failed []todo) {
	now := f.c.api.gov.serverNow()
	var left []todo
	for _, t := range p.Plain {
		if slices.ContainsFunc(failed, func(o todo) bool { return o.Number == t.Number }) {
			t.Again++
			t.After = now.Add(min(againWait<<t.Again, mostWait)).Unix()
		}
		if t.Again < maxAgain {
			left = append(left, t)
		}
	}
	f.leave(len(p.Plain) - len(left))
	p.Plain = left
}

// leave tells that changes stay as REST told them.
func (f *fetch) leave(n int) {
	if n > 0 {
		f.c.env.Log.Warn("pull requests could not be read by GraphQL and stay without the time zones of their commits", "source", f.c.env.Source, "changes", n)
	}
}

// againDue reports whether changes of a repository can be read by GraphQL now
// that were read by REST.
func (f *fetch) againDue(repo int64) bool {
	if !f.c.graphQL() {
		return false
	}
	p, _ := connectors.DecodePosition[changesPos](f.position(streamKey(repo, streamChanges)))
	return len(p.due(f.c.api.gov.serverNow(), 1)) > 0
}

// readAgain reads a batch of such changes. What fails ends it for this round, so
// that GraphQL that does not work costs one query in a round.
func (f *fetch) readAgain(ctx context.Context, r repository, key string, p changesPos) (more bool, err error) {
	batch := p.due(f.c.api.gov.serverNow(), f.c.batchSize())
	if len(batch) == 0 || !f.c.graphQL() {
		return false, nil
	}
	failed, err := f.readGraphQL(ctx, r, slices.Clone(batch))
	switch {
	case errors.Is(err, errNoGraphQL):
		f.c.giveUpGraphQL(err)
		failed = p.Plain
	case err != nil && isPoison(err):
		failed = batch
	case err != nil:
		return false, err
	}
	read := without(batch, failed)
	p.complete(read)
	f.later(&p, failed)
	f.lagging(r, &p, read)
	if len(read) > 0 {
		more = len(p.Todo) > 0 || len(p.due(f.c.api.gov.serverNow(), 1)) > 0
	}
	return more, f.move(key, p)
}

// without returns the changes that are not among others.
func without(all, others []todo) []todo {
	return slices.DeleteFunc(slices.Clone(all), func(t todo) bool {
		return slices.ContainsFunc(others, func(o todo) bool { return o.Number == t.Number })
	})
}
