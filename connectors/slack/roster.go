package slack

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	sdk "github.com/slack-go/slack"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

const (
	rosterPage = 999
	maxRoster  = 200 // pages
	// fewChannels is how many have to vanish at once before it is doubted.
	fewChannels = 3
	// maxTombstones is how many items one step marks.
	maxTombstones = 2000
)

// readTeam learns whose token it is, once for each connector. A token of
// another workspace than the one that was read before is a mistake: its
// channels have nothing to do with those.
func (f *fetch) readTeam(ctx context.Context) error {
	if f.c.norm.team.ID == "" {
		if err := f.c.identify(ctx); err != nil {
			return err
		}
	}
	team := f.c.norm.team
	if was, ok := connectors.DecodePosition[teamPos](f.position(teamKey)); ok && was.ID != team.ID {
		return &connectors.Error{Reason: connectors.ReasonAuth, Err: errors.New("the token belongs to another workspace than the one read so far")}
	}
	return f.move(teamKey, team)
}

// identify asks whose token it is.
func (c *connector) identify(ctx context.Context) error {
	r, err := c.api.call(ctx, methodAuth, func(ctx context.Context, client *sdk.Client) error {
		_, err := client.AuthTestContext(ctx)
		return err
	})
	if err != nil {
		return err
	}
	var w wireTeam
	if err := r.decode(methodAuth, &w); err != nil {
		return err
	}
	if !isID(w.TeamID) {
		return &connectors.Error{Reason: connectors.ReasonDecode, Err: errors.New("auth.test: the workspace has no id")}
	}
	team := teamPos{ID: w.TeamID, URL: w.URL}
	switch want := c.cfg.Workspace; {
	case (w.OfOrg || strings.HasPrefix(w.TeamID, "E")) && want == "":
		return &connectors.Error{Reason: connectors.ReasonAuth, Err: errors.New("the token is that of a whole organisation: name the workspace to read (workspace: T…)")}
	case w.OfOrg || strings.HasPrefix(w.TeamID, "E"):
		team.ID = want
	case want != "" && want != w.TeamID:
		return &connectors.Error{Reason: connectors.ReasonAuth, Err: errors.New("the token belongs to another workspace than the configured one")}
	}
	c.norm.team, c.norm.self = team, w.UserID
	return nil
}

// rosterDue reports whether it is time to list the channels. An app that may
// read private channels lists them at each poll: a public channel that somebody
// makes private must not be read any more.
func (f *fetch) rosterDue() bool {
	p, ok := connectors.DecodePosition[timePos](f.position(rosterKey))
	age := f.c.api.gov.serverNow().Sub(time.Unix(p.At, 0))
	return !ok || f.c.readsPrivate() || age >= time.Duration(f.c.cfg.DiscoveryInterval) || age < -time.Minute
}

// readsPrivate reports whether a channel that is made private stays readable.
func (c *connector) readsPrivate() bool { return c.api.private || len(c.cfg.PrivateChannels) > 0 }

// A roster is what the bot is in, as far as it may be read.
type roster struct {
	channels []wireChannel
	known    map[string]bool // ids that were listed, readable or not
	blind    bool            // something was listed that has no id
	bad      []badElement
	date     time.Time
}

// listChannels lists the channels that the bot is in. Direct messages are not
// asked for, and are left out should the server list them.
func (c *connector) listChannels(ctx context.Context) (*roster, error) {
	out := &roster{known: map[string]bool{}}
	cursor := ""
	for range maxRoster {
		r, err := c.api.call(ctx, methodChannels, func(ctx context.Context, client *sdk.Client) error {
			_, _, err := client.GetConversationsForUserContext(ctx, &sdk.GetConversationsForUserParameters{
				Types: c.cfg.types(), Limit: rosterPage, Cursor: cursor, TeamID: c.cfg.Workspace,
			})
			return err
		})
		if err != nil {
			return nil, asFailure(err)
		}
		if out.date = r.date; out.date.IsZero() {
			out.date = c.api.gov.serverNow()
		}
		good, bad, err := list(r, methodChannels, "channels", (*wireChannel).valid)
		if err != nil {
			return nil, err
		}
		for _, w := range good {
			if !w.IsIM && !w.IsMPIM && (!w.IsPrivate || matchExact(c.cfg.PrivateChannels, w.ID, w.Name)) {
				out.channels = append(out.channels, w)
				out.known[w.ID] = true
			}
		}
		for _, b := range bad {
			out.known[b.id] = true
			out.blind = out.blind || b.id == ""
		}
		out.bad = append(out.bad, bad...)
		next := r.Meta.NextCursor
		if next == "" {
			return out, nil
		}
		if next == cursor {
			break
		}
		cursor = next
	}
	return nil, &connectors.Error{Reason: connectors.ReasonDecode, Err: fmt.Errorf("%s: the list does not end", methodChannels)}
}

// readRoster brings the channels up to date.
func (f *fetch) readRoster(ctx context.Context) error {
	r, err := f.c.listChannels(ctx)
	if err != nil {
		return err
	}
	for _, w := range r.channels {
		d := f.desk(w.ID)
		skip := !f.c.cfg.wants(w.ID, w.Name, w.IsPrivate)
		if d.channelPos == (channelPos{}) && skip {
			continue
		}
		d.channelPos = channelPos{Name: w.Name, Private: w.IsPrivate, Archived: w.IsArchived, Skip: skip, Created: w.Created}
		if !w.IsArchived {
			d.history.Final = false
		}
	}
	for _, b := range r.bad {
		name := b.id
		if name == "" {
			name = "unreadable-" + b.sum
		}
		f.quarantine(prefixOf(f.c.norm.team.ID, name)+streamChannel, b.why)
	}
	if !r.blind {
		f.vanish(r.known, r.date)
	}
	return f.move(rosterKey, timePos{At: r.date.Unix()})
}

// vanish finds the channels that are no longer listed: the bot was removed, or
// they were made private or deleted, which cannot be told apart. One list may
// have left something out, so it takes two in succession.
func (f *fetch) vanish(listed map[string]bool, at time.Time) {
	var missing []*desk
	all := 0
	for _, id := range f.channels() {
		d := f.desk(id)
		if all++; !listed[id] && !d.Lost {
			missing = append(missing, d)
		}
	}
	if connectors.TooManyVanished(len(missing), all, fewChannels) {
		f.c.env.Log.Warn("too many channels vanished at once; keeping their items until this is explained",
			"source", f.c.env.Source, "vanished", len(missing), "known", all)
		return
	}
	for _, d := range missing {
		if d.Missed == 0 {
			d.Missed = max(at.Unix(), 1)
			f.c.relist.Store(true)
		} else {
			d.Lost = true
		}
	}
}

// lose marks the items of a channel that cannot be read any more, some at a
// time, and then forgets the channel. They are not deleted: an invitation
// brings them back.
func (f *fetch) lose(ctx context.Context, d *desk) (more bool, err error) {
	marked := 0
	if f.c.env.Stored != nil {
		for it, err := range f.c.env.Stored(ctx, d.prefix) {
			if err != nil {
				return false, fmt.Errorf("list stored items: %w", err)
			}
			if it.Gone != "" || f.held[it.ID] {
				continue
			}
			f.held[it.ID] = true
			f.gone(it.ID, store.GoneLostAccess)
			if marked++; marked == maxTombstones {
				return true, nil
			}
		}
	}
	d.channelPos, d.history, d.threads = channelPos{}, historyPos{}, threadsPos{}
	for _, name := range f.days(d) {
		d.days[name] = daySet{}
	}
	return false, nil
}
