package web

import (
	"net/http"
	"net/url"
	"strings"
)

// decideForm keeps a decision that a page was filled in with, and goes back to
// the page.
func (s *server) decideForm(w http.ResponseWriter, r *http.Request) {
	if !s.form(w, r) {
		return
	}
	keys := r.PostForm["key"]
	if len(keys) == 0 {
		s.failPage(w, r, &Refusal{Status: http.StatusUnprocessableEntity, Detail: "No item was chosen: go back and choose some."})
		return
	}
	to := r.PostForm.Get("to")
	if to == "" {
		s.failPage(w, r, &Refusal{Status: http.StatusUnprocessableEntity, Detail: "It was not said what the items count for."})
		return
	}
	if _, err := s.keep(r, decision{keys, to, r.PostForm.Get("why")}); err != nil {
		s.failPage(w, r, err)
		return
	}
	http.Redirect(w, r, backTo(r, "decided"), http.StatusSeeOther)
}

// withdrawForm takes decisions back.
func (s *server) withdrawForm(w http.ResponseWriter, r *http.Request) {
	if !s.form(w, r) {
		return
	}
	for _, key := range r.PostForm["key"] {
		if _, err := s.withdrawKey(r, key); err != nil {
			s.failPage(w, r, err)
			return
		}
	}
	http.Redirect(w, r, backTo(r, "withdrawn"), http.StatusSeeOther)
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

// backTo is the page that a form came from, with what was done. Only pages of
// this server are gone back to.
func backTo(r *http.Request, done string) string {
	u, err := url.Parse(r.PostForm.Get("back"))
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.Contains(u.Path, `\`) {
		u = &url.URL{Path: "/decisions"}
	}
	q := u.Query()
	q.Set("done", done)
	return (&url.URL{Path: u.Path, RawQuery: q.Encode()}).String()
}
