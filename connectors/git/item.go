package git

import (
	"strconv"
	"strings"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/refs"
	"github.com/workdrift/workdrift/store"
)

// A normaliser turns records into a batch.
type normaliser struct {
	source string
	repo   *repository
	batch  store.Batch
	seen   map[string]bool // identities of the batch
}

// A person is an author as a commit names them.
type person struct {
	actor string
	bot   bool
}

// commit adds one commit.
func (n *normaliser) commit(r *record) {
	id := n.repo.name + "/" + r.sha
	written, ok := parseTime(r.author)
	committed, okCommitted := parseTime(r.commit)
	if !ok {
		written, ok = committed, okCommitted
	}
	if !okCommitted {
		committed = written
	}
	if !ok {
		n.batch.Quarantined = append(n.batch.Quarantined, store.Quarantined{ID: id, Reason: "the commit has no usable time"})
		return
	}
	author := identify(r.name, r.email)
	item := n.item(r, author, written.UTC(), committed.UTC())
	item.ID = id
	n.batch.Items = append(n.batch.Items, item)
	if r.parents > 1 && r.files == 0 {
		return // the work was done in the commits that it merges
	}
	n.event(id, "commit/"+r.sha, author, written, r)
	body, count := refs.Body(r.message), 0
	known := map[string]bool{author.actor: true}
	for _, who := range refs.CoAuthors(body) {
		other := identify(who.Name, who.Email)
		if other.actor == "" || known[other.actor] {
			continue
		}
		known[other.actor] = true
		count++
		n.event(id, "commit/"+r.sha+"/"+strconv.Itoa(count), other, written, nil)
	}
}

func (n *normaliser) item(r *record, author person, written, committed time.Time) store.Item {
	subject, body := refs.Subject(r.message), refs.Body(r.message)
	name := n.repo.name
	attrs := map[string][]string{store.AttrRepo: {name}, store.AttrAuthor: {"human"}}
	if author.bot {
		attrs[store.AttrAuthor] = []string{"bot"}
		if bot := botName(r.name, r.email); bot != "" {
			attrs[store.AttrBot] = []string{bot}
		}
	}
	for _, p := range r.paths {
		attrs[store.AttrPath] = append(attrs[store.AttrPath], connectors.Printable(p))
	}
	if typ, scope := refs.Conventional(subject); typ != "" {
		attrs[store.AttrChange] = []string{typ}
		if scope != "" {
			attrs[store.AttrScope] = []string{scope}
		}
	}
	item := store.Item{
		Source: n.source, Kind: store.KindCommit, Title: subject, Attrs: attrs, Status: store.StatusDone,
		Keys:    []string{name + "@" + r.sha, refs.ContentKey(name, r.email, written, subject)},
		Links:   refs.Commit(n.repo.refs, subject, body),
		Terms:   refs.Terms(r.message),
		Created: written, Started: written, Closed: written, Updated: committed,
	}
	if n.repo.web != "" {
		item.URL = n.repo.web + r.sha
	}
	return item
}

// event adds the event of one author. The size of the change goes to the
// first author's: it is one change however many wrote it.
func (n *normaliser) event(item, id string, who person, at time.Time, r *record) {
	e := store.Event{Source: n.source, ID: id, Item: item, Kind: store.EventCommit, Actor: who.actor, Bot: who.bot, At: at}
	if r != nil && r.counted {
		e.Attrs = map[string]string{
			"files": strconv.Itoa(r.files), "added": strconv.Itoa(r.added), "deleted": strconv.Itoa(r.deleted),
		}
	}
	n.batch.Events = append(n.batch.Events, e)
	if who.actor != "" && !n.seen[who.actor] {
		n.seen[who.actor] = true
		n.batch.Identities = append(n.batch.Identities, store.Identity{Actor: who.actor, Handle: who.actor, Bot: who.bot})
	}
}

// identify spells the identity behind a name and an address, in lower case as
// logins and addresses are compared: the login where GitHub made the address
// ("123+octocat@users.noreply.github.com"), else the address, nothing without
// one.
func identify(name, email string) person {
	email = strings.TrimSpace(strings.ToValidUTF8(email, "\uFFFD"))
	who := person{bot: botName(name, email) != ""}
	if login := login(email); login != "" {
		who.actor = "github:" + strings.ToLower(connectors.Printable(login))
	} else if email != "" {
		who.actor = "email:" + strings.ToLower(connectors.Printable(email))
	}
	return who
}

// login returns the login in an address that GitHub, or a GitHub Enterprise
// server, made up, "" for others.
func login(email string) string {
	i := strings.LastIndexByte(email, '@')
	if i < 0 || !strings.HasPrefix(strings.ToLower(email[i:]), "@users.noreply.") {
		return ""
	}
	local := email[:i]
	if id, rest, ok := strings.Cut(local, "+"); ok && strings.Trim(id, "0123456789") == "" {
		local = rest
	}
	return local
}

// botName returns the name of a machine account, "" for people. GitHub marks
// its machine accounts with "[bot]"; only then is a name shown.
func botName(name, email string) string {
	const mark = "[bot]"
	if strings.HasSuffix(strings.TrimSpace(name), mark) {
		return strings.TrimSpace(strings.ToValidUTF8(name, "\uFFFD"))
	}
	if l := login(strings.TrimSpace(email)); strings.HasSuffix(l, mark) {
		return l
	}
	return ""
}

// parseTime reads "1700000000 +0100". It refuses times outside of the years
// 1970 to 2200, which no commit was made in.
func parseTime(raw string) (time.Time, bool) {
	stamp, zone, _ := strings.Cut(strings.TrimSpace(raw), " ")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || seconds <= 0 || seconds >= time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC).Unix() {
		return time.Time{}, false
	}
	t := time.Unix(seconds, 0).UTC()
	if offset, ok := parseZone(zone); ok {
		t = store.WithOffset(t, offset)
	}
	return t, true
}

// parseZone reads "+0530" into seconds. "-0000" says that the zone is not
// known, and offsets beyond a day's line are mistakes.
func parseZone(zone string) (int, bool) {
	if len(zone) != 5 || zone == "-0000" || zone[0] != '+' && zone[0] != '-' {
		return 0, false
	}
	n, err := strconv.ParseUint(zone[1:], 10, 16)
	hours, minutes := int(n/100), int(n%100)
	if err != nil || minutes > 59 || hours > 14 {
		return 0, false
	}
	offset := hours*3600 + minutes*60
	if zone[0] == '-' {
		offset = -offset
	}
	return offset, true
}
