package scoring

import (
	"maps"
	"testing"

	"github.com/workdrift/workdrift/store"
)

func TestMerged(t *testing.T) {
	d := &Declared{People: People{Persons: []Person{
		{ID: "ada", Identities: []string{"github:ada"}}, {ID: "grace", Identities: []string{"github:grace", "email:grace"}},
	}}}
	profiles := []store.Profile{
		{Source: "code", Actor: "github:ada", Same: []store.Same{{Actor: "email:ada", By: store.SameByEmail}}},
		{Source: "talk", Actor: "slack:A", Same: []store.Same{{Actor: "github:ada", By: store.SameByProfile}}},
		{Source: "talk", Actor: "slack:L", Same: []store.Same{{Actor: "github:linus", By: store.SameByProfile}}},
		{Source: "talk", Actor: "slack:B", Bot: true, Same: []store.Same{{Actor: "github:ada", By: store.SameByProfile}}},
	}
	configured := map[string]string{"github:ada": "ada", "github:grace": "grace", "email:grace": "grace"}
	for name, tc := range map[string]struct {
		merge Merge
		more  map[string]string
	}{
		"nothing is believed": {Merge{}, nil},
		"addresses":           {Merge{VerifiedEmail: true}, map[string]string{"email:ada": "ada"}},
		"profiles":            {Merge{Profiles: true}, map[string]string{"slack:A": "ada"}},
		"both":                {Merge{VerifiedEmail: true, Profiles: true}, map[string]string{"email:ada": "ada", "slack:A": "ada"}},
	} {
		d.People.Merge = tc.merge
		want := maps.Clone(configured)
		maps.Copy(want, tc.more)
		if got := Merged(d, profiles); !maps.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}
