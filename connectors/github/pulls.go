package github

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/workdrift/workdrift/connectors"
)

// readPulls reads one page of pull requests where issues are switched off and
// the list of issues, which would hold them too, is not served.
//
// This list knows no since. Newest first, it is read down to what was known
// before: an element that is updated meanwhile moves to the front and makes
// others appear twice, but never hides one. Its first page shows every change,
// so the entity tag of that page can speak for the list.
func (f *fetch) readPulls(ctx context.Context, r repository) (more bool, err error) {
	key := streamKey(r.id, streamIssues)
	p, _ := connectors.DecodePosition[listPos](f.position(key))
	if p.Seen == nil {
		p.Seen = seen{}
	}
	p.Next = f.c.api.resume(p.Next)
	address := p.Next
	if address == "" {
		address = fmt.Sprintf("%s/pulls?direction=desc&per_page=%d&sort=updated&state=all", repoPath(r.Name), f.c.cfg.PageSize)
	}
	rep, err := f.c.api.get(ctx, address, p.validator)
	if err != nil {
		return false, err
	}
	switch rep.status {
	case http.StatusNotModified:
		f.heard(rep)
		return false, nil
	case http.StatusNotFound:
		return false, errLost
	case http.StatusUnprocessableEntity:
		if p.Next != "" && f.once("unpage/"+key) {
			p.Next, p.validator = "", validator{}
			return true, f.move(key, p)
		}
	}
	oldest, err := f.absorbPulls(r, &p, rep)
	if err != nil {
		return false, err
	}
	f.heard(rep)
	p.Pages++
	if p.Next = rep.next; p.Next != "" && oldest >= p.High {
		return true, f.move(key, p)
	}
	overlap := int64(time.Duration(f.c.cfg.Overlap) / time.Second)
	p.Next, p.Done = "", true
	p.High = max(p.High, min(p.Top, p.Began-overlap))
	p.Seen.trim(p.High)
	// If an earlier round began at the front, more may have come there since.
	return f.once("newest/" + key), f.move(key, p)
}

// absorbPulls queues what is new on a page and returns the oldest update time
// on it.
func (f *fetch) absorbPulls(r repository, p *listPos, rep *reply) (oldest int64, err error) {
	if err := rep.checkJSON(); err != nil {
		return 0, statusOrDecode(rep, err)
	}
	good, bad, err := decodeArray(rep.body, (*wirePull).valid)
	if err != nil {
		return 0, decodeError(rep, err)
	}
	for _, b := range bad {
		f.quarantine(b.name(prefixOf(r.id)), b.why)
	}
	if p.Next == "" {
		f.once("newest/" + streamKey(r.id, streamIssues))
		p.Began, p.Top, p.validator = f.dateOf(rep).Unix(), p.High, rep.tag
	}
	oldest = p.High
	date := f.dateOf(rep).Unix()
	for i := range good {
		w := &good[i]
		at := w.UpdatedAt.Unix()
		p.Top, oldest = max(p.Top, at), at
		if at < p.High {
			continue
		}
		if fresh, unsettled := p.Seen.note(w.Number, at, date); !fresh && !unsettled {
			continue
		}
		f.c.authors.put(r.id, w.Number, userActor(w.User))
		f.found = append(f.found, todo{Number: int(w.Number), Node: w.NodeID, Updated: at})
	}
	return oldest, f.want(r.id, f.found)
}
