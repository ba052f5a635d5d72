package main

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/connectors/refs"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/store"
)

// A term as the configuration spells it is found in an item as connectors count
// and the poller keys its words; one of several words where all of them are.
func TestDeclaredTermsAreFoundInItems(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	write(t, path, `connectors: {gh: {type: git, path: .}}
objectives:
  - id: sso
    rank: 1
    text: Single sign-on
    keys: [PAY-1]
    terms: [SSO, "audit log", SCIM]
    excludes: {terms: ["self-serve"]}
`)
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	hash := store.NewHasher([]byte("of this store and no other"))
	now := time.Date(2026, 3, 4, 20, 0, 0, 0, time.UTC)
	in := scoring.Input{Declared: declaredOf(cfg, hash), Sources: []store.SourceState{{Source: "gh", Watermark: now}}}
	in.Declared.Privacy.KEffort, in.Declared.Privacy.Dominance = 1, 1
	for i, text := range []string{"Log the audits: auditLog for SSO", "A trial that customers self-serve"} {
		it := store.Item{Source: "gh", ID: string(rune('a' + i)), Kind: store.KindChange, Keys: []string{"acme/api#" + string(rune('1'+i))},
			Created: now.AddDate(0, 0, -9), Links: []store.Link{{Kind: store.LinkImplements, Key: "PAY-1"}}}
		for _, term := range refs.Terms(text) {
			it.Terms = append(it.Terms, store.Term{Word: hash.Term(term.Word), Count: term.Count})
		}
		in.Changes = append(in.Changes, store.Change{No: uint64(i + 1), Seq: uint64(i + 1), Item: it, Events: []store.Event{
			{Source: "gh", ID: "1", Item: it.ID, Kind: store.EventCommit, Actor: "ana", At: now.AddDate(0, 0, -8)}}})
	}
	r, err := scoring.Evaluate(in, now)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Vocabulary) != 1 {
		t.Fatalf("told are %+v", r.Vocabulary)
	}
	got := r.Vocabulary[0]
	if !slices.Equal(got.Unused, []string{"SCIM"}) || got.Coverage.Value != scoring.Number(2./3) {
		t.Errorf("unused are %v, coverage %v (%s)", got.Unused, got.Coverage.Value, got.Coverage.Reason)
	}
	if !slices.Equal(got.Breaches, []string{"acme/api#2"}) {
		t.Errorf("listed are %v", got.Breaches)
	}
}
