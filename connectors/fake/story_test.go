package fake_test

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
)

const weeks = 26

func tell(t *testing.T, seed uint64) *fake.Story {
	t.Helper()
	s := fake.NewStory(seed, start, weeks)
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return s
}

// part returns the share of some focuses in all person-days, and that of work
// on no objective in all but run work.
func part(s *fake.Story, from, to int, focus ...fake.Focus) (part, shadow float64) {
	all, some, off, run := 0, 0, 0, 0
	for f, n := range s.Days(s.Start().AddDate(0, 0, 7*from), s.Start().AddDate(0, 0, 7*to)) {
		all += n
		switch {
		case slices.Contains(focus, f):
			some += n
		case f == fake.RunWork:
			run += n
		}
		if slices.Contains([]fake.Focus{fake.Unlinked, fake.SideJob, fake.NonGoal, fake.Stopped}, f) {
			off += n
		}
	}
	return float64(some) / float64(all), float64(off) / float64(all-run)
}

func topThree(s *fake.Story) []fake.Focus {
	var top []fake.Focus
	for _, o := range s.Objectives()[:3] {
		top = append(top, fake.Focus(o.ID))
	}
	return top
}

func TestStoryDrifts(t *testing.T) {
	for seed := range uint64(3) {
		s := tell(t, seed)
		top, shadow := part(s, 0, 8, topThree(s)...)
		if top < .67 || top > .75 || shadow > .12 {
			t.Errorf("seed %d: first weeks: top three %.3f, shadow %.3f", seed, top, shadow)
		}
		top, shadow = part(s, weeks-4, weeks, topThree(s)...)
		if top < .33 || top > .41 || shadow < .5 || shadow > .6 {
			t.Errorf("seed %d: last weeks: top three %.3f, shadow %.3f", seed, top, shadow)
		}
		last := 1.0
		for w := 8; w < weeks-3; w += 4 {
			top, _ := part(s, w, w+4, topThree(s)...)
			if top > last+.03 {
				t.Errorf("seed %d: the top three grow from %.3f to %.3f in week %d", seed, last, top, w)
			}
			last = top
		}
	}
}

func TestStoryIsDeterministicInAnySteps(t *testing.T) {
	whole := tell(t, 3)
	steps := fake.NewStory(3, start.Add(30*time.Hour), 1)
	for at := steps.Start(); !at.After(steps.Start().AddDate(0, 0, 7*weeks)); at = at.Add(37 * time.Minute) {
		steps.Next(at)
	}
	steps.Next(steps.Start().AddDate(0, 0, 7*weeks))
	if !reflect.DeepEqual(whole.World().Snapshot(), steps.World().Snapshot()) ||
		!reflect.DeepEqual(whole.Workspace().Snapshot(), steps.Workspace().Snapshot()) ||
		!slices.Equal(whole.Site().Keys(), steps.Site().Keys()) {
		t.Error("small steps tell another story")
	}
	if reflect.DeepEqual(whole.World().Snapshot(), tell(t, 4).World().Snapshot()) {
		t.Error("another seed tells the same story")
	}
	equal(t, "nothing happens twice", steps.Next(steps.Start()), 0)
}

// byName indexes a snapshot.
func byName(w *fake.World) map[string]fake.IssueState {
	all := map[string]fake.IssueState{}
	for _, r := range w.Snapshot() {
		for _, is := range r.Issues {
			all[r.Name+"#"+itoa(is.Number)] = is
		}
	}
	return all
}

func TestStoryHasTheFactsOfItsConfiguration(t *testing.T) {
	s := tell(t, 1)
	tickets := s.Site().Keys()
	people, equalRepos := 0, map[string]bool{}
	for _, team := range s.Teams() {
		people += len(team.Members)
		for _, r := range team.Repos {
			equalRepos[r] = true
		}
	}
	equal(t, "people", people, 24)
	equal(t, "repositories that a team owns", len(equalRepos), 7)
	equal(t, "repositories", len(s.World().Snapshot()), 8)
	for i, o := range s.Objectives() {
		if o.Rank != i+1 || !slices.Contains(tickets, o.Epic) {
			t.Errorf("objective %d is %s, rank %d, by the ticket %s", i+1, o.ID, o.Rank, o.Epic)
		}
		if retired := o.ID == "search-relevance"; retired == o.Retired.IsZero() {
			t.Errorf("%s: retired %s", o.ID, o.Retired)
		}
	}
	if early := fake.NewStory(1, start, 4); !early.Objectives()[5].Retired.IsZero() {
		t.Error("the objective is retired before its week")
	}
}

func TestStoryLooksLikeWork(t *testing.T) {
	s := tell(t, 1)
	n := map[string]int{}
	weekend := 0
	leading := regexp.MustCompile(`^\[?[A-Z]+-\d+\b`)
	for key, is := range byName(s.World()) {
		if !is.Pull {
			n["issues"]++
			continue
		}
		n["pulls"]++
		if d := is.Created.Weekday(); d == time.Saturday || d == time.Sunday {
			weekend++
		}
		for what, is := range map[string]bool{
			"merged": !is.Merged.IsZero(), "dropped": !is.Open && is.Merged.IsZero(),
			"bumps": is.Author == "dependabot[bot]", "reverts": strings.HasPrefix(is.Title, "Revert "), "past the boundary": strings.Contains(is.Title, "loyalty"), "titles": leading.MatchString(is.Title),
			"reviewed": len(is.Reviews) > 0, "assistant": strings.HasPrefix(key, "harbourline/assistant"),
		} {
			if is {
				n[what]++
			}
		}
	}
	for _, key := range s.Site().Keys() {
		project, _, _ := strings.Cut(key, "-")
		n["tickets"]++
		n["tickets of "+project]++
	}
	for _, c := range s.Workspace().Snapshot() {
		for _, m := range c.Messages {
			n["messages"]++
			if m.Thread != "" {
				n["replies"]++
			}
			if c.Name == "check-ins" {
				n["check-ins"]++
			}
			if len(m.Reactions["decision"]) > 0 {
				n["decisions"]++
			}
		}
	}
	for what, least := range map[string]int{
		"pulls": 1000, "tickets": 500, "merged": 900, "bumps": 60, "reverts": 2, "past the boundary": 20, "titles": 300, "reviewed": 900,
		"assistant": 60, "dropped": 5, "tickets of PLAT": 40, "tickets of PAY": 100, "tickets of GROW": 40, "tickets of APP": 20,
		"tickets of OPS": 60, "tickets of STRAT": 1, "messages": 400, "replies": 200, "check-ins": 120, "decisions": 1,
	} {
		if n[what] < least {
			t.Errorf("%d %s, want %d at least", n[what], what, least)
		}
	}
	equal(t, "issues on GitHub", n["issues"], 0)
	equal(t, "pull requests at the weekend", weekend, 0)
	t.Logf("%v", n)
}

func TestStoryCanBeCorrected(t *testing.T) {
	s := tell(t, 1)
	s.CourseCorrected(true)
	s.Next(s.Start().AddDate(0, 0, 7*(weeks+8)))
	top, shadow := part(s, weeks+3, weeks+8, topThree(s)...)
	if top < .65 || shadow > .12 {
		t.Errorf("after the correction: top three %.3f, shadow %.3f", top, shadow)
	}
	s.CourseCorrected(false)
	s.Next(s.Start().AddDate(0, 0, 7*(weeks+16)))
	if top, shadow = part(s, weeks+11, weeks+16, topThree(s)...); top > .45 || shadow < .45 {
		t.Errorf("after the relapse: top three %.3f, shadow %.3f", top, shadow)
	}
	if err := s.Err(); err != nil {
		t.Error(err)
	}
}

func BenchmarkStory(b *testing.B) {
	for b.Loop() {
		fake.NewStory(1, start, weeks)
	}
}

// TestStoryDeclaresOverTime: each plan is known since its day and says what had
// been decided by then, and nothing of later.
func TestStoryDeclaresOverTime(t *testing.T) {
	s := tell(t, 1)
	plans := s.Plans()
	var got []string
	for _, p := range plans {
		line := p.Known.Sub(s.Start()).String()
		for _, o := range p.Objectives[1:3] {
			line += " " + o.ID
		}
		if p.NonGoal {
			line += " non-goal"
		}
		for _, o := range p.Objectives {
			if !o.Reranked.IsZero() {
				line += " reranked"
			}
			if !o.Retired.IsZero() {
				line += " retired"
			}
		}
		got = append(got, line)
	}
	const before, after = " eu-residency self-serve-billing", " self-serve-billing eu-residency"
	equal(t, "plans", strings.Join(got, "; "), strings.Join([]string{
		"-60h0m0s" + before, "1857h0m0s" + before + " non-goal", "2192h0m0s" + after + " non-goal reranked reranked",
		"2601h0m0s" + after + " non-goal reranked reranked retired", "3368h0m0s" + after + " non-goal reranked reranked reranked reranked retired"}, "; "))
	for week, want := range map[int]int{0: 1, 11: 1, 12: 2, 14: 3, 16: 4, 21: 5} {
		if n := len(fake.NewStory(1, start, week).Plans()); n != want {
			t.Errorf("after %d weeks there are %d plans, want %d", week, n, want)
		}
	}
}
