package main

import (
	"cmp"
	"context"
	"maps"
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
	maxListings = 64  // explanations at a time
	// A window that nobody asked about for so long is not prepared any more.
	listingInterest = 15 * time.Minute
)

// Listings are the explanations that were asked for under one report. They are
// copies: who reads one needs neither the engine nor the store.
type listings struct {
	report *scoring.Report
	shares map[string][]scoring.Shared // by window
	made   map[listingKey]*web.Explanation
	asked  map[string]time.Time // by window: when it was last asked about
}

type listingKey struct{ subject, window string }

// listed returns an explanation that was made already under the published
// report.
func (e *evaluator) listed(key listingKey) *web.Explanation {
	e.listing.Lock()
	defer e.listing.Unlock()
	l := &e.listings
	if l.report == nil || l.report != e.report.Load() {
		return nil
	}
	if x := l.made[key]; x != nil {
		l.asked[key.window] = time.Now()
		return x
	}
	return nil
}

// prepare sums up the windows that are being asked about, so that nobody who
// looks at a page waits for it. The caller holds the engine's lock.
func (e *evaluator) prepare() {
	e.listing.Lock()
	asked := maps.Clone(e.listings.asked)
	e.listing.Unlock()
	for window, last := range asked {
		if time.Since(last) < listingInterest && e.made.Window(window) != nil {
			e.sharesOf(e.made, window)
		}
	}
}

// list explains a subject to everybody who reads: without amounts, and without
// shares that would tell of few. The first who asks after a report waits for a
// running evaluation; what is made is kept until the next report.
func (e *evaluator) list(ctx context.Context, subject, window string) (*web.Explanation, error) {
	key := listingKey{subject, window}
	if x := e.listed(key); x != nil {
		return x, nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	report := e.made
	if report == nil {
		return nil, &web.Refusal{Status: http.StatusServiceUnavailable, Detail: "The stored data is being evaluated; ask again in a moment."}
	}
	if report.Window(window) == nil {
		return nil, &web.Refusal{Status: http.StatusBadRequest, Detail: "There is no such window; configured are these", Keys: e.known.Windows.Labels}
	}
	shares := e.sharesOf(report, window)
	e.listing.Lock()
	e.listings.asked[window] = time.Now()
	e.listing.Unlock()
	x := &web.Explanation{Subject: subject, Window: window, AsOf: report}
	keep := e.subject(subject)
	owned := report.Window(window).OwnedBy(subject)
	switch {
	case keep != nil:
		shares = slices.DeleteFunc(slices.Clone(shares), func(s scoring.Shared) bool { return !keep(s.Category, s.Objective) })
	case owned != nil:
		shares = slices.DeleteFunc(slices.Clone(shares), func(s scoring.Shared) bool {
			return !slices.Contains(e.engine.Owners(s.No), owned.Team)
		})
		if owned.Status != scoring.OK {
			for i := range shares {
				shares[i].Share = scoring.Absent()
			}
		}
	default:
		return x, e.listItem(ctx, x, shares)
	}
	if err := e.listWorks(ctx, x, shares); err != nil {
		return nil, err
	}
	e.keepListing(key, report, x)
	return x, nil
}

// sharesOf returns the shares of a window, which are the same for every subject.
// The caller holds the engine's lock and does not change them.
func (e *evaluator) sharesOf(report *scoring.Report, window string) []scoring.Shared {
	e.listing.Lock()
	if e.listings.report != report {
		asked := e.listings.asked
		if asked == nil {
			asked = make(map[string]time.Time)
		}
		e.listings = listings{report: report, shares: map[string][]scoring.Shared{}, made: map[listingKey]*web.Explanation{}, asked: asked}
	}
	shares, ok := e.listings.shares[window]
	e.listing.Unlock()
	if ok {
		return shares
	}
	shares = e.engine.Shares(report, window)
	e.listing.Lock()
	defer e.listing.Unlock()
	e.listings.shares[window] = shares // only the holder of the engine's lock changes the report
	return shares
}

func (e *evaluator) keepListing(key listingKey, report *scoring.Report, x *web.Explanation) {
	e.listing.Lock()
	defer e.listing.Unlock()
	if e.listings.report != report {
		return
	}
	if len(e.listings.made) >= maxListings {
		clear(e.listings.made)
	}
	e.listings.made[key] = x
}

// A listedWork is an item of a listing with what orders it.
type listedWork struct {
	findings.ExplainedItem
	best    scoring.Number // largest share that is told, absent when none is
	updated time.Time
}

// listWorks fills in the largest works. Those whose share is told come first;
// the others are ordered by when they were changed, for their order by effort
// would tell what is withheld.
func (e *evaluator) listWorks(ctx context.Context, x *web.Explanation, shares []scoring.Shared) error {
	place := make(map[uint64]int)
	var works []listedWork
	for _, s := range shares {
		i, seen := place[s.No]
		if !seen && len(works) == maxListed {
			place[s.No] = -1
			x.More++
			continue
		}
		if !seen {
			item, _, err := e.store.Find(ctx, s.No)
			if err != nil {
				return err
			}
			explained, err := e.item(ctx, s.No, item)
			if err != nil {
				return err
			}
			i = len(works)
			place[s.No] = i
			works = append(works, listedWork{listedItem(explained), scoring.Absent(), item.Updated})
		}
		if i >= 0 {
			works[i].add(s)
		}
	}
	slices.SortStableFunc(works, func(a, b listedWork) int {
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
	})
	x.Items = make([]findings.ExplainedItem, 0, len(works))
	for _, w := range works {
		x.Items = append(x.Items, w.ExplainedItem)
	}
	return nil
}

// add tells what the work carries in one more place.
func (w *listedWork) add(s scoring.Shared) {
	w.Parts = append(w.Parts, partOf(s))
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
func (e *evaluator) listItem(ctx context.Context, x *web.Explanation, shares []scoring.Shared) error {
	for _, no := range e.engine.Find(x.Subject) {
		item, ok, err := e.store.Find(ctx, no)
		if err != nil {
			return err
		}
		if !ok || !hasKey(item, x.Subject) {
			continue
		}
		explained, err := e.item(ctx, no, item)
		if err != nil {
			return err
		}
		out := listedItem(explained)
		work := e.engine.Work(no)
		for _, s := range shares {
			if s.No == work {
				out.Parts = append(out.Parts, partOf(s))
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
