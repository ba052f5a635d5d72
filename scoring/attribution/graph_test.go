package attribution

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// A story is a set of items written one a line: a name, which is its ID and
// gives its kind by the first letter (T ticket, P change, C commit, D thread),
// and then in any order keys (=key), links (kind>key), labels (#label), the
// way it is gone (!gone) and its source (@source).
func story(t testing.TB, g *Graph, text string) map[string]uint64 {
	t.Helper()
	numbers := make(map[string]uint64)
	for line := range strings.Lines(text) {
		name, item := parseItem(t, line)
		if name == "" {
			continue
		}
		if numbers[name] == 0 {
			numbers[name] = uint64(len(numbers) + 1)
		}
		g.Set(numbers[name], &item)
	}
	g.Resolve()
	return numbers
}

func parseItem(t testing.TB, line string) (string, store.Item) {
	t.Helper()
	fields := strings.Fields(line)
	if len(fields) == 0 {
		return "", store.Item{}
	}
	name := fields[0]
	item := store.Item{Source: "hub", ID: name, Attrs: make(map[string][]string)}
	item.Kind = map[byte]store.Kind{'T': store.KindTicket, 'P': store.KindChange, 'C': store.KindCommit,
		'D': store.KindDiscussion}[name[0]]
	for _, f := range fields[1:] {
		switch kind, key, link := strings.Cut(f, ">"); {
		case link:
			item.Links = append(item.Links, store.Link{Kind: store.LinkKind(kind), Key: key})
		case f[0] == '=':
			item.Keys = append(item.Keys, f[1:])
		case f[0] == '#':
			item.Attrs["label"] = append(item.Attrs["label"], f[1:])
		case f[0] == '!':
			item.Gone = store.Gone(f[1:])
		case f[0] == '@':
			item.Source = f[1:]
		case f[0] == '+':
			created, err := time.Parse(time.DateOnly, f[1:])
			if err != nil {
				t.Fatal(err)
			}
			item.Created = created
		default:
			t.Fatalf("what is %q?", f)
		}
	}
	return name, item
}

func show(a Attribution, set *objective.Set) string {
	s := a.Bucket.String()
	var ids []string
	for _, share := range a.Shares {
		ids = append(ids, set.Objectives[share.Objective].ID)
	}
	if ids != nil {
		s = strings.Join(ids, "+")
	}
	return s + " " + a.Method.String()
}

func TestCascade(t *testing.T) {
	for _, tt := range []struct {
		name, story string
		want        string // of the items named, in order
	}{
		{"nothing matches", `P1 =a/b#1`, "P1: unknown none"},
		{"an own key", `T1 =EPIC-1`, "T1: o1 explicit"},
		{"an own key in another case", `T1 =epic-1`, "T1: o1 explicit"},
		{"an older key", `T1 =NEW-9 =EPIC-1`, "T1: o1 explicit"},
		{"a key of two objectives", `T1 =EPIC-3`, "T1: o2+o3 explicit"},
		{"implements a key that is not stored", `P1 implements>EPIC-1`, "P1: o1 explicit"},
		{"closes a key that is not stored", `P1 closes>epic-1`, "P1: o1 explicit"},
		{"names an objective", `P1 implements>objective:o2`, "P1: o2 explicit"},
		{"names no objective", `P1 implements>objective:o9`, "P1: unknown none"},
		{"a parent that is not stored", `T1 =PAY-1 parent>EPIC-1`, "T1: o1 inherited"},
		{"a thread about a key that is not stored", `D1 discusses>EPIC-1`, "D1: o1 inherited"},
		{"a mention is too weak", `P1 mentions>EPIC-1`, "P1: unknown none"},
		{"relates is too weak", `T1 relates>EPIC-1`, "T1: unknown none"},
		{"blocks attributes nothing", `T1 blocks>EPIC-1`, "T1: unknown none"},

		{"a change inherits what its ticket has from its epic",
			`P1 closes>PAY-1
			 T1 =PAY-1 parent>EPIC-1
			 T2 =EPIC-1`, "P1: o1 inherited; T1: o1 inherited; T2: o1 explicit"},
		{"a ticket that a rule attributes",
			`P1 implements>PAY-1 #b
			 T1 =PAY-1 #a`, "P1: o1+o3 inherited; T1: o1+o3 rule"},
		{"two tickets share equally",
			`P1 implements>PAY-1 implements>PAY-2
			 T1 =PAY-1 parent>EPIC-1
			 T2 =PAY-2 parent>EPIC-2`, "P1: o1+o2 inherited"},
		{"the same objective twice counts once",
			`P1 implements>PAY-1 implements>PAY-2 implements>PAY-3
			 T1 =PAY-1 parent>EPIC-1
			 T2 =PAY-2 parent>EPIC-1
			 T3 =PAY-3 parent>EPIC-2`, "P1: o1+o2 inherited"},
		{"the stronger path wins",
			`D1 discusses>PAY-1 parent>PAY-2
			 T1 =PAY-1 parent>EPIC-1
			 T2 =PAY-2 parent>EPIC-2`, "D1: o2 inherited"},
		{"two weak links are too weak together",
			`D1 discusses>chan/2
			 D2 =chan/2 discusses>PAY-1
			 T1 =PAY-1 parent>EPIC-1`, "D1: unknown none; D2: o1 inherited"},
		{"an objective outranks a bucket",
			`P1 implements>PAY-1 implements>PAY-2
			 T1 =PAY-1 #run
			 T2 =PAY-2 parent>EPIC-2`, "P1: o2 inherited"},
		{"run work outranks what is excluded",
			`P1 implements>PAY-1 implements>PAY-2
			 T1 =PAY-1 #run
			 T2 =PAY-2 #no`, "P1: run_work inherited"},
		{"a stronger bucket outranks a weaker objective",
			`D1 discusses>PAY-1 parent>PAY-2
			 T1 =PAY-1 parent>EPIC-1
			 T2 =PAY-2 #no`, "D1: excluded inherited"},
		{"unknown is not inherited",
			`P1 implements>PAY-1 #a
			 T1 =PAY-1`, "P1: o1+o3 rule"},

		{"explicit before inherited",
			`P1 implements>EPIC-1 implements>PAY-2
			 T2 =PAY-2 parent>EPIC-2`, "P1: o1 explicit"},
		{"inherited before rule", `P1 #b parent>EPIC-1`, "P1: o1 inherited"},
		{"rule for several objectives", `P1 #a #b`, "P1: o1+o2+o3 rule"},
		{"run work before objectives", `P1 #a #run`, "P1: run_work rule"},
		{"non-goals before run work", `P1 #a #run #no`, "P1: excluded rule"},
		{"an objective's own exclusion", `P1 #b #x`, "P1: excluded rule"},
		{"excluded by one, matched by another", `P1 #a #x`, "P1: o1+o3 rule"},
		{"excluded by an objective that does not match", `P1 #x`, "P1: excluded rule"},
		{"explicit before non-goals", `P1 #no implements>EPIC-1`, "P1: o1 explicit"},

		{"an unknown project is no project", `P1 implements>UTF-8 #b`, "P1: o2 rule"},
		{"a ticket key leads only to tickets",
			`P1 implements>PAY-1
			 P2 =PAY-1 #a`, "P1: unknown none"},
		{"a number of another repository",
			`P1 =a/b#1 closes>a/c#12
			 T1 =a/b#12 parent>EPIC-1
			 T2 =a/c#12 parent>EPIC-2`, "P1: o2 inherited"},
		{"owner and repository in another case",
			`P1 closes>Acme/API#12
			 T1 =acme/api#12 parent>EPIC-1`, "P1: o1 inherited"},
		{"closing words of an unmerged change", `P1 closes>a/b#2
			 T1 =a/b#2 #a`, "P1: o1+o3 inherited"},

		{"what is deleted attributes nothing",
			`P1 implements>PAY-1
			 T1 =PAY-1 parent>EPIC-1 !deleted`, "P1: unknown none; T1: gone none"},
		{"out of sight", `P1 implements>EPIC-1 !lost_access`, "P1: gone none"},
		{"a commit that a force-push removed", `C1 =a/b@c #a !not_on_default_branch`, "C1: gone none"},
		{"an objective's key outlives its ticket",
			`T1 =PAY-1 parent>EPIC-1
			 T2 =EPIC-1 !lost_access`, "T1: o1 inherited; T2: gone none"},
		{"what moved works on under its keys",
			`P1 implements>PAY-1
			 T1 =NEW-1 =PAY-1 parent>EPIC-1 !moved`, "P1: o1 inherited; T1: o1 inherited"},
		{"what moved gives way to where it is now",
			`P1 implements>PAY-1
			 T1 =NEW-1 =PAY-1 #a !moved
			 T2 =NEW-1 #b`, "P1: o2 inherited; T1: o2 rule; T2: o2 rule"},

		{"an override", `P1 =a/b#1 implements>EPIC-1`, "P1: o1 explicit"},
		{"an override outranks explicit", `T1 =OVER-1 =EPIC-1`, "T1: o3 override"},
		{"an override to a bucket is inherited", `T1 =OVER-2 =EPIC-1
			P1 implements>OVER-2`, "T1: run_work override; P1: run_work inherited"},
		{"an override to unknown ends the cascade", `T1 =over-3 =EPIC-1
			P1 implements>OVER-3 #a`, "T1: unknown override; P1: o1+o3 rule"},
		{"a bad override has no effect", `T1 =OVER-4 =EPIC-1`, "T1: o1 explicit"},
		{"the newest of two overrides", `T1 =OVER-1 =OVER-5`, "T1: excluded override"},

		{"two that inherit from each other",
			`T1 =PAY-1 parent>PAY-2
			 T2 =PAY-2 parent>PAY-1`, "T1: unknown none; T2: unknown none"},
		{"a circle takes what comes from outside",
			`T1 =PAY-1 parent>PAY-2 #b
			 T2 =PAY-2 parent>PAY-3
			 T3 =PAY-3 parent>PAY-1 parent>EPIC-1`, "T1: o1 inherited; T2: o1 inherited; T3: o1 inherited"},
		{"a circle without keeps its own rules",
			`T1 =PAY-1 parent>PAY-2 #b
			 T2 =PAY-2 parent>PAY-1 #run
			 T3 =PAY-3 parent>PAY-1
			 T4 =PAY-4 parent>PAY-5
			 T5 =PAY-5 parent>PAY-4 #a`,
			"T1: o2 rule; T2: run_work rule; T3: o2 inherited; T4: o1+o3 inherited; T5: o1+o3 rule"},
		{"a circle shares what it gets from two sides",
			`T1 =PAY-1 parent>PAY-2 parent>EPIC-1
			 T2 =PAY-2 parent>PAY-1 parent>EPIC-2`, "T1: o1+o2 inherited; T2: o1+o2 inherited"},
		{"a link to itself", `T1 =PAY-1 parent>PAY-1 #b`, "T1: o2 rule"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rules := world(t)
			at := func(day int) time.Time { return time.Unix(int64(day)*86400, 0) }
			g := NewGraph(rules, []store.Override{
				{Key: "OVER-1", To: "o3", At: at(1)}, {Key: "OVER-2", To: "run_work", At: at(1)},
				{Key: "OVER-3", To: "unknown", At: at(1)}, {Key: "OVER-4", To: "o9", At: at(1)},
				{Key: "OVER-5", To: "excluded", At: at(2)},
			}, Options{})
			numbers := story(t, g, tt.story)
			for part := range strings.SplitSeq(tt.want, "; ") {
				name, want, _ := strings.Cut(part, ": ")
				if got := show(g.Of(numbers[name]), rules.Set()); got != want {
					t.Errorf("%s: %s, want %s", name, got, want)
				}
			}
		})
	}
}

func TestWork(t *testing.T) {
	for _, tt := range []struct{ name, story, want string }{
		{"a change, its commits and the squash of them",
			`P1 =a/b#7 contains>a/b@1 contains>a/b@2
			 C1 =a/b@1
			 C2 =a/b@2
			 C3 =a/b@3 part_of>a/b#7`, "C1=P1 C2=P1 C3=P1 P1=P1"},
		{"the same change after a rebase",
			`P1 =a/b#7 contains>a/b@1 contains>a/b@2
			 C1 =a/b@1 !not_on_default_branch
			 C4 =a/b@4 part_of>a/b#7
			 C5 =a/b@5 part_of>A/B#7`, "C1=P1 C4=P1 C5=P1"},
		{"a commit seen by two sources",
			`C1 @hub =a/b@1
			 C2 @git =a/b@1`, "C1=C2 C2=C2"},
		{"a copy follows the change too",
			`P1 =a/b#7 contains>a/b@1
			 C1 @hub =a/b@1
			 C2 @git =a/b@1 =mirror@1
			 C3 @old =mirror@1`, "C1=P1 C2=P1 C3=P1"},
		{"a change seen as a ticket", `T1 @git =a/b#7
			P1 =a/b#7`, "T1=P1 P1=P1"},
		{"the commit's word before the change's",
			`P1 =a/b#7 contains>a/b@1 +2026-01-01
			 P2 =a/b#8 +2026-01-02
			 C1 =a/b@1 part_of>a/b#8`, "C1=P2"},
		{"a release carries nothing again",
			`P1 =a/b#9 contains>a/b@1 +2026-01-02
			 P2 =a/b#8 contains>a/b@1 +2026-01-01
			 C1 =a/b@1`, "C1=P2 P1=P1"},
		{"a change that is not stored", `C1 =a/b@1 part_of>a/b#7`, "C1=C1"},
		{"a change that is gone",
			`P1 =a/b#7 contains>a/b@1 !deleted
			 C1 =a/b@1 part_of>a/b#7`, "C1=C1"},
		{"what is there before what moved", `T1 =N-1 =P-1 !moved
			T2 =N-1`, "T1=T2 T2=T2"},
		{"a change is not carried", `P1 =a/b#7 contains>a/b#8
			P2 =a/b#8`, "P2=P2"},
		{"keys that differ in more than case", `C1 =a/b@1
			C2 =a/c@1`, "C1=C1 C2=C2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := NewGraph(world(t), nil, Options{})
			numbers := story(t, g, tt.story)
			for part := range strings.FieldsSeq(tt.want) {
				name, want, _ := strings.Cut(part, "=")
				if got := g.Work(numbers[name]); got != numbers[want] {
					t.Errorf("%s is part of %d, want %s (%d)", name, got, want, numbers[want])
				}
			}
		})
	}
}

func TestWorkIsAttributedAsOne(t *testing.T) {
	for _, tt := range []struct{ name, story, want string }{
		{"the change speaks for its commits",
			`P1 =a/b#7 contains>a/b@1 implements>EPIC-1
			 C1 =a/b@1 implements>EPIC-2`, "o1 explicit"},
		{"the commits speak where the change is silent",
			`P1 =a/b#7 contains>a/b@1 #a
			 C1 =a/b@1 implements>EPIC-2`, "o2 explicit"},
		{"links of the change before those of its commits",
			`P1 =a/b#7 contains>a/b@1 discusses>EPIC-1
			 C1 =a/b@1 parent>EPIC-2`, "o1 inherited"},
		{"links of the commits before the change's rule",
			`P1 =a/b#7 contains>a/b@1 #a
			 C1 =a/b@1 parent>EPIC-2`, "o2 inherited"},
		{"the change's rule before those of its commits",
			`P1 =a/b#7 contains>a/b@1 #b
			 C1 =a/b@1 #no`, "o2 rule"},
		{"rules of the commits", `P1 =a/b#7 contains>a/b@1 contains>a/b@2
			 C1 =a/b@1 #no
			 C2 =a/b@2 #b`, "o2 rule"},
		{"rules of two copies", `C1 @git =a/b@1 #b
			 C2 @hub =a/b@1 #x`, "excluded rule"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rules := world(t)
			g := NewGraph(rules, nil, Options{})
			for name, no := range story(t, g, tt.story) {
				if got := show(g.Of(no), rules.Set()); got != tt.want {
					t.Errorf("%s: %s, want %s", name, got, tt.want)
				}
			}
		})
	}
}

func TestSharesAddUp(t *testing.T) {
	for n := 1; n <= 50; n++ {
		var list []int32
		for i := range n {
			list = append(list, int32(i))
		}
		sum := int64(0)
		for i, s := range equalShares(list) {
			sum += s.Micro
			if s.Micro < Whole/int64(n) || s.Micro > Whole/int64(n)+1 || s.Objective != i {
				t.Errorf("%d objectives: share %+v", n, s)
			}
		}
		if sum != Whole {
			t.Errorf("%d objectives: shares add up to %d", n, sum)
		}
	}
	if got := equalShares([]int32{2, 5, 7}); !reflect.DeepEqual(got, []Share{{2, 333334}, {5, 333333}, {7, 333333}}) {
		t.Errorf("thirds: %v", got)
	}
}
