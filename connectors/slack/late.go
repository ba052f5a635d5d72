package slack

import (
	"context"
	"fmt"
	"time"
)

// Beyond the lookback, where versions of threads are not kept any more, only one
// thing is still looked for: replies. A page of history shows hundreds of first
// messages with the times of their last replies, and what is stored tells which
// of these are news, so a channel costs a few requests a day and a thread one
// when it goes on. Edits, deletions and reactions there are left to webhooks.

// deepest is where the look for late replies ends.
func (f *fetch) deepest(d *desk) stamp {
	return max(stampOf(f.c.api.gov.serverNow().Add(-time.Duration(f.c.cfg.ThreadLookback))), d.history.From)
}

// deepDue reports whether it is time to look for late replies. At one request a
// minute there is none for that.
func (f *fetch) deepDue(d *desk) bool {
	c, now := f.c, f.c.api.gov.serverNow()
	if !c.looksDeep() || d.Archived || f.deepest(d) >= stampOf(now.Add(-time.Duration(c.cfg.Lookback))) {
		return false
	}
	age := now.Sub(time.Unix(d.history.Deep, 0))
	return age >= time.Duration(c.cfg.ThreadInterval) || age < -time.Minute
}

func (c *connector) looksDeep() bool {
	return c.cfg.ThreadLookback > c.cfg.Lookback && c.env.Stored != nil && !c.api.gov.isCommercial()
}

// openDeep makes the window below the lookback.
func (f *fetch) openDeep(d *desk) window {
	return window{
		Low: f.deepest(d), Before: stampOf(f.c.api.gov.serverNow().Add(-time.Duration(f.c.cfg.Lookback))), Deep: true,
	}
}

// skipsDeep ends a look for late replies that is not wanted any more, and
// reports whether the channel is read with that.
func (f *fetch) skipsDeep(d *desk) bool {
	w, r := d.history.Window, f.c.round
	if w != nil && w.Deep && !f.deepDue(d) {
		w, d.history.Window = nil, nil
	}
	if w == nil && r.fresh[d.id] && !f.deepDue(d) {
		r.done[d.id] = true
		return true
	}
	return false
}

// takeReplies queues the threads of a page that went on since they were stored.
func (f *fetch) takeReplies(ctx context.Context, d *desk, w *window, p *page) error {
	w.Newest = max(w.Newest, p.newest)
	for _, m := range p.messages {
		if m.isReply() || m.ReplyCount == 0 || m.latest == 0 {
			continue
		}
		updated, known, err := f.stored(ctx, d.prefix+m.at.String())
		if err != nil {
			return err
		}
		if !known || m.latest.time().Truncate(time.Second).After(updated) {
			d.want(todo{TS: m.at, Replies: m.ReplyCount})
		}
	}
	return nil
}

// Unseen implements connectors.Shortsighted.
func (c *connector) Unseen() []string {
	days := func(d time.Duration) string { return fmt.Sprintf("%.0f days", d.Hours()/24) }
	lookback, beyond := days(time.Duration(c.cfg.Lookback)), time.Duration(c.cfg.Lookback)
	if c.looksDeep() {
		beyond = time.Duration(c.cfg.ThreadLookback)
	}
	how := "polls do not notice"
	if len(c.secrets) > 0 {
		how = "only deliveries of the Events API tell"
	}
	return []string{
		fmt.Sprintf("new replies to threads that began more than %s ago: %s them", days(beyond), how),
		fmt.Sprintf("edits, deletions and reactions in threads that began more than %s ago: %s them", lookback, how),
	}
}
