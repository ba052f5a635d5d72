package slack

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	sdk "github.com/slack-go/slack"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

// A partial is a thread that takes more than one page. It lives in memory:
// after a restart the thread is read from its start, because its text, which
// the counts of words need, is kept nowhere.
type partial struct {
	messages map[stamp]*wireMessage
	bad      map[string]badElement
	cursor   string
	after    stamp // where the server gave no cursor
	limit    int   // how many messages were asked for last
}

func newPartial() *partial {
	return &partial{messages: map[stamp]*wireMessage{}, bad: map[string]badElement{}}
}

// add takes a page of a thread and returns whether the thread is complete.
func (p *partial) add(gov *governor, r *reply, root stamp) (complete bool, err error) {
	good, bad, err := list(r, methodReplies, "messages", (*wireMessage).valid)
	if err != nil {
		return false, err
	}
	if r.HasMore {
		gov.page(methodReplies, len(good)+len(bad), p.limit)
	}
	newest := p.after
	for i := range good {
		// The first message is on every page, or on the first one only.
		if m := &good[i]; m.at == root || m.thread == root {
			p.messages[m.at] = m
			newest = max(newest, m.at)
		}
	}
	for _, b := range bad {
		p.bad[b.sum] = b
		newest = max(newest, b.at)
	}
	next := r.Meta.NextCursor
	switch {
	case !r.HasMore && next == "":
		return true, nil
	case next != "" && next != p.cursor:
		p.cursor = next
	case next == "" && newest > max(p.after, root):
		p.cursor, p.after = "", newest
	default:
		return false, &connectors.Error{Reason: connectors.ReasonDecode, Err: errors.New("the server says that the thread has more but does not go on")}
	}
	return false, nil
}

// ordered returns the messages, the first one first.
func (p *partial) ordered() []*wireMessage {
	out := make([]*wireMessage, 0, len(p.messages))
	for _, m := range p.messages {
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b *wireMessage) int { return cmp.Compare(a.at, b.at) })
	return out
}

// replies asks for the next page of a thread.
func (f *fetch) replies(ctx context.Context, channel string, root stamp, p *partial) (*reply, error) {
	limit := f.c.api.gov.limit(f.c.cfg.PageSize)
	p.limit = limit
	return f.c.api.call(ctx, methodReplies, func(ctx context.Context, client *sdk.Client) error {
		_, _, _, err := client.GetConversationRepliesContext(ctx, &sdk.GetConversationRepliesParameters{
			ChannelID: channel, Timestamp: root.String(), Limit: limit, Cursor: p.cursor, Oldest: p.after.String(),
		})
		return err
	})
}

// readThread reads one page of the thread that waits longest.
func (f *fetch) readThread(ctx context.Context, d *desk) error {
	t := d.threads.Todo[0]
	id := d.prefix + t.TS.String()
	p := f.c.partial[id]
	if p == nil {
		p = newPartial()
	}
	r, err := f.replies(ctx, d.id, t.TS, p)
	if isNotFound(err) {
		f.threadGone(d, t.TS)
		return nil
	}
	if errors.Is(err, codeBadCursor) {
		delete(f.c.partial, id) // from its start next time
	}
	if err != nil {
		return describeThread(t.TS, asFailure(err))
	}
	complete, err := p.add(f.c.api.gov, r, t.TS)
	if err != nil {
		delete(f.c.partial, id)
		return connectors.Describe(methodReplies, err)
	}
	if !complete {
		f.c.partial[id] = p
		return nil
	}
	delete(f.c.partial, id)
	_, known := d.version(t.TS)
	readable, err := f.complete(ctx, d, t.TS, p, known || t.Version == 0)
	if err != nil {
		return err
	}
	// A thread that was read for a reply outside its window has version 0, which
	// is none: were the version of its first message kept, and the reply deleted,
	// that would look like no change.
	if readable && (t.Version != 0 || known) && t.TS >= f.keepFrom(d, windowOf(d)) {
		d.note(t.TS, t.Version)
	}
	d.threads.Todo = d.threads.Todo[1:]
	return nil
}

func windowOf(d *desk) window {
	if d.history.Window != nil {
		return *d.history.Window
	}
	return window{}
}

// complete adds a thread that was read to its end, and returns whether its first
// message can be read. again says that the thread may be stored already.
func (f *fetch) complete(ctx context.Context, d *desk, root stamp, p *partial, again bool) (readable bool, err error) {
	id := d.prefix + root.String()
	messages := p.ordered()
	if len(messages) == 0 || messages[0].at != root {
		for _, b := range p.bad {
			if b.at == root {
				f.quarantine(id, b.why)
				return false, nil
			}
		}
		return false, &connectors.Error{Reason: connectors.ReasonDecode, Err: errors.New("the thread does not hold its first message")}
	}
	var floor time.Time
	stored := false
	if again {
		if floor, stored, err = f.stored(ctx, id); err != nil {
			return false, err
		}
	}
	alone := len(messages) == 1
	if alone && !messages[0].isWritten() {
		if stored {
			f.gone(id, store.GoneDeleted)
		}
		return true, nil
	}
	if alone && f.c.cfg.ThreadsOnly && !stored && f.c.norm.isBare(d, messages[0]) {
		return true, nil
	}
	f.put(&discussion{channel: d, messages: messages, bad: len(p.bad), floor: floor})
	return true, nil
}

func isNotFound(err error) bool {
	code, ok := errors.AsType[codeError](err)
	return ok && (code == codeNoThread || code == codeNoMessage)
}

// threadGone marks the thread that waits longest as deleted.
func (f *fetch) threadGone(d *desk, root stamp) {
	f.gone(d.prefix+root.String(), store.GoneDeleted)
	d.forget(root)
	d.threads.Todo = slices.DeleteFunc(d.threads.Todo, func(t todo) bool { return t.TS == root })
}
