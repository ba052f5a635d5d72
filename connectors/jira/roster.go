package jira

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/workdrift/workdrift/connectors"
)

var errNotVisible = errors.New("no such project, or no right to see it")

// visible returns the configured projects that could be seen when the projects
// were last listed.
func (c *connector) visible(f *fetch) []project {
	raw := f.position(streamRoster)
	if raw != "" {
		c.roster = raw
	}
	p, _ := connectors.DecodePosition[rosterPos](raw)
	return p.Projects
}

// rosterDue reports whether projects are to be listed.
func (c *connector) rosterDue(f *fetch) bool {
	if len(c.cfg.Projects) == 0 {
		return false
	}
	return c.relist || due(f, streamRoster, c.cfg.DiscoveryInterval) || len(c.visible(f)) == 0
}

// readRoster lists the projects and keeps those that are configured.
func (c *connector) readRoster(ctx context.Context, f *fetch) (more bool, err error) {
	all, err := c.listProjects(ctx)
	if err != nil {
		return false, err
	}
	return false, c.setRoster(ctx, f, all)
}

func (c *connector) setRoster(ctx context.Context, f *fetch, all []project) error {
	indexOf := func(key string) int {
		return slices.IndexFunc(all, func(p project) bool { return strings.EqualFold(p.Key, key) })
	}
	if slices.ContainsFunc(c.cfg.Projects, func(key string) bool { return indexOf(key) < 0 }) {
		// Strangers get a list too, without the projects that are not public.
		if _, err := c.whoAmI(ctx); err != nil {
			return err
		}
	}
	c.relist = false
	pos := rosterPos{At: c.api.gov.serverNow().Unix()}
	for _, key := range c.cfg.Projects {
		i := indexOf(key)
		if i < 0 {
			// A key that was renamed is still known to the server.
			p, err := c.oneProject(ctx, key)
			if err != nil {
				return err
			}
			if p.ID == "" {
				c.env.Log.Warn("no such project, or no right to see it", "source", c.env.Source, "project", key)
				continue
			}
			pos.Projects = append(pos.Projects, p)
			continue
		}
		pos.Projects = append(pos.Projects, all[i])
	}
	if renamed(c.visible(f), pos.Projects) {
		// The keys of all its issues changed, without an update of any.
		for _, s := range c.scopes {
			if p, ok := connectors.DecodePosition[scanPos](f.position(s.key())); ok && len(s.projects) > 0 {
				if err := f.move(s.key(), scanPos{From: p.From}); err != nil {
					return err
				}
			}
		}
	}
	return f.move(streamRoster, pos)
}

// renamed reports whether a project has another key than before.
func renamed(before, now []project) bool {
	return slices.ContainsFunc(before, func(a project) bool {
		return slices.ContainsFunc(now, func(b project) bool { return a.ID == b.ID && a.Key != b.Key })
	})
}

// configured reports whether a key is of a project that is read, under its
// present key or the one in the configuration.
func (c *connector) configured(key string) bool {
	p, _ := connectors.DecodePosition[rosterPos](c.roster)
	name := projectOf(key)
	return slices.ContainsFunc(c.cfg.Projects, func(k string) bool { return strings.EqualFold(k, name) }) ||
		slices.ContainsFunc(p.Projects, func(p project) bool { return p.Key == name })
}

// listProjects returns every project that can be seen.
func (c *connector) listProjects(ctx context.Context) ([]project, error) {
	if !c.site.cloud {
		rep, err := c.api.get(ctx, "rest/api/2/project", nil)
		if err != nil {
			return nil, err
		}
		var all []project
		return all, rep.array(&all)
	}
	var all []project
	for start := 0; ; {
		rep, err := c.api.get(ctx, "rest/api/3/project/search",
			url.Values{"startAt": {strconv.Itoa(start)}, "maxResults": {"50"}, "orderBy": {"key"}})
		if err != nil {
			return nil, err
		}
		var page struct {
			Values []project `json:"values"`
			Total  int       `json:"total"`
		}
		if err := rep.object(&page, "values"); err != nil {
			return nil, err
		}
		all = append(all, page.Values...)
		if start += len(page.Values); len(page.Values) == 0 || start >= page.Total {
			return all, nil
		}
	}
}

// oneProject asks for a project by key, former keys included, or by id. One
// that cannot be seen has no ID.
func (c *connector) oneProject(ctx context.Context, name string) (project, error) {
	rep, err := optional(c.api.get(ctx, "rest/api/2/project/"+url.PathEscape(name), nil))
	if err != nil {
		return project{}, err
	}
	if isAbsent(rep.status) || rep.status == http.StatusForbidden {
		return project{}, nil
	}
	var p project
	return p, rep.object(&p, "id", "key")
}
