package scoring

import (
	"slices"
	"testing"
	"time"

	"github.com/workdrift/workdrift/store"
)

// When an item ended and was opened again, from its events as far as they go and
// from its own state where they do not.
func TestMoves(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2025, 3, n, 9, 0, 0, 0, time.UTC) }
	at := func(n int) minute { return minuteOf(day(n)) }
	to := func(n int, state string) store.Event {
		return store.Event{ID: state + day(n).String(), Kind: store.EventTransition, At: day(n), Attrs: map[string]string{"to": state}}
	}
	for _, c := range []struct {
		name   string
		item   store.Item
		events []store.Event
		want   []move
		kept   bool // in a list of its own
	}{
		{"open", store.Item{Status: store.StatusTodo}, nil, nil, false},
		{"closed without events", store.Item{Status: store.StatusDone, Closed: day(5)}, nil, []move{{at(5), statusDone}}, false},
		{"closed as events say", store.Item{Status: store.StatusDone, Closed: day(5)},
			[]store.Event{to(5, "done"), to(2, "doing")}, []move{{at(5), statusDone}}, false},
		{"closed without a time", store.Item{Status: store.StatusDropped, Updated: day(7)}, nil, []move{{at(7), statusDropped}}, true},
		{"opened again", store.Item{Status: store.StatusDone, Closed: day(9)},
			[]store.Event{to(9, "done"), to(3, "done"), to(6, "todo")},
			[]move{{at(3), statusDone}, {at(6), statusDoing}, {at(9), statusDone}}, true},
		{"opened again, event missing", store.Item{Status: store.StatusDoing, Updated: day(8)},
			[]store.Event{to(3, "dropped")}, []move{{at(3), statusDropped}, {at(8), statusDoing}}, true},
		{"closed twice", store.Item{Status: store.StatusDone, Closed: day(4)},
			[]store.Event{to(4, "done"), to(6, "dropped")}, []move{{at(4), statusDone}}, false},
		{"what is no state", store.Item{Status: store.StatusTodo}, []store.Event{to(4, "")}, nil, false},
		{"gone", store.Item{Status: store.StatusDone, Closed: day(9), Gone: store.GoneDeleted},
			[]store.Event{to(3, "done"), to(6, "todo"), to(9, "done")}, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := NewEngine(&Declared{Zone: time.UTC}, nil)
			if err != nil {
				t.Fatal(err)
			}
			c.item.Kind, c.item.ID = store.KindTicket, "PAY-1"
			e.Apply(store.Change{No: 1, Seq: 1, Item: c.item, Events: c.events})
			got := e.movesFor(1)
			if c.item.Gone != "" {
				got = e.rare.moves[1]
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
			if _, kept := e.rare.moves[1]; kept != c.kept {
				t.Errorf("kept in a list: %t, want %t", kept, c.kept)
			}
		})
	}
}

// What is marked of an item, and that it goes with the item's next state.
func TestMarks(t *testing.T) {
	label := func(l string) map[string][]string { return map[string][]string{store.AttrLabel: {l}} }
	for _, c := range []struct {
		name string
		item store.Item
		want mark
	}{
		{"plain", store.Item{Kind: store.KindTicket, Attrs: label("bug")}, 0},
		{"epic", store.Item{Kind: store.KindTicket, Attrs: map[string][]string{store.AttrLevel: {"epic"}}}, markEpic},
		{"winding down", store.Item{Kind: store.KindTicket, Attrs: label("Wind_down: data")}, markWindDown},
		{"machine", store.Item{Kind: store.KindChange, Attrs: map[string][]string{store.AttrAuthor: {"bot"}}}, markMachine},
		{"deleted", store.Item{Kind: store.KindTicket, Gone: store.GoneDeleted}, markGone},
		{"moved", store.Item{Kind: store.KindTicket, Gone: store.GoneMoved}, 0},
	} {
		if got := marksOf(&c.item); got != c.want {
			t.Errorf("%s: %b, want %b", c.name, got, c.want)
		}
	}
}
