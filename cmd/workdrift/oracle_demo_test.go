package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/demo"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// TestDemoOracle works the demo's numbers out by hand: it asks the three
// servers as any client would, with plain requests, and has the oracle say what
// the answers come to. The report must be equal to the micro-person-day.
func TestDemoOracle(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	org, d, cfg := newDemo(t, nil)
	report := pollAndScore(t, d)
	w := report.Window("28d")
	from, until := date(w.From), date(w.Until)
	h := &hand{t: t, org: org, since: from.monday() - 2, tickets: map[string]*piece{}, logins: map[string]string{}}
	h.plan(cfg)
	h.readSlackPeople()
	h.readJira()
	h.readGitHub()
	h.readSlack()
	entries, _ := h.truth.entries()
	want := h.truth.sum(entries, everybody, from, until)
	c := &comparison{t: t}
	c.scope("28d", w.Org, want)
	for _, bucket := range []string{"objective", onRun, onExcluded, onStopped, onUnknown} {
		if want.bucket[bucket] == 0 {
			t.Errorf("nothing is %s, so the comparison shows little", bucket)
		}
	}
	t.Logf("%d figures from %d answers: %d deeds, %d logs, %.6f person-days", c.figures, h.asked, len(h.truth.deeds), len(h.truth.logs), float64(want.total)/1e6)
}

// A hand works the demo's numbers out.
type hand struct {
	t       *testing.T
	org     *demo.Organisation
	since   date // what happened earlier does not matter
	truth   ledger
	set     objective.Set
	tickets map[string]*piece // by key
	logins  map[string]string // by full name
	asked   int
}

// ask sends a request and decodes the answer.
func (h *hand) ask(address string, into any) {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+demo.Token)
	if strings.HasPrefix(address, h.org.Jira()) {
		req.SetBasicAuth("workdrift@harbourline.example", demo.Token)
	}
	res, err := client.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(into); err != nil || res.StatusCode != http.StatusOK {
		h.t.Fatalf("%s: %d, %v", address, res.StatusCode, err)
	}
	h.asked++
}

// plan takes over what is declared.
func (h *hand) plan(cfg *config.Config) {
	h.set = cfg.Declared(nil, nil).Set
	h.truth = ledger{souls: map[string]*soul{}, grace: date(h.set.Grace), top: h.set.TopN, org: time.UTC}
	for _, o := range h.set.Objectives {
		p := plan{id: o.ID, ranks: map[date]int{0: o.Versions[len(o.Versions)-1].Rank}}
		if last := o.Versions[len(o.Versions)-1]; last.State == objective.Retired {
			p.retired = date(last.From)
		}
		h.truth.plans = append(h.truth.plans, p)
		for _, k := range o.Keys {
			h.tickets[k] = &piece{source: "jira", stands: o.ID}
		}
	}
}

// rules says what labels, files, a repository and a machine give something.
func (h *hand) rules(labels, files []string, repo string, machine bool) string {
	has := func(list ...string) bool {
		return slices.ContainsFunc(list, func(l string) bool { return slices.Contains(labels, l) })
	}
	switch {
	case has(fake.LabelNonGoal):
		return onExcluded
	case machine || has(fake.LabelIncident, fake.LabelOnCall, fake.LabelBump):
		return onRun
	}
	values := map[string][]string{store.AttrLabel: labels, store.AttrPath: files, store.AttrRepo: {repo}}
	var of []string
	for _, o := range h.set.Objectives {
		for _, r := range o.Match.Any {
			for _, p := range r.Like {
				below := strings.TrimSuffix(p.Text, "**")
				if slices.ContainsFunc(values[r.Attr], func(v string) bool { return v == p.Text || below != p.Text && strings.HasPrefix(v, below) }) {
					of = append(of, o.ID)
				}
			}
		}
	}
	slices.Sort(of)
	return strings.Join(slices.Compact(of), " ")
}

// is makes an identity one of a person, who goes by the login.
func (h *hand) is(identity, login string) {
	key := "github:" + login
	if h.truth.souls[key] == nil {
		h.truth.souls[key] = &soul{key: login, fte: 1_000_000}
	}
	h.truth.souls[identity] = h.truth.souls[key]
}

func (h *hand) readSlackPeople() {
	var answer struct {
		Members []struct {
			ID, Name, TZ string
			Real         string `json:"real_name"`
			Bot          bool   `json:"is_bot"`
		}
	}
	h.ask(h.org.Slack()+"/api/users.list?limit=200", &answer)
	for _, m := range answer.Members {
		if m.Bot || m.ID == fake.Slackbot {
			continue
		}
		h.logins[m.Real] = m.Name
		h.is("slack:"+m.ID, m.Name)
		h.is("email:"+m.Name+"@harbourline.example", m.Name)
		h.truth.souls["slack:"+m.ID].zone = mustZone(m.TZ)
	}
}

type jiraPerson struct {
	ID   string `json:"accountId"`
	Name string `json:"displayName"`
	Type string `json:"accountType"`
}

type jiraStamp struct{ time.Time }

func (s *jiraStamp) UnmarshalJSON(raw []byte) (err error) {
	s.Time, err = time.Parse(`"2006-01-02T15:04:05.000-0700"`, string(raw))
	return err
}

type jiraIssueRead struct {
	ID, Key string
	Fields  struct {
		Labels  []string
		Creator jiraPerson
		Created jiraStamp
		Parent  *struct{ Key string }
		Comment struct {
			Comments []struct {
				Author  jiraPerson
				Created jiraStamp
			}
		}
		Worklog struct {
			Worklogs []struct {
				Author  jiraPerson
				Started jiraStamp
				Seconds int64 `json:"timeSpentSeconds"`
			}
		}
	}
}

func (h *hand) readJira() {
	var all []jiraIssueRead
	for token := ""; ; {
		var page struct {
			Issues []jiraIssueRead
			Next   string `json:"nextPageToken"`
		}
		q := url.Values{"jql": {"project in (PLAT, PAY, GROW, APP, OPS) order by id"}, "fields": {"*all"}, "maxResults": {"100"}}
		if token != "" {
			q.Set("nextPageToken", token)
		}
		h.ask(h.org.Jira()+"/rest/api/3/search/jql?"+q.Encode(), &page)
		all = append(all, page.Issues...)
		if token = page.Next; token == "" {
			break
		}
	}
	for _, is := range all {
		p := h.tickets[is.Key]
		if p == nil {
			p = &piece{source: "jira"}
			h.tickets[is.Key] = p
		}
		p.id, p.rule = "issue/"+is.ID, h.rules(is.Fields.Labels, nil, "", false)
	}
	for i := range all {
		f, p := &all[i].Fields, h.tickets[all[i].Key]
		if f.Parent != nil {
			p.leads = append(p.leads, lead{to: h.tickets[f.Parent.Key], percent: 100})
		}
		h.did(h.account(f.Creator), f.Created.Time, p, ticketed)
		for _, c := range f.Comment.Comments {
			h.did(h.account(c.Author), c.Created.Time, p, ticketed)
		}
		for _, w := range f.Worklog.Worklogs {
			h.truth.log(h.account(w.Author), w.Started.Time, p, time.Duration(w.Seconds)*time.Second)
		}
	}
}

// account is whose account it is, "" for that of a machine.
func (h *hand) account(p jiraPerson) string {
	if p.Type == "app" {
		return ""
	}
	h.is("jira:"+p.ID, h.logins[p.Name])
	return "jira:" + p.ID
}

func (h *hand) did(who string, at time.Time, p *piece, how way) {
	if dateOf(at) >= h.since && who != "" {
		h.truth.do(who, at, p, how)
	}
}

var (
	titleKey = regexp.MustCompile(`^(?:Revert ")?\[?([A-Z]+-\d+)[\]:]`)
	fixesKey = regexp.MustCompile(`(?m)^Fixes ([A-Z]+-\d+)$`)
	headKey  = regexp.MustCompile(`^feature/([A-Z]+-\d+)-`)
	trailer  = regexp.MustCompile(`(?m)^Co-authored-by: .*<(.*)>$`)
	browsed  = regexp.MustCompile(`/browse/([A-Z]+-\d+)`)
)

// follows adds what texts refer to.
func (h *hand) follows(p *piece, percent int, found ...[]string) {
	for _, m := range found {
		if m != nil && h.tickets[m[1]] != nil {
			p.leads = append(p.leads, lead{to: h.tickets[m[1]], percent: percent})
		}
	}
}
