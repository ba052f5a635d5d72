package connectortest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

const secret = "s3cr3t-token"

// A toy is a source of numbered tickets, read two a page, with room for one
// mistake in the connector that reads it.
type toy struct {
	records int
	failing bool
	reads   int
	mistake string
}

type toyConnector struct {
	*toy
	env  connectors.Env
	seen int
}

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func (c *toyConnector) Fetch(ctx context.Context, cursor store.Cursor) (store.Batch, error) {
	if err := ctx.Err(); err != nil {
		switch c.mistake {
		case "ignores the context":
		case "hides the context's error":
			return store.Batch{}, errors.New("stopped")
		default:
			return store.Batch{}, fmt.Errorf("read: %w", err)
		}
	}
	if c.mistake == "leaks a goroutine" {
		go func() { <-make(chan struct{}) }()
	}
	c.reads++
	if c.failing {
		return c.fail()
	}
	at, err := strconv.Atoi("0" + cursor["all"])
	if err != nil {
		return store.Batch{}, err
	}
	if c.mistake == "trusts its memory" {
		at = max(at, c.seen)
	}
	b := c.read(at)
	c.seen = at + len(b.Items)
	if c.seen != at {
		b.Next = store.Cursor{"all": strconv.Itoa(c.seen)}
	}
	c.spoil(&b, cursor)
	return b, nil
}

func (c *toyConnector) fail() (store.Batch, error) {
	err := &connectors.Error{Reason: connectors.ReasonServer, Err: errors.New("it is down")}
	switch c.mistake {
	case "returns items with an error":
		return c.read(0), err
	case "moves on after an error":
		c.env.Log.Warn("skipped a page")
		return store.Batch{Next: store.Cursor{"all": strconv.Itoa(c.records)}, Watermark: start}, nil
	case "tells the secret in an error":
		err.Err = errors.New("GET /?token=" + secret)
	case "logs the secret":
		c.env.Log.Debug("request", "token", secret)
	case "logs a person":
		c.env.Log.Info("last seen", "who", "ann@example.org")
	case "makes up a reason":
		err.Reason = "bad luck"
	case "returns a bare error":
		return store.Batch{}, err.Err
	}
	return store.Batch{}, err
}

// read returns the page at a position.
func (c *toyConnector) read(at int) store.Batch {
	b := store.Batch{Watermark: start}
	for n := at; n < min(at+2, c.records); n++ {
		id := fmt.Sprintf("box/%d", n)
		b.Items = append(b.Items, store.Item{
			Source: c.env.Source, ID: id, Kind: store.KindTicket, Keys: []string{fmt.Sprintf("BOX-%d", n+1)}, Status: store.StatusTodo,
			Title: "t", Created: start, Updated: start, Attrs: map[string][]string{"project": {"BOX"}},
		})
		b.Events = append(b.Events, store.Event{Source: c.env.Source, ID: "open", Item: id, Kind: store.EventOpen, Actor: "email:ann@example.org", At: start})
	}
	if len(b.Events) > 0 {
		b.Identities = []store.Identity{{Actor: "email:ann@example.org", Handle: "Ann"}}
	}
	if left := c.records - at - len(b.Items); left > 0 {
		b.More, b.Backlog, b.Watermark = true, (left+1)/2, time.Time{}
	}
	return b
}

// spoil makes the toy's mistake in a page.
func (c *toyConnector) spoil(b *store.Batch, cursor store.Cursor) {
	switch c.mistake {
	case "loses the last item of a page":
		if len(b.Items) == 2 {
			b.Items, b.Events = b.Items[:1], b.Events[:1]
		}
	case "repeats an unchanged source":
		if len(b.Items) == 0 {
			b.Items = c.read(0).Items
		}
	case "reads too much when idle":
		if len(b.Items) == 0 {
			c.reads += 5
		}
	case "never has a watermark":
		b.Watermark = time.Time{}
	case "numbers events anew":
		for i := range b.Events {
			b.Events[i].ID = fmt.Sprintf("open-%d", c.reads)
		}
	case "puts a person in an attribute":
		for i := range b.Items {
			b.Items[i].Attrs["label"] = []string{"Ann@example.org"}
		}
	case "keeps no identities":
		b.Identities = nil
	case "has IDs without a container":
		for i := range b.Items {
			b.Items[i].ID = strings.TrimPrefix(b.Items[i].ID, "box/")
			b.Events[i].Item = b.Items[i].ID
		}
	case "changes the cursor":
		cursor["all"] = "99"
	case "runs in a circle":
		b.More, b.Next = true, nil
	case "names another source":
		for i := range b.Events {
			b.Events[i].Source = "other"
		}
	case "takes back what it brings":
		for i := range b.Events {
			b.Whole = append(b.Whole, store.Whole{Item: b.Events[i].Item})
		}
		b.Events = nil
	case "takes back nothing by name":
		b.Whole = []store.Whole{{Prefix: "open"}}
	case "has words out of order":
		for i := range b.Items {
			b.Items[i].Terms = []store.Term{{Word: "tickets", Count: 1}, {Word: "ferry", Count: 1}}
		}
	case "has a group of names":
		b.Groups = []store.Group{{Source: c.env.Source, Name: "core", Members: []string{"Ann"}, At: start}}
	case "has fractions of seconds":
		for i := range b.Events {
			b.Events[i].At = start.Add(time.Millisecond)
		}
	}
}

func (s *toy) subject() Subject {
	return Subject{
		New: func(env connectors.Env) (connectors.Connector, error) {
			return &toyConnector{toy: s, env: env}, nil
		},
		Truth: func() Truth {
			var truth Truth
			for n := range s.records {
				key := fmt.Sprintf("BOX-%d", n+1)
				truth.Items = append(truth.Items, key)
				truth.Events = append(truth.Events, key+" open")
			}
			return truth
		},
		Secrets: []string{secret},
		Now:     start.Add(time.Hour),
		Faults: []Fault{{
			Name: "down", Reason: connectors.ReasonServer,
			Inject: func() (func(), error) {
				s.failing = true
				return func() { s.failing = false }, nil
			},
		}},
		Requests: func() int { return s.reads },
		MaxIdle:  1,
		Rotate:   func() error { return nil },
		Change:   func() error { s.records++; return nil },
	}
}

func TestGoodConnectorPasses(t *testing.T) {
	Run(t, (&toy{records: 7}).subject())
}

// TestOtherStore runs the suite on a store that the subject brings along.
func TestOtherStore(t *testing.T) {
	made := 0
	subject := (&toy{records: 3}).subject()
	subject.Store = func() (Store, error) {
		made++
		return newMemory(), nil
	}
	Run(t, subject)
	if made == 0 {
		t.Error("the subject's store was not used")
	}
	subject.Store = func() (Store, error) { return nil, errors.New("no room") }
	h := newHarness(t.Context(), subject)
	complete(h)
	if len(h.problems) == 0 {
		t.Error("a store that cannot be made is no problem")
	}
}

// TestMistakesAreFound shows that each check can fail.
func TestMistakesAreFound(t *testing.T) {
	for mistake, by := range map[string]string{
		"loses the last item of a page": "complete run",
		"never has a watermark":         "complete run",
		"puts a person in an attribute": "complete run",
		"keeps no identities":           "complete run",
		"has IDs without a container":   "complete run",
		"changes the cursor":            "complete run",
		"runs in a circle":              "complete run",
		"names another source":          "complete run",
		"has fractions of seconds":      "complete run",
		"takes back what it brings":     "complete run",
		"takes back nothing by name":    "complete run",
		"has words out of order":        "complete run",
		"has a group of names":          "complete run",
		"repeats an unchanged source":   "unchanged source",
		"reads too much when idle":      "unchanged source",
		"trusts its memory":             "every page twice",
		"numbers events anew":           "every page twice",
		"ignores the context":           "cancellation",
		"hides the context's error":     "cancellation",
		"leaks a goroutine":             "cancellation",
		"returns items with an error":   "faults",
		"moves on after an error":       "faults",
		"tells the secret in an error":  "faults",
		"logs the secret":               "faults",
		"logs a person":                 "faults",
		"makes up a reason":             "faults",
		"returns a bare error":          "faults",
	} {
		t.Run(mistake, func(t *testing.T) {
			subject := (&toy{records: 7, mistake: mistake}).subject()
			for _, c := range checks() {
				if c.name != by {
					continue
				}
				h := newHarness(t.Context(), subject)
				c.run(h)
				if len(h.problems) == 0 {
					t.Errorf("the check %q does not find it", by)
				} else {
					t.Log(h.problems[0])
				}
			}
		})
	}
}

// TestResumeFindsLostMemory: a connector that needs what it remembers cannot
// be resumed.
func TestResumeFindsLostMemory(t *testing.T) {
	s := &toy{records: 7}
	subject := s.subject()
	made := 0
	subject.New = func(env connectors.Env) (connectors.Connector, error) {
		made++
		c := &toyConnector{toy: s, env: env}
		if made > 1 {
			c.toy = &toy{records: 5} // sees less than the first one
		}
		return c, nil
	}
	h := newHarness(t.Context(), subject)
	resume(h)
	if len(h.problems) == 0 {
		t.Error("not found")
	}
}
