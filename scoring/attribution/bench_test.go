package attribution

import (
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// manyRules are 500 objectives with 10 rules each, of every sort.
func manyRules() *objective.Set {
	set := &objective.Set{}
	for o := range 500 {
		rules := []objective.Rule{
			attr("label", exact(fmt.Sprintf("team-%d", o)), exact(fmt.Sprintf("initiative/%d", o))),
			attr("path", glob(fmt.Sprintf("svc/service-%d/**", o))),
			attr("path", glob(fmt.Sprintf("lib/{go,js}/package-%d/*", o)), glob(fmt.Sprintf("**/feature%d/**", o))),
			attr("title", re(fmt.Sprintf(`(?i)\bproject[ -]%d\b`, o))),
			attr("title", re(fmt.Sprintf(`^\[(feat|fix)%d\]`, o))),
			attr("repo", exact(fmt.Sprintf("acme/repo-%d", o*3))),
			attr("milestone", glob(fmt.Sprintf("202[56] Q? release %d*", o))),
			all(attr("kind", exact("change")), attr("repo", glob("acme/**")), attr("label", exact(fmt.Sprintf("area-%d", o)))),
			all(attr("kind", exact("ticket")), attr("project", exact(fmt.Sprintf("P%d", o))),
				not(attr("type", exact("bug"), exact("incident")))),
			all(attr("branch", glob(fmt.Sprintf("feature/f%d-*", o))), some(attr("base", exact("main")), attr("base", exact("master")))),
		}
		set.Objectives = append(set.Objectives, objective.Objective{
			ID: fmt.Sprintf("o%d", o), Keys: []string{fmt.Sprintf("EPIC-%d", o)}, Match: &objective.Rule{Any: rules},
		})
	}
	set.RunWork = []objective.NamedRule{{Name: "incidents", Rule: attr("label", exact("incident"), exact("oncall"))},
		{Name: "dependencies", Rule: attr("bot", exact("renovate"), exact("dependabot"))}}
	set.NonGoals = []objective.NamedRule{{Name: "crypto", Rule: attr("title", re("(?i)blockchain"))}}
	return set
}

// manyItems looks like the history of an organisation: every tenth item is a
// ticket with an epic, four are changes that do a ticket's work, four their
// squash commits, one a thread. Titles are all different, paths mostly.
func manyItems(n int) func(no int) store.Item {
	words := strings.Fields("add remove fix support cache retry token login flaky test for the new api client and " +
		"move docs build release metric panic timeout in of with project feature")
	return func(no int) store.Item {
		r := rand.New(rand.NewPCG(7, uint64(no)))
		var title strings.Builder
		for range 6 + r.IntN(5) {
			title.WriteString(words[r.IntN(len(words))])
			title.WriteByte(' ')
		}
		fmt.Fprintf(&title, "%d", r.IntN(n))
		service := r.IntN(2000)
		repo := fmt.Sprintf("acme/repo-%d", service)
		item := store.Item{
			Source: "hub", ID: fmt.Sprintf("%s/%d", repo, no), Title: title.String(), Status: store.StatusDone,
			Created: time.Unix(1.7e9+int64(no), 0),
			Attrs:   map[string][]string{"repo": {repo}},
		}
		ticket := func() string { return fmt.Sprintf("P%d-%d", r.IntN(600), r.IntN(n/10+1)*10) }
		switch no % 10 {
		case 0:
			project := no / 10 % 600
			item.Kind, item.Keys = store.KindTicket, []string{fmt.Sprintf("P%d-%d", project, no)}
			item.Attrs["project"] = []string{fmt.Sprintf("P%d", project)}
			item.Attrs["type"] = []string{[]string{"bug", "story", "task"}[r.IntN(3)]}
			item.Links = []store.Link{{Kind: store.LinkParent, Key: fmt.Sprintf("EPIC-%d", r.IntN(1000))}}
		case 1, 2, 3, 4:
			item.Kind, item.Keys = store.KindChange, []string{fmt.Sprintf("acme/r#%d", no)}
			project := r.IntN(600)
			item.Links = []store.Link{
				{Kind: store.LinkImplements, Key: fmt.Sprintf("P%d-%d", project, (project+600*r.IntN(n/6000+1))*10)},
				{Kind: store.LinkMentions, Key: ticket()},
				{Kind: store.LinkContains, Key: fmt.Sprintf("acme/r@%040x", no+4)},
			}
			item.Attrs["label"] = []string{fmt.Sprintf("area-%d", r.IntN(5000)), "reviewed"}
			item.Attrs["branch"], item.Attrs["base"] = []string{fmt.Sprintf("feature/f%d-x", r.IntN(9000))}, []string{"main"}
		case 5, 6, 7, 8:
			item.Kind, item.Keys = store.KindCommit, []string{fmt.Sprintf("acme/r@%040x", no)}
			item.Links = []store.Link{{Kind: store.LinkPartOf, Key: fmt.Sprintf("acme/r#%d", no-4)}}
			for range 1 + r.IntN(4) {
				item.Attrs["path"] = append(item.Attrs["path"],
					fmt.Sprintf("svc/service-%d/%s/file%d.go", service, words[r.IntN(len(words))], r.IntN(30)))
			}
		default:
			item.Kind, item.Keys = store.KindDiscussion, []string{fmt.Sprintf("C%d/%d", service, no)}
			item.Links = []store.Link{{Kind: store.LinkDiscusses, Key: fmt.Sprintf("acme/r#%d", no-r.IntN(8))}}
			item.Attrs["channel"] = []string{fmt.Sprintf("c%d", service)}
		}
		return item
	}
}

// BenchmarkMatch applies 5,000 rules to items; the floor hashes each of their
// attribute values once and does nothing else.
func BenchmarkMatch(b *testing.B) {
	rules := compile(b, *manyRules())
	make := manyItems(1_000_000)
	var items []store.Item
	for i := range 200_000 {
		items = append(items, make(i+1))
	}
	b.Run("rules", func(b *testing.B) {
		m := rules.Matcher()
		matched, start := 0, cpu(b)
		for i := 0; b.Loop(); i++ {
			matched += len(m.Match(&items[i%len(items)]).Objectives)
		}
		b.ReportMetric(float64(cpu(b)-start)/float64(b.N), "cpu-ns/op")
		b.ReportMetric(float64(matched)/float64(b.N), "objectives/op")
	})
	b.Run("floor", func(b *testing.B) {
		var h maphash.Hash
		sum, start := uint64(0), cpu(b)
		for i := 0; b.Loop(); i++ {
			item := &items[i%len(items)]
			h.Reset()
			h.WriteString(item.Title)
			h.WriteString(item.Source)
			h.WriteString(string(item.Kind))
			sum += h.Sum64()
			for _, values := range item.Attrs {
				for _, v := range values {
					h.Reset()
					h.WriteString(v)
					sum += h.Sum64()
				}
			}
		}
		b.ReportMetric(float64(cpu(b)-start)/float64(b.N), "cpu-ns/op")
		if sum == 0 {
			b.Error("nothing hashed")
		}
	})
}

// cpu returns the processor time of this process: on a machine that others
// use too the wall time says little.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func heapInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkBuild fills a graph from nothing.
func BenchmarkBuild(b *testing.B) {
	rules := compile(b, *manyRules())
	for _, n := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			make := manyItems(n)
			var batch [10_000]store.Item
			for b.Loop() {
				b.StopTimer()
				before := heapInUse()
				b.StartTimer()
				g := NewGraph(rules, nil, Options{})
				var setting time.Duration
				for first := 1; first <= n; first += len(batch) {
					b.StopTimer()
					for i := range batch {
						batch[i] = make(first + i)
					}
					b.StartTimer()
					start := cpu(b)
					for i := range batch {
						g.Set(uint64(first+i), &batch[i])
					}
					setting += cpu(b) - start
				}
				start := cpu(b)
				changed := g.Resolve()
				resolving := cpu(b) - start
				b.StopTimer()
				clear(batch[:])
				index := len(g.holders.single) + len(g.linkers.single)
				b.ReportMetric(float64(heapInUse()-before)/float64(n), "B/item")
				b.ReportMetric(float64(index)/float64(n), "index-entries/item")
				b.ReportMetric(setting.Seconds(), "cpu-s/set")
				b.ReportMetric(resolving.Seconds(), "cpu-s/resolve")
				if len(changed) != n {
					b.Errorf("%d of %d changed", len(changed), n)
				}
				runtime.KeepAlive(g)
				b.StartTimer()
			}
		})
	}
}

// BenchmarkIncremental changes 1,000 items of many.
func BenchmarkIncremental(b *testing.B) {
	rules := compile(b, *manyRules())
	for _, n := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			g, make := NewGraph(rules, nil, Options{}), manyItems(n)
			for no := 1; no <= n; no++ {
				item := make(no)
				g.Set(uint64(no), &item)
			}
			g.Resolve()
			var items [2][]store.Item
			for i := range 1000 {
				no := 1 + i*(n/1000)
				item := make(no)
				items[0] = append(items[0], item)
				item.Links = []store.Link{{Kind: store.LinkImplements, Key: fmt.Sprintf("EPIC-%d", i%500)}}
				items[1] = append(items[1], item)
			}
			changed, start := 0, cpu(b)
			for i := 1; b.Loop(); i++ {
				for j := range items[i%2] {
					g.Set(uint64(1+j*(n/1000)), &items[i%2][j])
				}
				changed += len(g.Resolve())
			}
			b.ReportMetric(float64(cpu(b)-start)/float64(b.N)/1e6, "cpu-ms/op")
			b.ReportMetric(float64(changed)/float64(b.N), "changed/op")
		})
	}
}
