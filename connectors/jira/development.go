package jira

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

// The answer of the development panel. Its API is internal to Jira and not
// documented, so nothing in it is relied on.
type wirePanel struct {
	Detail []struct {
		Repositories []struct {
			Name    string      `json:"name"`
			URL     string      `json:"url"`
			Commits []devCommit `json:"commits"`
		} `json:"repositories"`
		PullRequests []devPull `json:"pullRequests"`
	} `json:"detail"`
}

type devCommit struct {
	ID      string `json:"id"`
	URL     string `json:"url"`
	At      moment `json:"authorTimestamp"`
	Message string `json:"message"`
	Merge   bool   `json:"merge"`
}

type devPull struct {
	ID     text   `json:"id"`
	Name   string `json:"name"`
	URL    string `json:"url"`
	Status string `json:"status"`
	Update moment `json:"lastUpdate"`
}

// A devRecord is a commit or a pull request that Jira knows to be of an issue.
type devRecord struct {
	kind   store.Kind
	key    string // "acme/api@<sha>", "acme/api#12"
	id     string // hash or number
	repo   string // name of the repository in the panel
	title  string
	url    string
	at     time.Time
	status store.Status
}

// records returns what the panel lists.
func (p *wirePanel) records() []devRecord {
	var out []devRecord
	for _, d := range p.Detail {
		for _, r := range d.Repositories {
			for _, c := range r.Commits {
				path := repoPath(r.URL)
				if path == "" {
					path = repoPath(c.URL)
				}
				title, _, _ := strings.Cut(strings.TrimSpace(c.Message), "\n")
				if path != "" && c.ID != "" {
					out = append(out, devRecord{
						kind: store.KindCommit, key: path + "@" + c.ID, id: c.ID, repo: r.Name,
						title: title, url: c.URL, at: c.At.second(), status: store.StatusDone,
					})
				}
			}
		}
		for _, p := range d.PullRequests {
			number := strings.TrimLeft(string(p.ID), "#!")
			if path := repoPath(p.URL); path != "" && isID(number) {
				out = append(out, devRecord{
					kind: store.KindChange, key: path + "#" + number, id: number, repo: path,
					title: p.Name, url: p.URL, at: p.Update.second(), status: pullStatus(p.Status),
				})
			}
		}
	}
	return out
}

func pullStatus(s string) store.Status {
	switch strings.ToUpper(s) {
	case "MERGED":
		return store.StatusDone
	case "DECLINED", "CLOSED":
		return store.StatusDropped
	}
	return store.StatusDoing
}

// repoPath returns the owner and name of the repository that an address lies
// in, which may be nested in groups.
func repoPath(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	for i, p := range parts {
		if slices.Contains([]string{"-", "commit", "commits", "pull", "pulls", "pull-requests", "merge_requests", "tree", "blob"}, p) {
			parts = parts[:i]
			break
		}
	}
	if len(parts) < 2 || slices.Contains(parts, "") {
		return ""
	}
	return strings.Join(parts, "/")
}

// development makes an item of every commit and pull request in the panel,
// which implements the issue. It shares its key with what the source of the
// code tells, so both are one piece of work; each issue has its own, because
// one commit may implement several.
func (n *normaliser) development(is *issue) {
	made := map[string]bool{}
	for _, d := range is.dev {
		id := "dev-" + is.id + "/" + d.key
		if made[id] {
			continue
		}
		made[id] = true
		at := d.at
		if at.IsZero() {
			at = is.created.UTC().Truncate(time.Second)
		}
		n.out.Items = append(n.out.Items, store.Item{
			Source: n.source, ID: id, Kind: d.kind, Keys: []string{d.key},
			Title: connectors.Printable(d.title), URL: d.url, Status: d.status, Created: at, Updated: at,
			Links: []store.Link{{Kind: store.LinkImplements, Key: is.key}},
		})
	}
}
