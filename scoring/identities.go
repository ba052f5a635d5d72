package scoring

import "github.com/workdrift/workdrift/store"

// Merged returns which configured person each actor belongs to, as Person.ID:
// by configuration, and by what the sources tell as far as d.People.Merge
// believes it. Actors of nobody in the configuration are left out.
func Merged(d *Declared, profiles []store.Profile) map[string]string {
	p := newPeople(d, newProviders(d), profiles, nil)
	out := make(map[string]string)
	for actor, no := range p.byActor {
		if int(no) < p.named {
			out[actor] = d.People.Persons[no].ID
		}
	}
	return out
}
