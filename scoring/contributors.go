package scoring

import (
	"maps"
	"math/bits"
	"slices"
	"strings"

	"github.com/workdrift/workdrift/scoring/effort"
)

// How many people there are. Accounts that nothing puts together count as
// persons of their own everywhere else, and may all be one person's: who uses
// three tools would be three contributors. What must not tell of few people
// counts no more of them than are certain:
//
//   - as many as the configuration names, or
//   - as many as one provider knows (GitHub, Jira, Slack, git), because that has
//     one account for each,
//
// whichever is more. And the largest of them may be the largest one that the
// configuration names and at the same time one account of each provider that it
// does not name. Where everybody is configured, both are what they seem to be.

// maxProviders bounds the providers that are told apart. Who is known only to
// others counts as nobody for certain.
const maxProviders = 64

// providers numbers the kinds of sources that have accounts of their own.
type providers struct {
	types  map[string]string // by source, as declared
	number map[string]uint8
}

func newProviders(d *Declared) *providers {
	return &providers{types: d.Providers, number: make(map[string]uint8)}
}

// of returns the number of the provider of a source. One that is not configured
// is a provider of its own.
func (p *providers) of(source string) uint8 {
	name, ok := p.types[source]
	if !ok {
		name = "source:" + source
	}
	n, ok := p.number[name]
	if !ok {
		n = uint8(min(len(p.number), maxProviders))
		p.number[strings.Clone(name)] = n
	}
	return n
}

// A providerSet is a set of providers, a bit for each.
type providerSet uint64

func providerOf(number uint8) providerSet { return 1 << number } // none from maxProviders on

// A contributor is one of those whom a sum is made of.
type contributor struct {
	sum   effort.Micro
	known providerSet // to which providers, see Engine.knownTo
	named bool        // by the configuration
}

type contributors []contributor

// with adds a contributor of a sum, if it is any.
func (c contributors) with(who contributor, sum effort.Micro) contributors {
	if sum <= 0 {
		return c
	}
	who.sum = sum
	return append(c, who)
}

func (c contributors) headcount() (h headcount) {
	for i := range c {
		h.add(&c[i])
	}
	return h
}

// count returns how many people they are at least.
func (c contributors) count() int {
	h := c.headcount()
	return h.people()
}

// dominated reports whether one person may have contributed more than the limit
// of the sum.
func (c contributors) dominated(limit float64) bool {
	var left effort.Micro
	for i := range c {
		left += c[i].sum
	}
	// The others come in parts that are no larger.
	var parts []effort.Micro
	for most := c.most(); most > 0 && left > 0; left -= min(left, most) {
		parts = append(parts, min(left, most))
	}
	_, dominated := Dominated(parts, limit)
	return dominated
}

// most returns what one person can have contributed at most.
func (c contributors) most() effort.Micro {
	var named, unknown effort.Micro
	largest := make(map[providerSet]effort.Micro) // of those who are known to the same providers
	for i := range c {
		switch {
		case c[i].named:
			named = max(named, c[i].sum)
		case c[i].known == 0:
			unknown += c[i].sum
		default:
			largest[c[i].known] = max(largest[c[i].known], c[i].sum)
		}
	}
	return named + unknown + apart(largest)
}

// maxApart bounds the work of apart.
const maxApart = 12

// apart returns the largest sum of values whose sets have no provider in common:
// accounts of one provider are two people's. It is more where there are too many
// sets to try.
func apart(values map[providerSet]effort.Micro) effort.Micro {
	sets := slices.Collect(maps.Keys(values))
	overlap := false
	var sum effort.Micro
	var all providerSet
	for _, s := range sets {
		overlap = overlap || all&s != 0
		all |= s
		sum += values[s]
	}
	if !overlap || len(sets) > maxApart {
		return sum
	}
	var best func(i int, taken providerSet) effort.Micro
	best = func(i int, taken providerSet) effort.Micro {
		if i == len(sets) {
			return 0
		}
		most := best(i+1, taken)
		if s := sets[i]; s&taken == 0 {
			most = max(most, values[s]+best(i+1, taken|s))
		}
		return most
	}
	return best(0, 0)
}

// A headcount counts accounts, those put together once, in a way that can be
// added and taken away.
type headcount struct {
	accounts, named int
	known           [maxProviders]int // by provider
}

func (h *headcount) add(c *contributor) {
	h.accounts++
	if c.named {
		h.named++
	}
	for set := c.known; set != 0; set &= set - 1 {
		h.known[bits.TrailingZeros64(uint64(set))]++
	}
}

// plus returns the sum, or with a sign of -1 the difference.
func (h headcount) plus(o *headcount, sign int) headcount {
	h.accounts += sign * o.accounts
	h.named += sign * o.named
	for i, n := range o.known {
		h.known[i] += sign * n
	}
	return h
}

// people returns how many people there are at least.
func (h *headcount) people() int {
	n := max(h.named, 1)
	for _, known := range h.known {
		n = max(n, known)
	}
	return min(n, h.accounts)
}

// accountsFor returns how many accounts there must be for privacy.k_people people
// to be certain, where so many are there.
func (e *Engine) accountsFor(h headcount) int {
	return e.declared.Privacy.KPeople + h.accounts - h.people()
}

// held is how many touches and logs of an identity come from a provider.
type held struct {
	provider uint8
	n        int32
}

// hold counts a touch or log in, or with a sign of -1 out.
func (a *actor) hold(provider uint8, sign int) {
	i := slices.IndexFunc(a.held, func(h held) bool { return h.provider == provider })
	if i < 0 {
		i = len(a.held)
		a.held = append(a.held, held{provider: provider})
	}
	a.held[i].n += int32(sign)
}

// at returns the providers that an identity worked at.
func (a *actor) at() (set providerSet) {
	for _, h := range a.held {
		if h.n > 0 {
			set |= providerOf(h.provider)
		}
	}
	return set
}

// works reports whether an identity has touches or logs.
func (a *actor) works() bool {
	return slices.ContainsFunc(a.held, func(h held) bool { return h.n > 0 })
}

// contributor returns a person without a sum.
func (e *Engine) contributor(person uint32) contributor {
	return contributor{named: int(person) < e.people.named, known: e.knownTo(person)}
}

// knownTo returns the providers that know a person: those that tell of an
// account, and of an identity of which none does (an address in commits) those
// of the events.
func (e *Engine) knownTo(person uint32) providerSet {
	set := e.people.list[person].known
	if int(person) >= len(e.lines) {
		return set
	}
	for _, n := range e.lines[person].actors {
		if a := &e.actors[n]; e.people.known[a.key] == 0 {
			set |= a.at()
		}
	}
	return set
}

// reporter returns who checked in at an item, besides what others of their
// identities are known to.
func (e *Engine) reporter(actor string, item uint32, known providerSet) contributor {
	var who contributor
	if no, ok := e.people.byActor[actor]; ok {
		who = e.contributor(no)
	}
	at := e.people.known[actor]
	if at == 0 {
		at = providerOf(e.origins[item])
	}
	who.known |= known | at
	return who
}
