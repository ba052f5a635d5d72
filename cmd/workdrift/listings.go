package main

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/web"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/store"
)

// How much of explanations is kept for pages.
const (
	maxListed   = 200 // items of one
	maxListings = 64  // explanations of a report at a time
)

type listingKey struct{ subject, window string }

// list explains a subject to everybody who reads: without amounts, and without
// shares that would tell of few. Which works there are, what they carry and what
// they are attributed to is as of the report: who asks about an item of which the
// next report will tell another thing waits for that one. The texts are as of now:
// they are read from the store, each in a transaction that ends before the next,
// and nothing is written to who asks before all are read.
func (e *evaluator) list(ctx context.Context, subject, window string) (*web.Explanation, error) {
	wait, cancel := context.WithTimeoutCause(ctx, turnWait, evaluating())
	defer cancel()
	for {
		s := e.snapshot.Load()
		if s == nil {
			return nil, evaluating()
		}
		x, err := e.listOf(ctx, s, subject, window)
		if !errors.Is(err, errUnpublished) {
			return x, err
		}
		select {
		case <-s.replaced:
		case <-wait.Done():
			return nil, context.Cause(wait)
		}
	}
}

// errUnpublished is the answer about an item of which the next report will tell
// another thing than the published one.
var errUnpublished = errors.New("another report is being made")

// listOf is list by one snapshot, or errUnpublished.
func (e *evaluator) listOf(ctx context.Context, s *snapshot, subject, window string) (*web.Explanation, error) {
	shares, key := s.shares[window], listingKey{subject, window}
	if shares == nil {
		return nil, &web.Refusal{Status: http.StatusBadRequest, Detail: "There is no such window; configured are these", Keys: windowLabels(s.report)}
	}
	if x := s.kept(key); x != nil {
		return x, nil
	}
	x := &web.Explanation{Subject: subject, Window: window, AsOf: s.report}
	keep, owned := subjectOf(s.report, subject), s.report.Window(window).OwnedBy(subject)
	if keep == nil && owned == nil {
		return x, e.listItem(ctx, s, x)
	}
	works := listedWorks(x, shares, func(share *scoring.Shared) bool {
		if keep != nil {
			return keep(share.Category, share.Objective)
		}
		if owned.Status != scoring.OK {
			share.Share = scoring.Absent()
		}
		return slices.Contains(share.Owners, owned.Team)
	})
	if err := e.describeAll(ctx, s, works); err != nil {
		return nil, err
	}
	slices.SortStableFunc(works, orderListed)
	x.Items = make([]findings.ExplainedItem, 0, len(works))
	for _, w := range works {
		x.Items = append(x.Items, w.ExplainedItem)
	}
	s.keep(key, x)
	return x, nil
}

func windowLabels(r *scoring.Report) (labels []string) {
	for i := range r.Windows {
		labels = append(labels, r.Windows[i].Label)
	}
	return labels
}

// A listedWork is an item of a listing with what orders it.
type listedWork struct {
	findings.ExplainedItem
	reasons
	parts   []findings.Part
	best    scoring.Number // largest share that is told, absent when none is
	updated time.Time
}

// listedWorks returns the largest works with a share that is kept, and counts the
// others.
func listedWorks(x *web.Explanation, shares *scoring.Shares, keep func(*scoring.Shared) bool) (works []listedWork) {
	place := make(map[uint64]int)
	for s := range shares.All() {
		if !keep(&s) {
			continue
		}
		i, seen := place[s.No]
		switch {
		case !seen && len(works) == maxListed:
			i = -1
			x.More++
		case !seen:
			i = len(works)
			works = append(works, listedWork{reasons: reasons{no: s.No}, best: scoring.Absent()})
		}
		if place[s.No] = i; i >= 0 {
			works[i].add(s)
		}
	}
	return works
}

// describeAll fills in what is told of works.
func (e *evaluator) describeAll(ctx context.Context, s *snapshot, works []listedWork) error {
	if err := e.ask(ctx, s, func() {
		for i := range works {
			works[i].reasons = e.reasonsOf(works[i].no)
		}
	}); err != nil {
		return err
	}
	if slices.ContainsFunc(works, func(w listedWork) bool { return w.unpublished }) {
		return errUnpublished
	}
	for i := range works {
		w := &works[i]
		item, _, err := e.store.Find(ctx, w.no)
		if err != nil {
			return err
		}
		explained, err := e.describe(ctx, item, w.reasons)
		if err != nil {
			return err
		}
		w.ExplainedItem, w.updated = listedItem(explained), item.Updated
		w.Parts = append(w.Parts, w.parts...)
	}
	return nil
}

// ask calls f in a turn. The error is errUnpublished when a newer snapshot has
// taken the place of this one, and another when no turn came, or the snapshot is of
// an engine that another configuration has replaced.
func (e *evaluator) ask(ctx context.Context, s *snapshot, f func()) error {
	err := error(evaluating())
	e.mu.turn(ctx, func() {
		switch {
		case e.engine != s.engine:
		case e.snapshot.Load() != s:
			err = errUnpublished
		default:
			err = nil
			f()
		}
	})
	return err
}

// orderListed puts those whose share is told first. The others are ordered by
// when they were changed, for their order by effort would tell what is withheld.
func orderListed(a, b listedWork) int {
	switch {
	case a.best.Known() != b.best.Known():
		if a.best.Known() {
			return -1
		}
		return 1
	case a.best.Known() && a.best != b.best:
		return cmp.Compare(b.best, a.best)
	}
	return cmp.Or(b.updated.Compare(a.updated), cmp.Compare(a.Key, b.Key))
}

// add tells what the work carries in one more place.
func (w *listedWork) add(s scoring.Shared) {
	w.parts = append(w.parts, partOf(s))
	if s.Share.Known() && (!w.best.Known() || s.Share > w.best) {
		w.best = s.Share
	}
}

func partOf(s scoring.Shared) findings.Part {
	p := findings.Part{Category: s.Category.String(), Objective: s.Objective, Share: s.Share, Status: scoring.OK}
	if !s.Share.Known() {
		p.Status = scoring.SuppressedPrivacy
	}
	return p
}

// listItem explains the items with a key.
func (e *evaluator) listItem(ctx context.Context, s *snapshot, x *web.Explanation) error {
	var found []reasons
	if err := e.ask(ctx, s, func() {
		for _, no := range e.engine.Find(x.Subject) {
			found = append(found, e.reasonsOf(no))
		}
	}); err != nil {
		return err
	}
	for _, why := range found {
		item, ok, err := e.store.Find(ctx, why.no)
		if err != nil {
			return err
		}
		if !ok || !hasKey(item, x.Subject) {
			continue
		}
		if why.unpublished {
			return errUnpublished
		}
		explained, err := e.describe(ctx, item, why)
		if err != nil {
			return err
		}
		out := listedItem(explained)
		for share := range s.shares[x.Window].All() {
			if share.No == why.work {
				out.Parts = append(out.Parts, partOf(share))
			}
		}
		x.Items = append(x.Items, out)
	}
	if len(x.Items) == 0 {
		return &web.Refusal{Status: http.StatusNotFound,
			Detail: "The subject is no key of a stored item, no objective, no team that owns anything, and none of run_work, excluded, stopped, unknown."}
	}
	return nil
}

func hasKey(item store.Item, key string) bool {
	return slices.ContainsFunc(item.Keys, func(k string) bool { return strings.EqualFold(k, key) })
}

// listedItem is an explained item without its effort.
func listedItem(i explainedItem) findings.ExplainedItem {
	none := func(list []string) []string {
		if list == nil {
			return []string{}
		}
		return list
	}
	if !strings.HasPrefix(i.URL, "https://") && !strings.HasPrefix(i.URL, "http://") {
		i.URL = "" // a page would make a link of it
	}
	return findings.ExplainedItem{
		Key: i.Key, Kind: string(i.Kind), Title: i.Title, URL: i.URL, Gone: string(i.Gone), Bucket: i.Bucket,
		Objectives: none(i.To), Method: i.Method, Rule: i.Rule, Path: none(i.Path), PartOf: i.PartOf,
		OwnedBy: none(i.Owners), Parts: []findings.Part{}, Suggested: i.Suggested,
	}
}
