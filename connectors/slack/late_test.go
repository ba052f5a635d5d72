package slack

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
)

// A lateOffice has threads of 100, 50, 30 and 2 days ago, and a message of 40
// days ago that nobody answered.
type lateOffice struct {
	*office
	threads map[int]string // by age in days
}

func newLateOffice() *lateOffice {
	o := &lateOffice{office: newOffice(), threads: map[int]string{}}
	for _, days := range []int{100, 50, 40, 30, 2} {
		o.threads[days] = o.say(ago(days, 0), o.dev, o.ada, "about PAY-1")
		if days != 40 {
			o.reply(ago(days, 5), o.dev, o.ben, "yes", o.threads[days])
		}
	}
	return o
}

// answer replies to all threads.
func (o *lateOffice) answer(at time.Time) (ids map[int]string) {
	ids = map[int]string{}
	for days, ts := range o.threads {
		ids[days] = "message/" + o.reply(at, o.dev, o.ada, "late", ts)
	}
	return ids
}

// found lists the ages of the threads whose answers are stored.
func (r *rig) found(o *lateOffice, ids map[int]string) (ages []int) {
	for days, id := range ids {
		if slices.Contains(r.eventIDs(o.dev, o.threads[days]), id) {
			ages = append(ages, days)
		}
	}
	slices.Sort(ages)
	return ages
}

// TestLateReplies proves that replies to threads older than the lookback are
// found within thread_interval, for one page of history and one request for
// each thread that went on, and that idle days cost the page only.
func TestLateReplies(t *testing.T) {
	o := newLateOffice()
	r := newRig(t, o.Workspace, fake.SlackOptions{})
	r.config = "settle: 0s\n"
	c := r.connect()
	r.MustPoll(c)
	r.clock.Advance(time.Hour)
	ids := o.answer(r.clock.Now())
	r.later()
	r.MustPoll(c)
	equal(t, "found by looking back", r.found(o, ids), []int{2})
	r.clock.Advance(24 * time.Hour)
	r.slack.ResetLog()
	r.MustPoll(c)
	equal(t, "found within a day", r.found(o, ids), []int{2, 30, 40, 50})
	equal(t, "threads that were asked for", r.requests(methodReplies), 3)
	idle := func() int { r.slack.ResetLog(); r.MustPoll(c); return r.requests(methodHistory) }
	r.later()
	base := idle()
	for range 3 {
		r.clock.Advance(24 * time.Hour)
		equal(t, "pages of an idle day", idle(), base+2) // one for each channel
		equal(t, "threads that an idle day asked for", r.requests(methodReplies), 0)
	}
}

// TestLateRepliesFail proves that a page of old history that cannot be read
// keeps nothing new from being read, and that the look goes on once it can.
func TestLateRepliesFail(t *testing.T) {
	o := newLateOffice()
	r := newRig(t, o.Workspace, fake.SlackOptions{})
	c := r.connect()
	r.MustPoll(c)
	ids := o.answer(r.clock.Now().Add(time.Minute))
	r.clock.Advance(25 * time.Hour)
	failed := 0
	r.slack.Fault(func(q *http.Request) bool {
		top, ok := parseStamp(q.FormValue("latest"))
		deep := ok && top.time().Before(r.clock.Now().AddDate(0, 0, -10))
		if deep {
			failed++
		}
		return deep
	}, -1, fake.Fault{Kind: fake.ServerError})
	for range 3 {
		said := o.say(r.clock.Now(), o.dev, o.ada, "new")
		r.clock.Advance(3 * time.Minute)
		_ = r.Poll(c)
		if _, ok := r.Shelf.Items[r.id(o.dev, said)]; !ok {
			t.Error("a new message was not read")
		}
	}
	r.slack.ClearFaults()
	if failed < 3 {
		t.Errorf("%d looks further back failed, want one a poll", failed)
	}
	r.clock.Advance(time.Hour)
	r.MustPoll(r.connect())
	equal(t, "found", r.found(o, ids), []int{2, 30, 40, 50})
}

// TestLateRepliesLimited proves that an app of one request a minute does not
// look further back, and that what no poll notices is said.
func TestLateRepliesLimited(t *testing.T) {
	o := newLateOffice()
	r := newRig(t, o.Workspace, fake.SlackOptions{Commercial: true})
	r.config = "commercial_limits: true\n"
	c := r.connect()
	r.patient(c)
	ids := o.answer(r.clock.Now())
	r.clock.Advance(25 * time.Hour)
	r.patient(c)
	equal(t, "found", r.found(o, ids), []int{2})
	unseen := strings.Join(c.(*connector).Unseen(), "\n")
	if !strings.Contains(unseen, "replies to threads that began more than 14 days ago") {
		t.Errorf("it says that it does not see: %s", unseen)
	}
	r.config = ""
	if unseen = strings.Join(r.connect().(*connector).Unseen(), "\n"); !strings.Contains(unseen, "more than 91 days ago") {
		t.Errorf("it says that it does not see: %s", unseen)
	}
}
