package jira

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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
	old, _ := connectors.DecodePosition[rosterPos](f.position(streamRoster))
	for _, p := range all {
		if p.Told {
			c.asked[p.Key] = p
		}
	}
	indexOf := func(key string) int { return find(all, old.Projects, key) }
	if slices.ContainsFunc(c.cfg.Projects, func(key string) bool { return indexOf(key) < 0 }) {
		// Strangers get a list too, without the projects that are not public.
		if _, err := c.whoAmI(ctx); err != nil {
			return err
		}
	}
	c.relist = false
	pos := rosterPos{At: c.api.gov.serverNow().Unix(), Names: old.Names}
	for _, key := range c.cfg.Projects {
		var p project
		if i := indexOf(key); i >= 0 {
			p = all[i]
		}
		p, err := c.toldNames(ctx, p, key, old.Projects)
		if err != nil {
			return err
		}
		if p.ID == "" {
			c.env.Log.Warn("no such project, or no right to see it", "source", c.env.Source, "project", key)
			continue
		}
		pos.Projects = append(pos.Projects, p)
	}
	for _, p := range old.Met {
		if i := slices.IndexFunc(all, func(a project) bool { return a.ID == p.ID && a.Told }); i >= 0 {
			p = all[i]
		}
		if !slices.ContainsFunc(pos.Projects, func(o project) bool { return o.ID == p.ID }) {
			pos.Met = append(pos.Met, p)
		}
	}
	if renamed(slices.Concat(old.Projects, old.Met), slices.Concat(pos.Projects, pos.Met)) {
		pos.Names++
	}
	return f.move(streamRoster, pos)
}

// find returns where in a list the project is that a key leads to, -1 when it
// is not there: the one that has the key, else the one that had it.
func find(all, old []project, key string) int {
	if i := slices.IndexFunc(all, func(p project) bool { return strings.EqualFold(p.Key, key) }); i >= 0 {
		return i
	}
	had := func(p project) bool { return slices.Contains(p.Former, strings.ToUpper(key)) }
	return slices.IndexFunc(all, func(p project) bool {
		return had(p) || slices.ContainsFunc(old, func(o project) bool { return o.ID == p.ID && o.Key == p.Key && had(o) })
	})
}

// toldNames completes a listed project with the keys that it had, which do not
// change while its present key stays. One that is not listed is asked for.
func (c *connector) toldNames(ctx context.Context, p project, key string, old []project) (project, error) {
	if p.Told {
		return p, nil
	}
	if i := slices.IndexFunc(old, func(o project) bool { return o.Told && o.ID == p.ID && o.Key == p.Key }); i >= 0 {
		return old[i], nil
	}
	one, err := c.oneProject(ctx, cmp.Or(p.ID, key))
	if err == nil && one.ID == "" && p.ID != "" {
		p.Told = true // there is no more to learn
		return p, nil
	}
	return one, err
}

// configured reports whether a key is of a project that is read, under its
// present key or the one in the configuration.
func (c *connector) configured(key string) bool {
	p, _ := connectors.DecodePosition[rosterPos](c.roster)
	name := projectOf(key)
	return slices.ContainsFunc(c.cfg.Projects, func(k string) bool { return strings.EqualFold(k, name) }) ||
		slices.ContainsFunc(p.Projects, func(p project) bool { return p.Key == name })
}

// withKeys asks for projects with every key that leads to them.
func withKeys() url.Values { return url.Values{"expand": {"projectKeys"}} }

// listProjects returns every project that can be seen. Cloud's list tells the
// keys that they had; that of Data Center does not promise to.
func (c *connector) listProjects(ctx context.Context) ([]project, error) {
	if !c.site.cloud {
		rep, err := c.api.get(ctx, "rest/api/2/project", withKeys())
		if err != nil {
			return nil, err
		}
		var all []wireProject
		err = rep.array(&all)
		return listed(nil, all), err
	}
	var all []project
	start := 0
	for range maxParts {
		q := withKeys()
		q.Set("startAt", strconv.Itoa(start))
		q.Set("maxResults", "50")
		q.Set("orderBy", "key")
		rep, err := c.api.get(ctx, "rest/api/3/project/search", q)
		if err != nil {
			return nil, err
		}
		var page struct {
			Values []wireProject `json:"values"`
			Total  int           `json:"total"`
		}
		if err := rep.object(&page, "values"); err != nil {
			return nil, err
		}
		all = listed(all, page.Values)
		if start += len(page.Values); len(page.Values) == 0 || start >= page.Total {
			return all, nil
		}
	}
	return nil, &connectors.Error{Reason: connectors.ReasonDecode, Err: fmt.Errorf("list projects: no end after %d pages", maxParts)}
}

func listed(all []project, page []wireProject) []project {
	for i := range page {
		all = append(all, page[i].named(""))
	}
	return all
}

// oneProject asks for a project by key, former keys included, or by id. One
// that cannot be seen has no ID.
func (c *connector) oneProject(ctx context.Context, name string) (project, error) {
	rep, err := optional(c.api.get(ctx, "rest/api/2/project/"+url.PathEscape(name), withKeys()))
	if err != nil {
		return project{}, err
	}
	if isAbsent(rep.status) || rep.status == http.StatusForbidden {
		return project{}, nil
	}
	var w wireProject
	err = rep.object(&w, "id", "key")
	return w.named(name), err
}
