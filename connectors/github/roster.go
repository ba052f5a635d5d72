package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

// A scope is one line of the configuration that selects repositories.
type scope struct {
	key     string // in the cursor
	address string
	single  bool // one repository, not a list
	wrapped bool // the list is inside an object
}

const rosterPrefix = "roster/"

// scopes returns what the configuration selects repositories by.
func (c *config) scopes() []scope {
	var all []scope
	list := fmt.Sprintf("&sort=created&direction=asc&per_page=%d", c.PageSize)
	for _, org := range c.Organizations {
		all = append(all, scope{key: rosterPrefix + "org/" + org, address: "orgs/" + url.PathEscape(org) + "/repos?type=all" + list})
	}
	for _, user := range c.Users {
		all = append(all, scope{key: rosterPrefix + "user/" + user, address: "users/" + url.PathEscape(user) + "/repos?type=owner" + list})
	}
	for _, name := range c.Repositories {
		all = append(all, scope{key: rosterPrefix + "repo/" + name, address: repoPath(name), single: true})
	}
	if len(all) == 0 && !c.App.isZero() {
		all = append(all, scope{key: rosterPrefix + "installation", address: fmt.Sprintf("installation/repositories?per_page=%d", c.PageSize), wrapped: true})
	}
	return all
}

// readRoster reads which repositories a scope has, all pages at once. Pages
// are ordered by creation, so nothing moves between them but what vanishes;
// what seems to have vanished is asked for by number before it counts.
func (f *fetch) readRoster(ctx context.Context, s scope) error {
	old, _ := connectors.DecodePosition[rosterPos](f.position(s.key))
	tags := map[string]rosterPage{}
	for _, page := range old.Pages {
		tags[page.URL] = page
	}
	now := rosterPos{}
	address := s.address
	for address != "" {
		before := tags[address]
		rep, err := f.c.api.get(ctx, address, before.validator)
		if err != nil {
			return err
		}
		if now.At == 0 {
			now.At = f.dateOf(rep).Unix()
		}
		f.heard(rep)
		if rep.status == http.StatusNotModified {
			now.Pages = append(now.Pages, before)
			address = nextAfter(old.Pages, address)
			continue
		}
		page, err := f.rosterPage(ctx, s, rep)
		if was := old.ids(); errors.Is(err, errLost) && s.single && (len(was) > 0 || f.misses(old.Was)) {
			now.Was = append(was, old.Was...)
			break // known before: whether it is lost is decided elsewhere
		}
		if err != nil {
			return err
		}
		page.URL = address
		now.Pages = append(now.Pages, page)
		address = rep.next
	}
	return f.move(s.key, now)
}

// nextAfter returns the page that followed one when the list was last read. A
// list whose last page is full is read without a tag, so a further page is not
// missed.
func nextAfter(pages []rosterPage, address string) string {
	i := slices.IndexFunc(pages, func(p rosterPage) bool { return p.URL == address })
	if i >= 0 && i+1 < len(pages) {
		return pages[i+1].URL
	}
	return ""
}

// rosterPage reads one answer about a scope.
func (f *fetch) rosterPage(ctx context.Context, s scope, rep *reply) (page rosterPage, err error) {
	if rep.status == http.StatusNotFound || rep.status == http.StatusUnavailableForLegalReasons {
		return page, &connectors.Error{Reason: connectors.ReasonAuth, Err: fmt.Errorf("%s: %w or not visible", pathOf(rep.url), errLost)}
	}
	if err := rep.checkJSON(); err != nil {
		return page, statusOrDecode(rep, err)
	}
	body := rep.body
	if s.wrapped {
		var w struct {
			Repositories json.RawMessage `json:"repositories"`
		}
		if err := decodeObject(body, &w); err != nil {
			return page, decodeError(rep, err)
		}
		body = w.Repositories
	}
	if s.single {
		body = slices.Concat([]byte("["), body, []byte("]"))
	}
	good, bad, err := decodeArray(body, (*wireRepo).valid)
	if err == nil && s.single && len(good) != 1 {
		err = errShape
	}
	if err != nil {
		return page, decodeError(rep, err)
	}
	for _, b := range bad {
		if b.id > 0 { // still there, though unreadable
			page.IDs = append(page.IDs, b.id)
		}
		f.quarantine(b.name("repository-"), b.why)
	}
	for i := range good {
		w := &good[i]
		skip := w.Disabled || w.Archived && !f.c.cfg.IncludeArchived || !s.single && !f.c.cfg.wants(w.FullName)
		page.IDs = append(page.IDs, w.ID)
		if _, err := f.learn(ctx, w, skip); err != nil {
			return page, err
		}
	}
	if rep.next != "" || s.single || len(good)+len(bad) < f.c.cfg.PageSize {
		page.validator = rep.tag
	}
	return page, nil
}

// learn keeps what a repository is called. When it was renamed, its stored
// items get their new names in front of the old ones; when it had been lost,
// they are there again.
func (f *fetch) learn(ctx context.Context, w *wireRepo, skip bool) (repoPos, error) {
	key := streamKey(w.ID, streamRepo)
	old, known := connectors.DecodePosition[repoPos](f.position(key))
	now := repoPos{Name: w.FullName, Branch: w.DefaultBranch, Skip: skip}
	if u, err := url.Parse(w.HTMLURL); err == nil && u.Host != "" && u.Host != "github.com" && !connectors.IsLoopback(u.Hostname()) {
		now.Host = u.Host
	}
	var err error
	switch {
	case !known:
		err = f.restore(ctx, w.ID)
	case old.Name != now.Name:
		err = f.rename(ctx, w.ID, old.Name, now.Name)
	}
	if err != nil {
		return now, err
	}
	return now, f.move(key, now)
}

// restore brings back the stored items of a repository that was lost. What is
// older than the first backfill reaches would not be read again; what is gone
// for good the next census finds.
func (f *fetch) restore(ctx context.Context, id int64) error {
	if f.c.env.Stored == nil {
		return nil
	}
	for it, err := range f.c.env.Stored(ctx, prefixOf(id)) {
		if err != nil {
			return fmt.Errorf("list stored items: %w", err)
		}
		if it.Gone == store.GoneLostAccess {
			it.Gone = ""
			f.norm.out.Items = append(f.norm.out.Items, it)
		}
	}
	return nil
}

func (f *fetch) rename(ctx context.Context, id int64, from, to string) error {
	f.c.env.Log.Info("repository renamed", "source", f.c.env.Source, "from", from, "to", to)
	if f.c.env.Stored == nil {
		return nil
	}
	for it, err := range f.c.env.Stored(ctx, prefixOf(id)) {
		if err != nil {
			return fmt.Errorf("list stored items: %w", err)
		}
		if it.Gone != "" {
			continue
		}
		var renamed []string
		for _, k := range it.Keys {
			if rest, ok := strings.CutPrefix(k, from); ok && rest != "" && strings.ContainsRune("#@~", rune(rest[0])) {
				renamed = append(renamed, to+rest)
			}
		}
		it.Keys = append(renamed, slices.DeleteFunc(slices.Clone(it.Keys), func(k string) bool { return slices.Contains(renamed, k) })...)
		attrs := make(map[string][]string, len(it.Attrs))
		for k, v := range it.Attrs {
			attrs[k] = v
		}
		attrs[store.AttrRepo] = []string{to}
		it.Attrs = attrs
		f.norm.out.Items = append(f.norm.out.Items, it)
	}
	return nil
}

// fewVanished is how many repositories or items have to vanish at once before
// it is doubted.
const fewVanished = 3

// vanish marks the items of repositories that no scope lists any more. One
// list may have left something out, so it takes two in succession.
func (f *fetch) vanish(ctx context.Context) error {
	listed := map[int64]bool{}
	oldest, newest := int64(math.MaxInt64), int64(0)
	for _, s := range f.c.scopes {
		p, ok := connectors.DecodePosition[rosterPos](f.position(s.key))
		if !ok {
			return nil // not read yet: nothing is known to be missing
		}
		oldest, newest = min(oldest, p.At), max(newest, p.At)
		for _, id := range p.ids() {
			listed[id] = true
		}
	}
	known := f.repositories()
	var missing []repository
	for _, r := range known {
		switch {
		case !listed[r.id]:
			missing = append(missing, r)
		case r.Missed != 0:
			if err := f.missed(r, 0); err != nil {
				return err
			}
		}
	}
	if connectors.TooManyVanished(len(missing), len(known), fewVanished) {
		f.c.env.Log.Warn("too many repositories vanished at once; keeping their items until this is explained",
			"source", f.c.env.Source, "vanished", len(missing), "known", len(known))
		return nil
	}
	for _, r := range missing {
		var err error
		switch {
		case r.Missed == 0:
			err = f.missed(r, newest)
		case oldest > r.Missed: // every list was read again since
			err = f.lose(ctx, r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// missed notes since when a repository is missing from the lists.
func (f *fetch) missed(r repository, at int64) error {
	r.Missed = at
	return f.move(streamKey(r.id, streamRepo), r.repoPos)
}

// misses reports whether one of the repositories was missing from the lists
// already, but does not count as lost yet.
func (f *fetch) misses(ids []int64) bool {
	return slices.ContainsFunc(f.repositories(), func(r repository) bool { return r.Missed != 0 && slices.Contains(ids, r.id) })
}

// lose asks for a repository by number before it counts as lost.
func (f *fetch) lose(ctx context.Context, r repository) error {
	now, err := f.refresh(ctx, r)
	if err == nil && owner(now.Name) == owner(r.Name) && f.c.listsOwner(owner(r.Name)) {
		return nil // the list and this answer disagree: the next list decides
	}
	if err != nil && !errors.Is(err, errLost) {
		return err
	}
	f.c.env.Log.Warn("repository is no longer accessible", "source", f.c.env.Source, "repository", r.Name)
	if f.c.env.Stored != nil {
		for it, err := range f.c.env.Stored(ctx, prefixOf(r.id)) {
			if err != nil {
				return fmt.Errorf("list stored items: %w", err)
			}
			if it.Gone == "" {
				f.gone(it.ID, store.GoneLostAccess, "")
			}
		}
	}
	for _, stream := range []string{streamRepo, streamIssues, streamChanges, streamComments, streamReviewComments, streamCommits, streamCensus} {
		f.forget(streamKey(r.id, stream))
	}
	return nil
}

func owner(name string) string {
	o, _, _ := strings.Cut(name, "/")
	return strings.ToLower(o)
}

// repositories returns every known repository, in a stable order.
func (f *fetch) repositories() []repository {
	var all []repository
	for _, c := range []store.Cursor{f.moves, f.next, f.cursor} {
		for key := range c {
			id, stream, ok := repoOf(key)
			if !ok || stream != streamRepo {
				continue
			}
			if pos, ok := connectors.DecodePosition[repoPos](f.position(key)); ok {
				all = append(all, repository{id: id, repoPos: pos})
			}
		}
	}
	slices.SortFunc(all, func(a, b repository) int { return int(a.id - b.id) })
	return slices.CompactFunc(all, func(a, b repository) bool { return a.id == b.id })
}

// due reports whether a scope is to be listed again.
func (f *fetch) due(s scope) bool {
	p, ok := connectors.DecodePosition[rosterPos](f.position(s.key))
	age := f.c.api.gov.serverNow().Sub(unix(p.At))
	return !ok || f.c.relist || age >= time.Duration(f.c.cfg.DiscoveryInterval) || age < 0
}
