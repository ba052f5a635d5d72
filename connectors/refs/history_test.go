package refs

import (
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/store"
)

const histories = "../../../shared/data/commits"

// needHistories skips where the recorded histories do not lie beside the
// repository.
func needHistories(t testing.TB) {
	t.Helper()
	if _, err := os.Stat(histories); err != nil {
		t.Skipf("the recorded commit histories are not here: %v", err)
	}
}

type recorded struct {
	SHA     string
	Subject string
	Body    string
}

func readHistory(t testing.TB, name string) []recorded {
	t.Helper()
	file, err := os.Open(filepath.Join(histories, name, "commits.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []recorded
	for dec := json.NewDecoder(plain); ; {
		var c recorded
		if err := dec.Decode(&c); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
}

// readTable returns the rows of a tab-separated file by column name.
func readTable(t testing.TB, path string) []map[string]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r := csv.NewReader(file)
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = '\t', true, -1
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, rec := range records[1:] {
		row := map[string]string{}
		for i, name := range records[0] {
			if i < len(rec) {
				row[name] = rec[i]
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func keysOf(links []store.Link, kind store.LinkKind, prefix string) map[string]bool {
	keys := map[string]bool{}
	for _, l := range links {
		if l.Kind == kind && strings.HasPrefix(l.Key, prefix) {
			keys[l.Key] = true
		}
	}
	return keys
}

func split(list string) map[string]bool {
	set := map[string]bool{}
	for key := range strings.SplitSeq(list, ",") {
		if key = strings.TrimSpace(key); key != "" {
			set[key] = true
		}
	}
	return set
}

// A score counts decisions against the truth.
type score struct{ right, wrong, missed int }

func (s *score) count(t *testing.T, what string, c recorded, got, want map[string]bool, show bool) {
	for key := range got {
		if want[key] {
			s.right++
			continue
		}
		s.wrong++
		if show {
			t.Logf("%s: %s not in the truth: %.12s %s", what, key, c.SHA, c.Subject)
		}
	}
	for key := range want {
		if !got[key] {
			s.missed++
			if show {
				t.Logf("%s: %s missed: %.12s %s", what, key, c.SHA, c.Subject)
			}
		}
	}
}

func (s score) precision() float64 { return ratio(s.right, s.right+s.wrong) }
func (s score) recall() float64    { return ratio(s.right, s.right+s.missed) }

func ratio(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

// TestHistories holds what the package finds against the truth of real
// histories: own keys, own pull requests, closed issues.
func TestHistories(t *testing.T) {
	needHistories(t)
	for _, h := range []struct{ name, repo, project string }{
		{"kafka", "apache/kafka", "KAFKA-"},
		{"calcite", "apache/calcite", "CALCITE-"},
		{"nifi", "apache/nifi", "NIFI-"},
		{"angular-cli", "angular/angular-cli", ""},
	} {
		t.Run(h.name, func(t *testing.T) {
			truth := map[string]map[string]string{}
			for _, row := range readTable(t, filepath.Join(histories, h.name, "truth_links.tsv")) {
				truth[row["sha"]] = row
			}
			var own, mentions, prs, fixes score
			ticketed, closing := 0, 0
			commits := readHistory(t, h.name)
			for _, c := range commits {
				row, links := truth[c.SHA], Commit(h.repo, c.Subject, c.Body)
				if h.project != "" {
					got := keysOf(links, store.LinkImplements, h.project)
					if len(got) > 0 {
						ticketed++
					}
					own.count(t, "own key", c, got, split(row["tickets"]), true)
					closed := keysOf(links, store.LinkCloses, h.project)
					closing += len(closed)
					seen := keysOf(links, store.LinkMentions, h.project)
					for key := range closed {
						seen[key] = true
					}
					mentions.count(t, "mention", c, seen, split(row["mentions"]), false)
				}
				pr := map[string]bool{}
				if row["pr"] != "" {
					pr[h.repo+"#"+row["pr"]] = true
				}
				prs.count(t, "own pull request", c, keysOf(links, store.LinkPartOf, ""), pr, false)
				want := map[string]bool{}
				for number := range split(row["fixes"]) {
					want[h.repo+"#"+strings.TrimPrefix(number, "#")] = true
				}
				fixes.count(t, "closes", c, keysOf(links, store.LinkCloses, h.repo+"#"), want, true)
			}
			t.Logf("%d commits, %.1f %% with an own key, %d closing keywords before a key", len(commits), 100*ratio(ticketed, len(commits)), closing)
			for _, s := range []struct {
				what string
				score
				least float64
			}{{"own keys", own, .995}, {"own pull requests", prs, .99}, {"closes", fixes, .99}, {"mentions", mentions, 0}} {
				t.Logf("%-17s precision %.5f recall %.5f (right %d wrong %d missed %d)", s.what, s.precision(), s.recall(), s.right, s.wrong, s.missed)
				if s.precision() < s.least || s.recall() < s.least {
					t.Errorf("%s below %.3f", s.what, s.least)
				}
			}
		})
	}
}
