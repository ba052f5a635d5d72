package connectors

import "time"

// steady is over how many batches the pace is smoothed.
const steady = 8

// A pace is how long a page takes while pages are left to be fetched, from the
// arrival of one to that of the next. The waits that a source's limits impose
// are part of it; the time between two polls and that of an outage are not.
type pace struct {
	page    time.Duration // smoothed
	batches int           // how many went into it, steady at most
	since   time.Time     // when the running page began, zero while none is awaited
}

// begin notes that a page is awaited.
func (p *pace) begin(now time.Time) {
	if p.since.IsZero() {
		p.since = now
	}
}

// interrupt leaves out the time since the last page.
func (p *pace) interrupt() { p.since = time.Time{} }

// arrived counts a batch of some pages, at least one; more says that another
// is awaited.
func (p *pace) arrived(now time.Time, pages int, more bool) {
	took := now.Sub(p.since) / time.Duration(max(pages, 1))
	p.batches = min(p.batches+1, steady)
	p.page += (took - p.page) / time.Duration(p.batches)
	if p.since = now; !more {
		p.interrupt()
	}
}

// left is how long pages will take when the next cannot come before until.
func (p pace) left(now, until time.Time, pages int) time.Duration {
	if pages <= 0 {
		return 0
	}
	wait := max(until.Sub(now), 0)
	if !p.since.IsZero() && wait > 0 {
		p.arrived(until, 1, true) // the wait already tells that the pace is no better
	}
	return max(wait, p.page) + time.Duration(pages-1)*p.page
}
