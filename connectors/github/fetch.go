package github

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

// A fetch collects what one call of Fetch returns. Its units of work each end
// with commit or with discard, so that a batch holds whole units only.
type fetch struct {
	c      *connector
	cursor store.Cursor
	batch  store.Batch // of the units that are done
	next   store.Cursor
	norm   *normaliser      // of the running unit
	found  []todo           // changes the running unit came across
	events map[eventKey]int // where in the batch
	moves  store.Cursor     // of the running unit
	hinted bool             // by Refetch, whose positions are not kept
}

func newFetch(c *connector, cursor store.Cursor) *fetch {
	f := &fetch{c: c, cursor: cursor, next: store.Cursor{}, events: map[eventKey]int{}}
	f.begin()
	return f
}

// begin starts a unit.
func (f *fetch) begin() {
	f.norm = &normaliser{source: f.c.env.Source}
	f.found = nil
	f.moves = store.Cursor{}
}

// commit adds the running unit to the batch.
func (f *fetch) commit() {
	out := &f.norm.out
	f.batch.Items = append(f.batch.Items, out.Items...)
	for _, e := range out.Events {
		f.addEvent(e)
	}
	f.batch.Gone = append(f.batch.Gone, out.Gone...)
	f.batch.Identities = append(f.batch.Identities, out.Identities...)
	f.batch.Groups = append(f.batch.Groups, out.Groups...)
	f.batch.Quarantined = append(f.batch.Quarantined, out.Quarantined...)
	for k, v := range f.moves {
		f.next[k] = v
	}
	f.begin()
}

type eventKey struct{ item, id string }

// addEvent adds an event once: what is read twice within a batch counts as it
// was read last.
func (f *fetch) addEvent(e store.Event) {
	id := eventKey{e.Item, e.ID}
	if i, ok := f.events[id]; ok {
		f.batch.Events[i] = e
		return
	}
	if f.batch.Events == nil {
		f.batch.Events = make([]store.Event, 0, fullBatch+fullBatch/4)
	}
	f.events[id] = len(f.batch.Events)
	f.batch.Events = append(f.batch.Events, e)
}

// discard forgets the running unit.
func (f *fetch) discard() { f.begin() }

// position returns where a stream is, the running unit included.
func (f *fetch) position(key string) string {
	for _, c := range []store.Cursor{f.moves, f.next, f.cursor} {
		if raw, ok := c[key]; ok {
			return raw
		}
	}
	return ""
}

// move sets a position.
func (f *fetch) move(key string, p any) error {
	raw, err := connectors.EncodePosition(p)
	if err != nil {
		return err
	}
	if raw != f.position(key) {
		f.moves[key] = raw
	}
	return nil
}

// forget removes a position.
func (f *fetch) forget(key string) {
	if f.position(key) != "" {
		f.moves[key] = ""
	}
}

func (f *fetch) quarantine(id, why string) { f.norm.quarantine(id, why) }

func (f *fetch) gone(id string, why store.Gone, movedTo string) {
	f.norm.out.Gone = append(f.norm.out.Gone, store.Tombstone{
		ID: id, Why: why, MovedTo: movedTo, At: f.c.api.gov.serverNow().UTC().Truncate(time.Second),
	})
}

// records is how much the batch holds.
func (f *fetch) records() int {
	return len(f.batch.Items) + len(f.batch.Events) + len(f.batch.Gone)
}

func (f *fetch) isEmpty() bool {
	return f.records() == 0 && len(f.next) == 0 && len(f.batch.Quarantined) == 0
}

// dateOf is the server's time of an answer.
func (f *fetch) dateOf(r *reply) time.Time {
	if r.date.IsZero() {
		return f.c.api.gov.serverNow()
	}
	return r.date
}

// heard notes that a stream was read at the server's time.
func (f *fetch) heard(r *reply) {
	f.c.round.heard(f.dateOf(r))
}

// once returns true the first time in a round.
func (f *fetch) once(what string) bool { return f.c.round.once(what) }

// want queues changes for their detail; one that waits already moves nothing.
func (f *fetch) want(repo int64, todos []todo) error {
	if len(todos) == 0 {
		return nil
	}
	key := streamKey(repo, streamChanges)
	p, _ := connectors.DecodePosition[changesPos](f.position(key))
	waiting := make(map[int]int, len(p.Todo))
	for i, t := range p.Todo {
		waiting[t.Number] = i
	}
	for _, t := range todos {
		if i, ok := waiting[t.Number]; ok {
			p.Todo[i] = t
			continue
		}
		waiting[t.Number] = len(p.Todo)
		p.Todo = append(p.Todo, t)
	}
	return f.move(key, p)
}

// follow learns a repository's new name when its old one redirected, and
// returns the repository under the name it has now.
func (f *fetch) follow(ctx context.Context, r repository, rep *reply) (repository, error) {
	if !rep.moved || !f.once("name/"+prefixOf(r.id)) {
		return r, nil
	}
	rep.body = bytes.Clone(rep.body) // which the next request overwrites
	return f.refresh(ctx, r)
}

// refresh asks for a repository by its number, which never changes.
func (f *fetch) refresh(ctx context.Context, r repository) (repository, error) {
	rep, err := f.c.api.get(ctx, fmt.Sprintf("repositories/%d", r.id), validator{})
	if err != nil {
		return r, err
	}
	switch rep.status {
	case http.StatusOK:
	case http.StatusNotFound, http.StatusGone, http.StatusUnavailableForLegalReasons:
		return r, errLost
	default:
		return r, statusError(rep)
	}
	var w wireRepo
	if err := decodeObject(rep.body, &w); err != nil {
		return r, decodeError(rep, err)
	}
	if w.valid() != nil || w.ID != r.id {
		return r, decodeError(rep, errShape)
	}
	pos, err := f.learn(ctx, &w, r.Skip)
	return repository{id: r.id, repoPos: pos}, err
}
