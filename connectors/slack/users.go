package slack

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	sdk "github.com/slack-go/slack"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

const usersPage = 200 // which Slack recommends

// people are the accounts that took part in what was read. Who they are is
// asked once, and again every day. The first time that goes the cheaper of two
// ways: page by page through the list of all accounts, until that has cost as
// many requests as asking for those still unknown one by one would. Every day
// the list is read to its end, since it also tells whose account was
// deactivated, most of all of those who take part no more.
//
// They are kept in memory only, because the cursor must not name them; after a
// restart they are asked for once more.
type people struct {
	met    map[string]bool           // ids of accounts
	told   map[string]bool           // of those, the ones that were read
	cards  map[string]store.Identity // what was read of them last, by actor
	listed bool                      // the list of all was read to its end
	whole  bool                      // it is to be, whoever is unknown
	cursor string                    // where it goes on
	pages  int                       // read of it this time
	fields []string                  // ids of profile fields, parallel to kinds
	kinds  []string
	asked  bool // for the fields
}

func newPeople() *people {
	return &people{met: map[string]bool{}, told: map[string]bool{}, cards: map[string]store.Identity{}}
}

// meet notes who took part. Apps without an account are not people.
func (p *people) meet(user string) {
	if (strings.HasPrefix(user, "U") || strings.HasPrefix(user, "W")) && isID(user) {
		p.met[user] = true
	}
}

// retell has everybody read again.
func (p *people) retell() {
	p.told, p.listed, p.whole, p.cursor, p.pages, p.asked = map[string]bool{}, false, true, "", 0, false
}

// unknown lists who was met and not read, in order.
func (p *people) unknown() []string {
	var out []string
	for _, id := range slices.Sorted(maps.Keys(p.met)) {
		if !p.told[id] {
			out = append(out, id)
		}
	}
	return out
}

// peopleDue reports whether somebody is to be read.
func (f *fetch) peopleDue() bool { return f.dayIsOver() || len(f.c.people.unknown()) > 0 }

// dayIsOver reports whether everybody is to be read again.
func (f *fetch) dayIsOver() bool {
	pos, _ := connectors.DecodePosition[timePos](f.position(usersKey))
	age := f.c.api.gov.serverNow().Sub(time.Unix(pos.At, 0))
	return pos.At != 0 && (age >= time.Duration(f.c.cfg.UsersInterval) || age < -time.Minute)
}

// readPeople does one request about accounts.
func (f *fetch) readPeople(ctx context.Context) (more bool, err error) {
	if f.dayIsOver() {
		// Noted as they begin: it may take the limits of several rounds.
		f.c.people.retell()
		if err := f.move(usersKey, timePos{At: f.c.api.gov.serverNow().Unix()}); err != nil {
			return false, err
		}
	}
	p := f.c.people
	if len(f.c.cfg.ProfileFields) > 0 && !p.asked {
		return true, f.readFields(ctx)
	}
	left := p.unknown()
	switch {
	case p.whole:
		return true, f.readUsers(ctx)
	case len(left) == 0:
		p.listed, p.cursor, p.pages = false, "", 0
		pos, _ := connectors.DecodePosition[timePos](f.position(usersKey))
		now := f.c.api.gov.serverNow()
		if now.Sub(time.Unix(pos.At, 0)) < time.Duration(f.c.cfg.UsersInterval) {
			return false, nil // a newcomer moves no clock
		}
		return false, f.move(usersKey, timePos{At: now.Unix()})
	case p.listed || len(left) <= p.pages+1 || len(p.fields) > 0: // profiles come one by one anyway
		return true, f.readUser(ctx, left[0])
	}
	return true, f.readUsers(ctx)
}

// readUsers reads a page of the list of all accounts.
func (f *fetch) readUsers(ctx context.Context) error {
	p := f.c.people
	r, err := f.c.api.call(ctx, methodUsers, func(ctx context.Context, client *sdk.Client) error {
		page := client.GetUsersPaginated(sdk.GetUsersOptionLimit(usersPage), sdk.GetUsersOptionTeamID(f.c.cfg.Workspace))
		page.Cursor = p.cursor
		_, err := page.Next(ctx)
		return err
	})
	if err != nil {
		p.cursor = "" // it may be what is wrong
		if _, refused := errors.AsType[codeError](err); refused && p.whole {
			p.whole, p.listed = false, true // one by one, as far as they are met
			f.c.env.Log.Warn("the list of accounts is refused; deactivated ones are not seen", "source", f.c.env.Source, "error", err)
			return nil
		}
		return asFailure(err)
	}
	good, _, err := list(r, methodUsers, "members", (*wireUser).valid)
	if err != nil {
		return err
	}
	next := r.Meta.NextCursor
	p.listed = next == "" || next == p.cursor
	p.cursor = next
	p.pages++
	p.whole = p.whole && !p.listed
	for i := range good {
		switch w := &good[i]; {
		case p.met[w.ID] && !p.told[w.ID] && len(p.fields) == 0: // profiles come one by one
			f.tell(w, nil)
		default:
			f.account(w) // known from an earlier run, or to nobody: then the store ignores it
		}
	}
	return nil
}

// account hands over whether an account can be used.
func (f *fetch) account(w *wireUser) {
	if isMachine(w) {
		return
	}
	a := store.Account{Actor: actorOf(w.ID), State: store.AccountActive, At: f.c.api.gov.serverNow().UTC().Truncate(time.Second)}
	if w.Deleted {
		a.State = store.AccountInactive
	}
	f.batch.Accounts = append(f.batch.Accounts, a)
}

// readUser reads one account.
func (f *fetch) readUser(ctx context.Context, id string) error {
	p := f.c.people
	r, err := f.c.api.call(ctx, methodUser, func(ctx context.Context, client *sdk.Client) error {
		_, err := client.GetUserInfoContext(ctx, id)
		return err
	})
	if _, ok := errors.AsType[codeError](err); ok {
		p.told[id] = true // an account that is hidden from the app
		return nil
	}
	if err != nil {
		return err
	}
	var w struct {
		User *wireUser `json:"user"`
	}
	if err := r.decode(methodUser, &w); err != nil {
		return err
	}
	if w.User == nil || w.User.ID != id {
		return &connectors.Error{Reason: connectors.ReasonDecode, Err: fmt.Errorf("%s: %w", methodUser, errShape)}
	}
	var same []store.Same
	if len(p.fields) > 0 && !isMachine(w.User) && !w.User.IsStranger {
		if same, err = f.readProfile(ctx, id); err != nil {
			return err
		}
	}
	f.tell(w.User, same)
	return nil
}

func isMachine(w *wireUser) bool { return w.IsBot || w.ID == slackbot }

// tell hands over who an account is.
func (f *fetch) tell(w *wireUser, same []store.Same) {
	p := f.c.people
	p.told[w.ID] = true
	id := store.Identity{Actor: actorOf(w.ID), Handle: "slack:" + w.Name, Bot: isMachine(w)}
	if !id.Bot {
		id.Zone = w.TZ
	}
	// What another company says of its people would make anybody of them one of
	// ours, and so would an address that was only typed.
	if !id.Bot && !w.IsStranger {
		if at := strings.IndexByte(w.Profile.Email, '@'); at > 0 && (w.Confirmed == nil || *w.Confirmed) {
			id.Same = append(id.Same, store.Same{Actor: "email:" + strings.ToLower(strings.TrimSpace(w.Profile.Email)), By: store.SameByEmail})
		}
		id.Same = append(id.Same, same...)
	}
	p.cards[id.Actor] = id
	f.account(w)
	f.batch.Identities = append(f.batch.Identities, id)
}

// introduce adds an identity of every actor of the batch. Of those who were not
// read yet that is the account's id, which the store completes later.
func (f *fetch) introduce() {
	there := map[string]bool{}
	for _, id := range f.batch.Identities {
		there[id.Actor] = true
	}
	for _, e := range f.batch.Events {
		if e.Actor == "" || there[e.Actor] {
			continue
		}
		there[e.Actor] = true
		id, ok := f.c.people.cards[e.Actor]
		if !ok {
			id = store.Identity{Actor: e.Actor, Handle: e.Actor, Bot: e.Bot}
		}
		f.batch.Identities = append(f.batch.Identities, id)
	}
}

// readFields finds the ids of the custom profile fields that are configured by
// their labels.
func (f *fetch) readFields(ctx context.Context) error {
	p := f.c.people
	r, err := f.c.api.call(ctx, methodTeamProfile, func(ctx context.Context, client *sdk.Client) error {
		var of []string
		if f.c.cfg.Workspace != "" {
			of = []string{f.c.cfg.Workspace}
		}
		_, err := client.GetTeamProfileContext(ctx, of...)
		return err
	})
	if err != nil {
		return err
	}
	var w struct {
		Profile struct {
			Fields []struct {
				ID    string `json:"id"`
				Label string `json:"label"`
			} `json:"fields"`
		} `json:"profile"`
	}
	if err := r.decode(methodTeamProfile, &w); err != nil {
		return err
	}
	p.asked, p.fields, p.kinds = true, nil, nil
	for _, kind := range slices.Sorted(maps.Keys(f.c.cfg.ProfileFields)) {
		label, found := f.c.cfg.ProfileFields[kind], false
		for _, field := range w.Profile.Fields {
			if strings.EqualFold(field.Label, label) && field.ID != "" {
				p.fields, p.kinds = append(p.fields, field.ID), append(p.kinds, kind)
				found = true
				break
			}
		}
		if !found {
			f.c.env.Log.Warn("the workspace has no profile field of that label", "source", f.c.env.Source, "label", label)
		}
	}
	return nil
}

// readProfile reads what a person filled into the configured fields.
func (f *fetch) readProfile(ctx context.Context, id string) ([]store.Same, error) {
	p := f.c.people
	r, err := f.c.api.call(ctx, methodProfile, func(ctx context.Context, client *sdk.Client) error {
		_, err := client.GetUserProfileContext(ctx, &sdk.GetUserProfileParameters{UserID: id})
		return err
	})
	if _, ok := errors.AsType[codeError](err); ok {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	// Without any field filled in, Slack sends null or an empty list.
	var w struct {
		Profile struct {
			Fields rawObject `json:"fields"`
		} `json:"profile"`
	}
	if err := r.decode(methodProfile, &w); err != nil {
		return nil, err
	}
	var same []store.Same
	for i, field := range p.fields {
		if value := accountName(w.Profile.Fields.value(field)); value != "" {
			same = append(same, store.Same{Actor: p.kinds[i] + ":" + value, By: store.SameByProfile})
		}
	}
	return same, nil
}

// accountName takes the name of an account out of what people write into a
// profile: "octocat", "@octocat", "https://github.com/octocat".
func accountName(s string) string {
	s = strings.TrimSpace(s)
	if u, err := url.Parse(s); err == nil && u.Host != "" {
		s = strings.Trim(u.Path, "/")
	} else if host, path, ok := strings.Cut(s, "/"); ok && strings.Contains(host, ".") {
		s = strings.Trim(path, "/")
	}
	s = strings.ToLower(strings.TrimPrefix(s, "@"))
	if s == "" || len(s) > 100 || strings.ContainsAny(s, "/ \t\r\n") {
		return ""
	}
	return s
}
