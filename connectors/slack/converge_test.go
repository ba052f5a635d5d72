package slack

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

var soakSeeds = flag.Uint64("soak-seeds", 20, "how many workspaces TestConverges reads")

// A chatter changes a workspace at random, as people do.
type chatter struct {
	*office
	rng   *rand.Rand
	posts []post
}

type post struct {
	channel, ts, thread string
	gone                bool
}

func (c *chatter) step(now time.Time) {
	who := []string{c.ada, c.ben, c.robot}[c.rng.IntN(3)]
	text := fmt.Sprintf("about PAY-%d", c.rng.IntN(50))
	if len(c.posts) < 5 || c.rng.IntN(3) == 0 {
		channel := []string{c.dev, c.ops}[c.rng.IntN(2)]
		c.posts = append(c.posts, post{channel: channel, ts: c.say(now, channel, who, text)})
		return
	}
	i := max(0, len(c.posts)-1-c.rng.IntN(40))
	p := &c.posts[i]
	if p.gone {
		return
	}
	switch c.rng.IntN(8) {
	case 0:
		c.Edit(now, p.channel, p.ts, text)
	case 1:
		c.React(p.channel, p.ts, who, []string{"eyes", "decision"}[c.rng.IntN(2)])
	case 2:
		c.Unreact(p.channel, p.ts, who, "eyes")
	case 3:
		c.remove(p)
	case 4:
		if p.thread == "" {
			c.Unfurl(p.channel, p.ts, fake.Unfurl{FromURL: fmt.Sprintf("https://github.com/acme/api/pull/%d", c.rng.IntN(50)+1)})
		}
	default:
		root := p.ts
		if p.thread != "" {
			root = p.thread
		}
		ts := c.Post(now, p.channel, fake.MessageSpec{Author: who, Text: text, Thread: root, Broadcast: c.rng.IntN(6) == 0})
		c.posts = append(c.posts, post{channel: p.channel, ts: ts, thread: root})
	}
}

// remove deletes a message that stands alone; a first message that leaves its
// replies behind is in the other tests.
func (c *chatter) remove(p *post) {
	for _, o := range c.posts {
		if o.thread == p.ts && o.channel == p.channel {
			return
		}
	}
	c.Delete(p.channel, p.ts)
	p.gone = true
}

// lasting are the facts that do not depend on when a thread was read: a thread
// that lost its newest message keeps the time of that.
func lasting(s *connectortest.Shelf) *connectortest.Shelf {
	out := connectortest.NewShelf()
	for id, it := range s.Items {
		if it.Gone == "" {
			it.Updated = time.Time{}
			out.Items[id] = it
		}
	}
	for id, e := range s.Events {
		if s.Items[e.Item].Gone == "" {
			out.Events[id] = e
		}
	}
	return out
}

// TestConverges lets people talk for days while the connector polls, is
// restarted and meets faults: in the end it knows what a fresh reading shows,
// but for what changed in threads that had settled.
func TestConverges(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	for seed := range *soakSeeds {
		c := &chatter{office: newOffice(), rng: rand.New(rand.NewPCG(seed, 1))}
		for _, channel := range []string{c.dev, c.ops} {
			c.say(ago(30, 0), channel, c.ada, "the first message") // with nothing older, a deletion looks like retention
		}
		r := newRig(t, c.Workspace, fake.SlackOptions{NoLimit: true})
		r.config = fmt.Sprintf("page_size: %d\n", 3+seed%6*20)
		conn := r.connect()
		r.slack.Chaos(seed, .05, fake.Fault{Kind: fake.SecondaryLimit, Wait: 20 * time.Second}, fake.Fault{Kind: fake.ServerError},
			fake.Fault{Kind: fake.TruncatedBody}, fake.Fault{Kind: fake.SlackNoCursor}, fake.Fault{Kind: fake.ResetBody})
		for range 300 {
			r.clock.Advance(time.Duration(c.rng.IntN(15)) * time.Minute)
			c.step(r.clock.Now())
			switch c.rng.IntN(6) {
			case 0:
				_ = r.Poll(conn) // may fail: the next one goes on
			case 1:
				conn = r.connect()
				_, _ = r.Fetch(conn)
			}
		}
		r.slack.ClearFaults()
		for range 3 {
			r.clock.Advance(25 * time.Hour)
			r.patient(conn)
		}
		connectortest.SameFacts(t, fmt.Sprintf("seed %d", seed), lasting(r.Shelf), lasting(r.fresh()))
		gone := map[store.Gone]int{}
		for _, it := range r.Shelf.Items {
			gone[it.Gone]++
		}
		if gone[store.GoneDeleted] == 0 || gone[""] < 20 || gone[store.GoneLostAccess] > 0 {
			t.Errorf("seed %d: %v", seed, gone)
		}
	}
}
