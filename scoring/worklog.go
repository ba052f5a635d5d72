package scoring

import (
	"cmp"
	"slices"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
)

// logEntry is time that one identity logged on one item.
type logEntry struct {
	at      effort.Moment // when the work was done
	actor   uint32
	seconds int32
	machine bool
}

// bookedWeek is the logged time of a person-week, as it counts.
type bookedWeek struct {
	logs     []bookedLog     // by day and item
	unplaced [7]effort.Micro // of bulk logs entered on the day, what fitted nowhere
	overtime [7]effort.Micro // beyond what the day is worth, as of the last split
}

// bookedLog is the time logged on one item on one day.
type bookedLog struct {
	item   uint32
	day    uint8 // 0 is Monday
	micros effort.Micro
}

func sortLogs(logs []logEntry) []logEntry {
	slices.SortFunc(logs, func(a, b logEntry) int {
		machine := 0
		if a.machine != b.machine {
			machine = 1
			if b.machine {
				machine = -1
			}
		}
		return cmp.Or(cmp.Compare(a.actor, b.actor), a.at.Compare(b.at), cmp.Compare(a.seconds, b.seconds), machine)
	})
	return slices.Clip(logs)
}

// replaceLogs swaps the logged time of an item. What it comes to depends on
// everything else that the same persons logged, see layOut.
func (e *Engine) replaceLogs(no uint32, logs []logEntry) {
	old := e.logs[no]
	if slices.Equal(old, logs) {
		return
	}
	e.countLogs(no, -1)
	for _, l := range old {
		line := e.line(e.actors[l.actor].person)
		if i, ok := slices.BinarySearch(line.logged, no); ok {
			line.logged = slices.Delete(line.logged, i, i+1)
		}
		e.replan[e.actors[l.actor].person] = true
	}
	delete(e.logs, no)
	if len(logs) > 0 {
		e.logs[no] = logs
	}
	e.countLogs(no, 1)
	e.fileLogs(no, logs)
}

// fileLogs enters an item into the timelines of those who logged time on it.
func (e *Engine) fileLogs(no uint32, logs []logEntry) {
	for _, l := range logs {
		a := &e.actors[l.actor]
		if l.machine || a.machine {
			continue
		}
		line := e.line(a.person)
		if i, ok := slices.BinarySearch(line.logged, no); !ok {
			line.logged = slices.Insert(line.logged, i, no)
		}
		e.replan[a.person] = true
	}
}

func (e *Engine) countLogs(no uint32, sign int) {
	for _, l := range e.logs[no] {
		e.count(no, l.actor, l.machine, &e.stats.Logs, sign)
	}
}

// bulkReach is how many days before its own a bulk log may reach.
func (e *Engine) bulkReach() objective.Date {
	working := min(max(1, e.declared.Effort.WorkingDays), 7)
	return objective.Date(7 * (e.declared.Effort.BulkDays/working + 2))
}

// markBooked marks the person-weeks that a log may count in.
func (e *Engine) markBooked(person uint32, l logEntry) {
	day, _ := e.people.localDate(person, l.at)
	from := day
	if e.declared.Effort.IsBulkLog(e.declared.Effort.Logged(int64(l.seconds))) {
		from -= e.bulkReach()
	}
	for monday := from.Monday(); monday <= day; monday += 7 {
		if w := e.lines[person].at(monday); w != nil {
			e.stain(w)
		}
	}
}

// dayItem is an item on a day.
type dayItem struct {
	day  objective.Date
	item uint32
}

// bulkLog is one log that stands for several days.
type bulkLog struct {
	dayItem
	order  uint64 // of the item, the same in every store
	micros effort.Micro
}

// layOutAll lays out the logged time of everybody whose logs changed.
func (e *Engine) layOutAll() {
	for p := range e.replan {
		e.layOut(p)
	}
	clear(e.replan)
}

// layOut says on which days the logged time of a person counts. Logs of one
// item and day add up. Bulk logs are spread after that, in the order of their
// days, into what each day has free: nothing on leave.
func (e *Engine) layOut(person uint32) {
	who, config := &e.people.list[person], e.declared.Effort
	seconds, bulk := e.logsOf(person)
	booked, perDay := make(map[dayItem]effort.Micro), make(map[objective.Date]effort.Micro)
	book := func(on dayItem, part effort.Micro) {
		booked[on] += part
		perDay[on.day] += part
	}
	for on, sum := range seconds {
		book(on, config.Logged(sum))
	}
	unplaced := make(map[objective.Date]effort.Micro)
	for _, b := range bulk {
		left := config.SpreadBulkLog(b.micros, b.day,
			func(day objective.Date) effort.Micro {
				if who.onLeave(day) {
					return 0
				}
				return who.fte - perDay[day]
			},
			func(day objective.Date, part effort.Micro) { book(dayItem{day, b.item}, part) })
		if left > 0 {
			unplaced[b.day] += left
		}
	}
	e.rebook(person, weeksBooked(booked, unplaced))
}

// logsOf returns what a person logged: seconds by day and item, and bulk logs
// in the order in which they are spread.
func (e *Engine) logsOf(person uint32) (map[dayItem]int64, []bulkLog) {
	config := e.declared.Effort
	seconds := make(map[dayItem]int64)
	var bulk []bulkLog
	for _, no := range e.line(person).logged {
		for _, l := range e.logs[no] {
			if a := &e.actors[l.actor]; a.person != person || a.machine || l.machine {
				continue
			}
			day, _ := e.people.localDate(person, l.at)
			on := dayItem{day, no}
			if micros := config.Logged(int64(l.seconds)); config.IsBulkLog(micros) {
				bulk = append(bulk, bulkLog{on, e.items[no].order, micros})
				continue
			}
			seconds[on] += int64(l.seconds)
		}
	}
	slices.SortFunc(bulk, func(a, b bulkLog) int {
		return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.order, b.order),
			cmp.Compare(a.item, b.item), cmp.Compare(a.micros, b.micros))
	})
	return seconds, bulk
}

// weeksBooked puts booked time into weeks, by Monday.
func weeksBooked(booked map[dayItem]effort.Micro, unplaced map[objective.Date]effort.Micro) map[objective.Date]*bookedWeek {
	weeks := make(map[objective.Date]*bookedWeek)
	week := func(day objective.Date) (*bookedWeek, uint8) {
		monday := day.Monday()
		if weeks[monday] == nil {
			weeks[monday] = &bookedWeek{}
		}
		return weeks[monday], uint8(day - monday)
	}
	for on, micros := range booked {
		w, day := week(on.day)
		w.logs = append(w.logs, bookedLog{item: on.item, day: day, micros: micros})
	}
	for day, micros := range unplaced {
		w, d := week(day)
		w.unplaced[d] = micros
	}
	for _, w := range weeks {
		slices.SortFunc(w.logs, func(a, b bookedLog) int {
			return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.item, b.item))
		})
	}
	return weeks
}

// rebook gives the weeks of a person their logged time, and marks those where
// it changed.
func (e *Engine) rebook(person uint32, weeks map[objective.Date]*bookedWeek) {
	for monday, b := range weeks {
		w := e.week(person, monday)
		if w.booked == nil || w.booked.unplaced != b.unplaced || !slices.Equal(w.booked.logs, b.logs) {
			w.booked = b
			e.stain(w)
		}
	}
	for _, w := range e.line(person).weeks {
		if w != nil && w.booked != nil && weeks[w.monday] == nil {
			w.booked = nil
			e.tidy(w)
		}
	}
}
