package git

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

// A change says what happened to the branch since it was last read.
type change int

const (
	idle      change = iota
	grew             // the old head is part of the new history
	rewritten        // it is not, but it is still in the repository
	forgotten        // it is not in the repository any more
)

// begin plans a scan from what was read so far to the present head. mark is
// the scan's watermark.
func (c *connector) begin(ctx context.Context, repo *repository, pos position, mark time.Time) (position, change, error) {
	tip, err := repo.tip(ctx, c.cfg.Branch)
	if err != nil {
		return position{}, idle, err
	}
	if tip == "" {
		if pos.Head != "" {
			// Rather a clone gone wrong than a project without its history.
			return position{}, idle, fmt.Errorf("the branch that was read before is gone")
		}
		return position{}, idle, nil // an empty repository
	}
	since, err := connectors.ParseSince(c.cfg.Since)
	if err != nil {
		return position{}, idle, err
	}
	from := since.From(c.env.Now())
	next := position{Head: pos.Head, Target: tip, From: from.Unix(), Since: c.cfg.Since, Shallow: repo.shallowDigest(), Mark: mark.Unix()}
	if pos.Head != "" {
		// The start stays where the first scan set it, unless the setting was
		// changed to an earlier one. What is then read again is known already.
		next.All = next.Since != pos.Since && next.From < pos.From || next.Shallow != pos.Shallow
		next.From = min(next.From, pos.From)
	}
	why, err := relate(ctx, repo, pos, next)
	if why == forgotten {
		next.All = true
	}
	return next, why, err
}

// relate tells what the branch went through between what was read and the
// head that next reads up to.
func relate(ctx context.Context, repo *repository, pos, next position) (change, error) {
	switch {
	case pos.Target != "":
		// The running scan lost its target. What it handed over may be on no
		// branch now, and only the store knows what that was.
		return forgotten, nil
	case pos.Head == "":
		return grew, nil
	case pos.Head == next.Target && next.All:
		return grew, nil
	case pos.Head == next.Target:
		return idle, nil
	}
	if there, err := repo.has(ctx, pos.Head); err != nil || !there {
		return forgotten, err
	}
	if ok, err := repo.isAncestor(ctx, pos.Head, next.Target); err != nil || ok {
		return grew, err
	}
	return rewritten, nil
}

// lost returns the commits that the branch has lost.
func (c *connector) lost(ctx context.Context, repo *repository, next position, why change) ([]store.Tombstone, error) {
	var shas []string
	var err error
	switch why {
	case rewritten:
		if repo.shallow != nil {
			// Without a common commit, the end of the clone may be what
			// separates the two histories.
			if joined, err := repo.haveBase(ctx, next.Head, next.Target); err != nil || !joined {
				return nil, err
			}
		}
		shas, err = repo.revList(ctx, next.From, next.Head, "^"+next.Target)
	case forgotten:
		if repo.shallow != nil {
			return nil, nil
		}
		shas, err = c.census(ctx, repo, next.Target)
	}
	at := c.env.Now().UTC().Truncate(time.Second)
	var gone []store.Tombstone
	for _, sha := range shas {
		gone = append(gone, store.Tombstone{ID: repo.name + "/" + sha, Why: store.GoneNotOnDefaultBranch, At: at})
	}
	return gone, err
}

// census returns the stored commits that cannot be reached from target.
func (c *connector) census(ctx context.Context, repo *repository, target string) ([]string, error) {
	if c.env.Stored == nil {
		return nil, nil
	}
	stored := map[string]bool{}
	for item, err := range c.env.Stored(ctx, repo.name+"/") {
		if err != nil {
			return nil, fmt.Errorf("list stored commits: %w", err)
		}
		if sha, ok := strings.CutPrefix(item.ID, repo.name+"/"); ok && item.Gone == "" {
			stored[sha] = true
		}
	}
	if len(stored) == 0 {
		return nil, nil
	}
	err := repo.eachRev(ctx, []string{target}, func(sha string, _ int64) { delete(stored, sha) })
	shas := make([]string, 0, len(stored))
	for sha := range stored {
		shas = append(shas, sha)
	}
	sort.Strings(shas)
	return shas, err
}

// list returns the commits of the scan that pos describes, oldest first,
// parents always before children.
func (r *repository) list(ctx context.Context, pos position) ([]string, error) {
	if pos.Head == "" || pos.All {
		return r.revList(ctx, pos.From, pos.Target)
	}
	return r.revList(ctx, pos.From, pos.Target, "^"+pos.Head)
}

// revList lists what the revisions select, without commits committed before
// from.
func (r *repository) revList(ctx context.Context, from int64, revisions ...string) ([]string, error) {
	shas := []string{}
	err := r.eachRev(ctx, revisions, func(sha string, at int64) {
		if at >= from {
			shas = append(shas, sha)
		}
	})
	return shas, err
}
