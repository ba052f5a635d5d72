package connectors

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/workdrift/workdrift/store"
)

// memory is a store in maps, as durable as a test needs: it survives the
// pollers that use it.
type memory struct {
	mu      sync.Mutex
	cursor  store.Cursor
	items   map[string]store.Item
	events  map[string]store.Event
	set     map[string]string // quarantined
	people  map[string]store.Identity
	state   store.SourceState
	applies int
	fail    func(store.Batch) error // asked before a batch is applied
}

func newMemory() *memory {
	return &memory{cursor: store.Cursor{}, items: map[string]store.Item{}, events: map[string]store.Event{},
		set: map[string]string{}, people: map[string]store.Identity{}, state: store.SourceState{Source: "src"}}
}

func (m *memory) Cursor(ctx context.Context, _ string) (store.Cursor, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.cursor), ctx.Err()
}

func (m *memory) Sources(ctx context.Context) ([]store.SourceState, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state.Quarantined = len(m.set)
	return []store.SourceState{{Source: "another", Quarantined: 9}, m.state}, ctx.Err()
}

func (m *memory) Apply(ctx context.Context, _ string, b store.Batch) (store.Applied, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return store.Applied{}, err
	}
	if m.fail != nil {
		if err := m.fail(b); err != nil {
			return store.Applied{}, err
		}
	}
	var a store.Applied
	for _, it := range b.Items {
		if old, ok := m.items[it.ID]; !ok || it.Updated.After(old.Updated) {
			a.Items++
			m.items[it.ID] = it
		}
		delete(m.set, it.ID)
	}
	for _, e := range b.Events {
		key := e.Item + " " + e.ID
		if _, ok := m.events[key]; !ok {
			a.Events++
		}
		m.events[key] = e
	}
	for _, q := range b.Quarantined {
		m.set[q.ID] = q.Reason
	}
	for _, i := range b.Identities {
		m.people[i.Actor] = i
	}
	for stream, position := range b.Next {
		if m.cursor[stream] = position; position == "" {
			delete(m.cursor, stream)
		}
	}
	if !b.Watermark.IsZero() {
		m.state.Watermark = b.Watermark
	}
	m.applies++
	a.Seq = uint64(m.applies)
	return a, nil
}

// fetchFunc is a connector in one function.
type fetchFunc func(ctx context.Context, cursor store.Cursor) (store.Batch, error)

func (f fetchFunc) Fetch(ctx context.Context, c store.Cursor) (store.Batch, error) { return f(ctx, c) }

var errTest = errors.New("the source is on fire")

func item(id string) store.Item {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return store.Item{Source: "src", ID: id, Kind: store.KindTicket, Title: "title of " + id, Created: at, Updated: at}
}

func event(item, id, actor string) store.Event {
	return store.Event{Source: "src", Item: item, ID: id, Kind: store.EventComment, Actor: actor, At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
}

func testConfig(st Store, c Connector) PollerConfig {
	return PollerConfig{Source: "src", Provider: "test", Connector: c, Store: st, Hash: store.NewHasher([]byte("0123456789abcdef"))}
}

// paged is a connector with n pages that counts its calls.
func paged(n int, calls *int) fetchFunc {
	return func(_ context.Context, c store.Cursor) (store.Batch, error) {
		*calls++
		page := len(c["page"])
		if page == n {
			return store.Batch{}, nil
		}
		id := fmt.Sprintf("t/%d", page)
		return store.Batch{
			Items:      []store.Item{item(id)},
			Events:     []store.Event{event(id, "1", "test:ada"), event(id, "2", "test:bob")},
			Identities: []store.Identity{{Actor: "test:ada", Handle: "test:ada"}},
			Next:       store.Cursor{"page": strings.Repeat("x", page+1)},
			Watermark:  time.Date(2026, 3, 1, page, 0, 0, 0, time.UTC),
			Backlog:    n - page - 1,
			More:       page < n-1,
		}, nil
	}
}

func TestPoll(t *testing.T) {
	st, calls := newMemory(), 0
	cfg := testConfig(st, paged(5, &calls))
	var seq []uint64
	var pages []Summary
	cfg.OnApplied = func(a store.Applied) { seq = append(seq, a.Seq) }
	cfg.OnPage = func(s Summary) { pages = append(pages, s) }
	p := NewPoller(cfg)
	sum, err := p.Poll(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if sum.Pages != 5 || sum.Items != 5 || sum.Events != 10 || sum.Quarantined != 0 || sum.Backlog != 0 {
		t.Errorf("summary %+v", sum)
	}
	if len(seq) != 5 || seq[4] != 5 || len(pages) != 5 || pages[2].Pages != 3 || pages[2].Backlog != 2 {
		t.Errorf("told %v and %+v", seq, pages)
	}
	if len(st.items) != 5 || len(st.events) != 10 || st.applies != 5 || st.cursor["page"] != "xxxxx" {
		t.Errorf("stored %d items, %d events in %d batches, cursor %v", len(st.items), len(st.events), st.applies, st.cursor)
	}
	hash := store.NewHasher([]byte("0123456789abcdef"))
	if got := st.events["t/3 2"].Actor; got != hash.Actor("test:bob") {
		t.Errorf("stored actor %q", got)
	}
	if got := st.people[hash.Actor("test:ada")]; got.Handle != "test:ada" {
		t.Errorf("stored identities %v", st.people)
	}
	s := p.Status()
	if s.Source != "src" || s.Provider != "test" || s.LastSuccess.IsZero() || s.LastError != "" || !s.Scanning.IsZero() ||
		s.Scan.Pages != 5 || s.Scan.Took != sum.Took || !s.Watermark.Equal(time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)) {
		t.Errorf("status %+v", s)
	}
	if sum, err = p.Poll(t.Context()); err != nil || sum.Pages != 1 || sum.Items != 0 || calls != 6 {
		t.Errorf("an idle poll: %+v, %v, %d calls", sum, err, calls)
	}
}

// A connector may hand over the same slices again, for example after an error
// of the store. Their actors must not be hashed twice.
func TestPollLeavesTheBatchAlone(t *testing.T) {
	st := newMemory()
	dirty := item("t/1")
	dirty.Title, dirty.Attrs = "a\nb", map[string][]string{"label": {"x\ty", ""}}
	b := store.Batch{
		Items: []store.Item{dirty, {}}, Events: []store.Event{event("t/1", "1", "test:ada")},
		Identities: []store.Identity{{Actor: "test:ada", Handle: "test:ada"}}, Next: store.Cursor{"s": "1", ownStream: "mine"},
	}
	p := NewPoller(testConfig(st, fetchFunc(func(context.Context, store.Cursor) (store.Batch, error) { return b, nil })))
	for range 2 {
		if _, err := p.Poll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(st.people) != 1 || len(st.events) != 1 {
		t.Errorf("stored %v and %v", st.people, st.events)
	}
	if b.Items[0].Title != "a\nb" || b.Items[0].Attrs["label"][0] != "x\ty" || b.Events[0].Actor != "test:ada" || b.Next[ownStream] != "mine" {
		t.Errorf("the batch was changed: %+v", b)
	}
	if st.cursor[ownStream] != "" {
		t.Errorf("the connector wrote the poller's stream: %v", st.cursor)
	}
}

func TestPollFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		own := &Error{Reason: ReasonAuth, Err: errTest}
		for name, tc := range map[string]struct {
			fetch  fetchFunc
			reason Reason
			same   error
			text   string
			took   time.Duration
		}{
			"the connector's error": {fetch: func(context.Context, store.Cursor) (store.Batch, error) { return store.Batch{}, own },
				reason: ReasonAuth, same: own},
			"a plain error": {fetch: func(context.Context, store.Cursor) (store.Batch, error) { return store.Batch{}, errTest },
				reason: ReasonNetwork, same: errTest},
			"too slow": {fetch: func(ctx context.Context, _ store.Cursor) (store.Batch, error) {
				<-ctx.Done()
				return store.Batch{}, fmt.Errorf("list: %w", ctx.Err())
			}, reason: ReasonTimeout, same: context.DeadlineExceeded, took: defaultFetchTimeout},
			"a panic": {fetch: func(context.Context, store.Cursor) (store.Batch, error) { panic("issue of " + canary) },
				reason: ReasonDecode, text: "panicked with a string"},
			"a runtime error": {fetch: func(_ context.Context, c store.Cursor) (store.Batch, error) {
				return store.Batch{Backlog: []int{}[len(c["page"])]}, nil
			}, reason: ReasonDecode, text: "index out of range"},
			"in a circle": {fetch: func(context.Context, store.Cursor) (store.Batch, error) {
				return store.Batch{More: true, Next: store.Cursor{"page": "x"}}, nil
			}, reason: ReasonDecode, text: "without moving"},
		} {
			st := newMemory()
			st.cursor["page"] = "x"
			var logged bytes.Buffer
			cfg := testConfig(st, tc.fetch)
			cfg.Log = slog.New(slog.NewTextHandler(&logged, nil))
			p := NewPoller(cfg)
			started := time.Now()
			_, err := p.Poll(t.Context())
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Reason != tc.reason || tc.same != nil && !errors.Is(err, tc.same) || !strings.Contains(err.Error(), tc.text) {
				t.Errorf("%s: %v", name, err)
			}
			if tc.same == own && err != own {
				t.Errorf("%s: the connector's own error was wrapped", name)
			}
			if took := time.Since(started); took != tc.took {
				t.Errorf("%s took %v, want %v", name, took, tc.took)
			}
			if strings.Contains(err.Error()+logged.String(), canary) {
				t.Errorf("%s: the content of the panic leaks", name)
			}
			s := p.Status()
			if s.LastError != tc.reason || s.Failures != 1 || !s.RetryAt.After(time.Now()) || !s.Scanning.IsZero() || st.cursor["page"] != "x" {
				t.Errorf("%s: status %+v, cursor %v", name, s, st.cursor)
			}
		}
	})
}

func TestPollResumes(t *testing.T) {
	st, calls, broken := newMemory(), 0, true
	good := paged(4, &calls)
	p := NewPoller(testConfig(st, fetchFunc(func(ctx context.Context, c store.Cursor) (store.Batch, error) {
		for stream := range c {
			if stream != "page" {
				t.Errorf("the connector sees the stream %q", stream)
			}
		}
		if broken && c["page"] == "xx" {
			return store.Batch{Items: []store.Item{item("never")}}, errTest
		}
		return good(ctx, c)
	})))
	sum, err := p.Poll(t.Context())
	if err == nil || sum.Pages != 2 || len(st.items) != 2 || st.cursor["page"] != "xx" {
		t.Fatalf("%+v, %v, cursor %v", sum, err, st.cursor)
	}
	if st.cursor[ownStream] == "" {
		t.Error("when to retry is not stored")
	}
	st.cursor["page"] = "x" // a page further back works, but not yet a whole poll
	if sum, err = p.Poll(t.Context()); err == nil || sum.Pages != 1 || p.Status().Failures != 2 {
		t.Fatalf("%+v, %v, status %+v", sum, err, p.Status())
	}
	broken = false
	if sum, err = p.Poll(t.Context()); err != nil || sum.Pages != 2 || len(st.items) != 4 || calls != 5 {
		t.Fatalf("%+v, %v, %d calls", sum, err, calls)
	}
	if s := p.Status(); st.cursor[ownStream] != "" || s.Failures != 0 || s.LastError != "" || !s.RetryAt.IsZero() {
		t.Errorf("the failure is not forgotten: %v, %+v", st.cursor, s)
	}
}

func TestPollStoreErrors(t *testing.T) {
	broken := fmt.Errorf("write: %w", store.ErrCommit)
	for name, fetch := range map[string]fetchFunc{
		"a batch": func(context.Context, store.Cursor) (store.Batch, error) { return store.Batch{}, nil },
		"a hold":  func(context.Context, store.Cursor) (store.Batch, error) { return store.Batch{}, errTest },
	} {
		st := newMemory()
		st.fail = func(store.Batch) error { return broken }
		p := NewPoller(testConfig(st, fetch))
		if _, err := p.Poll(t.Context()); !errors.Is(err, store.ErrCommit) {
			t.Errorf("Poll, %s: %v", name, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		if err := p.Run(ctx); !errors.Is(err, store.ErrCommit) {
			t.Errorf("Run, %s: %v", name, err)
		}
		// Not even the end of the program hides it.
		st.fail = func(store.Batch) error { cancel(); return broken }
		if err := p.Run(ctx); !errors.Is(err, store.ErrCommit) {
			t.Errorf("Run while ending, %s: %v", name, err)
		}
	}
}

func TestPollCanceled(t *testing.T) {
	st, calls := newMemory(), 0
	ctx, cancel := context.WithCancel(t.Context())
	good := paged(9, &calls)
	p := NewPoller(testConfig(st, fetchFunc(func(fctx context.Context, c store.Cursor) (store.Batch, error) {
		if calls == 3 {
			cancel()
			return store.Batch{}, &Error{Reason: ReasonNetwork, Err: fctx.Err()}
		}
		return good(fctx, c)
	})))
	sum, err := p.Poll(ctx)
	if err != context.Canceled || sum.Pages != 3 || len(st.items) != 3 {
		t.Errorf("%+v, %v, %d items", sum, err, len(st.items))
	}
	if s := p.Status(); s.Failures != 0 || st.cursor[ownStream] != "" {
		t.Errorf("our own end counts as a failure of the source: %+v", s)
	}
	if _, err := p.Poll(ctx); !errors.Is(err, context.Canceled) || calls != 3 {
		t.Errorf("a canceled context: %v, %d calls", err, calls)
	}
}

func TestPollsDoNotOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		running, polls := 0, 0
		p := NewPoller(testConfig(newMemory(), fetchFunc(func(context.Context, store.Cursor) (store.Batch, error) {
			if running++; running > 1 {
				t.Error("two fetches at a time")
			}
			time.Sleep(time.Minute)
			running--
			polls++
			return store.Batch{}, nil
		})))
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { p.Run(ctx) })
		for range 5 {
			wg.Go(func() {
				if _, err := p.Poll(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		impatient, stop := context.WithTimeout(ctx, time.Second)
		defer stop()
		time.Sleep(time.Nanosecond)
		if _, err := p.Poll(impatient); err != context.DeadlineExceeded {
			t.Errorf("waiting for another poll ended with %v", err)
		}
		time.Sleep(6 * time.Minute)
		cancel()
		wg.Wait()
		if polls < 6 {
			t.Errorf("%d polls", polls)
		}
	})
}
