package storetest

import (
	"reflect"
	"slices"
	"time"

	"github.com/workdrift/workdrift/store"
)

func peopleCases() []testCase {
	return []testCase{
		{"words come and go with their item", testTerms},
		{"what was taken back is removed", testTakenBack},
		{"what was taken back of an unknown item is ignored", testTakenBackUnknown},
		{"an identity adds to its profile", testProfiles},
		{"an account keeps when its state was first seen", testAccounts},
		{"a version of a group is kept when it differs", testGroups},
		{"a group seen before its newest version is ignored", testGroupsLate},
	}
}

func testTerms(h *harness) {
	v := func(hours int, terms ...store.Term) store.Item {
		it := ticket("r/7", someDay.Add(time.Duration(hours)*time.Hour))
		it.Terms = terms
		return it
	}
	hello, world := store.Term{Word: "00ff00ff00ff", Count: 2}, store.Term{Word: "fedcba987654", Count: 1}
	seq := uint64(0)
	for _, step := range []struct {
		what    string
		in      store.Item
		changed bool
		want    []store.Term
	}{
		{"first", v(1, hello, world), true, []store.Term{hello, world}},
		{"again", v(1, hello, world), false, []store.Term{hello, world}},
		{"another count", v(1, store.Term{Word: hello.Word, Count: 3}), true, []store.Term{{Word: hello.Word, Count: 3}}},
		{"older", v(0, world), false, []store.Term{{Word: hello.Word, Count: 3}}},
		{"words that are no hashes", v(2, store.Term{Word: "Größe", Count: 1}), true, []store.Term{{Word: "Größe", Count: 1}}},
		{"none", v(2), true, nil},
		{"back", v(2, world), true, []store.Term{world}},
	} {
		done := h.apply(batchOf(step.in))
		if changed := done.Items == 1 && done.Seq > seq; changed != step.changed {
			h.Errorf("%s: Applied = %+v after %d, want a change: %v", step.what, done, seq, step.changed)
		}
		seq = done.Seq
		ch := h.one(0)
		found, _, err := h.s.Find(h.ctx, ch.No)
		must(h, err)
		listed := collect(h, h.s.Items(h.ctx, "a", "r/"))
		for way, it := range map[string]store.Item{"Changes": ch.Item, "Find": found, "Items": listed[0]} {
			if !slices.Equal(it.Terms, step.want) {
				h.Errorf("%s: %s yields %v, want %v", step.what, way, it.Terms, step.want)
			}
		}
	}
	// An event changes the item, and not its words.
	h.apply(store.Batch{Events: []store.Event{review("r/7", "review/1")}})
	h.reopen()
	if got := h.one(seq).Item.Terms; !slices.Equal(got, []store.Term{world}) {
		h.Errorf("after an event the words are %v", got)
	}
}

func eventIDs(ch store.Change) (out []string) {
	for _, ev := range ch.Events {
		out = append(out, ev.ID)
	}
	return out
}

func testTakenBack(h *harness) {
	var all []store.Event
	for _, id := range []string{"message/1", "message/2", "message/3", "message", "open"} {
		all = append(all, review("r/7", id), review("r/8", id))
	}
	h.apply(store.Batch{Items: []store.Item{ticket("r/7", someDay), ticket("r/8", someDay)}, Events: all})
	seq := h.apply(store.Batch{}).Seq
	b := store.Batch{
		Events: []store.Event{review("r/7", "message/3"), review("r/7", "message/4")},
		Whole:  []store.Whole{{Item: "r/7", Prefix: "message/"}},
	}
	if got := h.apply(b); got.Events != 3 || got.Items != 0 || got.Seq <= seq {
		h.Errorf("Applied = %+v, want one new event and two taken back", got)
	}
	ch := h.one(seq) // only r/7 changed
	if want := []string{"message", "message/3", "message/4", "open"}; ch.Item.ID != "r/7" || !slices.Equal(eventIDs(ch), want) {
		h.Errorf("%s has events %v, want %v", ch.Item.ID, eventIDs(ch), want)
	}
	if got := h.apply(b); got.Events != 0 || got.Seq != ch.Seq {
		h.Errorf("the same again is %+v, want nothing", got)
	}
	seq = ch.Seq
	if got := h.apply(store.Batch{Whole: []store.Whole{{Item: "r/7"}, {Item: "r/7", Prefix: "open"}}}); got.Events != 4 {
		h.Errorf("Applied = %+v, want all four events taken back", got)
	}
	h.reopen()
	if ch := h.one(seq); len(ch.Events) != 0 || !equalItems(ch.Item, ticket("r/7", someDay)) {
		h.Errorf("change is %+v, want the item without events", ch)
	}
	h.apply(store.Batch{Events: []store.Event{review("r/7", "message/1")}})
	if got := eventIDs(h.one(h.changes(0)[0].Seq)); !slices.Equal(got, []string{"message/1"}) {
		h.Errorf("what was written again is %v", got)
	}
}

func testTakenBackUnknown(h *harness) {
	if got := h.apply(store.Batch{Whole: []store.Whole{{Item: "r/7"}}}); got.Events != 0 || got.Seq != 0 {
		h.Errorf("Applied = %+v, want nothing", got)
	}
	if got := h.changes(0); len(got) != 0 {
		h.Errorf("Changes yields %v", got)
	}
	// The events of an item that never came are its own as well.
	seq := h.apply(store.Batch{Events: []store.Event{review("r/7", "review/1")}}).Seq
	h.apply(store.Batch{Whole: []store.Whole{{Item: "r/7"}}})
	if ch := h.one(seq); len(ch.Events) != 0 || ch.Item.Kind != "" {
		h.Errorf("change is %+v, want an item that is not stored, without events", ch)
	}
}

func testProfiles(h *harness) {
	const ada = "0123456789abcdef01234567"
	mail := func(actor string) store.Same { return store.Same{Actor: actor, By: store.SameByEmail} }
	field := func(actor string) store.Same { return store.Same{Actor: actor, By: store.SameByProfile} }
	learn := func(id store.Identity, want store.Profile) {
		h.Helper()
		id.Actor, id.Handle = ada, "github:ada"
		want.Source, want.Actor = "a", ada
		h.apply(store.Batch{Identities: []store.Identity{id}})
		if got := collect(h, h.s.Profiles(h.ctx)); len(got) != 1 || !equalProfiles(got[0], want) {
			h.Errorf("after %+v the profiles are %+v, want %+v", id, got, want)
		}
	}
	learn(store.Identity{Zone: "Europe/Berlin"}, store.Profile{Zone: "Europe/Berlin"})
	learn(store.Identity{Bot: true}, store.Profile{Zone: "Europe/Berlin", Bot: true})
	learn(store.Identity{Zone: "UTC", Same: []store.Same{mail("b"), field("c")}},
		store.Profile{Zone: "UTC", Same: []store.Same{mail("b"), field("c")}})
	learn(store.Identity{Same: []store.Same{mail("a")}}, store.Profile{Zone: "UTC", Same: []store.Same{mail("a"), mail("b"), field("c")}})
	learn(store.Identity{Same: []store.Same{field("d")}}, store.Profile{Zone: "UTC", Same: []store.Same{mail("a"), mail("b"), field("d")}})
	h.reopen()
	learn(store.Identity{}, store.Profile{Zone: "UTC", Same: []store.Same{mail("a"), mail("b"), field("d")}})

	_, err := h.s.Apply(h.ctx, "b", store.Batch{Identities: []store.Identity{{Actor: ada, Handle: "x"}}})
	must(h, err)
	h.apply(store.Batch{Identities: []store.Identity{{Actor: "00", Handle: "x"}}})
	var order []string
	for _, p := range collect(h, h.s.Profiles(h.ctx)) {
		order = append(order, p.Source+" "+p.Actor)
	}
	if want := []string{"a 00", "a " + ada, "b " + ada}; !slices.Equal(order, want) {
		h.Errorf("profiles come as %v, want %v", order, want)
	}
}

func testAccounts(h *harness) {
	const ada, eve = "0123456789abcdef01234567", "fedcba9876543210fedcba98"
	at := func(hours int) time.Time { return someDay.Add(time.Duration(hours) * time.Hour) }
	expect := func(what string, state store.AccountState, since time.Time) {
		h.Helper()
		got := collect(h, h.s.Profiles(h.ctx))
		if want := (store.Profile{Source: "a", Actor: ada, Zone: "UTC", Account: state, Since: since}); len(got) != 1 || !equalProfiles(got[0], want) {
			h.Errorf("%s: the profiles are %+v, want %+v", what, got, want)
		}
	}
	tell := func(what string, hours int, told, want store.AccountState, since int) {
		h.Helper()
		h.apply(store.Batch{Accounts: []store.Account{{Actor: eve, State: told, At: at(hours)}, {Actor: ada, State: told, At: at(hours)}}})
		expect(what, want, at(since))
	}
	const active, inactive = store.AccountActive, store.AccountInactive
	// What a batch tells of an account counts together with its identity.
	h.apply(store.Batch{
		Accounts:   []store.Account{{Actor: ada, State: active, At: at(2)}},
		Identities: []store.Identity{{Actor: ada, Handle: "x", Zone: "UTC"}},
	})
	expect("first seen", active, at(2))
	tell("seen again", 3, active, active, 2)
	tell("deactivated", 4, inactive, inactive, 4)
	tell("a late sight", 3, active, inactive, 4)
	h.reopen()
	tell("seen again", 9, inactive, inactive, 4)
	tell("activated in the same second", 4, active, active, 4)
	tell("deactivated again", 10, inactive, inactive, 10)
	h.apply(store.Batch{Identities: []store.Identity{{Actor: ada, Handle: "x"}}})
	expect("an identity without", inactive, at(10))
}

func testGroups(h *harness) {
	const ada, eve = "0123456789abcdef01234567", "fedcba9876543210fedcba98"
	v := func(name string, hours int, members ...string) store.Group {
		return store.Group{Source: "a", Name: name, Members: members, At: someDay.Add(time.Duration(hours) * time.Hour)}
	}
	for _, g := range []store.Group{
		v("core", 1, ada), v("core", 2, ada), v("core-x", 2, eve), v("core", 3, ada, eve), v("Core", 3), v("core", 4), v("core", 5, ada),
	} {
		h.apply(store.Batch{Groups: []store.Group{g}})
	}
	h.reopen()
	want := []store.Group{
		v("Core", 3), v("core", 1, ada), v("core", 3, ada, eve), v("core", 4), v("core", 5, ada), v("core-x", 2, eve),
	}
	if got := collect(h, h.s.Groups(h.ctx)); !slices.EqualFunc(got, want, equalGroups) {
		h.Errorf("Groups = %v,\nwant %v", got, want)
	}
}

func testGroupsLate(h *harness) {
	const ada, eve = "0123456789abcdef01234567", "fedcba9876543210fedcba98"
	v := func(hours int, members ...string) store.Group {
		return store.Group{Source: "a", Name: "core", Members: members, At: someDay.Add(time.Duration(hours) * time.Hour)}
	}
	history := []store.Group{v(2, ada), v(4, eve)}
	for range 2 { // a repeat changes nothing
		h.apply(store.Batch{Groups: append(slices.Clone(history), v(3, ada, eve), v(1, eve))})
		if got := collect(h, h.s.Groups(h.ctx)); !slices.EqualFunc(got, history, equalGroups) {
			h.Errorf("Groups = %v, want %v", got, history)
		}
	}
	h.apply(store.Batch{Groups: []store.Group{v(4, ada, eve)}})
	if got := collect(h, h.s.Groups(h.ctx)); len(got) != 2 || !reflect.DeepEqual(got[1].Members, []string{ada, eve}) {
		h.Errorf("Groups = %v, want the later sight of the same second", got)
	}
	h.apply(store.Batch{Groups: []store.Group{v(4, ada)}})
	if got := collect(h, h.s.Groups(h.ctx)); !slices.EqualFunc(got, history[:1], equalGroups) {
		h.Errorf("Groups = %v, want only the version that holds again", got)
	}
}
