package focus

// A Node is what RootOf knows about an item.
type Node struct {
	No uint64 // of the item
	// Epic is set for epics and whatever else stands for a workstream of its
	// own.
	Epic bool
	// Ticket is set for tickets.
	Ticket bool
	// Above is the number of the item that this one is part of, 0 for none: the
	// parent of a ticket, the ticket that a change implements, the change that
	// carried a commit, what a thread is about.
	Above uint64
	// Group is the number under which unlinked work of the same repository or
	// channel is gathered. It must differ from all numbers of items.
	Group uint64
}

// RootOf returns the workstream of an item: the nearest epic above it or
// itself, else the topmost ticket, else the group of the topmost item. Find
// returns an item by its number, and whether it is known; an item that is not
// ends the way. Links that lead in a circle end it where they would repeat, at
// the lowest number of the circle, so that all of its items agree.
func RootOf(item Node, find func(uint64) (Node, bool)) uint64 {
	seen := map[uint64]bool{}
	way := []Node{}
	for n, ok := item, true; ok; n, ok = find(n.Above) {
		if n.Epic {
			return n.No
		}
		if seen[n.No] {
			return circle(way, n)
		}
		seen[n.No] = true
		way = append(way, n)
		if n.Above == 0 {
			break
		}
	}
	for i := len(way) - 1; i >= 0; i-- {
		if way[i].Ticket {
			return way[i].No
		}
	}
	return way[len(way)-1].Group
}

// circle returns the root of the items that lead back to one of them: the ticket
// with the lowest number, else the group of the lowest number.
func circle(way []Node, again Node) uint64 {
	var ticket, lowest *Node
	inside := false
	for i := range way {
		n := &way[i]
		if inside = inside || n.No == again.No; !inside {
			continue
		}
		if n.Ticket && (ticket == nil || n.No < ticket.No) {
			ticket = n
		}
		if lowest == nil || n.No < lowest.No {
			lowest = n
		}
	}
	if ticket != nil {
		return ticket.No
	}
	return lowest.Group
}
