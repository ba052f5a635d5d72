package github

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/workdrift/workdrift/connectors"
)

// The headers of a delivery. The signature covers none of them. The older
// X-Hub-Signature is SHA-1 and never looked at.
const (
	headerSignature = "X-Hub-Signature-256"
	headerEvent     = "X-GitHub-Event"
	headerDelivery  = "X-GitHub-Delivery"
)

// The shapes of deliveries, as far as they are read: what they are about, and
// nothing that anybody could want to believe.
type wireDelivery struct {
	Ref         string      `json:"ref"`
	Repository  *hookRepo   `json:"repository"`
	Issue       *hookNumber `json:"issue"`
	PullRequest *hookNumber `json:"pull_request"`
	// Of sub_issues. The repository is named where it may be another one.
	SubIssue        *hookNumber `json:"sub_issue"`
	SubIssueRepo    *hookRepo   `json:"sub_issue_repo"`
	ParentIssue     *hookNumber `json:"parent_issue"`
	ParentIssueRepo *hookRepo   `json:"parent_issue_repo"`
	// Of an issue that was transferred.
	Changes struct {
		NewIssue      *hookNumber `json:"new_issue"`
		NewRepository *hookRepo   `json:"new_repository"`
	} `json:"changes"`
}

type hookRepo struct {
	ID            int64  `json:"id"`
	DefaultBranch string `json:"default_branch"`
}

type hookNumber struct {
	Number int64 `json:"number"`
}

// CheckHeader implements connectors.HeaderChecker.
func (c *connector) CheckHeader(h http.Header, _ time.Time) error {
	return connectors.CheckSHA256(h.Values(headerSignature), c.secrets)
}

// Receive implements connectors.Receiver. Its objects are named like items,
// by the number of the repository, which a renaming leaves as it is; the
// default branch of a repository is "R<id>/commits". What concerns the list of
// repositories, or who is in a team, asks for a poll that reads both.
func (c *connector) Receive(h http.Header, body []byte, _ time.Time) (connectors.Delivery, error) {
	if err := connectors.VerifySHA256(h.Values(headerSignature), body, c.secrets); err != nil {
		return connectors.Delivery{}, err
	}
	event := h.Get(headerEvent)
	d := connectors.Delivery{ID: h.Get(headerDelivery)}
	switch event {
	case "issues", "issue_comment", "sub_issues", "push",
		"pull_request", "pull_request_review", "pull_request_review_comment", "pull_request_review_thread":
	case "repository", "installation_repositories", "member", "membership":
		c.rosterHint.Store(true)
		return d, nil
	default: // ping among them
		d.Ignore = true
		return d, nil
	}
	var w wireDelivery
	err := decodeObject(body, &w)
	if err == nil {
		d.Objects, err = w.objects(event)
	}
	if err != nil {
		return connectors.Delivery{}, fmt.Errorf("read a delivery of the event %s: %w", event, err)
	}
	d.Ignore = len(d.Objects) == 0
	return d, nil
}

// objects are what a delivery is about, none for a push to another branch than
// the default one: the pull requests it belongs to send their own.
func (w *wireDelivery) objects(event string) ([]string, error) {
	if w.Repository == nil || w.Repository.ID <= 0 {
		return nil, invalidError("it names no repository")
	}
	if event == "push" {
		if w.Ref == "" {
			return nil, invalidError("it names no branch")
		}
		if w.Ref != "refs/heads/"+w.Repository.DefaultBranch {
			return nil, nil
		}
		return []string{streamKey(w.Repository.ID, streamCommits)}, nil
	}
	var objects []string
	add := func(r *hookRepo, n *hookNumber) {
		if r == nil {
			r = w.Repository
		}
		if n == nil || n.Number <= 0 || r.ID <= 0 {
			return
		}
		if o := prefixOf(r.ID) + strconv.FormatInt(n.Number, 10); !slices.Contains(objects, o) {
			objects = append(objects, o)
		}
	}
	add(nil, w.Issue)
	add(nil, w.PullRequest)
	add(w.SubIssueRepo, w.SubIssue)
	add(w.ParentIssueRepo, w.ParentIssue)
	if w.Changes.NewRepository != nil {
		add(w.Changes.NewRepository, w.Changes.NewIssue)
	}
	if len(objects) == 0 {
		return nil, invalidError("it names neither issue nor pull request")
	}
	return objects, nil
}
