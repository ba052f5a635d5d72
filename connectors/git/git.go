// Package git reads the commits of one local repository, a clone or a bare
// one, with the git binary.
//
// It reads the commits that can be reached from the default branch and that
// were committed within the configured time. A first scan lists them oldest
// first and hands them over page by page; later polls list what the branch
// gained since, by comparing heads, so a poll of an unchanged repository
// starts four short git processes at most, with Fetch four more, and reads no
// commit. When history was rewritten, commits that the branch lost are marked
// as gone.
//
// Each commit becomes an item with the paths it touched, and an event for its
// author and for each Co-authored-by trailer, in the author's zone. A merge is
// an item without events unless it changed something that neither side had:
// the work was done in the commits it brought in. Messages are not stored,
// except for the subject.
package git

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

// Config is the part of the configuration that belongs to one instance.
type Config struct {
	// Path is a clone or a bare repository, relative to the configuration
	// file.
	Path string `yaml:"path"`
	// Repo is the repository's name in items and keys, [HOST/]OWNER/NAME or
	// any other. Empty takes it from the address of the remote "origin",
	// where that has the form of GitHub's, or else from the directory.
	Repo string `yaml:"repo"`
	// Branch is the branch to read. Empty takes the default branch: what
	// origin/HEAD says, or else init.defaultBranch, or else HEAD; for a bare
	// repository without a remote's branches, HEAD.
	Branch string `yaml:"branch"`
	// Since bounds the first scan: an age such as "180d" or a date such as
	// "2026-01-31" (see connectors.ParseSince). Empty is 180 days.
	Since string `yaml:"since"`
	// Fetch runs "git fetch origin" before each poll and, when Branch is
	// empty, follows the default branch of the remote.
	Fetch bool `yaml:"fetch"`
}

const (
	defaultSince = "180d"
	pageSize     = 500
)

// New is the connectors.Factory of this package.
func New(env connectors.Env, decode func(any) error) (connectors.Connector, error) {
	var cfg Config
	if err := decode(&cfg); err != nil {
		return nil, err
	}
	return newConnector(env, cfg)
}

func newConnector(env connectors.Env, cfg Config) (*connector, error) {
	if cfg.Path == "" {
		return nil, errors.New("path: name a clone or a bare repository")
	}
	if env.Resolve != nil {
		cfg.Path = env.Resolve(cfg.Path)
	}
	if strings.HasPrefix(cfg.Branch, "-") || strings.ContainsAny(cfg.Branch, " \t\n\x00") {
		return nil, fmt.Errorf("branch: %q is not a branch name", cfg.Branch)
	}
	if strings.ContainsAny(cfg.Repo, " \t\n#@~") {
		return nil, fmt.Errorf("repo: %q: give [host/]owner/name", cfg.Repo)
	}
	if cfg.Since == "" {
		cfg.Since = defaultSince
	}
	if _, err := connectors.ParseSince(cfg.Since); err != nil {
		return nil, fmt.Errorf("since: %w", err)
	}
	return &connector{env: env, cfg: cfg, page: pageSize}, nil
}

type connector struct {
	env  connectors.Env
	cfg  Config
	page int // commits a fetch

	site atomic.Pointer[string] // host of repository.web, nil until that is known

	mu   sync.Mutex
	plan plan // the running scan's list, so that each page need not list again
}

// Fetch implements connectors.Connector.
func (c *connector) Fetch(ctx context.Context, cursor store.Cursor) (store.Batch, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b, err := c.fetch(ctx, cursor)
	if err == nil {
		return b, nil
	}
	if ctx.Err() != nil {
		// Whatever git said about being interrupted is not the reason.
		return store.Batch{}, fmt.Errorf("read %s: %w", c.cfg.Path, ctx.Err())
	}
	if _, ok := errors.AsType[*connectors.Error](err); ok {
		return store.Batch{}, err
	}
	return store.Batch{}, &connectors.Error{Reason: connectors.ReasonDecode, Err: fmt.Errorf("read %s: %w", c.cfg.Path, err)}
}

// Sites implements connectors.Linker.
func (c *connector) Sites() []string {
	if host := c.site.Load(); host != nil && *host != "" {
		return []string{*host}
	}
	return nil
}

func (c *connector) fetch(ctx context.Context, cursor store.Cursor) (store.Batch, error) {
	repo, err := open(ctx, c.cfg)
	if err != nil {
		return store.Batch{}, err
	}
	if u, err := url.Parse(repo.web); err == nil {
		c.site.Store(&u.Host)
	}
	stream := "commits:" + repo.name
	pos, err := parsePosition(cursor[stream])
	if err != nil {
		return store.Batch{}, err
	}
	var gone []store.Tombstone
	running, err := repo.has(ctx, pos.Target)
	if err != nil {
		return store.Batch{}, err
	}
	if !running {
		mark, err := c.refresh(ctx, repo)
		if err != nil {
			return store.Batch{}, err
		}
		next, why, err := c.begin(ctx, repo, pos, mark)
		if err != nil || why == idle {
			return store.Batch{Watermark: mark}, err
		}
		if gone, err = c.lost(ctx, repo, next, why); err != nil {
			return store.Batch{}, err
		}
		pos = next
	}
	b, err := c.nextPage(ctx, repo, &pos)
	b.Gone = gone
	b.Next = store.Cursor{stream: pos.String()}
	return b, err
}

// refresh updates the clone when the configuration asks for it and returns
// the time up to which the clone is complete.
func (c *connector) refresh(ctx context.Context, repo *repository) (time.Time, error) {
	now := c.env.Now().UTC().Truncate(time.Second)
	if c.cfg.Fetch {
		return now, repo.fetch(ctx, c.cfg.Branch)
	}
	if repo.origin == "" {
		return now, nil
	}
	if at := repo.updated(); !at.IsZero() && at.Before(now) {
		return at, nil
	}
	return now, nil
}

// nextPage reads the commits that follow pos in its scan and moves pos on.
func (c *connector) nextPage(ctx context.Context, repo *repository, pos *position) (store.Batch, error) {
	if !c.plan.is(*pos) {
		list, err := repo.list(ctx, *pos)
		if err != nil {
			return store.Batch{}, err
		}
		c.plan = plan{of: pos.scan(), commits: list}
	}
	left := c.plan.commits[min(pos.Done, len(c.plan.commits)):]
	page := left[:min(c.page, len(left))]
	records, err := repo.read(ctx, page)
	if err != nil {
		return store.Batch{}, err
	}
	n := normaliser{source: c.env.Source, repo: repo, seen: map[string]bool{}}
	for _, r := range records {
		n.commit(r)
	}
	if left = left[len(page):]; len(left) > 0 {
		pos.Done += len(page)
		n.batch.More = true
		n.batch.Backlog = (len(left) + c.page - 1) / c.page
		return n.batch, nil
	}
	n.batch.Watermark = time.Unix(pos.Mark, 0).UTC()
	*pos = pos.finished()
	c.plan = plan{}
	return n.batch, nil
}
