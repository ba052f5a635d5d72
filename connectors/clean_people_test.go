package connectors

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/store"
)

var cleanHasher = store.NewHasher([]byte("0123456789abcdef"))

// hashed returns the keys of identities in order.
func hashed(identities ...string) []string {
	var out []string
	for _, id := range identities {
		out = append(out, cleanHasher.Actor(id))
	}
	slices.Sort(out)
	return out
}

func TestCleanTerms(t *testing.T) {
	it := item("t/1")
	it.Terms = []store.Term{{Word: "cache", Count: 2}, {Word: "größe", Count: 1}, {Word: "cache", Count: 1 << 30}, {Word: "", Count: 3}, {Word: "none", Count: 0}}
	given := slices.Clone(it.Terms)
	got := cleanTest(store.Batch{Items: []store.Item{it}}).Items[0].Terms
	want := []store.Term{{Word: cleanHasher.Term("cache"), Count: maxCount}, {Word: cleanHasher.Term("größe"), Count: 1}}
	slices.SortFunc(want, byWord)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("terms are %v, want %v", got, want)
	}
	if !reflect.DeepEqual(it.Terms, given) {
		t.Error("the terms of the connector were changed")
	}
	it.Terms = nil
	for i := range maxTerms + 40 {
		it.Terms = append(it.Terms, store.Term{Word: fmt.Sprint("word", i), Count: 1 + i/maxTerms})
	}
	got = cleanTest(store.Batch{Items: []store.Item{it}}).Items[0].Terms
	twice := 0
	for _, term := range got {
		twice += term.Count - 1
	}
	if len(got) != maxTerms || twice != 40 || !slices.IsSortedFunc(got, byWord) {
		t.Errorf("%d terms are kept, %d of the 40 that occur twice, sorted %v", len(got), twice, slices.IsSortedFunc(got, byWord))
	}
	it.Terms = []store.Term{{Count: 1}}
	if got := cleanTest(store.Batch{Items: []store.Item{it}}).Items[0].Terms; got != nil {
		t.Errorf("no usable word leaves %v", got)
	}
}

func TestCleanIdentities(t *testing.T) {
	same := []store.Same{
		{Actor: "email:ada@example.org", By: store.SameByEmail}, {Actor: "github:ada", By: store.SameByProfile},
		{Actor: "email:ada@example.org", By: store.SameByEmail}, {Actor: "", By: store.SameByEmail},
		{Actor: "test:ada", By: store.SameByProfile}, {Actor: "test:bob", By: "rumour"},
	}
	for zone, want := range map[string]string{
		"Europe/Berlin": "Europe/Berlin", "UTC": "UTC", "": "", "Local": "", "Europe/Atlantis": "", "../../etc/passwd": "",
		"Europe/Berlin\n": "", strings.Repeat("E", maxZone+1): "",
	} {
		b := store.Batch{Identities: []store.Identity{{Actor: "test:ada", Handle: "ada", Zone: zone, Same: same, Bot: true}}}
		got := cleanTest(b).Identities
		if len(got) != 1 || got[0].Zone != want || !got[0].Bot {
			t.Fatalf("zone %q became %+v", zone, got)
		}
		var actors []string
		for _, s := range got[0].Same {
			actors = append(actors, s.Actor)
		}
		if want := hashed("email:ada@example.org", "github:ada"); !slices.Equal(actors, want) {
			t.Errorf("the same are %v, want %v", actors, want)
		}
	}
	for given, want := range map[string]string{
		"test:ada": "test:ada", "ada": "test:ada", "test:Ada Lovelace": "test:ada Ada Lovelace", " Ada\u202e\n": "test:ada Ada", "other:ada": "test:ada other:ada",
	} {
		got := cleanTest(store.Batch{Identities: []store.Identity{{Actor: "test:ada", Handle: given}}}).Identities
		if len(got) != 1 || got[0].Handle != want {
			t.Errorf("handle %q became %+v, want %q", given, got, want)
		}
	}
	if same[0].Actor != "email:ada@example.org" {
		t.Error("the identities of the connector were changed")
	}
}

func TestCleanGroups(t *testing.T) {
	at := cleanNow.Add(-time.Hour)
	many := make([]string, maxMembers+1)
	b := cleanTest(store.Batch{Groups: []store.Group{
		{Source: "src", Name: "acme/core", Members: []string{"test:eve", "test:ada", "", "test:eve"}, At: at},
		{Source: "src", Name: "nobody"},
		{Source: "src", Name: "bad\nname", At: at},
		{Source: "other", Name: "acme/core", At: at},
		{Source: "src", Name: "everybody", Members: many, At: at},
	}})
	want := []store.Group{
		{Source: "src", Name: "acme/core", Members: hashed("test:ada", "test:eve"), At: at},
		{Source: "src", Name: "nobody", At: cleanNow},
	}
	if !reflect.DeepEqual(b.Groups, want) {
		t.Errorf("groups are %+v, want %+v", b.Groups, want)
	}
	if len(b.Quarantined) != 3 {
		t.Errorf("set aside are %v, want the other three", b.Quarantined)
	}
}

func TestCleanAccounts(t *testing.T) {
	at := cleanNow.Add(-time.Hour)
	b := cleanTest(store.Batch{Accounts: []store.Account{
		{Actor: "test:ada", State: store.AccountInactive, At: at},
		{Actor: "test:eve", State: store.AccountActive},
		{Actor: "", State: store.AccountActive, At: at},
		{Actor: "test:bob", State: "asleep", At: at},
		{Actor: "test:bob", At: at},
	}})
	want := []store.Account{
		{Actor: hashed("test:ada")[0], State: store.AccountInactive, At: at},
		{Actor: hashed("test:eve")[0], State: store.AccountActive, At: cleanNow},
	}
	if !reflect.DeepEqual(b.Accounts, want) || len(b.Quarantined) != 0 {
		t.Errorf("accounts are %+v, want %+v; set aside are %v", b.Accounts, want, b.Quarantined)
	}
}

func TestCleanWhole(t *testing.T) {
	bad := event("t/2", "message/1", "test:ada")
	bad.At = time.Time{}
	b := cleanTest(store.Batch{
		Events:      []store.Event{event("t/1", "message/1", "test:ada"), bad},
		Quarantined: []store.Quarantined{{ID: "t/3", Reason: "one message has no time"}},
		Whole: []store.Whole{
			{Item: "t/1", Prefix: "message/"}, {Item: "t/1"}, {Item: "t/2"}, {Item: "t/3", Prefix: "message/"},
			{Item: ""}, {Item: "t/4", Prefix: "\x00"},
		},
	})
	if want := []store.Whole{{Item: "t/1", Prefix: "message/"}, {Item: "t/1"}}; !reflect.DeepEqual(b.Whole, want) {
		t.Errorf("whole are %v, want %v", b.Whole, want)
	}
	if len(b.Quarantined) != 4 {
		t.Errorf("set aside are %v, want an event, an announced item and two of Whole", b.Quarantined)
	}
}

// TestCleanLeavesNobody puts people wherever a batch can hold them and looks
// for them in what the store would get.
func TestCleanLeavesNobody(t *testing.T) {
	it := item("t/1")
	it.Terms = []store.Term{{Word: "canarina", Count: 1}}
	b := cleanTest(store.Batch{
		Items:  []store.Item{it},
		Events: []store.Event{event("t/1", "1", "test:canary@example.org")},
		Identities: []store.Identity{{
			Actor: "test:canary", Handle: "The Canary",
			Same: []store.Same{{Actor: "email:canary@example.org", By: store.SameByEmail}},
		}},
		Accounts: []store.Account{{Actor: "test:canary", State: store.AccountInactive, At: cleanNow}},
		Groups:   []store.Group{{Source: "src", Name: "acme/core", Members: []string{"test:canary"}, At: cleanNow}},
	})
	if len(b.Items) != 1 || len(b.Items[0].Terms) != 1 || len(b.Events) != 1 || len(b.Identities) != 1 ||
		len(b.Identities[0].Same) != 1 || len(b.Accounts) != 1 || len(b.Groups) != 1 || len(b.Groups[0].Members) != 1 {
		t.Fatalf("something is missing in %+v", b)
	}
	if b.Identities[0].Handle != "test:canary The Canary" {
		t.Errorf("the handle became %q", b.Identities[0].Handle)
	}
	b.Identities[0].Handle = ""
	if all := fmt.Sprintf("%+v", b); strings.Contains(all, "canar") || strings.Contains(all, "@") {
		t.Errorf("a person is left in %s", all)
	}
}
