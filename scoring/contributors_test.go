package scoring

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring/effort"
)

// Whoever is behind the accounts, with one at each provider at most and some of
// them put together: there are at least as many people as are counted, and
// nobody contributed more than is thought possible.
func TestContributorsAreAtLeastSoMany(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all contributors
		var most effort.Micro
		people := rapid.IntRange(1, 6).Draw(t, "people")
		for range people {
			parts := []contributor{{named: rapid.Bool().Draw(t, "configured")}} // the first may be
			for provider := range uint8(4) {
				sum := effort.Micro(rapid.IntRange(0, 100).Draw(t, "sum"))
				into := rapid.IntRange(0, len(parts)).Draw(t, "put together with")
				if sum == 0 {
					continue
				}
				if into == len(parts) {
					parts = append(parts, contributor{})
				}
				parts[into].sum += sum
				parts[into].known |= providerOf(provider)
			}
			var sum effort.Micro
			for _, part := range parts {
				sum += part.sum
				all = all.with(part, part.sum)
			}
			most = max(most, sum)
		}
		if got := all.count(); got > people || (got == 0) != (len(all) == 0) {
			t.Errorf("%d people are counted as %d: %v", people, got, all)
		}
		if got := all.most(); got < most {
			t.Errorf("somebody did %d, more than %d: %v", most, got, all)
		}
	})
}

func TestContributors(t *testing.T) {
	const gh, jira, slack = providerSet(1), providerSet(2), providerSet(4)
	for _, c := range []struct {
		name   string
		list   contributors
		people int
		most   effort.Micro
	}{
		{"nobody", nil, 0, 0},
		{"all configured", contributors{{3, gh, true}, {5, jira, true}, {4, 0, true}}, 3, 5},
		{"all of one tool", contributors{{3, gh, false}, {5, gh, false}, {4, gh, false}}, 3, 5},
		{"one of each tool", contributors{{3, gh, false}, {5, jira, false}, {4, slack, false}}, 1, 12},
		{"put together, all in two tools", contributors{{3, gh | jira, false}, {5, gh | jira, false}}, 2, 5},
		{"put together, or of two tools", contributors{{8, gh | jira, false}, {5, gh, false}, {4, jira, false}}, 2, 9},
		{"configured beside others", contributors{{8, gh, true}, {7, gh, true}, {5, gh, false}, {4, jira, false}}, 3, 17},
		{"known to nobody", contributors{{3, 0, false}, {5, 0, false}}, 1, 8},
	} {
		if people, most := c.list.count(), c.list.most(); people != c.people || most != c.most {
			t.Errorf("%s: %d people, of whom one did %d; want %d and %d", c.name, people, most, c.people, c.most)
		}
	}
	tied := contributors{{4, gh, false}, {4, gh, false}, {2, jira, false}}
	if tied.dominated(.6) || !tied.dominated(.59) {
		t.Error("six of ten are not 60 %")
	}
	// More kinds of accounts than are tried count as one person's.
	var many contributors
	for i := range providerSet(maxApart + 1) {
		many = append(many, contributor{1, gh | 1<<(i+1), false})
	}
	if got := many.most(); got != maxApart+1 {
		t.Errorf("%d of %d", got, maxApart+1)
	}
}

// Sources that are not configured are providers of their own, and beyond those
// that can be told apart nobody is known.
func TestProviders(t *testing.T) {
	p := newProviders(&Declared{Providers: map[string]string{"a": "github", "b": "github", "c": "jira"}})
	if p.of("a") != p.of("b") || p.of("a") == p.of("c") || p.of("d") == p.of("e") || p.of("github") == p.of("a") {
		t.Errorf("numbers are %v", p.number)
	}
	for i := range 2 * maxProviders {
		p.of(string(rune('α' + i)))
	}
	if providerOf(p.of("one more")) != 0 || providerOf(p.of("c")) == 0 {
		t.Errorf("numbers are %v", p.number)
	}
}
