package jira

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/workdrift/workdrift/store"
)

// readGroups reads the members of the configured groups. Somebody whose account
// was deactivated is none, and it is told.
func (c *connector) readGroups(ctx context.Context, f *fetch) (more bool, err error) {
	now := c.api.gov.serverNow().UTC().Truncate(time.Second)
	for _, name := range c.cfg.Groups {
		members, there, err := c.members(ctx, name)
		if err != nil {
			return false, err
		}
		if !there {
			c.env.Log.Warn("no such group, or no right to see it", "source", c.env.Source, "group", name)
			continue
		}
		var actors []string
		for i := range members {
			u := &members[i]
			if u.Active != nil && !*u.Active {
				f.norm.account(u)
			} else if actor, _ := f.norm.who(u); actor != "" {
				actors = append(actors, actor)
			}
		}
		slices.Sort(actors)
		f.norm.out.Groups = append(f.norm.out.Groups, store.Group{
			Source: c.env.Source, Name: name, Members: slices.Compact(actors), At: now,
		})
	}
	return false, f.move(streamGroups, duePos{At: now.Unix()})
}

// members reads all pages of a group.
func (c *connector) members(ctx context.Context, name string) (members []wireUser, there bool, err error) {
	for start, n := 0, 0; n < maxParts; n++ {
		rep, err := optional(c.api.get(ctx, "rest/api/2/group/member", url.Values{
			"groupname": {name}, "includeInactiveUsers": {"true"}, "startAt": {strconv.Itoa(start)}, "maxResults": {"50"},
		}))
		if err != nil {
			return nil, false, err
		}
		if rep.status >= 400 {
			return nil, false, nil
		}
		var page struct {
			Values []wireUser `json:"values"`
			Total  int        `json:"total"`
			Last   bool       `json:"isLast"`
		}
		if err := rep.object(&page, "values"); err != nil {
			return nil, false, err
		}
		members = append(members, page.Values...)
		if start += len(page.Values); page.Last || len(page.Values) == 0 || start >= page.Total {
			break
		}
	}
	return members, true, nil
}
