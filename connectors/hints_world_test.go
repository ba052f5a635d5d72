package connectors

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/workdrift/workdrift/store"
)

// An announcer is a source whose objects have versions. Polls find what changed
// since the last one, in order; deliveries say at once what changed.
type announcer struct {
	mu       sync.Mutex
	version  map[string]int
	log      []string // objects in the order of their changes
	fetches  []time.Time
	reads    map[string][]time.Time // of single objects
	batches  []int
	refetch  func(n int, objects []string) error // asked before the n-th
	slow     time.Duration                       // of a page
	pageSize int
}

func newAnnouncer() *announcer {
	return &announcer{version: map[string]int{}, reads: map[string][]time.Time{}, pageSize: 100}
}

func (w *announcer) change(object string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.version[object]++
	w.log = append(w.log, object)
}

// add adds an object as it is now to a batch, with all that happened to it.
func (w *announcer) add(b *store.Batch, object string) {
	v := w.version[object]
	it := item(object)
	it.Title = fmt.Sprintf("version %d", v)
	it.Updated = it.Created.Add(time.Duration(v) * time.Second)
	b.Items = append(b.Items, it)
	for i := range v {
		b.Events = append(b.Events, event(object, fmt.Sprint(i+1), "test:ada"))
	}
}

func (w *announcer) Fetch(ctx context.Context, c store.Cursor) (store.Batch, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fetches = append(w.fetches, time.Now())
	if w.slow > 0 {
		w.mu.Unlock()
		time.Sleep(w.slow)
		w.mu.Lock()
	}
	var b store.Batch
	from := len(c["at"])
	to := min(len(w.log), from+w.pageSize)
	for _, o := range w.log[from:to] {
		w.add(&b, o)
	}
	b.Next = store.Cursor{"at": strings.Repeat("x", to)}
	b.Watermark = time.Date(2026, 3, 1, 0, 0, to, 0, time.UTC)
	b.More = to < len(w.log)
	return b, ctx.Err()
}

func (w *announcer) Receive(http.Header, []byte, time.Time) (Delivery, error) { return Delivery{}, nil }

func (w *announcer) Refetch(_ context.Context, objects []string) (store.Batch, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.batches = append(w.batches, len(objects))
	for _, o := range objects {
		w.reads[o] = append(w.reads[o], time.Now())
	}
	if w.refetch != nil {
		if err := w.refetch(len(w.batches)-1, objects); err != nil {
			return store.Batch{}, err
		}
	}
	// What moves a position must be dropped.
	b := store.Batch{
		Next: store.Cursor{"at": strings.Repeat("x", 999), ownStream: "{}"}, More: true, Backlog: 77,
		Watermark: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	for _, o := range objects {
		if w.version[o] > 0 {
			w.add(&b, o)
		}
	}
	return b, nil
}

func (w *announcer) read(object string) []time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.reads[object])
}

// titles are what a store holds of each object.
func (m *memory) titles() map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[string]string{}
	for id, it := range m.items {
		out[id] = it.Title
	}
	return out
}

// hash is the same for stores that hold the same.
func (m *memory) hash() [sha256.Size]byte {
	raw, err := json.Marshal([]any{m.cursor, m.items, m.events, m.set, m.people, m.state}) // maps in order
	if err != nil {
		panic(err)
	}
	return sha256.Sum256(raw)
}

// R11: however deliveries are lost, doubled or mixed up, after one interval
// the store holds the same.
func TestDeliveriesAreOptional(t *testing.T) {
	for seed := range uint64(20) {
		var want [sha256.Size]byte
		for _, fate := range []string{"delivered", "dropped", "doubled", "shuffled"} {
			synctest.Test(t, func(t *testing.T) {
				w, st := newAnnouncer(), newMemory()
				p := NewPoller(testConfig(st, w))
				w.refetch = func(n int, _ []string) error {
					if n%7 == 3 {
						return errTest
					}
					return nil
				}
				during(t, p, 42*time.Minute, func(ctx context.Context) {
					r := rand.New(rand.NewPCG(seed, 11))
					var held []string
					for range 300 {
						o := fmt.Sprintf("t/%d", r.IntN(40))
						wait := time.Duration(r.IntN(10_000)) * time.Millisecond
						at, late := r.IntN(len(held)+1), r.IntN(3) == 0
						w.change(o)
						switch fate {
						case "delivered":
							p.Hint([]string{o})
						case "doubled":
							p.Hint([]string{o, o})
							p.Hint([]string{o})
						case "shuffled":
							held = slices.Insert(held, at, o)
							if late {
								p.Hint(held)
								held = nil
							}
						}
						time.Sleep(wait)
					}
					// The changes end after 25 minutes or so. One interval later
					// (and what failures add to it) the polls know them all.
				})
				reads := len(w.batches)
				if (fate == "dropped") != (reads == 0) {
					t.Errorf("seed %d, %s: %d reads", seed, fate, reads)
				}
				if fate == "delivered" {
					want = st.hash()
					got := st.titles()
					for o, v := range w.version {
						if got[o] != fmt.Sprintf("version %d", v) {
							t.Fatalf("seed %d: %s is at %s, the source at %d", seed, o, got[o], v)
						}
					}
				}
				if st.hash() != want || len(st.cursor["at"]) != len(w.log) {
					t.Errorf("seed %d, %s: another state", seed, fate)
				}
			})
		}
	}
}
