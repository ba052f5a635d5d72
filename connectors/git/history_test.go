package git

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/store"
)

// recorded is where the recorded histories are.
const recorded = "../../../shared/data"

// TestRebuiltHistories reads repositories with the messages and the shape of
// real ones and holds what is found against the data's own table.
func TestRebuiltHistories(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what rebuilds three repositories")
	}
	for _, h := range []struct {
		name, project string
		commits       int
		merges        int
		tickets       float64 // % with an own ticket, from the table of the data
	}{
		{"kafka", "KAFKA-", 3565, 0, 67.1},
		{"calcite", "CALCITE-", 1011, 0, 88.1},
		{"nifi", "NIFI-", 1059, 7, 99.8},
	} {
		t.Run(h.name, func(t *testing.T) {
			needGit(t)
			commits := connectortest.History(t, recorded, h.name)
			stream, replaced := connectortest.FastImport(commits)
			w := importStream(t, bytes.NewReader(stream))
			k := newKept()
			started := time.Now()
			c := k.connector(t, Config{Path: w.path, Repo: "apache/" + h.name, Since: "2020-01-01"})
			k.poll(t, c)
			took := time.Since(started)
			merges, ticketed := 0, 0
			for _, id := range k.order {
				it := k.items[id]
				sha := id[strings.LastIndexByte(id, '/')+1:]
				if _, effort := k.events[id+" commit/"+sha]; !effort {
					merges++
				}
				for _, l := range it.Links {
					if l.Kind == store.LinkImplements && strings.HasPrefix(l.Key, h.project) {
						ticketed++
						break
					}
				}
			}
			share := 100 * float64(ticketed) / float64(len(k.items))
			swaps := disorder(commits, k)
			t.Logf("%d commits (%d merges without own work), %.1f %% with an own ticket, %d pages in %s; %d parents lie before the window; %d of %d commits come in another order",
				len(k.items), merges, share, k.pages, took.Round(time.Millisecond), replaced, swaps, len(commits))
			if len(k.items) != h.commits || len(k.items) != len(commits) || merges != h.merges {
				t.Errorf("%d commits and %d merges, want %d and %d", len(k.items), merges, h.commits, h.merges)
			}
			if diff := share - h.tickets; diff > .1 || diff < -.1 {
				t.Errorf("%.2f %% with an own ticket, want %.1f", share, h.tickets)
			}
			if h.merges == 0 && swaps > 0 {
				t.Errorf("%d commits of a linear history come in another order", swaps)
			}
		})
	}
}

// disorder counts the commits that are not where the data has them.
func disorder(commits []connectortest.Commit, k *kept) int {
	n := 0
	for i, c := range commits {
		if i >= len(k.order) {
			return n + len(commits) - i
		}
		it := k.items[k.order[i]]
		if it.Title != strings.TrimSpace(c.Subject) || !it.Created.Equal(c.AuthorDate) || !it.Updated.Equal(c.CommitDate) {
			n++
		}
	}
	return n
}

// BenchmarkFetch reads a rebuilt history from nothing.
func BenchmarkFetch(b *testing.B) {
	needGit(b)
	stream, _ := connectortest.FastImport(connectortest.History(b, recorded, "kafka"))
	w := importStream(b, bytes.NewReader(stream))
	commits := 0
	b.ReportAllocs()
	for b.Loop() {
		k := newKept()
		k.poll(b, k.connector(b, Config{Path: w.path, Repo: "apache/kafka", Since: "2020-01-01"}))
		commits += len(k.items)
	}
	b.ReportMetric(float64(commits)/b.Elapsed().Seconds(), "commits/s")
}

// BenchmarkFloor is what git itself needs to print the same.
func BenchmarkFloor(b *testing.B) {
	needGit(b)
	stream, _ := connectortest.FastImport(connectortest.History(b, recorded, "kafka"))
	w := importStream(b, bytes.NewReader(stream))
	commits := 0
	for b.Loop() {
		out := w.git("log", "--numstat", "-M", "--format=%x01%H%n%B", "main")
		commits += strings.Count(out, "\x01")
	}
	b.ReportMetric(float64(commits)/b.Elapsed().Seconds(), "commits/s")
}

// BenchmarkIdle polls an unchanged repository.
func BenchmarkIdle(b *testing.B) {
	needGit(b)
	w := initRepo(b)
	w.commit("one", "a", "1")
	k := newKept()
	c := k.connector(b, Config{Path: w.path, Repo: "acme/api"})
	k.poll(b, c)
	for b.Loop() {
		k.poll(b, c)
	}
}
