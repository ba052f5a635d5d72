package main

import (
	"hash/fnv"
	"slices"
	"strings"
	"time"
)

// This file is the oracle: what person-days come to, worked out from what
// people did and from what it was for. It is written from the specification of
// the scores (sections 2.1 to 2.3, 4.1 and 4.3) and shares no code with the
// packages under scoring.

// A date is a calendar day, counted from 1970-01-01.
type date int

func dateOf(t time.Time) date {
	y, m, d := t.Date()
	return date(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

func (d date) String() string  { return time.Unix(int64(d)*86400, 0).UTC().Format(time.DateOnly) }
func (d date) weekday() int    { return ((int(d)+3)%7 + 7) % 7 } // 0 is Monday
func (d date) monday() date    { return d - date(d.weekday()) }
func (d date) midnight() int64 { return int64(d) * 86400 }

// ever is the end of a membership that has none.
const ever date = 1 << 30

// A way is how somebody was present at a piece of work on a day; ways add up.
type way uint8

const (
	wrote    way = 1 << iota // code
	reviewed                 // somebody else's change
	ticketed                 // wrote in a ticket
	talked                   // in a thread, or about one's own change
)

// weight is in quarters of a full day's worth.
func (w way) weight() (sum int64) {
	for bit, quarters := range map[way]int64{wrote: 4, reviewed: 2, ticketed: 1, talked: 1} {
		if w&bit != 0 {
			sum += quarters
		}
	}
	return sum
}

// The buckets besides objectives.
const (
	onRun      = "run_work"
	onExcluded = "excluded"
	onStopped  = "stopped"
	onUnknown  = "unknown"
	onNothing  = "" // gone, or chat: no effort at all
)

// A piece is one piece of work: a ticket, a change with its commits, a commit
// of its own, a thread. What it is for is known when it is made.
type piece struct {
	source, id string
	thread     bool
	gone       bool   // or not to be seen yet: without an ID
	stands     string // the objective that it stands for by its key
	rule       string // the objectives or the bucket that rules give it
	leads      []lead
	known      map[string]bool // names that were ever seen of it; nil for all
}

// A lead says that a piece is done for another one. Percent is how strongly,
// name is what it calls it, "" where that cannot be mistaken.
type lead struct {
	to      *piece
	percent int
	name    string
}

// purpose returns what a piece is for, in order, and how strongly it knows: by
// its own key, by the strongest of its leads if that is at least half, by rule.
func (p *piece) purpose() (of []string, percent int) {
	if p.gone {
		return nil, 0
	}
	if p.stands != "" {
		return []string{p.stands}, 100
	}
	for _, l := range p.leads {
		if l.name != "" && l.to.known != nil && !l.to.known[l.name] {
			continue
		}
		their, strength := l.to.purpose()
		switch by := l.percent * strength / 100; {
		case by < 50 || by < percent:
		case by > percent:
			of, percent = slices.Clone(their), by
		default:
			of = append(of, their...)
		}
	}
	if percent > 0 {
		return strongest(of), percent
	}
	if p.rule != "" {
		return strings.Fields(p.rule), 100
	}
	return nil, 0
}

// strongest drops repeats, and buckets where there are objectives.
func strongest(of []string) []string {
	slices.Sort(of)
	of = slices.Compact(of)
	objectives := slices.DeleteFunc(slices.Clone(of), func(s string) bool { return s == onRun || s == onExcluded })
	switch {
	case len(objectives) > 0:
		return objectives
	case slices.Contains(of, onRun):
		return []string{onRun}
	}
	return of
}

// there reports whether anybody can see the piece.
func (p *piece) there() bool { return !p.gone && p.id != "" }

// order is the documented order of pieces of work for what does not divide
// evenly: FNV-1a over source, a zero byte and ID.
func (p *piece) order() uint64 {
	h := fnv.New64a()
	h.Write([]byte(p.source + "\x00" + p.id))
	return h.Sum64()
}

// A deed is one presence; void when it was taken back.
type deed struct {
	who  string
	at   time.Time // in UTC unless the tool tells the author's offset
	told bool      // it does
	on   *piece
	how  way
	void bool
}

// A workRecord is logged time; void when it was deleted.
type workRecord struct {
	who     string
	at      time.Time
	on      *piece
	seconds int64
	void    bool
}

// A soul is a person as Workdrift can know them: several identities, or one
// that nothing connects with the others.
type soul struct {
	key    string
	zone   *time.Location // configured or of a profile
	home   *time.Location // of the team
	fte    int64          // millionths of a working day
	leave  [][2]date
	stays  []stay
	tools  []string // identities
	listed bool     // as a member in the configuration
}

// A stay is a membership, both days included.
type stay struct {
	team        int
	from, until date
	share       int64 // millionths
}

func (s *soul) away(d date) bool {
	return slices.ContainsFunc(s.leave, func(l [2]date) bool { return l[0] <= d && d <= l[1] })
}

// local is the day on which something happened to the person.
func (s *soul) local(at time.Time, told bool, org *time.Location) date {
	switch {
	case s.zone != nil:
		return dateOf(at.In(s.zone))
	case told:
		return dateOf(at)
	case s.home != nil:
		return dateOf(at.In(s.home))
	}
	return dateOf(at.In(org))
}

// A plan is a declared objective.
type plan struct {
	id      string
	start   date // 0 for always
	retired date // 0 for never
	ranks   map[date]int
}

// A ledger is all that is true.
type ledger struct {
	souls map[string]*soul // by identity
	deeds []*deed
	logs  []*workRecord
	plans []plan // in the order of their ranks
	grace date
	top   int
	org   *time.Location
}

func (l *ledger) do(who string, at time.Time, on *piece, how way) *deed {
	d := &deed{who: who, at: at.UTC(), on: on, how: how}
	l.deeds = append(l.deeds, d)
	return d
}

func (l *ledger) log(who string, at time.Time, on *piece, spent time.Duration) *workRecord {
	r := &workRecord{who: who, at: at.UTC(), on: on, seconds: int64(spent / time.Second)}
	l.logs = append(l.logs, r)
	return r
}

// place says what a part of a day was for, as of that day.
func (l *ledger) place(out []entry, s *soul, day date, p *piece, micros int64) []entry {
	of, _ := p.purpose()
	if len(of) == 0 || of[0] == onRun || of[0] == onExcluded {
		bucket := onUnknown
		if len(of) > 0 {
			bucket = of[0]
		}
		return append(out, entry{who: s, on: p, day: day, bucket: bucket, micros: micros})
	}
	// Several objectives share equally, in their declared order.
	var plans []*plan
	for i := range l.plans {
		if slices.Contains(of, l.plans[i].id) {
			plans = append(plans, &l.plans[i])
		}
	}
	for i, part := range spread(micros, slices.Repeat([]int64{1}, len(plans))) {
		e := entry{who: s, on: p, day: day, purpose: plans[i].id, bucket: "objective", micros: part}
		switch o := plans[i]; {
		case o.start != 0 && day < o.start:
			e.purpose, e.bucket = "", onUnknown
		case o.retired != 0 && day >= o.retired+l.grace:
			e.bucket = onStopped
		}
		out = append(out, e)
	}
	return out
}

// isTop reports whether an objective was one of the top priorities on a day.
func (l *ledger) isTop(id string, day date) bool {
	rank := func(o *plan) int {
		best, r := date(-1), 0
		for from, v := range o.ranks {
			if from <= day && from > best {
				best, r = from, v
			}
		}
		return r
	}
	active := func(o *plan) bool { return o.start <= day && (o.retired == 0 || day < o.retired) }
	i := slices.IndexFunc(l.plans, func(o plan) bool { return o.id == id })
	if !active(&l.plans[i]) {
		return false
	}
	place := 1
	for k := range l.plans {
		if o := &l.plans[k]; k != i && active(o) && rank(o) < rank(&l.plans[i]) {
			place++
		}
	}
	return place <= l.top
}

// A sum is the effort of a group in a window, in micro-person-days.
type sum struct {
	objective, bucket map[string]int64
	total, top        int64
}

// everybody asks for the sum of the organisation.
const everybody = -1

// sum adds up the entries of a team, or of everybody, in a window.
func (l *ledger) sum(all []entry, team int, from, until date) sum {
	s := sum{objective: map[string]int64{}, bucket: map[string]int64{}}
	for _, e := range all {
		if e.day < from || e.day > until {
			continue
		}
		micros := e.micros
		if team != everybody {
			micros = e.inTeam(team)
		}
		s.total += micros
		s.bucket[e.bucket] += micros
		if e.bucket == "objective" {
			s.objective[e.purpose] += micros
			if l.isTop(e.purpose, e.day) {
				s.top += micros
			}
		}
	}
	return s
}

// inTeam is the part of an entry that belongs to a team: effort is split over
// the teams of the day, and what is left belongs to none.
func (e *entry) inTeam(team int) int64 {
	left, at := int64(1_000_000), -1
	var shares []int64
	for _, st := range e.who.stays {
		if st.from <= e.day && e.day <= st.until {
			if st.team == team {
				at = len(shares)
			}
			shares = append(shares, st.share)
			left -= st.share
		}
	}
	if at < 0 {
		return 0
	}
	return spread(e.micros, append(shares, left))[at]
}
