package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
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
	kept, replaced, err := s.keep(r, decision{keys, to, r.PostForm.Get("why")})
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

// withdrawForm takes back a decision, by its ID: all of it, or what was chosen of
// its items where some were. Without an ID it takes back the decisions about
// items.
func (s *server) withdrawForm(w http.ResponseWriter, r *http.Request) {
	if !s.form(w, r) {
		return
	}
	keys := r.PostForm["key"]
	if id := r.PostForm.Get("decision"); id != "" {
		whole, err := s.keysOf(id)
		if err != nil {
			s.failPage(w, r, err)
			return
		}
		if r.PostForm.Get("only") != "" {
			keys = common(whole, keys)
		} else {
			keys = whole
		}
		if len(keys) == 0 {
			s.failPage(w, r, &Refusal{Status: http.StatusUnprocessableEntity, Detail: "Nothing was chosen: go back and choose some."})
			return
		}
	}
	if _, err := s.withdrawKeys(r, keys); err != nil {
		s.failPage(w, r, err)
		return
	}
	http.Redirect(w, r, backTo(r, "withdrawn", ""), http.StatusSeeOther)
}

// keysOf lists the items of a decision that is in force as its ID says.
func (s *server) keysOf(id string) ([]string, error) {
	g := groupOf(s.Overrides(), nil, id)
	if g == nil {
		return nil, &Refusal{Status: http.StatusConflict, Detail: "The decision is not in force any more as it was: part or all of it was withdrawn or decided anew. Load the page again."}
	}
	return g.Keys, nil
}

// common lists which of some keys are among others.
func common(among, keys []string) (list []string) {
	there := make(map[string]bool, len(among))
	for _, key := range among {
		there[key] = true
	}
	for _, key := range keys {
		if there[key] {
			list = append(list, key)
		}
	}
	return list
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
