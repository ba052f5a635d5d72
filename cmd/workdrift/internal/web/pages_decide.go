package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/store"
)

// decideForm keeps a decision that a page was filled in with, and goes back to
// the page.
func (s *server) decideForm(w http.ResponseWriter, r *http.Request) {
	if !s.form(w, r) {
		return
	}
	keys, err := s.chosen(r)
	if err != nil {
		s.failPage(w, r, err)
		return
	}
	if len(keys) == 0 {
		s.failPage(w, r, &Refusal{Status: http.StatusUnprocessableEntity, Detail: "Nothing was chosen: go back and choose some."})
		return
	}
	to := r.PostForm.Get("to")
	if to == "" {
		s.failPage(w, r, &Refusal{Status: http.StatusUnprocessableEntity, Detail: "It was not said what the items count for."})
		return
	}
	kept, replaced, err := s.keepAll(r, decision{keys, to, r.PostForm.Get("why")})
	if err != nil {
		s.failPage(w, r, err)
		return
	}
	done := "decided"
	if len(replaced) > 0 {
		done = "decided-anew"
	}
	made := decisionGroups(kept, nil)[0]
	http.Redirect(w, r, backTo(r, done, made.ID()), http.StatusSeeOther)
}

// keepAll makes a decision about as many items as were chosen, some at a time.
func (s *server) keepAll(r *http.Request, d decision) (kept, replaced []store.Override, err error) {
	slices.Sort(d.Keys)
	d.Keys = slices.Compact(d.Keys)
	at := s.Now() // the same for all: it is one decision
	for keys := range slices.Chunk(d.Keys, maxDecidedKeys) {
		more, before, err := s.keep(r, decision{keys, d.To, d.Why}, at)
		if err != nil && len(kept) > 0 {
			s.Log.Error("decide about the rest of what was chosen", "decided", len(kept), "chosen", len(d.Keys), "err", err)
			return nil, nil, &Refusal{Status: http.StatusInternalServerError, Detail: fmt.Sprintf("%d items are decided about, and the rest is not: the list of decisions says which. The log says why.", len(kept))}
		}
		if err != nil {
			return nil, nil, err
		}
		kept, replaced = append(kept, more...), append(replaced, before...)
	}
	return kept, replaced, nil
}

// chosen are the keys of the items that were chosen, and of those of the streams
// that were.
func (s *server) chosen(r *http.Request) ([]string, error) {
	keys := slices.Clone(r.PostForm["key"])
	if !r.PostForm.Has("stream") || s.Streams == nil {
		return keys, nil
	}
	streams, err := s.Streams(r.Context())
	if err != nil {
		return nil, err
	}
	for _, id := range r.PostForm["stream"] {
		i := slices.IndexFunc(streams.List, func(stream findings.Stream) bool { return stream.ID == id })
		if i < 0 {
			return nil, &Refusal{Status: http.StatusConflict, Detail: "A stream that was chosen is no more: go back, load the page again and choose anew."}
		}
		keys = append(keys, streams.List[i].Keys...)
	}
	return keys, nil
}

// withdrawForm takes decisions back.
func (s *server) withdrawForm(w http.ResponseWriter, r *http.Request) {
	if !s.form(w, r) {
		return
	}
	if _, err := s.withdrawKeys(r, r.PostForm["key"]); err != nil {
		s.failPage(w, r, err)
		return
	}
	http.Redirect(w, r, backTo(r, "withdrawn", ""), http.StatusSeeOther)
}

// form reads the fields of a page.
func (s *server) form(w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, maxDecisionBody)
	if err := r.ParseForm(); err != nil {
		s.failPage(w, r, &Refusal{Status: http.StatusBadRequest, Detail: "The form cannot be read."})
		return false
	}
	return true
}

// backTo is the page that a form came from, with what was done, and the ID of the
// decision that was made. Only pages of this server are gone back to.
func backTo(r *http.Request, done, made string) string {
	u, err := url.Parse(r.PostForm.Get("back"))
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.Contains(u.Path, `\`) {
		u = &url.URL{Path: "/decisions"}
	}
	q := u.Query()
	q.Set("done", done)
	if q.Del("decision"); made != "" {
		q.Set("decision", made)
	}
	return (&url.URL{Path: u.Path, RawQuery: q.Encode()}).String()
}
