package jira

import (
	"context"
	"slices"
	"strings"

	"github.com/workdrift/workdrift/connectors"
)

// A directory knows the names of projects. A project that is given another key
// keeps its issues and their numbers: every key that an issue had, or would
// have had, under a former key of the project leads to it still. Neither the
// issue nor its history tells that; the project does.
type directory struct {
	raw    string              // the position of the roster that it is made of
	told   map[string]bool     // keys, present and former
	former map[string][]string // by present key
}

func newDirectory(raw string) *directory {
	d := &directory{raw: raw, told: map[string]bool{}, former: map[string][]string{}}
	pos, _ := connectors.DecodePosition[rosterPos](raw)
	all := slices.Concat(pos.Projects, pos.Met)
	present := map[string]bool{}
	for _, p := range all {
		present[p.Key] = true
	}
	for _, p := range all {
		for _, k := range p.Former {
			d.told[k] = true
			if !present[k] { // else it was given up and is another project's now
				d.former[p.Key] = append(d.former[p.Key], k)
			}
		}
		d.told[p.Key] = true
	}
	return d
}

// directory is what is known of names by the running unit.
func (f *fetch) directory() *directory {
	if raw := f.position(streamRoster); f.c.names == nil || f.c.names.raw != raw {
		f.c.names = newDirectory(raw)
	}
	return f.c.names
}

// former returns the keys that an issue would have under the former keys of its
// project.
func (f *fetch) former(key string) []string {
	name := projectOf(key)
	var keys []string
	for _, k := range f.directory().former[name] {
		keys = append(keys, k+key[len(name):])
	}
	return keys
}

// learnNames asks for the projects of issues that are not listed: those of
// queries, boards and parents, and those that issues left. It is one request a
// project, once.
func (c *connector) learnNames(ctx context.Context, f *fetch, issues []*issue) error {
	for _, is := range issues {
		for _, key := range append([]string{is.key}, is.oldKeys()...) {
			name := projectOf(key)
			if !projectKey.MatchString(name) || f.directory().told[name] {
				continue
			}
			p, err := c.askName(ctx, name)
			if err != nil {
				return err
			}
			if p.ID == "" {
				continue
			}
			if err := c.meet(f, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// maxAsked is how often an answer about a project may be strange before it is
// done without.
const maxAsked = 3

// askName asks for a project once. Whatever the answer, it must not keep issues
// from being read for ever.
func (c *connector) askName(ctx context.Context, name string) (project, error) {
	if p, asked := c.asked[name]; asked {
		return p, nil
	}
	p, err := c.oneProject(ctx, name)
	if reason := connectors.ReasonOf(err); reason == connectors.ReasonDecode || reason == connectors.ReasonServer {
		if c.strange[name]++; c.strange[name] >= maxAsked {
			c.env.Log.Warn("the former keys of a project cannot be read", "source", c.env.Source, "project", name, "err", err)
			p, err = project{}, nil
		}
	}
	if err == nil {
		c.asked[name] = p
		delete(c.strange, name)
	}
	return p, err
}

// meet keeps the names of a project that is not listed.
func (c *connector) meet(f *fetch, p project) error {
	pos, _ := connectors.DecodePosition[rosterPos](f.position(streamRoster))
	same := func(o project) bool { return o.ID == p.ID }
	if slices.ContainsFunc(pos.Projects, same) {
		c.relist = true // it was renamed since the projects were listed
		return nil
	}
	i := slices.IndexFunc(pos.Met, same)
	if i < 0 {
		i = len(pos.Met)
		pos.Met = append(pos.Met, project{})
	}
	if pos.Met[i].Key != "" || len(p.Former) > 0 && !f.isFirst() {
		pos.Names++
	}
	pos.Met[i] = p
	return f.move(streamRoster, pos)
}

// names counts how often the names of projects changed, whose issues then have
// other keys without an update of any: scopes are read again.
func (f *fetch) names() int {
	pos, _ := connectors.DecodePosition[rosterPos](f.position(streamRoster))
	return pos.Names
}

// renamed reports whether a project has other names than before.
func renamed(before, now []project) bool {
	return slices.ContainsFunc(before, func(a project) bool {
		return slices.ContainsFunc(now, func(b project) bool {
			return a.ID == b.ID && (a.Key != b.Key || !slices.Equal(a.Former, b.Former))
		})
	})
}

// A wireProject is a project, with every key that leads to it where the server
// tells them.
type wireProject struct {
	ID   string   `json:"id"`
	Key  string   `json:"key"`
	Keys []string `json:"projectKeys"`
}

// named makes the project that a server told, which was asked for by a name or,
// where that is empty, listed.
func (w *wireProject) named(name string) project {
	p := project{ID: w.ID, Key: w.Key, Told: w.Keys != nil || name != ""}
	if projectKey.MatchString(name) { // an id is none
		w.Keys = append(w.Keys, strings.ToUpper(name))
	}
	for _, k := range w.Keys {
		if k != "" && !strings.EqualFold(k, w.Key) && !slices.Contains(p.Former, k) {
			p.Former = append(p.Former, k)
		}
	}
	slices.Sort(p.Former)
	return p
}
