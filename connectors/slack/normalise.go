package slack

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/workdrift/workdrift/connectors/refs"
	"github.com/workdrift/workdrift/store"
)

// maxLinks bounds the links of one discussion, those of its first message and
// the others apart.
const maxLinks = 100

// A discussion is a thread whose messages were all read, the first one first.
type discussion struct {
	channel  *desk
	messages []*wireMessage
	bad      int       // messages that could not be read
	floor    time.Time // the item is at least as new as this
}

func (t *discussion) root() *wireMessage { return t.messages[0] }

// A normaliser turns discussions into items and events. It keeps no text:
// references and counts of words are taken out here.
type normaliser struct {
	source   string
	team     teamPos
	self     string   // the account of our own app
	hosts    []string // GitHub Enterprise servers
	settings string   // what else of the configuration decides what becomes of a message
	prompt   string
	ratios   map[string]float64
	emoji    []string // names that are kept
	checksIn func(id, name string) bool
	met      func(user string)
}

// version tells one state of a first message from another. It depends on
// everything that moves when the thread does, and on how we read: the name of
// the channel and what counts as a check-in.
func (n *normaliser) version(d *desk, m *wireMessage, settled bool) uint32 {
	h := fnv.New32a()
	put := func(s string) { h.Write([]byte(s)); h.Write([]byte{0}) }
	put(d.Name)
	put(strconv.FormatBool(n.checksIn(d.id, d.Name)))
	put(n.settings)
	put(m.Subtype)
	put(m.edited.String())
	put(m.latest.String())
	put(strconv.Itoa(m.ReplyCount))
	put(strconv.Itoa(len(m.Text)))
	if m.ReplyCount > 0 {
		put(strconv.FormatBool(settled))
	}
	for _, r := range tally(m) {
		put(r.emoji)
		put(strconv.Itoa(r.count))
		for _, u := range r.users {
			put(u)
		}
	}
	for _, a := range m.addresses() {
		put(a)
	}
	return h.Sum32()
}

// thread adds a discussion to a batch.
func (n *normaliser) thread(t *discussion, out *store.Batch) {
	it := n.item(t)
	out.Items = append(out.Items, it)
	for _, m := range t.messages {
		n.events(t, it.ID, m, out)
	}
	out.Whole = append(out.Whole, store.Whole{Item: it.ID})
}

// keyOf names a thread for links from elsewhere: the path of its permalink.
func keyOf(channel string, at stamp) string { return "archives/" + channel + "/" + at.link() }

func (n *normaliser) item(t *discussion) store.Item {
	root := t.root()
	key := keyOf(t.channel.id, root.at)
	created := root.at.time()
	it := store.Item{
		Source:  n.source,
		ID:      t.channel.prefix + root.at.String(),
		Kind:    store.KindDiscussion,
		Keys:    []string{key},
		Title:   fmt.Sprintf("#%s thread of %s", t.channel.Name, created.Format(time.DateOnly)),
		Attrs:   map[string][]string{store.AttrChannel: {t.channel.Name}},
		Links:   n.links(t, key),
		Created: created, Updated: created,
	}
	if n.team.URL != "" {
		it.URL = strings.TrimSuffix(n.team.URL, "/") + "/" + key
	}
	if root.isWritten() {
		who := "human"
		if root.isBot() {
			who = "bot"
		}
		it.Attrs[store.AttrAuthor] = []string{who}
	}
	for _, r := range n.kept(tally(root)) {
		it.Attrs[store.AttrReaction] = append(it.Attrs[store.AttrReaction], r.emoji)
	}
	var texts []string
	for _, m := range t.messages {
		for _, at := range []stamp{m.at, m.edited} {
			if at.time().After(it.Updated) {
				it.Updated = at.time()
			}
		}
		if m.isWritten() {
			texts = append(texts, m.texts()...)
		}
	}
	if t.floor.After(it.Updated) {
		it.Updated = t.floor
	}
	it.Terms = refs.Terms(texts...)
	return it
}

// links finds what a discussion refers to. What its first message or an app
// names is what the thread is about; what people name later is mentioned.
func (n *normaliser) links(t *discussion, own string) []store.Link {
	type found struct {
		link store.Link
		lead bool
	}
	var all []found
	leads, count := map[string]bool{}, map[bool]int{}
	seen := map[string]bool{}
	for i, m := range t.messages {
		if !m.isWritten() {
			continue
		}
		lead := i == 0 || m.isBot()
		for _, text := range append(m.texts(), m.addresses()...) {
			for _, l := range refs.Comment("", n.rehost(text)) {
				id := strconv.FormatBool(lead) + l.Key
				if l.Key == own || seen[id] || count[lead] == maxLinks {
					continue
				}
				seen[id] = true
				count[lead]++
				leads[l.Key] = leads[l.Key] || lead
				kind := store.LinkMentions
				if lead {
					kind = store.LinkDiscusses
				}
				all = append(all, found{store.Link{Kind: kind, Key: l.Key, At: m.at.time()}, lead})
			}
		}
	}
	var out []store.Link
	for _, f := range all {
		if f.lead || !leads[f.link.Key] {
			out = append(out, f.link)
		}
	}
	return out
}

// rehost makes links to GitHub Enterprise servers look like those to
// github.com, which is what the keys of both are like.
func (n *normaliser) rehost(text string) string {
	for _, host := range n.hosts {
		text = strings.ReplaceAll(text, "https://"+host+"/", "https://github.com/")
	}
	return text
}

// events adds what people did with one message of a discussion. Slack does not
// tell when somebody reacted: the time is that of the message.
func (n *normaliser) events(t *discussion, item string, m *wireMessage, out *store.Batch) {
	at := m.at.time()
	add := func(kind store.EventKind, id, user string, bot bool, attrs map[string]string) {
		out.Events = append(out.Events, store.Event{
			Source: n.source, Item: item, ID: id, Kind: kind, Actor: actorOf(user), Bot: bot, At: at, Attrs: attrs,
		})
		if user != "" {
			n.met(user)
		}
	}
	ts := m.at.String()
	if m.isWritten() {
		add(store.EventMessage, "message/"+ts, m.author(), m.isBot(), nil)
	}
	for _, r := range n.kept(tally(m)) {
		for i, user := range r.users {
			// The number and not the account: an event's ID is stored as it is.
			add(store.EventReaction, fmt.Sprintf("reaction/%s/%s/%d", ts, r.emoji, i+1), user, user == slackbot, map[string]string{"emoji": r.emoji})
		}
	}
	if !n.checksIn(t.channel.id, t.channel.Name) {
		return
	}
	report := func(id, user, objective string, c checkIn) {
		add(store.EventCheckIn, id, user, false, c.attrs(objective))
	}
	asked, isPrompt := n.asked(t)
	if m.isWritten() && !m.isBot() && m.User != "" && !(isPrompt && m == t.root()) {
		for _, c := range checkIns(plain(m.Text), isPrompt) {
			objective := c.objective
			if objective == "" {
				objective = asked
			}
			report("check_in/"+ts+"/"+objective, m.User, objective, c)
		}
	}
	if isPrompt && m == t.root() {
		for i, v := range n.votes(m) {
			report(fmt.Sprintf("check_in/%s/reaction/%d", ts, i+1), v.user, asked, checkIn{confidence: v.ratio})
		}
	}
}

// asked returns the objective that the first message of a thread asks about.
func (n *normaliser) asked(t *discussion) (string, bool) {
	if !t.root().isWritten() {
		return "", false
	}
	return prompted(plain(t.root().Text), n.prompt)
}

type vote struct {
	user  string
	ratio float64
}

// votes are the reactions to a prompt that report a confidence, one for each
// person. Of more than one the lowest counts. An app that wrote the prompt only
// shows which emoji to use. Whether other accounts are machines is not asked
// here: the same messages must give the same events, whoever is known by then.
func (n *normaliser) votes(m *wireMessage) []vote {
	lowest := map[string]float64{}
	for _, r := range tally(m) {
		ratio, ok := n.ratios[r.emoji]
		if !ok {
			continue
		}
		for _, user := range r.users {
			if user == m.User && m.isBot() || user == n.self || user == slackbot {
				continue
			}
			if v, met := lowest[user]; !met || ratio < v {
				lowest[user] = ratio
			}
		}
	}
	out := make([]vote, 0, len(lowest))
	for user, ratio := range lowest {
		out = append(out, vote{user, ratio})
	}
	slices.SortFunc(out, func(a, b vote) int { return strings.Compare(a.user, b.user) })
	return out
}

type tallied struct {
	emoji string
	users []string // Slack may leave some out
	count int
}

// kept replaces the names of emoji that nobody asked to keep: workspaces make
// their own, and name them after people.
func (n *normaliser) kept(all []tallied) []tallied {
	var out []tallied
	rest := tallied{emoji: otherEmoji}
	for _, r := range all {
		if slices.Contains(n.emoji, r.emoji) {
			out = append(out, r)
			continue
		}
		rest.count += max(r.count, 1)
		rest.users = append(rest.users, r.users...)
	}
	if rest.count > 0 {
		slices.Sort(rest.users)
		rest.users = slices.Compact(rest.users)
		out = append(out, rest)
		slices.SortFunc(out, func(a, b tallied) int { return strings.Compare(a.emoji, b.emoji) })
	}
	return out
}

// otherEmoji stands for every emoji whose name is not kept.
const otherEmoji = "other"

// tally lists the reactions to a message by emoji, whatever their skin tone,
// each with its users in order: the order in which Slack lists them is not
// kept, so that the same reactions are always the same events.
func tally(m *wireMessage) []tallied {
	var out []tallied
	for _, r := range m.Reactions {
		emoji, _, _ := strings.Cut(r.Name, "::")
		if emoji == "" {
			continue
		}
		i := slices.IndexFunc(out, func(t tallied) bool { return t.emoji == emoji })
		if i < 0 {
			i = len(out)
			out = append(out, tallied{emoji: emoji})
		}
		out[i].count += r.Count
		for _, u := range r.Users {
			if u != "" {
				out[i].users = append(out[i].users, u)
			}
		}
	}
	for i := range out {
		slices.Sort(out[i].users)
		out[i].users = slices.Compact(out[i].users)
	}
	slices.SortFunc(out, func(a, b tallied) int { return strings.Compare(a.emoji, b.emoji) })
	return out
}

func actorOf(user string) string {
	if user == "" {
		return ""
	}
	return "slack:" + user
}

// isBare reports whether a single message says nothing that a score could use
// but that it was written.
func (n *normaliser) isBare(d *desk, m *wireMessage) bool {
	if m.ReplyCount > 0 || len(m.Reactions) > 0 {
		return false
	}
	t := &discussion{channel: d, messages: []*wireMessage{m}}
	if len(n.links(t, keyOf(d.id, m.at))) > 0 {
		return false
	}
	return !n.checksIn(d.id, d.Name)
}
