package main

import (
	"cmp"
	"maps"
	"slices"
)

// How the oracle splits days.

// An entry is effort of one person on one day for one purpose.
type entry struct {
	who     *soul
	on      *piece
	day     date
	purpose string // the objective, "" outside
	bucket  string // "objective" or one of the buckets
	micros  int64
}

// spread splits a total over weights by largest remainder, ties to the first.
func spread(total int64, weights []int64) []int64 {
	parts, rests, sum, left := make([]int64, len(weights)), make([]int, len(weights)), int64(0), total
	for _, w := range weights {
		sum += w
	}
	if sum == 0 {
		return parts
	}
	for i, w := range weights {
		parts[i], rests[i] = total*w/sum, i
		left -= parts[i]
	}
	slices.SortStableFunc(rests, func(a, b int) int { return cmp.Compare(total*weights[b]%sum, total*weights[a]%sum) })
	for _, i := range rests[:left] {
		parts[i]++
	}
	return parts
}

// A week holds what one person did in it, by day and piece.
type week struct {
	ways   [7]map[*piece]way
	logged [7]map[*piece]int64 // micro-person-days
}

// weeks groups everything by person and Monday, and tells what of bulk logs
// fitted nowhere, by the day on which they were entered.
func (l *ledger) weeks() (map[*soul]map[date]*week, map[date]int64) {
	all := map[*soul]map[date]*week{}
	at := func(s *soul, d date) (*week, int) {
		if all[s] == nil {
			all[s] = map[date]*week{}
		}
		w := all[s][d.monday()]
		if w == nil {
			w = &week{}
			for i := range w.ways {
				w.ways[i], w.logged[i] = map[*piece]way{}, map[*piece]int64{}
			}
			all[s][d.monday()] = w
		}
		return w, d.weekday()
	}
	for _, d := range l.deeds {
		if s := l.souls[d.who]; s != nil && !d.void && d.on.there() {
			w, i := at(s, s.local(d.at, d.told, l.org))
			w.ways[i][d.on] |= d.how
		}
	}
	return all, l.book(func(s *soul, d date, p *piece, micros int64) {
		w, i := at(s, d)
		w.logged[i][p] += micros
	})
}

// book lays out logged time: that of a day and piece adds up, and then bulk
// logs, of more than a day and a half, are spread backwards over up to ten
// working days into what is free.
func (l *ledger) book(put func(*soul, date, *piece, int64)) (unplaced map[date]int64) {
	type slot struct {
		s *soul
		d date
		p *piece
	}
	type bulk struct {
		slot
		micros int64
	}
	seconds, taken, unplaced := map[slot]int64{}, map[*soul]map[date]int64{}, map[date]int64{}
	var bulks []bulk
	for _, r := range l.logs {
		s := l.souls[r.who]
		if s == nil || r.void || !r.on.there() {
			continue
		}
		on := slot{s, s.local(r.at, false, l.org), r.on}
		if m := fromSeconds(r.seconds); m > 1_500_000 {
			bulks = append(bulks, bulk{on, m})
			continue
		}
		seconds[on] += r.seconds
	}
	take := func(on slot, m int64) {
		if taken[on.s] == nil {
			taken[on.s] = map[date]int64{}
		}
		taken[on.s][on.d] += m
		put(on.s, on.d, on.p, m)
	}
	for on, sum := range seconds {
		take(on, fromSeconds(sum))
	}
	slices.SortFunc(bulks, func(a, b bulk) int {
		return cmp.Or(cmp.Compare(a.d, b.d), cmp.Compare(a.p.order(), b.p.order()), cmp.Compare(a.micros, b.micros))
	})
	for _, b := range bulks {
		left := b.micros
		for d, days := b.d, 10; days > 0 && left > 0; d-- {
			if d.weekday() > 4 {
				continue
			}
			days--
			free := b.s.fte - taken[b.s][d]
			if b.s.away(d) || free <= 0 {
				continue
			}
			part := min(left, free)
			take(slot{b.s, d, b.p}, part)
			left -= part
		}
		unplaced[b.d] += left
	}
	return unplaced
}

// fromSeconds turns logged time into micro-person-days of eight hours, half up.
func fromSeconds(s int64) int64 { return (s*1_000_000 + 14_400) / 28_800 }

// entries works out the whole ledger.
func (l *ledger) entries() ([]entry, map[date]int64) {
	var out []entry
	weeks, unplaced := l.weeks()
	for s, mondays := range weeks {
		for monday, w := range mondays {
			out = l.week(out, s, monday, w)
		}
	}
	return out, unplaced
}

// week splits one person-week.
func (l *ledger) week(out []entry, s *soul, monday date, w *week) []entry {
	var pieces [7][]*piece
	worth, working := make([]int64, 7), int64(0)
	for i := range w.ways {
		for p := range w.ways[i] {
			of, _ := p.purpose()
			if p.thread && of == nil {
				delete(w.ways[i], p) // chat
			}
		}
		pieces[i] = slices.SortedFunc(maps.Keys(union(w.ways[i], w.logged[i])), func(a, b *piece) int { return cmp.Compare(a.order(), b.order()) })
		worth[i] = s.worth(w, i)
		if day := monday + date(i); i < 5 && !s.away(day) {
			working++
		}
	}
	if capacity := s.fte * working; total(worth) > capacity {
		worth = spread(capacity, worth)
	}
	for i, list := range pieces {
		for k, micros := range split(worth[i], list, w.ways[i], w.logged[i]) {
			out = l.place(out, s, monday+date(i), list[k], micros)
		}
	}
	return out
}

func union[K comparable, A, B any](a map[K]A, b map[K]B) map[K]bool {
	all := map[K]bool{}
	for k := range a {
		all[k] = true
	}
	for k := range b {
		all[k] = true
	}
	return all
}

func total(list []int64) (sum int64) {
	for _, v := range list {
		sum += v
	}
	return sum
}

// worth is the budget of a day before the week's capacity: whole from half of
// a full weight on, at least what is logged, and only that when nothing could
// take the rest.
func (s *soul) worth(w *week, day int) int64 {
	quarters, logged, open := int64(0), int64(0), false
	for p, how := range w.ways[day] {
		quarters += how.weight()
		open = open || w.logged[day][p] == 0
	}
	for _, m := range w.logged[day] {
		logged += m
	}
	logged = min(logged, s.fte)
	if !open {
		return logged
	}
	return max(logged, (s.fte*min(quarters, 2)+1)/2)
}

// split gives pieces with logged time that, and the others the rest of the day
// by their weights. Logged time beyond the day shrinks in proportion.
func split(worth int64, list []*piece, ways map[*piece]way, logged map[*piece]int64) []int64 {
	logs, weights := make([]int64, len(list)), make([]int64, len(list))
	for i, p := range list {
		if logs[i] = logged[p]; logs[i] == 0 {
			weights[i] = ways[p].weight()
		}
	}
	if sum := total(logs); sum >= worth {
		return spread(worth, logs)
	} else {
		worth -= sum
	}
	parts := spread(worth, weights)
	for i := range parts {
		parts[i] += logs[i]
	}
	return parts
}
