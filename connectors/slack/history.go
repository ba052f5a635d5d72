package slack

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"strings"
	"time"

	sdk "github.com/slack-go/slack"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

// maxBarren is how many pages in a row may bring nothing while the server says
// that there is more.
const maxBarren = 3

// slowReread is the least time between two looks back at one request a minute:
// more often, and nothing new would be read for looking back.
const slowReread = 24 * time.Hour

// fewVanished is how many threads of a stretch have to be missing at once before
// it is doubted that they were deleted.
const fewVanished = 10

// open makes the window that a channel is to be read in: from the newest
// message down to what is known, or further when it is time to look back.
func (f *fetch) open(d *desk) window {
	c, h := f.c, d.history
	now := c.api.gov.serverNow()
	if c.round.fresh[d.id] {
		return f.openDeep(d)
	}
	from := stampOf(c.cfg.from(now))
	if h.Done == 0 || from < h.From-stamp(24*time.Hour/time.Microsecond) {
		return window{Low: from, Sweep: true}
	}
	w := window{Low: h.Done - stampSpan(c.cfg.Overlap)}
	every := time.Duration(c.cfg.RereadInterval)
	if c.api.gov.isCommercial() {
		every = max(every, slowReread)
	}
	if age := now.Sub(time.Unix(h.Swept, 0)); age >= every || age < -time.Minute {
		w.Sweep = true
		w.Low = min(w.Low, stampOf(now.Add(-time.Duration(c.cfg.Lookback))))
	}
	w.Low = max(w.Low, h.From)
	return w
}

func stampSpan(s connectors.Span) stamp { return stamp(time.Duration(s) / time.Microsecond) }

// readHistory reads one page of a channel's window. Late replies that cannot be
// looked for must not keep it from what is new.
func (f *fetch) readHistory(ctx context.Context, d *desk) error {
	if f.skipsDeep(d) {
		return nil
	}
	err := f.readWindow(ctx, d)
	if w := d.history.Window; err != nil && w != nil && w.Deep && connectors.ReasonOf(err) != connectors.ReasonRateLimited {
		d.history.Window = nil
	}
	return err
}

func (f *fetch) readWindow(ctx context.Context, d *desk) error {
	w := f.open(d)
	if d.history.Window != nil {
		w = *d.history.Window
	} else {
		f.c.round.begun[d.id] = true
	}
	if w.Probe {
		return f.probe(ctx, d, w)
	}
	limit := f.c.api.gov.limit(f.c.cfg.PageSize)
	r, err := f.history(ctx, sdk.GetConversationHistoryParameters{
		ChannelID: d.id, Limit: limit, Cursor: w.Cursor,
		// Both ends are left out: the lower one is a microsecond below.
		Oldest: (w.Low - 1).String(), Latest: w.top(f.c.api.gov.serverNow()).String(),
	})
	if errors.Is(err, codeBadCursor) && d.history.Window != nil {
		d.history.Window.Cursor = "" // the page before it is read again
	}
	if err != nil {
		return asFailure(err)
	}
	good, bad, err := list(r, methodHistory, "messages", (*wireMessage).valid)
	if err != nil {
		return err
	}
	if w.Began == 0 {
		w.Began = f.dateOf(r).Unix()
	}
	p := newPage(w, good, bad)
	if r.HasMore {
		f.c.api.gov.page(methodHistory, len(good)+len(bad), limit)
		if err := p.goOn(&w, r.Meta.NextCursor); err != nil {
			return err
		}
	}
	take := f.take
	if w.Deep {
		take = f.takeReplies
	}
	if err := take(ctx, d, &w, p); err != nil {
		return err
	}
	if w.Pages++; r.HasMore {
		d.history.Window = &w
		return nil
	}
	if !w.Deep && len(tail(d, w, f.c.api.gov.serverNow())) > 0 {
		w.Probe = true
		d.history.Window = &w
		return nil
	}
	f.close(d, w)
	return nil
}

// top is where a window goes on downwards. Before its first page that is a time
// to come, well beyond any doubt about clocks: without an upper end, Slack
// begins with what is closest to the lower one.
func (w *window) top(now time.Time) stamp {
	if w.Before > 0 {
		return w.Before
	}
	return stampOf(now.Truncate(24 * time.Hour).Add(48 * time.Hour))
}

func (f *fetch) history(ctx context.Context, p sdk.GetConversationHistoryParameters) (*reply, error) {
	return f.c.api.call(ctx, methodHistory, func(ctx context.Context, client *sdk.Client) error {
		_, err := client.GetConversationHistoryContext(ctx, &p)
		return err
	})
}

// A page is one answer of a window, without what was not asked for.
type page struct {
	messages []*wireMessage
	bad      []badElement
	smallest stamp // 0 for an empty page
	newest   stamp
	blind    bool // somewhere on it is a message without a ts
}

func newPage(w window, good []wireMessage, bad []badElement) *page {
	p := &page{}
	covers := func(at stamp) bool {
		if at < w.Low || w.Before > 0 && at >= w.Before {
			return false
		}
		p.newest = max(p.newest, at)
		if p.smallest == 0 || at < p.smallest {
			p.smallest = at
		}
		return true
	}
	for i := range good {
		if covers(good[i].at) {
			p.messages = append(p.messages, &good[i])
		}
	}
	for _, b := range bad {
		p.blind = p.blind || b.at == 0
		if b.at == 0 || covers(b.at) {
			p.bad = append(p.bad, b)
		}
	}
	return p
}

// goOn moves a window below a page that is not the last. The next page begins
// below the smallest ts, which needs no cursor and cannot expire; Slack's
// cursor is for pages on which no ts could be read.
func (p *page) goOn(w *window, next string) error {
	switch {
	case p.smallest > 0:
		w.Before, w.Cursor, w.Barren = p.smallest, "", 0
	case next != "" && next != w.Cursor && w.Barren < maxBarren:
		w.Cursor = next
		w.Barren++
	default:
		return &connectors.Error{Reason: connectors.ReasonDecode, Err: errors.New("the server says that there is more but does not go on")}
	}
	return nil
}

// take keeps what a page shows, and notes what it should have shown. w has been
// moved below the page already.
func (f *fetch) take(ctx context.Context, d *desk, w *window, p *page) error {
	above := w.Newest == 0 // the first page: nothing is newer
	high := w.Oldest
	w.Newest = max(w.Newest, p.newest)
	if p.smallest > 0 && (w.Oldest == 0 || p.smallest < w.Oldest) {
		w.Oldest = p.smallest
	}
	keep := f.keepFrom(d, *w)
	there := map[stamp]bool{}
	for _, m := range p.messages {
		item, err := f.message(ctx, d, w, m, keep)
		if err != nil {
			return err
		}
		if item {
			there[m.at] = true
		}
	}
	for _, b := range p.bad {
		there[b.at] = true
		f.unreadable(d, b, keep)
	}
	if p.smallest == 0 || p.blind {
		return nil
	}
	if above {
		high = 0
	}
	for _, at := range d.known(p.smallest, high, f.c.api.gov.serverNow()) {
		w.Judged++
		if !there[at] {
			w.Missing = append(w.Missing, at)
		}
	}
	return nil
}

// keepFrom is the oldest thread whose version is noted: those that will be
// looked back on, and those that the next window repeats.
func (f *fetch) keepFrom(d *desk, w window) stamp {
	back := stampOf(f.c.api.gov.serverNow().Add(-time.Duration(f.c.cfg.Lookback)))
	return min(back, max(d.history.Done, w.Newest)-stampSpan(f.c.cfg.Overlap))
}

// message takes one message of a channel and returns whether it stands for an
// item, or for a part of one. Its only error is the store's.
func (f *fetch) message(ctx context.Context, d *desk, w *window, m *wireMessage, keep stamp) (item bool, err error) {
	n := &f.c.norm
	settled := m.latest > 0 && m.latest.time().Add(time.Duration(f.c.cfg.Settle)).Unix() <= w.Began
	v := n.version(d, m, settled)
	old, known := d.version(m.at)
	id := d.prefix + m.at.String()
	_, hinted := f.c.hinted[id]
	same := known && old == v && !hinted
	note := func() {
		if m.at >= keep {
			d.note(m.at, v)
		}
	}
	switch {
	case m.isReply():
		// A reply that is also shown in the channel. Its thread shows itself
		// that it moved, unless it began before the window.
		if !same && m.thread < w.Low {
			d.want(todo{TS: m.thread})
		}
		note()
	case m.ReplyCount > 0:
		if !same {
			d.want(todo{TS: m.at, Version: v, Replies: m.ReplyCount})
		}
	case !m.isWritten():
		return false, nil
	case same:
	case !known && f.c.cfg.ThreadsOnly && n.isBare(d, m):
	default:
		t := &discussion{channel: d, messages: []*wireMessage{m}}
		if known {
			// It may have been a thread whose replies were deleted.
			if t.floor, _, err = f.stored(ctx, id); err != nil {
				return false, err
			}
		}
		f.put(t)
		note()
	}
	delete(f.c.hinted, id)
	return true, nil
}

// unreadable sets a message aside, once for each state it is in.
func (f *fetch) unreadable(d *desk, b badElement, keep stamp) {
	if b.at == 0 {
		f.quarantine(d.prefix+"unreadable-"+b.sum, b.why)
		return
	}
	h := fnv.New32a()
	h.Write([]byte(b.sum))
	if old, known := d.version(b.at); known && old == h.Sum32() {
		return
	}
	f.quarantine(d.prefix+b.at.String(), b.why)
	if b.at >= keep {
		d.note(b.at, h.Sum32())
	}
}

// tail lists the known threads below the oldest message that a window found.
func tail(d *desk, w window, now time.Time) []stamp {
	high := w.Oldest
	if high == 0 {
		high = w.Before
	}
	return d.known(w.Low, high, now)
}

// probe finds out what it means that nothing is left at the lower end of a
// window where threads are known: when there are older messages these were
// deleted, and otherwise the workspace's retention has reached them, which says
// nothing about the work.
func (f *fetch) probe(ctx context.Context, d *desk, w window) error {
	now := f.c.api.gov.serverNow()
	lost := tail(d, w, now)
	if len(lost) > 0 {
		r, err := f.history(ctx, sdk.GetConversationHistoryParameters{ChannelID: d.id, Limit: 1, Latest: lost[0].String()})
		if err != nil {
			return err
		}
		good, bad, err := list(r, methodHistory, "messages", (*wireMessage).valid)
		if err != nil {
			return err
		}
		w.Judged += len(lost)
		if len(good)+len(bad) > 0 {
			w.Missing = append(w.Missing, lost...)
		} else {
			for _, at := range lost {
				d.forget(at)
			}
		}
	}
	f.close(d, w)
	return nil
}

// close ends a window: everything above its lower end is known now.
func (f *fetch) close(d *desk, w window) {
	if connectors.TooManyVanished(len(w.Missing), w.Judged, fewVanished) {
		f.c.env.Log.Warn("too many messages vanished at once; keeping their items until this is explained",
			"source", f.c.env.Source, "channel", d.Name, "vanished", len(w.Missing), "known", w.Judged)
	} else {
		for _, at := range w.Missing {
			f.gone(d.prefix+at.String(), store.GoneDeleted)
			d.forget(at)
		}
	}
	h := &d.history
	if h.From == 0 || w.Low < h.From {
		h.From = w.Low
	}
	h.Done = max(h.Done, w.Newest)
	if h.Done == 0 { // an empty channel
		h.Done = max(stampOf(time.Unix(w.Began, 0)), w.Low)
	}
	h.Window = nil
	if w.Deep || w.Sweep && w.Low <= f.deepest(d) {
		h.Deep = w.Began
	}
	if w.Sweep {
		h.Swept, h.Final = w.Began, d.Archived
		maps.DeleteFunc(f.c.hinted, func(id string, at stamp) bool { return strings.HasPrefix(id, d.prefix) && at < w.Low })
		last := f.keepFrom(d, w).day()
		for _, name := range f.days(d) {
			if name < last {
				d.days[name] = daySet{}
			}
		}
	}
	// A window that an earlier run began says nothing about what came since.
	if r := f.c.round; r.begun[d.id] {
		r.fresh[d.id] = true
		r.done[d.id] = w.Deep || !f.deepDue(d)
	}
}

// describeThread names a thread by its place, which holds no text.
func describeThread(at stamp, err error) error { return fmt.Errorf("thread %s: %w", at, err) }
