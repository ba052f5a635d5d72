package github

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

// A teamPos says when the members of a team were last read. Who they are is in
// the store alone, as keys.
type teamPos struct {
	At        int64 `json:"at"` // server's time, unix seconds
	validator       // of a list of one page
}

func teamKey(name string) string { return "team/" + name }

// planTeams reads the members of the teams for which that is due, of all when a
// delivery said that somebody came or left. A team that cannot be read is the
// round's failure and stops nothing.
func (c *connector) planTeams(ctx context.Context, f *fetch, hinted bool) error {
	for _, name := range c.cfg.Teams {
		p, known := connectors.DecodePosition[teamPos](f.position(teamKey(name)))
		if age := c.api.gov.serverNow().Unix() - p.At; known && !hinted && age >= 0 && age < int64(time.Duration(c.cfg.DiscoveryInterval).Seconds()) {
			continue
		}
		err := f.readTeam(ctx, name, p)
		if ctx.Err() != nil {
			return fmt.Errorf("github: %w", ctx.Err())
		}
		if err != nil {
			f.discard()
			c.fail(connectors.Describe("read the members of team "+name, err))
			continue
		}
		f.commit()
	}
	return nil
}

// readTeam reads all members of one team.
func (f *fetch) readTeam(ctx context.Context, name string, p teamPos) error {
	org, slug, _ := strings.Cut(name, "/")
	address := fmt.Sprintf("orgs/%s/teams/%s/members?per_page=%d", url.PathEscape(org), url.PathEscape(slug), f.c.cfg.PageSize)
	var members []string
	now := teamPos{}
	for first := true; address != ""; first = false {
		v := p.validator
		if !first {
			v = validator{}
		}
		rep, err := f.c.api.get(ctx, address, v)
		if err != nil {
			return err
		}
		if now.At == 0 {
			now.At = f.dateOf(rep).Unix()
		}
		f.heard(rep)
		if rep.status == http.StatusNotModified {
			now.validator = p.validator
			return f.move(teamKey(name), now)
		}
		if rep.status == http.StatusNotFound {
			return &connectors.Error{Reason: connectors.ReasonAuth, Err: fmt.Errorf("%s: no such team, or not visible", pathOf(rep.url))}
		}
		if err := rep.checkJSON(); err != nil {
			return statusOrDecode(rep, err)
		}
		good, bad, err := decodeArray(rep.body, func(u *wireUser) error {
			if u.Login == "" {
				return invalidError("it has no login")
			}
			return nil
		})
		if err == nil && len(bad) > 0 {
			err = errShape // a team without one of its members is another team
		}
		if err != nil {
			return decodeError(rep, err)
		}
		for i := range good {
			if id := f.norm.saw(userActor(&good[i])); id != "" {
				members = append(members, id)
			}
		}
		if first && rep.next == "" {
			now.validator = rep.tag
		}
		address = rep.next
	}
	slices.Sort(members)
	f.norm.out.Groups = append(f.norm.out.Groups, store.Group{
		Source: f.c.env.Source, Name: name, Members: slices.Compact(members), At: time.Unix(now.At, 0).UTC(),
	})
	return f.move(teamKey(name), now)
}
